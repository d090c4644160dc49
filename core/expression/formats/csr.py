"""Building and checking CSR arrays, before anything compiled walks over them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from core.expression.formats.parsed import damaged

_STEP = 8_000_000  # values looked at together: 32 MB of indices

Triplet = tuple[npt.NDArray[np.float32], npt.NDArray[np.int32], npt.NDArray[np.int64]]
Array = npt.NDArray[np.generic]


def check_indptr(indptr: npt.NDArray[np.int64], n_rows: int, n_values: int, place: str) -> None:
    """Refuse row pointers that do not tile the values.

    Parameters
    ----------
    indptr : ndarray of int64
        Row pointers as read.
    n_rows, n_values : int
        What they must agree with.
    place : str
        Name of the matrix in the file.

    Raises
    ------
    FileFormatError
        With code "damaged", saying what is wrong.
    """
    if len(indptr) != n_rows + 1:
        raise damaged(f"{place}/indptr", f"has {len(indptr):,} entries for {n_rows:,} rows")
    if indptr[0] != 0 or indptr[-1] != n_values or (np.diff(indptr) < 0).any():
        raise damaged(f"{place}/indptr", f"does not describe {n_values:,} values in {n_rows:,} rows")


def check_indices(indices: Array, n_columns: int, place: str) -> None:
    """Refuse column numbers outside the matrix.

    Parameters
    ----------
    indices : ndarray of int
        Column numbers.
    n_columns : int
        Columns of the matrix.
    place : str
        Name of the matrix in the file.

    Raises
    ------
    FileFormatError
        With code "damaged".
    """
    if len(indices) and (int(indices.min()) < 0 or int(indices.max()) >= n_columns):
        raise damaged(
            f"{place}/indices",
            f"points to column {int(indices.max()):,} of {n_columns:,}",
        )


def _ascending(indices: npt.NDArray[np.int32], indptr: npt.NDArray[np.int64]) -> bool:
    """Tell whether indices ascend strictly within every row."""
    starts = indptr[1:-1]
    for low in range(0, max(0, len(indices) - 1), _STEP):
        rising = np.diff(indices[low : low + _STEP + 1]) > 0
        here = starts[(starts > low) & (starts <= low + len(rising))] - low - 1
        rising[here] = True
        if not rising.all():
            return False
    return True


def tidy(triplet: Triplet, n_columns: int) -> Triplet:
    """Sort the rows, add repeated entries up and drop zeros, where needed.

    Parameters
    ----------
    triplet : tuple of ndarray
        Values, column numbers and row pointers, already checked.
    n_columns : int
        Columns of the matrix.

    Returns
    -------
    tuple of ndarray
        The same arrays where nothing was to be done.
    """
    data, indices, indptr = triplet
    if not _ascending(indices, indptr):
        from scipy import sparse  # noqa: PLC0415 - half a second, and most files are sorted

        x = sparse.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, n_columns))
        x.sum_duplicates()
        data, indices, indptr = x.data, x.indices.astype(np.int32, copy=False), x.indptr.astype(np.int64, copy=False)
    kept = data != 0
    if kept.all():
        return data, indices, indptr
    return data[kept], indices[kept], np.concatenate(([0], np.cumsum(kept, dtype=np.int64)))[indptr]


def from_dense(blocks: Iterator[npt.NDArray[np.float32]]) -> Triplet:
    """Collect the values of dense blocks of rows.

    Parameters
    ----------
    blocks : iterator of ndarray of float32
        Consecutive rows of one matrix.

    Returns
    -------
    tuple of ndarray
        Values (NaN included), column numbers, row pointers.
    """
    data, indices, lengths = [], [], []
    for block in blocks:
        rows, columns = np.nonzero(block)
        data.append(block[rows, columns])
        indices.append(columns.astype(np.int32))
        lengths.append(np.bincount(rows, minlength=len(block)))
    indptr = np.concatenate(([0], np.cumsum(np.concatenate(lengths or [np.zeros(0, int)]), dtype=np.int64)))
    return np.concatenate(data or [np.zeros(0, np.float32)]), np.concatenate(indices or [np.zeros(0, np.int32)]), indptr


def flip(triplet: Triplet, n_columns: int) -> Triplet:
    """Transpose.

    Parameters
    ----------
    triplet : tuple of ndarray
        A checked matrix in CSR form.
    n_columns : int
        Its columns.

    Returns
    -------
    tuple of ndarray
        The transposed matrix in CSR form, indices ascending.
    """
    from scipy import sparse  # noqa: PLC0415 - half a second, and few files need it

    data, indices, indptr = triplet
    x = sparse.csc_matrix((data, indices, indptr), shape=(n_columns, len(indptr) - 1)).tocsr()
    return x.data, x.indices.astype(np.int32, copy=False), x.indptr.astype(np.int64, copy=False)


def keep_columns(triplet: Triplet, kept: npt.NDArray[np.bool_]) -> Triplet:
    """Drop columns.

    Parameters
    ----------
    triplet : tuple of ndarray
        A checked matrix.
    kept : ndarray of bool
        Columns to keep.

    Returns
    -------
    tuple of ndarray
        The rest, renumbered.
    """
    data, indices, indptr = triplet
    number = np.cumsum(kept, dtype=np.int32) - 1
    here = kept[indices]
    return data[here], number[indices[here]], np.concatenate(([0], np.cumsum(here, dtype=np.int64)))[indptr]
