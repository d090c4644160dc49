"""Wilcoxon's rank-sum test of every gene at once, on sparse data.

Expression is mostly zeros, and all zeros of a gene share one rank. So only the values above zero are sorted, once for all
genes, and the zeros enter as a formula.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_VALUE_BITS = 32  # 31 bits of a float32 that is not negative, and one bit for the group


class RankSum(NamedTuple):
    """The test of every gene; float64, one entry a gene."""

    z: Doubles
    p_value: Doubles


def rank_sum(x: sparse.csr_matrix, in_group: Flags) -> RankSum:
    """Compare a group of cells with the other cells.

    Parameters
    ----------
    x : csr_matrix of float32, n x n_genes
        Values, none negative; fewer than 2**31 genes.
    in_group : ndarray of bool, n
        The group; it and the rest are not empty.

    Returns
    -------
    RankSum
        ``z`` with continuity correction; the p-value is 1 for a gene whose values are all equal. Equal to
        `scipy.stats.mannwhitneyu` with ``method="asymptotic"`` (normal approximation, tie and continuity
        correction).

    Raises
    ------
    ValueError
        When a side is empty or a value is negative.

    Notes
    -----
    Sorts one integer a stored value: gene, value's bits, group. A float32 that is not negative sorts as its bits do.
    2,000 cells with 2,000 values each take about a fifth of a second.
    """
    if np.any(x.data == 0):
        x = x.copy()
        x.eliminate_zeros()
    n, n_genes = x.shape
    n_in = int(np.count_nonzero(in_group))
    n_out = n - n_in
    if n_in == 0 or n_out == 0:
        raise ValueError(f"a rank-sum test needs cells on both sides, not {n_in} and {n_out}")
    n_zero, ranks_in, ties = _ranked(x, in_group)
    zero_in = n_in - np.bincount(x.indices[_inside(x, in_group)], minlength=n_genes)
    ranks_in += zero_in * (n_zero + 1) / 2
    ties += n_zero**3 - n_zero
    above_mean = ranks_in - n_in * (n_in + 1) / 2 - n_in * n_out / 2
    spread = np.sqrt(np.maximum(n_in * n_out / 12 * ((n + 1) - ties / (n * (n - 1))), 0.0))
    distance = np.maximum(np.abs(above_mean) - 0.5, -0.5)
    size = np.divide(distance, spread, out=np.zeros(n_genes), where=spread > 0)
    p_value = np.minimum(2 * special.ndtr(-size), 1.0)
    return RankSum(np.sign(above_mean) * np.maximum(size, 0.0), np.where(spread > 0, p_value, 1.0))


def _ranked(x: sparse.csr_matrix, in_group: Flags) -> tuple[Doubles, Doubles, Doubles]:
    """Return for every gene its zeros, the sum of the group's ranks above zero, and the sum of t^3 - t over ties above zero."""
    if np.any(x.data < 0):
        raise ValueError("a rank-sum test here needs values that are not negative")
    n_genes = x.shape[1]
    stored = np.bincount(x.indices, minlength=n_genes)
    n_zero = (x.shape[0] - stored).astype(np.float64)
    first = np.concatenate(([0], np.cumsum(stored)))
    keys = _sorted_keys(x, in_group)
    inside = keys & 1
    place = np.arange(len(keys)) - np.repeat(first[:-1], stored)  # among the gene's stored values, from 0
    n_inside = _running(inside)
    places = _running(inside * place)
    ranks = (places[first[1:]] - places[first[:-1]]) + (n_inside[first[1:]] - n_inside[first[:-1]]) * (n_zero + 1)
    ties = np.zeros(n_genes)
    start, size = _tied(keys >> 1)
    if len(start):  # members of a run of equal values share its middle place
        gene, end = keys[start] >> _VALUE_BITS, start + size
        middle = place[start] + (size - 1) / 2
        shift = (n_inside[end] - n_inside[start]) * middle - (places[end] - places[start])
        ranks += np.bincount(gene, weights=shift, minlength=n_genes)
        ties += np.bincount(gene, weights=size.astype(np.float64) ** 3 - size, minlength=n_genes)
    return n_zero, ranks, ties


def _sorted_keys(x: sparse.csr_matrix, in_group: Flags) -> npt.NDArray[np.int64]:
    """Return gene, bits of the value and side of every stored value as one integer, sorted."""
    bits = np.ascontiguousarray(x.data, dtype=np.float32).view(np.int32)
    keys = x.indices.astype(np.int64)
    keys <<= _VALUE_BITS - 1
    keys |= bits
    keys <<= 1
    keys |= _inside(x, in_group)
    keys.sort()
    return keys


def _inside(x: sparse.csr_matrix, in_group: Flags) -> Flags:
    """Return for every stored value whether its cell is of the group."""
    return np.repeat(in_group, np.diff(x.indptr))


def _running(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the sums of the first 0, 1, ... values."""
    sums = np.empty(len(values) + 1, dtype=np.int64)
    sums[0] = 0
    np.cumsum(values, out=sums[1:])
    return sums


def _tied(values: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return start and length of all runs of at least two equal values among sorted ones."""
    same = values[1:] == values[:-1]
    edges = np.flatnonzero(np.diff(same, prepend=False, append=False))
    start, last = edges[::2], edges[1::2]
    return start, last - start + 1
