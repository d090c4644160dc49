"""Choosing, dropping and merging columns of a sparse matrix in little memory."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import sparse

_BLOCK_VALUES = 4_000_000


def row_blocks(indptr: npt.NDArray[np.integer]) -> Iterator[slice]:
    """Cut the rows of a CSR matrix, or the columns of a CSC one, into blocks of about four million values.

    Parameters
    ----------
    indptr : ndarray of int, n_rows + 1
        Of the matrix.

    Yields
    ------
    slice
        Consecutive rows; a row longer than a block stays whole.
    """
    start, n_rows = 0, len(indptr) - 1
    while start < n_rows:
        stop = int(np.searchsorted(indptr, int(indptr[start]) + _BLOCK_VALUES, side="right")) - 1
        stop = min(max(stop, start + 1), n_rows)
        yield slice(start, stop)
        start = stop


def renumber(x: sparse.csr_matrix, column: npt.NDArray[np.int32], n_columns: int) -> sparse.csr_matrix:
    """Move every column to its new place.

    Parameters
    ----------
    x : csr_matrix of float32
        Rows stay as they are.
    column : ndarray of int32, one a column of `x`
        New place, -1 to drop. Columns with the same place are added up.
    n_columns : int
        Columns of the result.

    Returns
    -------
    csr_matrix of float32
        A new matrix with sorted indices, without zeros.

    Notes
    -----
    Beside the result about 60 MB are needed, whatever the size.
    """
    n_kept = sum(int((column[x.indices[_values(x, rows)]] >= 0).sum()) for rows in row_blocks(x.indptr))
    data, indices = np.empty(n_kept, dtype=np.float32), np.empty(n_kept, dtype=np.int32)
    indptr = np.zeros(x.shape[0] + 1, dtype=np.int64)
    done = 0
    for rows in row_blocks(x.indptr):
        part = _values(x, rows)
        new = column[x.indices[part]]
        kept = new >= 0
        before = np.concatenate(([0], np.cumsum(kept, dtype=np.int64)))
        indptr[rows.start + 1 : rows.stop + 1] = done + before[x.indptr[rows.start + 1 : rows.stop + 1] - part.start]
        end = done + int(before[-1])
        data[done:end], indices[done:end] = x.data[part][kept], new[kept]
        done = end
    result = sparse.csr_matrix((data, indices, indptr), shape=(x.shape[0], n_columns))
    placed = column[column >= 0]
    if (np.diff(placed) <= 0).any():
        result.sum_duplicates()
    result.eliminate_zeros()
    return result


def _values(x: sparse.csr_matrix, rows: slice) -> slice:
    """Return where the values of some rows are."""
    return slice(int(x.indptr[rows.start]), int(x.indptr[rows.stop]))
