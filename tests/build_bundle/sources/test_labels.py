from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from build_bundle.configuration.study_config import Labels, Select
from build_bundle.sources.labels import label_words, selected
from core.errors import SourceError
from core.expression.matrix import ExpressionMatrix, RawMatrix, as_names


def matrix(cells: list[str], obs: dict[str, list[object]] | None = None, n_genes: int = 3) -> ExpressionMatrix:
    x = sparse.csr_matrix(np.ones((len(cells), n_genes), dtype=np.float32))
    frame = pd.DataFrame(obs or {}, index=pd.Index(cells, dtype=object))
    return ExpressionMatrix(x, as_names(cells), as_names([f"G{i}" for i in range(n_genes)]), frame)


def table(folder: Path, words: list[str]) -> Path:
    path = folder / "labels.csv"
    path.write_text("\n".join(["x", *words]) + "\n", encoding="utf-8")
    return path


def test_a_column_of_the_metadata() -> None:
    kept = matrix(["a", "b", "c"], {"type": [" B ", None, "T"], "n": [1, 2, 3]})
    raw = RawMatrix(kept, "test")
    assert label_words(Labels("type"), None, raw, kept).tolist() == ["B", "", "T"]
    assert label_words(Labels("n"), None, raw, kept).tolist() == ["1", "2", "3"]
    with pytest.raises(SourceError, match=r"no metadata column 'kind'.*type, n"):
        label_words(Labels("kind"), None, raw, kept)


def test_a_table_follows_cells_that_were_dropped_or_turned(tmp_path: Path) -> None:
    kept = matrix(["c", "a"])
    path = table(tmp_path, ["one", "two", "three"])
    untouched = RawMatrix(matrix(["a", "b", "c"], n_genes=5), "test")
    assert label_words(Labels("x", table=None), path, untouched, kept).tolist() == ["three", "one"]
    lying = ExpressionMatrix(
        sparse.csr_matrix((5, 3), dtype=np.float32), as_names([f"G{i}" for i in range(5)]), as_names(["a", "b", "c"])
    )
    assert label_words(Labels("x"), path, RawMatrix(lying, "test"), kept).tolist() == ["three", "one"]


def test_a_table_by_order_where_names_repeat(tmp_path: Path) -> None:
    cells = matrix(["a", "a"], n_genes=5)
    path = table(tmp_path, ["one", "two"])
    assert label_words(Labels("x"), path, RawMatrix(cells, "test"), cells).tolist() == ["one", "two"]
    with pytest.raises(SourceError, match="names repeat"):
        label_words(Labels("x"), path, RawMatrix(cells, "test"), matrix(["a"]))


def test_a_table_that_does_not_fit(tmp_path: Path) -> None:
    cells = matrix(["a", "b"], n_genes=5)
    raw = RawMatrix(cells, "test")
    with pytest.raises(SourceError, match="3 labels, but the matrix is 2 x 5"):
        label_words(Labels("x"), table(tmp_path, ["1", "2", "3"]), raw, cells)
    with pytest.raises(SourceError, match="no column 'y'"):
        label_words(Labels("y"), table(tmp_path, ["1", "2"]), raw, cells)
    with pytest.raises(SourceError, match="cannot be read"):
        label_words(Labels("x"), tmp_path / "none.csv", raw, cells)


def test_selections_are_combined() -> None:
    cells = matrix(["a", "b", "c", "d"], {"state": ["on", "off", "on", None], "donor": ["1", "1", "2", "2"]})
    rules = (Select("state", any_of=("on",)), Select("donor", none_of=("2",)))
    assert selected(cells, rules).tolist() == [True, False, False, False]
    assert selected(cells, ()).all()
