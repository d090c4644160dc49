import numpy as np
import pytest

from core.ontology.graph import Ontology
from core.search.calibration import Calibration
from core.search.labelling import COLUMNS, Labeller
from core.search.scoring import label_cells, score_types

NAMES = {"CL:T": "T cell", "CL:B": "B cell", "CL:M": "monocyte"}
ONTOLOGY = Ontology(
    {"CL:L": "lymphocyte", "CL:C": "cell", **NAMES},
    [("CL:T", "CL:L"), ("CL:B", "CL:L"), ("CL:L", "CL:C"), ("CL:M", "CL:C")],
)
CODES = np.int32([[0, 0, 0, 0], [0, 0, 1, 2], [1, 2, 0, 2], [2, 2, 2, 2]])
STUDIES = np.int32([[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 2, 2]])
DISTANCES = np.float32([[0.1] * 4, [0.2] * 4, [0.3] * 4, [0.9] * 4])


@pytest.fixture
def labeller() -> Labeller:
    return Labeller(ONTOLOGY, NAMES, unknown_distance=0.5)


@pytest.fixture
def scores() -> np.ndarray:
    return score_types(CODES, DISTANCES, 3)


@pytest.fixture
def table(labeller, scores):
    return labeller.table(["a", "b", "c", "d"], scores, label_cells(CODES, STUDIES, DISTANCES, np.full(3, 100)), 0.6)


def test_one_row_a_cell(table):
    assert tuple(table.columns) == COLUMNS
    assert table["cell_id"].tolist() == ["a", "b", "c", "d"]
    assert table["cell_type"].tolist() == ["T cell", "T cell", "monocyte", "monocyte"]
    assert table["cell_type_ontology_term_id"].tolist() == ["CL:T", "CL:T", "CL:M", "CL:M"]
    assert table["runner_up_ontology_term_id"].tolist() == ["", "CL:B", "CL:B", ""]
    assert table["status"].tolist() == ["confident", "ambiguous", "ambiguous", "unknown"]
    assert table["parent_cell_type"].tolist() == ["", "lymphocyte", "cell", ""]
    assert table["parent_ontology_term_id"].tolist() == ["", "CL:L", "CL:C", ""]
    assert table["n_studies"].tolist() == [2, 1, 2, 3]
    np.testing.assert_allclose(table["confidence"], [1, 0.5, 0.5, 1])
    np.testing.assert_allclose(table["fraction_of_neighbors"], [1, 0.5, 0.5, 1])
    np.testing.assert_allclose(table["mean_distance"], [0.1, 0.2, 0.3, 0.9], rtol=1e-6)


def test_another_threshold_changes_status_and_parent_only(labeller, scores, table):
    again = labeller.judge_again(table, scores, 0.4)
    assert again["status"].tolist() == ["confident", "confident", "confident", "unknown"]
    assert set(again["parent_cell_type"]) == {""}
    same = [c for c in COLUMNS if not c.startswith(("status", "parent"))]
    assert again[same].equals(table[same])
    assert labeller.judge_again(again, scores, 0.6).equals(table)


def test_no_cell(labeller):
    none = np.zeros((0, 4))
    labels = label_cells(none.astype(np.int32), none.astype(np.int32), none.astype(np.float32), np.ones(3))
    assert labeller.table([], np.zeros((0, 3), dtype=np.float32), labels, 0.5).shape == (0, len(COLUMNS))


def test_without_anything_learned_the_calibrated_columns_are_empty(table):
    assert table["probability"].isna().all()
    assert (table["calibrated_cell_type"] == "").all()
    assert not table["thin_reference"].any()


def test_calibrated_columns_name_the_narrowest_safe_term(scores):
    calibration = Calibration(np.array([0.0, 1.0, 0.0, 0.0]), np.array([0.1]), np.array([0.9]))
    labeller = Labeller(ONTOLOGY, NAMES, unknown_distance=0.5, calibration=calibration, thin={"CL:M"})
    found = labeller.table(["a", "b", "c", "d"], scores, label_cells(CODES, STUDIES, DISTANCES, np.full(3, 100)), 0.6)
    assert found["calibrated_cell_type"].tolist() == ["T cell", "cell", "cell", "monocyte"]
    np.testing.assert_allclose(found["probability"], [0.999, 0.5, 0.5, 0.999], atol=1e-3)
    np.testing.assert_allclose(found["calibrated_probability"], [0.999] * 4, atol=1e-3)
    assert found["thin_reference"].tolist() == [False, False, True, True]
    again = labeller.judge_again(found, scores, 0.9)
    assert again["calibrated_cell_type"].tolist() == found["calibrated_cell_type"].tolist()
    assert tuple(again.columns) == COLUMNS


@pytest.mark.parametrize(
    ("intercept", "terms"), [(0.0, [("CL:L", "lymphocyte"), ("CL:C", "cell")]), (-9.0, [("", ""), ("", "")])]
)
def test_the_answer_is_the_narrowest_term_that_is_safe_or_none(intercept, terms):
    codes, distances = np.int32([[0, 0, 1, 1], [0, 0, 2, 2]]), DISTANCES[:2]
    calibration = Calibration(np.array([intercept, 1.0, 0.0, 0.0]), np.array([0.1]), np.array([0.9]))
    labeller = Labeller(ONTOLOGY, NAMES, unknown_distance=0.5, calibration=calibration)
    labels = label_cells(codes, STUDIES[:2], distances, np.full(3, 100))
    found = labeller.table(["a", "b"], score_types(codes, distances, 3), labels, 0.6)
    said = found[["calibrated_ontology_term_id", "calibrated_cell_type"]]
    assert list(said.itertuples(index=False, name=None)) == terms
    assert (found["calibrated_probability"] > 0.9).tolist() == [name != "" for _, name in terms]
