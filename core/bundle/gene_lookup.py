"""Finding the few rows that are asked for in a sorted table, and the expression of all types at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class TypeExpression:
    """Expression of every gene in every reference type; read-only.

    Parameters
    ----------
    n_cells : ndarray of int32, n_genes x n_types
        Reference cells of the type in studies that measured the gene; 0 where none did.
    mean : ndarray of float32, n_genes x n_types
        Mean log1p counts per 10,000 over these cells.
    pct : ndarray of float32, n_genes x n_types
        Share of these cells with a value > 0, 0..1.
    """

    n_cells: NDArray[np.int32]
    mean: NDArray[np.float32]
    pct: NDArray[np.float32]

    @classmethod
    def from_table(cls, table: pa.Table, n_types: int) -> TypeExpression:
        """Stack the lists of ``expression_by_type``.

        Parameters
        ----------
        table : pyarrow.Table
            Rows of the table.
        n_types : int
            Rows of ``cell_types``.

        Returns
        -------
        TypeExpression
            One row a row.
        """
        arrays = [_stacked(table.column(name), n_types) for name in ("n_cells", "mean", "pct")]
        return cls(*arrays)

    def joined(self, group_of_type: NDArray[np.integer[Any]]) -> TypeExpression:
        """Join types: means over the cells of all types of a group.

        Parameters
        ----------
        group_of_type : ndarray of int, n_types
            Group of each type, 0..n_groups - 1, each used.

        Returns
        -------
        TypeExpression
            n_genes x n_groups.
        """
        member = np.eye(int(group_of_type.max()) + 1, dtype=np.float64)[group_of_type]
        n_cells = self.n_cells @ member
        divisor = np.maximum(n_cells, 1)
        mean, pct = (
            ((self.n_cells * values) @ member / divisor).astype(np.float32) for values in (self.mean, self.pct)
        )
        return TypeExpression(n_cells.astype(np.int32), mean, pct)


class RowGroups:
    """Which row groups of a Parquet file may hold a value, from the statistics in its footer.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData
        The footer.
    columns : tuple of str
        Text columns that will be asked for.
    """

    def __init__(self, metadata: pq.FileMetaData, columns: tuple[str, ...]) -> None:
        place = {metadata.schema.column(i).name: i for i in range(metadata.num_columns)}
        self._n = metadata.num_row_groups
        self._bounds = {name: _bounds(metadata, place[name]) for name in columns}

    def holding(self, wanted: Mapping[str, str]) -> list[int]:
        """Return the row groups that may hold a row with all these values, ascending."""
        return [
            group
            for group in range(self._n)
            if all(_within(self._bounds[name][group], value) for name, value in wanted.items())
        ]


def rows_where(table: pa.Table, wanted: Mapping[str, str]) -> pa.Table:
    """Return the rows of a table whose columns have these values."""
    for name, value in wanted.items():
        table = table.filter(pc.equal(table.column(name), value))
    return table


def _bounds(metadata: pq.FileMetaData, column: int) -> list[tuple[str, str] | None]:
    found = []
    for group in range(metadata.num_row_groups):
        statistics = metadata.row_group(group).column(column).statistics
        known = statistics is not None and statistics.has_min_max
        found.append((statistics.min, statistics.max) if known else None)
    return found


def _within(bounds: tuple[str, str] | None, value: str) -> bool:
    return bounds is None or bounds[0] <= value <= bounds[1]


def _stacked(lists: pa.ChunkedArray, n_types: int) -> NDArray[Any]:
    array: NDArray[Any] = lists.combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(len(lists), n_types)
    array.setflags(write=False)
    return array
