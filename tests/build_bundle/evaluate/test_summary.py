import numpy as np
import pandas as pd
import pytest
from scipy import stats

from build_bundle.evaluate.summary import bootstrap_interval, evaluation_table, figures, markdown
from core.bundle.schema import EVALUATION
from core.bundle.writer import write_table

KEY = ["split", "held_out", "model", "cell_type_ontology_term_id", "metric"]


def scored(seed=0, studies=("s1", "s2", "s3"), models=("encoder", "pca_100")):
    rng = np.random.default_rng(seed)
    rows = []
    for study in studies:
        for cell in range(12):
            name = "ab"[cell % 2]
            for model in models:
                good = rng.random() < (0.9 if model == "encoder" else 0.4)
                rows.append({
                    "split": "study", "held_out": study, "model": model, "cell": cell + 100 * studies.index(study),
                    "cell_type_ontology_term_id": name, "rare": name == "b", "k": 10 + studies.index(study),
                    "afp": rng.uniform(0.5, 1) if good else rng.uniform(0, 0.5), "ap": rng.random(),
                    "predicted": name if good else "c", "near": good, "mean_distance": 0.5,
                })  # fmt: skip
    return pd.DataFrame(rows)


def value(table, **key):
    wanted = {"split": "study", "cell_type_ontology_term_id": "all", "metric": "mafp_weighted"} | key
    rows = table[np.logical_and.reduce([table[k] == v for k, v in wanted.items()])]
    assert len(rows) == 1
    return rows.iloc[0]


def test_the_mean_over_studies_stands_beside_each_study():
    cells = scored()
    table = evaluation_table(cells, n_bootstrap=500, seed=0)
    mine = cells[cells["model"] == "encoder"]
    by_study = mine.groupby("held_out")["afp"].mean()
    for study, afp in by_study.items():
        row = value(table, held_out=study, model="encoder")
        assert row["value"] == pytest.approx(afp)
        assert row["n_query"] == 12
    row = value(table, held_out="all", model="encoder")
    assert row["value"] == pytest.approx(by_study.mean())
    assert row["ci_low"] <= row["value"] <= row["ci_high"]
    assert (row["n_query"], row["k"]) == (36, 10)


def test_p_values_are_the_paired_t_test_against_pca():
    cells = scored()
    table = evaluation_table(cells, n_bootstrap=10, seed=0)
    mine, theirs = (cells[cells["model"] == m].sort_values("cell")["afp"].to_numpy() for m in ("encoder", "pca_100"))
    assert value(table, held_out="all", model="encoder")["p_value"] == pytest.approx(
        stats.ttest_rel(mine, theirs).pvalue
    )
    assert pd.isna(value(table, held_out="all", model="pca_100")["p_value"])
    assert pd.isna(value(table, held_out="all", model="encoder", metric="macro_f1")["p_value"])
    alone = evaluation_table(cells[cells["model"] == "encoder"], n_bootstrap=10, seed=0)
    assert alone["p_value"].isna().all()


def test_equal_models_do_not_differ():
    cells = scored(models=("encoder",))
    both = pd.concat([cells, cells.assign(model="pca_100")], ignore_index=True)
    assert value(evaluation_table(both, n_bootstrap=10, seed=0), held_out="all", model="encoder")["p_value"] == 1.0
    shifted = pd.concat([cells, cells.assign(model="pca_100", afp=cells["afp"] - 0.125)], ignore_index=True)
    p = value(evaluation_table(shifted, n_bootstrap=10, seed=0), held_out="all", model="encoder")["p_value"]
    assert pd.isna(p) or p < 1e-12


def test_types_and_rare_types_have_rows_of_their_own():
    cells = scored()
    table = evaluation_table(cells, n_bootstrap=10, seed=0)
    b = cells[
        (cells["model"] == "encoder") & (cells["cell_type_ontology_term_id"] == "b") & (cells["held_out"] == "s1")
    ]
    got = value(table, held_out="s1", model="encoder", cell_type_ontology_term_id="b", metric="accuracy")
    assert got["value"] == pytest.approx((b["predicted"] == "b").mean())
    rare = value(table, held_out="s1", model="encoder", cell_type_ontology_term_id="rare", metric="mafp_weighted")
    assert rare["value"] == pytest.approx(b["afp"].mean())
    assert "macro_f1" not in set(table.loc[table["cell_type_ontology_term_id"] == "a", "metric"])
    common = evaluation_table(cells.assign(rare=False), n_bootstrap=10, seed=0)
    assert "rare" not in set(common["cell_type_ontology_term_id"])


def test_figures_of_a_hand_computed_case():
    cells = pd.DataFrame({
        "cell_type_ontology_term_id": ["a", "a", "b"], "predicted": ["a", "b", "b"], "afp": [1.0, 0.5, 0.0],
        "ap": [1.0, 0.0, 0.5], "near": [True, True, True],
    })  # fmt: skip
    assert figures(cells) == pytest.approx({
        "mafp_weighted": 0.5, "map": 0.5, "accuracy": 2 / 3, "near_accuracy": 1.0, "mafp": 0.375, "macro_f1": 2 / 3,
    })  # fmt: skip


def test_the_table_can_be_written_and_its_key_is_unique(tmp_path):
    table = evaluation_table(scored(), n_bootstrap=10, seed=0)
    assert not table.duplicated(KEY).any()
    assert write_table(tmp_path, EVALUATION, table) == len(table)
    nothing = evaluation_table(pd.DataFrame(), n_bootstrap=10, seed=0)
    assert nothing.empty
    assert write_table(tmp_path, EVALUATION, nothing) == 0


def test_intervals_need_three_studies_and_follow_from_the_seed():
    values = np.array([0.2, 0.5, 0.9, 0.7])
    assert bootstrap_interval(values[:2], 100, 0) == (None, None)
    low, high = bootstrap_interval(values, 5000, 0)
    assert values.min() <= low < values.mean() < high <= values.max()
    assert bootstrap_interval(values, 5000, 0) == (low, high)


def test_an_interval_weighs_each_figure_by_its_size():
    values = np.array([0.2, 0.5, 0.9])
    assert bootstrap_interval(values, 500, 0, sizes=np.ones(3)) == bootstrap_interval(values, 500, 0)
    _, high = bootstrap_interval(values, 500, 0, sizes=np.array([1.0, 1.0, 1e9]))
    assert high == pytest.approx(0.9)


def test_the_report_has_a_table_for_each_split_and_metric():
    row = {"split": "study", "held_out": "s1", "cell_type_ontology_term_id": "all", "metric": "accuracy", "n_query": 9, "k": 4,
           "ci_low": np.nan, "ci_high": np.nan, "model": "encoder", "value": 0.5}  # fmt: skip
    mean = {"held_out": "all", "ci_low": 0.4, "ci_high": 0.6}
    changes = ({}, {"model": "cosine", "value": 0.25}, mean, {**mean, "model": "cosine", "value": 0.25})
    rows = [row | change for change in changes]
    rows += [one | {"split": "pair", "value": 1.0} for one in rows] + [
        row | {"metric": "mafp_weighted", "value": 0.125}
    ]
    rows += [
        row | mean | {"metric": "mafp_weighted", "value": 0.125},
        row | {"cell_type_ontology_term_id": "CL:1", "value": 0.9},
    ]
    blocks = markdown(pd.DataFrame(rows).query("split == 'study'"), ("accuracy", "mafp_weighted")).split("\n\n")
    assert blocks[0] == "### accuracy, study held out"
    assert blocks[1].splitlines() == [
        "| held out | cells | K | encoder | cosine |", "|---|---|---|---|---|", "| s1 | 9 | 4 | 0.500 | 0.250 |",
        "| all | 9 | 4 | 0.500 (0.400 to 0.600) | 0.250 (0.400 to 0.600) |",
    ]  # fmt: skip
    assert blocks[3].splitlines()[2] == "| s1 | 9 | 4 | 0.125 |"
    both = markdown(pd.DataFrame(rows), ("accuracy",))
    assert [line for line in both.splitlines() if line.startswith("#")] == [
        "### accuracy, pair held out", "### accuracy, study held out",
    ]  # fmt: skip
    assert "| s1 | 9 | 4 | 1.000 | 1.000 |" in both
