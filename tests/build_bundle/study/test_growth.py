"""References that grow study by study, on the planted world."""

import itertools

import numpy as np
import pandas as pd
import pytest

from build_bundle.cells.corpus import Corpus
from build_bundle.cli import main
from build_bundle.study.command import RUNS, open_references
from build_bundle.study.growth import growth_folds, growth_table, partners_of
from build_bundle.study.run import StudyStore
from build_bundle.study.settings import read_study

LIST = """
configs = ["{config}"]
baselines = ["pca_100", "logistic"]
"""


@pytest.fixture(scope="module")
def listed(planted_config, tmp_path_factory):
    path = tmp_path_factory.mktemp("list") / "study.toml"
    path.write_text(LIST.format(config=planted_config))
    return path


@pytest.fixture(scope="module")
def grown(listed, tmp_path_factory):
    out = tmp_path_factory.mktemp("study")
    assert main(["study", "--config", str(listed), "--out", str(out), "--phase", "growth"]) == 0
    return out


@pytest.fixture(scope="module")
def reference(listed, grown):
    return open_references(read_study(listed, data=None), grown, grown / "unused")[0]


def cells_of(corpus: Corpus, study: str) -> pd.Series:
    cells = corpus.cells.iloc[: corpus.n_ref]
    return cells.loc[cells["study"] == study, "cell_type_ontology_term_id"].value_counts()


def test_the_partner_that_knows_most_cells_comes_first(reference):
    corpus, settings = reference.corpus, reference.evaluate
    for query in corpus.reference:
        mine = cells_of(corpus, query)
        known = []
        for partner in partners_of(corpus, query, settings):
            theirs = cells_of(corpus, partner)
            known.append(mine[mine.index.isin(theirs.index[theirs >= settings.min_reference])].sum())
        assert known == sorted(known, reverse=True)
        assert all(known)


def test_every_step_adds_one_study_and_asks_the_same_cells(reference):
    folds = list(growth_folds(reference))
    assert {len(fold.partners) for fold in folds} >= {1, 2}
    for before, after in itertools.pairwise(folds):
        if before.asked == after.asked:
            assert after.partners[:-1] == before.partners
            assert set(before.held_out) - set(after.held_out) == {after.partners[-1]}
            assert (after.types, after.first, after.k) == (before.types, before.first, before.k)
        assert before.asked[0] in before.held_out
        assert set(before.first) <= set(before.types)


def test_all_types_of_the_last_step_are_asked_from_the_first_on(reference):
    corpus, least = reference.corpus, reference.evaluate.min_reference
    for fold in growth_folds(reference):
        partners = partners_of(corpus, fold.asked[0], reference.evaluate)
        counts = [cells_of(corpus, partner) for partner in partners]
        known = [set(some.index[some >= least]) & set(cells_of(corpus, fold.asked[0]).index) for some in counts]
        assert set(fold.types) == set.union(*known)
        assert set(fold.first) == known[0]
        where_first = [next(some[name] for some in counts if some.get(name, 0) >= least) for name in fold.types]
        assert fold.k == min(reference.evaluate.k, *where_first)


def test_the_curves_are_written(grown, reference):
    table = pd.read_csv(grown / "growth.csv")
    assert len(table) == 2 * len(list(growth_folds(reference)))
    for model in ("encoder", "pca_100", "logistic"):
        assert table[model].between(0, 1).all()
    for _, steps in table.groupby(["held_out", "cells"]):
        assert steps["step"].tolist() == list(range(1, len(steps) + 1))
        assert steps["n_query"].nunique() == steps["k"].nunique() == 1
    sizes = table.pivot_table(index="held_out", columns="cells", values="n_query")
    assert (sizes["first"] <= sizes["all"]).all()
    for name in ("growth.svg", "growth_first.svg"):
        assert (grown / name).read_text().count("<polyline") == 3 * table["held_out"].nunique()
    assert not (grown / "models.csv").exists()


def test_the_table_is_the_mean_over_cells(grown):
    cells = StudyStore(grown / RUNS).cells()
    table = growth_table(cells, seed=0)
    row = table[table["cells"] == "all"].iloc[0]
    mine = cells[
        (cells["held_out"] == row["held_out"]) & (cells["step"] == row["step"]) & (cells["model"] == "encoder")
    ]
    assert row["encoder"] == pytest.approx(np.mean(mine["afp"]))


def curve(afp_of_step: dict[int, list[float]]) -> pd.DataFrame:
    """Cells of four types, two each, with the same figure for both cells of a type."""
    rows = [
        {"reference": "r", "held_out": "q", "model": "encoder", "step": step, "added": f"s{step}", "k": 10, "first": True,
         "cell": f"c{2 * i + j}", "cell_type_ontology_term_id": f"t{i}", "afp": afp}
        for step, values in afp_of_step.items() for i, afp in enumerate(values) for j in range(2)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_a_change_of_all_types_is_told_from_one_of_a_single_type():
    table = growth_table(curve({1: [1.0, 0.9, 0.8, 0.9], 2: [0.6, 0.5, 0.4, 0.6], 3: [0.6, 0.5, 0.4, 0.2]}), seed=0)
    first, fall, flip = (row for _, row in table[table["cells"] == "all"].iterrows())
    assert pd.isna(first["change"])
    assert fall["change"] == pytest.approx(-0.375)
    assert -0.4 <= fall["change_low"] <= fall["change"] <= fall["change_high"] <= -0.3
    assert flip["change"] == pytest.approx(-0.1)
    assert flip["change_low"] < -0.1 < flip["change_high"] == 0


def test_a_curve_of_one_step_has_no_change():
    table = growth_table(curve({1: [1.0, 0.9, 0.8]}), seed=0)
    assert len(table) == 2
    assert table["change"].isna().all()


def test_two_types_give_a_change_no_interval():
    table = growth_table(curve({1: [1.0, 0.9], 2: [0.6, 0.5]}), seed=0)
    assert table["change"].iloc[1] == pytest.approx(-0.4)
    assert table[["change_low", "change_high"]].isna().all(axis=None)
