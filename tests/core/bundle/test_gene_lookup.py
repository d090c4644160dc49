from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.bundle.gene_lookup import RowGroups, TypeExpression, rows_where


@pytest.fixture
def file(tmp_path: Path) -> pq.ParquetFile:
    table = pa.table({"a": list("aabbccdd"), "b": list("xyxyxyxy"), "n": range(8)})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=2)
    return pq.ParquetFile(tmp_path / "t.parquet")


def test_only_the_row_groups_that_may_hold_the_value_are_named(file: pq.ParquetFile) -> None:
    groups = RowGroups(file.metadata, ("a", "b"))
    assert groups.holding({"a": "c"}) == [2]
    assert groups.holding({"b": "x"}) == [0, 1, 2, 3]
    assert groups.holding({"a": "d", "b": "y"}) == [3]
    assert groups.holding({"a": "nothing"}) == []
    found = rows_where(file.read_row_groups(groups.holding({"a": "d"})), {"a": "d", "b": "y"})
    assert found.column("n").to_pylist() == [7]


def test_without_statistics_every_row_group_may_hold_it(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": list("ab")}), tmp_path / "t.parquet", row_group_size=1, write_statistics=False)
    assert RowGroups(pq.ParquetFile(tmp_path / "t.parquet").metadata, ("a",)).holding({"a": "a"}) == [0, 1]


def test_lists_become_one_row_a_gene() -> None:
    table = pa.table({"n_cells": [[1, 0], [2, 3]], "mean": [[0.5, 0.0], [1.0, 2.0]], "pct": [[1.0, 0.0], [0.5, 0.5]]})
    found = TypeExpression.from_table(table, 2)
    np.testing.assert_array_equal(found.n_cells, [[1, 0], [2, 3]])
    np.testing.assert_array_equal(found.mean[1], [1.0, 2.0])
    with pytest.raises(ValueError, match="read-only"):
        found.pct[0, 0] = 1
