"""What the views read of an answered query.

The result folder's own class is `core.result.QueryResult`; it stands above this room, so the views name only what they
read of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

Mask = npt.NDArray[np.bool_]
"""One flag a query cell: whether it is selected."""


class Query(Protocol):
    """An answered query, read-only; rows are query cells in file order throughout."""

    @property
    def n_query(self) -> int:
        """Number of query cells."""

    @property
    def labels(self) -> pd.DataFrame:
        """Table of ``labels.csv``, RangeIndex."""

    @property
    def scores(self) -> npt.NDArray[np.float32]:
        """Scores of cells against types, shape (n_query, n_types), rows sum to 1."""

    @property
    def type_ids(self) -> Sequence[str]:
        """Columns of `scores`."""

    @property
    def neighbor_ids(self) -> npt.NDArray[np.int32]:
        """Rows of the bundle's cells, nearest first, shape (n_query, k)."""

    @property
    def distances(self) -> npt.NDArray[np.float32]:
        """Euclidean distances of the neighbours, shape (n_query, k)."""

    @property
    def projection(self) -> pd.DataFrame:
        """Columns pc1, pc2, raw_pc1, raw_pc2."""

    @property
    def own_places(self) -> Mapping[str, npt.NDArray[np.float32]]:
        """The file's own maps of its cells, shape (n_query, 2), by their names."""

    @property
    def obs(self) -> pd.DataFrame:
        """The user's own metadata, possibly without columns."""

    @property
    def report(self) -> Mapping[str, Any]:
        """Report of the run."""

    @property
    def heatmap(self) -> Mapping[str, npt.NDArray[Any]]:
        """Arrays of `core.explore.heatmap.prepare`."""

    @property
    def genes(self) -> Sequence[str]:
        """Symbols that the upload measured and the reference knows."""

    def cells_by_gene(self, rows: npt.NDArray[np.intp]) -> sparse.csr_matrix:
        """Give all genes in some cells, log1p counts per 10,000, shape (n_rows, n_genes)."""

    def has_gene(self, gene: str) -> bool:
        """Say whether the upload measured a gene."""

    def expression(self, gene: str) -> npt.NDArray[np.float32]:
        """Give a gene's log1p counts per 10,000, shape (n_query,)."""

    def expression_of(self, genes: Sequence[str], rows: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        """Give several genes' values in some cells, shape (n_rows, n_genes); 0 for a gene that was not measured."""
