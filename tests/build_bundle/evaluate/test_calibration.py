"""Confidence learned from simulated hold-outs whose truth is known."""

import numpy as np
import pandas as pd
import pytest

from build_bundle.cells.holdout import Holdout
from build_bundle.evaluate.calibration import ERRORS, calibration_table
from build_bundle.evaluate.folds import types_left_out
from build_bundle.evaluate.trust import COLUMNS, judged_rows, trust_rows
from build_bundle.train.encoder import train_encoder
from core.bundle.schema import CALIBRATION
from core.bundle.writer import write_table
from core.ontology.graph import Ontology
from core.search.calibration import Calibration
from core.search.confidence import Backoff
from tests.worlds import CD4, CD8, MONO, TYPES, B

N_STUDIES, N_CELLS = 12, 300


def simulated(seed: int = 0, n_studies: int = N_STUDIES, lacking: float = 0.2) -> pd.DataFrame:
    """Three rows a cell (label, parent, root) that are right with the probability their share says; far cells lack a type."""
    rng = np.random.default_rng(seed)
    frames = []
    for study in range(n_studies):
        known = rng.random(N_CELLS) > lacking
        share = np.sort(rng.uniform(0.05, 0.98, (N_CELLS, 2)), axis=1)
        luck = rng.random(N_CELLS)
        for place, s in enumerate([share[:, 0], share[:, 1], np.ones(N_CELLS)]):
            frames.append(pd.DataFrame({
                "held_out": f"s{study}", "run": f"r{study}", "split": "study", "cell": np.arange(N_CELLS), "known": known, "is_label": place == 0,
                "share": s, "mean_distance": np.where(known, 0.3, 0.6) + rng.normal(0, 0.05, N_CELLS),
                "right": (luck < s) | (place == 2), "place": place,
            }))  # fmt: skip
    table = pd.concat(frames, ignore_index=True)
    return table.sort_values(["held_out", "cell", "place"], ignore_index=True)


@pytest.fixture(scope="module")
def table():
    return calibration_table(simulated(), 0.45)


def rows(table, kind, name=None):
    some = table[table["kind"] == kind]
    return some if name is None else some[some["name"] == name]


def test_probabilities_come_out_as_they_were_put_in(table, tmp_path):
    assert write_table(tmp_path, CALIBRATION, table) == len(table)
    learned = Calibration.from_table(table)
    share = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
    assert learned.probability(share, 0.3, is_label=True) == pytest.approx(share, abs=0.06)
    assert rows(table, "summary", "calibration_error")["y"].item() < 0.03
    reliable = rows(table, "reliability")
    assert (np.abs(reliable["x"] - reliable["y"]) < 0.08).all()


def test_promised_coverage_is_kept_on_studies_not_learned_from(table):
    kept = rows(table, "coverage", "all").set_index("x")["y"]
    assert sorted(kept.index) == pytest.approx(sorted(1 - np.array(ERRORS)))
    assert (np.abs(kept - kept.index) <= 0.03).all()
    assert set(rows(table, "coverage")["name"]) == {"all", *(f"s{i}" for i in range(N_STUDIES))}


def with_study_effects(seed: int, n_studies: int = 8) -> pd.DataFrame:
    """Labels alone; how often they are right at a share, and how far they lie, differs from study to study."""
    rng = np.random.default_rng(seed)
    frames = []
    for study in range(n_studies):
        share = rng.uniform(0.05, 0.98, 150)
        odds = np.log(share / (1 - share)) + rng.normal(1, 1.2)
        frames.append(pd.DataFrame({
            "held_out": f"s{study}", "run": f"r{study}", "split": "study", "cell": np.arange(150), "known": True, "is_label": True,
            "share": share, "mean_distance": rng.normal(0.3, 0.1) + rng.normal(0, 0.05, 150),
            "right": rng.random(150) < 1 / (1 + np.exp(-odds)),
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def test_coverage_is_kept_where_few_studies_differ_much():
    """With thresholds set on the studies that the weights were fitted to, 1.6 points are lost here at 90 %."""
    kept = pd.concat([rows(calibration_table(with_study_effects(seed), 0.45), "coverage", "all") for seed in range(25)])
    missing = kept["x"].unique() - kept.groupby("x", sort=False)["y"].mean()
    assert missing.max() < 0.01


def test_thresholds_fall_as_the_tolerated_error_grows(table):
    steps = rows(table, "threshold").sort_values("x")
    assert (np.diff(steps["y"]) <= 0).all()
    assert steps["y"].between(0, 1).all()


def test_cells_of_lacking_types_are_told_by_distance(table):
    assert rows(table, "summary", "unknown_auroc")["y"].item() > 0.99
    assert rows(table, "summary", "unknown_flagged")["y"].item() > 0.98
    assert rows(table, "summary", "false_alarms")["y"].item() < 0.02
    curve = rows(table, "unknown").sort_values("x")
    assert (np.diff(curve["y"]) >= 0).all()


@pytest.mark.parametrize("trust", [pd.DataFrame(), simulated(n_studies=2), simulated().assign(right=True)])
def test_too_little_to_learn_from_gives_an_empty_table(trust):
    found = calibration_table(trust, 0.5)
    assert found.empty
    assert list(found.columns) == [column.name for column in CALIBRATION.columns]
    assert Calibration.from_table(found) is None


def test_without_lacking_types_nothing_is_said_about_them():
    found = calibration_table(simulated(lacking=0.0), 0.5)
    assert rows(found, "unknown").empty
    assert not rows(found, "threshold").empty


def test_studies_of_types_that_the_rest_lacks_teach_nothing():
    strange = simulated(seed=1, lacking=0.9).assign(right=False)
    strange["held_out"] = "x" + strange["held_out"]
    both = pd.concat([simulated(), strange], ignore_index=True)
    pd.testing.assert_frame_equal(calibration_table(both, 0.45), calibration_table(simulated(), 0.45))
    assert calibration_table(strange, 0.45).empty


def test_a_study_whose_others_teach_nothing_is_not_judged():
    trust = simulated(n_studies=3)
    others = trust["held_out"] != "s0"
    found = calibration_table(trust.assign(right=trust["right"] | others), 0.45)
    assert set(rows(found, "coverage")["name"]) == {"all", "s1", "s2"}
    assert rows(found, "reliability")["n_cells"].sum() == 2 * N_CELLS


def test_terms_are_judged_by_hand():
    backoff = Backoff(
        Ontology({t: t for t in "CLTBM"}, [("T", "L"), ("B", "L"), ("L", "C"), ("M", "C")]), ["T", "B", "M"]
    )
    found = np.int32([[0, 0, 1, 2], [2, 2, 2, 2]])
    judged = judged_rows(found, np.full((2, 4), 0.5, np.float32), np.int32([1, 0]), np.array([0, 100, 100]), backoff)
    first, second = (judged[judged["cell"] == i] for i in (0, 1))
    assert first["share"].tolist() == pytest.approx([0.5, 0.75, 1.0])  # T cell, lymphocyte, cell
    assert first["right"].tolist() == [False, True, True]
    assert first["known"].all()
    assert second["right"].tolist() == [False, True]  # monocyte is wrong, cell is right
    assert not second["known"].any()
    assert judged["is_label"].tolist() == [True, False, False, True, False]


def test_held_out_cells_of_every_type_are_asked_and_lacking_types_are_told(planted, quick_training):
    lacking = frozenset((CD8, study) for study in planted.reference)
    holdout = Holdout(frozenset({"tanaka2022"}), lacking)
    trained = train_encoder(planted, quick_training, seed=0, holdout=holdout)
    judged = trust_rows(planted, holdout, holdout.studies, trained, k=20, seed=0)
    assert tuple(judged.columns) == COLUMNS
    mine = planted.cells[planted.cells["study"] == "tanaka2022"]
    labels = judged[judged["is_label"]].set_index("cell")
    assert sorted(labels.index) == sorted(mine.index)
    types = mine["cell_type_ontology_term_id"]
    assert not labels["known"][types.index[types == CD8]].any()
    assert labels["known"][types.index[types == MONO]].all()
    assert not labels["right"][types.index[types == CD8]].any()
    assert judged.groupby("cell")["share"].apply(lambda s: (np.diff(s) >= -1e-5).all()).all()  # wider terms gather more


def test_types_to_leave_out_are_shared_by_the_fold_and_the_rest(planted):
    chosen = types_left_out(planted, ("tanaka2022",), 0.5, seed=1)
    names = {name for name, _ in chosen}
    assert names <= {B, CD4, CD8, MONO, *TYPES}
    assert {study for _, study in chosen} == set(planted.reference)
    assert types_left_out(planted, ("tanaka2022",), 0.0, seed=1) == frozenset()
