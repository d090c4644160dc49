"""The clustered heatmap of cells against cell types (the paper's Figure 5a).

`prepare` does the slow part once, in the job: it chooses the rows and columns to show and computes both linkages. `heatmap`
cuts the row tree into clusters, which is instant, so that a slider can call it.

Past `MAX_CELL_ROWS` cells a row is a representative: the mean of many cells with similar scores. Not here: drawing.

Arrays of `prepare` (the result's ``heatmap.npz``):

=============  ========  ======================  ============================================================
key            dtype     shape                   meaning
=============  ========  ======================  ============================================================
row_of_cell    int32     (n_query,)              row a cell belongs to
row_sizes      int32     (n_rows,)               cells in a row; they sum to n_query
columns        int32     (n_shown,)              shown types, as positions in the result's ``type_ids``
values         float32   (n_rows, n_shown)       mean score of the row's cells, 0..1
row_merges     float64   (n_rows - 1, 4)         scipy linkage of the rows (Ward)
col_merges     float64   (n_shown - 1, 4)        scipy linkage of the columns (average, cosine-like)
row_order      int32     (n_rows,)               rows from top to bottom
col_order      int32     (n_shown,)              columns from left to right
=============  ========  ======================  ============================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from core.bundle.reader import Bundle
from core.explore.clustering import cut, linkage_of, representatives, tree_order
from core.explore.naming import type_names
from core.explore.query import Query

MAX_CELL_ROWS = 2_000
"""Up to this many cells each cell is its own row."""
MAX_TYPES = 60
"""At most this many columns; those with the largest scores stay."""
MIN_SHOWN_SCORE = 0.1
"""A type that no cell scores above this (a tenth of its neighbours) is not shown: its column would look empty."""
DEFAULT_CLUSTERS = 9
MAX_CLUSTERS = 20


@dataclass(frozen=True)
class HeatmapView:
    """Rows, columns, trees and clusters of the heatmap.

    Parameters
    ----------
    row_sizes : numpy.ndarray of int32, shape (n_rows,)
        Cells a row stands for; row heights are proportional to it.
    values : numpy.ndarray of float32, shape (n_rows, n_types)
        Mean score of the row's cells, 0..1; rows and columns NOT reordered.
    type_ids, type_names : tuple of str
        The columns.
    row_merges, col_merges : numpy.ndarray of float64, shape (n - 1, 4)
        Scipy linkages.
    row_order, col_order : numpy.ndarray of int32
        Top to bottom, left to right.
    cluster_of_row : numpy.ndarray of int32, shape (n_rows,)
        1..n_clusters, numbered from top to bottom.
    n_clusters : int
        Clusters really made: fewer than asked for where rows are identical.
    row_of_cell : numpy.ndarray of int32, shape (n_query,)
        Row of a cell, -1 for a cell that is not in this view (a branch opened for itself).
    """

    row_sizes: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]
    type_ids: tuple[str, ...]
    type_names: tuple[str, ...]
    row_merges: npt.NDArray[np.float64]
    col_merges: npt.NDArray[np.float64]
    row_order: npt.NDArray[np.int32]
    col_order: npt.NDArray[np.int32]
    cluster_of_row: npt.NDArray[np.int32]
    n_clusters: int
    row_of_cell: npt.NDArray[np.int32]

    @property
    def n_cells(self) -> int:
        """Cells behind all rows."""
        return int(self.row_sizes.sum())

    @property
    def stands_for_many(self) -> bool:
        """Whether rows are representatives."""
        return self.n_cells > len(self.row_sizes)


def prepare(scores: npt.NDArray[np.float32], *, seed: int = 0) -> dict[str, npt.NDArray[Any]]:
    """Choose rows and columns and cluster both; the slow part, done once per job.

    Parameters
    ----------
    scores : numpy.ndarray of float32, shape (n_query, n_types)
        Rows sum to 1.
    seed : int
        For the choice of representatives.

    Returns
    -------
    dict of str to numpy.ndarray
        The arrays of the module's table.

    Notes
    -----
    2,000 x 60: about 0.3 s; 100,000 x 60: about 2 s and 100 MB on two cores.
    """
    columns = _shown_columns(scores)
    shown = np.ascontiguousarray(scores[:, columns], dtype=np.float32)
    row_of_cell, values = representatives(shown, max_exact=MAX_CELL_ROWS, seed=seed)
    row_sizes = np.bincount(row_of_cell, minlength=len(values)).astype(np.int32)
    profiles = _profiles(values, row_sizes)
    col_merges = linkage_of(profiles, method="average")
    col_order = tree_order(col_merges, profiles, optimal=True)
    row_merges = linkage_of(values, method="ward")
    row_order = tree_order(row_merges, values[:, col_order], optimal=False)
    return {
        "row_of_cell": row_of_cell,
        "row_sizes": row_sizes,
        "columns": columns,
        "values": values,
        "row_merges": row_merges,
        "col_merges": col_merges,
        "row_order": row_order,
        "col_order": col_order,
    }


def heatmap(bundle: Bundle, result: Query, n_clusters: int = DEFAULT_CLUSTERS) -> HeatmapView:
    """Cut the prepared tree of a whole result into clusters.

    Parameters
    ----------
    bundle : Bundle
        For the names of the types.
    result : Query
        With its prepared ``heatmap`` arrays.
    n_clusters : int
        Wanted number of clusters, >= 1.

    Returns
    -------
    HeatmapView
        All cells of the query.
    """
    cells = np.arange(result.n_query)
    return _view(bundle, result, result.heatmap, cells, n_clusters)


def heatmap_of(
    bundle: Bundle, result: Query, mask: npt.NDArray[np.bool_], n_clusters: int = DEFAULT_CLUSTERS
) -> HeatmapView:
    """Cluster a part of the query on its own: a branch opened to see its cells.

    Parameters
    ----------
    bundle, result
        As in `heatmap`.
    mask : numpy.ndarray of bool, shape (n_query,)
        The cells to show; at least one.
    n_clusters : int
        Wanted number of clusters, >= 1.

    Returns
    -------
    HeatmapView
        The chosen cells; the others have row -1 and cluster 0.

    Raises
    ------
    ValueError
        If the mask chooses no cell.
    """
    cells = np.flatnonzero(mask)
    if not len(cells):
        raise ValueError("A heatmap needs at least one cell.")
    return _view(bundle, result, prepare(result.scores[cells]), cells, n_clusters)


def clusters(result: Query, n_clusters: int) -> npt.NDArray[np.int32]:
    """Give the cluster of each query cell, as numbered in the heatmap.

    Parameters
    ----------
    result : Query
        With its prepared ``heatmap`` arrays.
    n_clusters : int
        Wanted number of clusters.

    Returns
    -------
    numpy.ndarray of int32, shape (n_query,)
        1..n, top to bottom.
    """
    arrays = result.heatmap
    of_row = cut(arrays["row_merges"], arrays["row_order"], n_clusters)
    return np.asarray(of_row[arrays["row_of_cell"]], dtype=np.int32)


def _shown_columns(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    highest = scores.max(axis=0, initial=0.0)
    wanted = np.flatnonzero(highest > MIN_SHOWN_SCORE)
    if not len(wanted):
        wanted = np.array([int(scores.sum(axis=0).argmax())])
    if len(wanted) > MAX_TYPES:
        # A type that is sure of a few cells matters more here than one that is a little like many.
        importance = scores[:, wanted].sum(axis=0, dtype=np.float64) + len(scores) * 1e-3 * highest[wanted]
        wanted = np.sort(wanted[np.argsort(-importance, kind="stable")[:MAX_TYPES]])
    return wanted.astype(np.int32)


def _profiles(values: npt.NDArray[np.float32], row_sizes: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """Scale columns to length 1, cells counting alike: which cells a type is seen in matters, not how often."""
    weighted = values.T * np.sqrt(row_sizes, dtype=np.float32)
    length = np.linalg.norm(weighted, axis=1, keepdims=True)
    return np.asarray(weighted / np.maximum(length, np.finfo(np.float32).tiny), dtype=np.float32)


def _view(
    bundle: Bundle,
    result: Query,
    arrays: Mapping[str, npt.NDArray[Any]],
    cells: npt.NDArray[np.intp],
    n_clusters: int,
) -> HeatmapView:
    cluster_of_row = cut(arrays["row_merges"], arrays["row_order"], n_clusters)
    row_of_cell = np.full(result.n_query, -1, dtype=np.int32)
    row_of_cell[cells] = arrays["row_of_cell"]
    type_ids = tuple(str(result.type_ids[i]) for i in arrays["columns"])
    names = type_names(bundle)
    return HeatmapView(
        row_sizes=arrays["row_sizes"],
        values=arrays["values"],
        type_ids=type_ids,
        type_names=tuple(names.get(i, i) for i in type_ids),
        row_merges=arrays["row_merges"],
        col_merges=arrays["col_merges"],
        row_order=arrays["row_order"],
        col_order=arrays["col_order"],
        cluster_of_row=cluster_of_row,
        n_clusters=int(cluster_of_row.max()),
        row_of_cell=row_of_cell,
    )
