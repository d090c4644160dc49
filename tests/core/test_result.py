import csv
import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from core import result as files
from core.errors import InputError
from core.expression.by_gene import write_by_gene
from core.expression.matrix import ExpressionMatrix
from core.expression.recipe import Recipe
from core.ontology.graph import Ontology
from core.result import QueryResult, count_statuses, to_csv
from core.search.exact import Neighbors
from core.search.labelling import Labeller
from core.search.scoring import label_cells, score_types

CELLS = ["=cmd|' /C calc'!A0", "c2", "c,3\n"]
TYPES = {"CL:1": "one", "CL:2": "@two"}
REFERENCE = pd.DataFrame(
    {"cell_id": ["r:0", "r:1", "s:2"], "study": ["r", "r", "s"], "cell_type_ontology_term_id": ["CL:1", "CL:2", "CL:2"]}
)
NEIGHBORS = Neighbors(np.int32([[0, 1], [1, 2], [2, 0]]), np.float32([[0, 1], [0.5, 0.5], [1, 3]]))


@pytest.fixture
def labeller() -> Labeller:
    return Labeller(Ontology({"CL:0": "root", **TYPES}, [("CL:1", "CL:0"), ("CL:2", "CL:0")]), TYPES, 10.0)


@pytest.fixture
def result(tmp_path, labeller) -> QueryResult:
    codes = np.int32([[0, 1], [1, 1], [1, 0]])
    scores = score_types(codes, NEIGHBORS.distances, 2)
    labels = labeller.table(CELLS, scores, label_cells(codes, codes, NEIGHBORS.distances, np.full(2, 100)), 0.9)
    files.write_labels(tmp_path, labels)
    files.write_scores(tmp_path, CELLS, list(TYPES), scores)
    files.write_neighbors(tmp_path, CELLS, NEIGHBORS, REFERENCE)
    files.write_places(tmp_path, np.eye(3, dtype=np.float32), pd.DataFrame({"pc1": np.float32([1, 2, 3])}))
    files.write_obs(tmp_path, pd.DataFrame({"donor": pd.Categorical(["a", "b", None]), "n": [1, 2, 3]}, index=CELLS))
    files.write_heatmap(tmp_path, {"row_order": np.int32([2, 0, 1])})
    matrix = ExpressionMatrix(sparse.csr_matrix(np.float32([[1, 1], [0, 2], [0, 0]])), CELLS, ["A", "B"])
    write_by_gene(tmp_path / files.EXPRESSION, matrix, Recipe(), {"A", "B"})
    report = {"options": {"threshold": 0.9, "k": 2}, "counts": count_statuses(labels)}
    files.write_report(tmp_path, report)
    return QueryResult.open(tmp_path)


def test_the_reader_gives_back_what_was_written(result):
    assert result.n_query == 3
    assert result.cell_ids.tolist() == CELLS
    assert result.type_ids == ["CL:1", "CL:2"]
    np.testing.assert_array_equal(result.neighbor_ids, NEIGHBORS.ids)
    np.testing.assert_array_equal(result.distances, NEIGHBORS.distances)
    np.testing.assert_allclose(result.scores, [[2 / 3, 1 / 3], [0, 1], [1 / 3, 2 / 3]], rtol=1e-6)
    np.testing.assert_array_equal(result.embedding, np.eye(3))
    assert result.projection["pc1"].tolist() == [1, 2, 3]
    assert result.heatmap["row_order"].tolist() == [2, 0, 1]
    assert result.obs["n"].tolist() == [1, 2, 3]
    assert result.obs["donor"].tolist()[:2] == ["a", "b"]
    assert pd.isna(result.obs["donor"].iloc[2])
    assert list(result.obs.columns) == ["donor", "n"]
    assert result.genes == ["A", "B"]
    assert result.has_gene("A")
    assert not result.has_gene("C")
    np.testing.assert_allclose(result.expression("A"), np.log1p([5e3, 0, 0]), rtol=1e-6)
    np.testing.assert_allclose(result.expression_of(["C", "B"], np.array([1])), [[0, np.log1p(1e4)]], rtol=1e-6)
    assert result.report["counts"] == {"confident": 1, "ambiguous": 2, "unknown": 0}


def test_labels_csv_holds_the_same_numbers_guarded(result):
    rows = list(csv.DictReader(io.StringIO((result.folder / "labels.csv").read_text())))
    assert [r["cell_id"] for r in rows] == ["'" + CELLS[0], CELLS[1], CELLS[2]]
    assert [r["cell_type"] for r in rows] == ["one", "'@two", "'@two"]
    assert list(rows[0])[:7] == [
        "cell_id", "cell_type_ontology_term_id", "cell_type", "confidence", "runner_up_ontology_term_id", "n_studies", "status",
    ]  # fmt: skip
    np.testing.assert_allclose([float(r["confidence"]) for r in rows], result.labels["confidence"], rtol=1e-5)


def test_neighbors_and_scores_for_users(result):
    neighbors = pq.read_table(result.folder / "neighbors.parquet").to_pandas()
    assert neighbors["cell_id"].tolist() == [c for c in CELLS for _ in range(2)]
    assert neighbors["rank"].tolist() == [1, 2] * 3
    assert neighbors["ref_cell_id"].tolist() == ["r:0", "r:1", "r:1", "s:2", "s:2", "r:0"]
    assert neighbors["ref_study"].tolist() == ["r", "r", "r", "s", "s", "r"]
    assert neighbors["ref_cell_type_ontology_term_id"].tolist() == ["CL:1", "CL:2", "CL:2", "CL:2", "CL:2", "CL:1"]
    np.testing.assert_array_equal(neighbors["distance"], NEIGHBORS.distances.ravel())
    scores = pq.read_table(result.folder / "scores.parquet").to_pandas()
    assert list(scores.columns) == ["cell_id", "CL:1", "CL:2"]
    assert scores["cell_id"].tolist() == CELLS
    np.testing.assert_array_equal(scores[["CL:1", "CL:2"]].to_numpy(), result.scores)


def test_neighbors_are_written_in_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_ROWS_A_GROUP", 2)
    files.write_neighbors(tmp_path, CELLS, NEIGHBORS, REFERENCE)
    file = pq.ParquetFile(tmp_path / "neighbors.parquet")
    assert file.num_row_groups == 2
    assert file.read()["ref_cell_id"].to_pylist() == ["r:0", "r:1", "r:1", "s:2", "s:2", "r:0"]


def test_another_threshold(result, labeller):
    other = result.with_threshold(0.6, labeller)
    assert other.labels["status"].tolist() == ["confident"] * 3
    assert other.report["options"] == {"threshold": 0.6, "k": 2}
    assert other.report["counts"] == {"confident": 3, "ambiguous": 0, "unknown": 0}
    assert result.labels["status"].tolist() == ["ambiguous", "confident", "ambiguous"]
    np.testing.assert_array_equal(other.scores, result.scores)


def test_metadata_without_columns_keeps_its_rows(tmp_path):
    files.write_obs(tmp_path, pd.DataFrame(index=CELLS))
    assert QueryResult(tmp_path, {}).obs.shape == (3, 0)


def test_metadata_with_odd_columns(tmp_path):
    obs = pd.DataFrame([[1, "x", True, None], [2.5, 3, False, None]], columns=["a", "a", "flag", 7])
    files.write_obs(tmp_path, obs)
    read = QueryResult(tmp_path, {}).obs
    assert list(read.columns) == ["a", "a (1)", "flag", "7"]
    assert read["a (1)"].tolist() == ["x", "3"]
    assert read["flag"].tolist() == [True, False]
    assert read["7"].isna().all()


def test_an_unfinished_folder_is_no_result(result, tmp_path):
    (result.folder / "report.json").unlink()
    with pytest.raises(InputError, match="no finished result") as caught:
        QueryResult.open(result.folder)
    assert caught.value.code == "no-result"


@pytest.mark.parametrize("text", ['{"result_version": 0}', "[]", "{}"])
def test_a_result_of_another_version_is_refused(result, text):
    (result.folder / "report.json").write_text(text)
    with pytest.raises(InputError, match="another version") as caught:
        QueryResult.open(result.folder)
    assert caught.value.code == "result-version"


def test_report_is_strict_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        files.write_report(tmp_path, {"seconds": float("nan")})


def test_result_version_is_written(result):
    assert json.loads((result.folder / "report.json").read_text())["result_version"] == files.RESULT_VERSION


def test_no_cell(tmp_path, labeller):
    none = Neighbors.empty(0, 2)
    labels = label_cells(none.ids, none.ids, none.distances, np.ones(2))
    files.write_labels(tmp_path, labeller.table([], np.zeros((0, 2), np.float32), labels, 0.5))
    files.write_neighbors(tmp_path, [], none, REFERENCE)
    result = QueryResult(tmp_path, {})
    assert result.n_query == 0
    assert result.neighbor_ids.shape == (0, 2)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8), min_size=1, max_size=5))
def test_no_text_cell_starts_a_formula_and_none_is_lost(texts):
    written = to_csv(pd.DataFrame({"text": pd.Series(texts, dtype="str"), "n": [-1.5] * len(texts)}))
    rows = list(csv.reader(io.StringIO(written, newline="")))[1:]
    assert [n for _, n in rows] == ["-1.5"] * len(texts)
    for (cell, _), text in zip(rows, texts, strict=True):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        assert cell in {text, "'" + text}


def test_a_carriage_return_within_a_name_stays_within_its_cell():
    written = to_csv(pd.DataFrame({"name": ["a\rb", "c"], "n": [1, 2]}))
    assert list(csv.reader(io.StringIO(written, newline=""))) == [["name", "n"], ["a\rb", "1"], ["c", "2"]]


def test_numbers_missing_values_and_headers_in_csv():
    table = pd.DataFrame(
        {"=x": [1.23456789, np.nan], "year": [2018, None], "text": [None, "-2"], "flag": [True, False]}
    )
    assert to_csv(table) == "'=x,year,text,flag\n1.23457,2018,,True\n,,'-2,False\n"


def test_metadata_that_is_brought_stands_before_the_files_own(result):
    brought = pd.DataFrame({"n": ["x", None, "z"], "condition": ["ill", "well", "ill"]}, index=[5, 6, 7])
    told = result.with_obs(brought)
    assert list(told.obs.columns) == ["n", "condition", "donor"]
    assert told.obs["n"].astype(object).where(told.obs["n"].notna(), None).tolist() == ["x", None, "z"]
    assert told.obs["condition"].tolist() == ["ill", "well", "ill"]
    assert told.cell_ids.tolist() == CELLS
    assert list(result.obs.columns) == ["donor", "n"], "the result itself stays"
    with pytest.raises(ValueError, match="2 rows for 3 cells"):
        result.with_obs(brought[:2])
