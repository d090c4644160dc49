"""Wilcoxon's rank-sum test of every gene at once, on sparse data.

Expression is mostly zeros, and all zeros of a gene share one rank. So only the values above zero are sorted, once for all
genes, and the zeros enter as a formula.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse, special

from build_bundle.differential.methods import Verdict
from build_bundle.differential.sample import Sample

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_VALUE_BITS = 32  # 31 bits of a float32 that is not negative, and one bit for the group


class Wilcoxon:
    """Wilcoxon's rank-sum test of log1p counts per 10,000, cell against cell."""

    name = "wilcoxon"

    def __call__(self, sample: Sample) -> Verdict:
        """Compare the cells of the type with the others; see `rank_sum`."""
        return rank_sum(sample.lognorm, sample.in_group)


def rank_sum(x: sparse.csr_matrix, in_group: Flags) -> Verdict:
    """Compare a group of cells with the other cells.

    Parameters
    ----------
    x : csr_matrix of float32, n x n_genes
        Values, none negative; fewer than 2**31 genes.
    in_group : ndarray of bool, n
        The group; it and the rest are not empty.

    Returns
    -------
    Verdict
        ``z`` with continuity correction; the p-value is 1 for a gene whose values are all equal. Equal to `scipy.stats.mannwhitneyu` with ``method="asymptotic"`` (normal approximation, tie and continuity
        correction).

    Raises
    ------
    ValueError
        When a side is empty or a value is negative.

    Notes
    -----
    Sorts one integer a stored value: gene, value's bits, group. A float32 that is not negative sorts as its bits do.
    2,000 cells with 2,000 values each take about a third of a second.
    """
    n, n_genes = x.shape
    n_in = int(np.count_nonzero(in_group))
    n_out = n - n_in
    if n_in == 0 or n_out == 0:
        raise ValueError(f"a rank-sum test needs cells on both sides, not {n_in} and {n_out}")
    runs = _runs(x, in_group)
    n_zero = n - np.bincount(runs.gene, weights=runs.size, minlength=n_genes)
    zero_in = n_in - np.bincount(runs.gene, weights=runs.size_in, minlength=n_genes)
    rank = n_zero[runs.gene] + runs.before + (runs.size + 1) / 2
    ranks_in = np.bincount(runs.gene, weights=rank * runs.size_in, minlength=n_genes) + zero_in * (n_zero + 1) / 2
    ties = np.bincount(runs.gene, weights=runs.size**3 - runs.size, minlength=n_genes) + n_zero**3 - n_zero
    above_mean = ranks_in - n_in * (n_in + 1) / 2 - n_in * n_out / 2
    spread = np.sqrt(np.maximum(n_in * n_out / 12 * ((n + 1) - ties / (n * (n - 1))), 0.0))
    distance = np.maximum(np.abs(above_mean) - 0.5, -0.5)
    size = np.divide(distance, spread, out=np.zeros(n_genes), where=spread > 0)
    p_value = np.minimum(2 * special.ndtr(-size), 1.0)
    return Verdict(np.sign(above_mean) * np.maximum(size, 0.0), np.where(spread > 0, p_value, 1.0))


@dataclass(frozen=True, eq=False)
class _Runs:
    """Equal values of one gene: the gene, how many, how many of the group, how many smaller ones above zero."""

    gene: npt.NDArray[np.int64]
    size: Doubles
    size_in: Doubles
    before: Doubles


def _runs(x: sparse.csr_matrix, in_group: Flags) -> _Runs:
    filled = x.data != 0
    if np.any(x.data < 0):
        raise ValueError("a rank-sum test here needs values that are not negative")
    bits = np.ascontiguousarray(x.data, dtype=np.float32).view(np.int32).astype(np.int64)
    group = np.repeat(in_group, np.diff(x.indptr)).astype(np.int64)
    keys = ((x.indices.astype(np.int64) << _VALUE_BITS) | (bits << 1) | group)[filled]
    keys.sort()
    value = keys >> 1
    starts = np.flatnonzero(np.concatenate(([True], value[1:] != value[:-1]))) if len(keys) else np.zeros(0, np.int64)
    size = np.diff(np.append(starts, len(keys)))
    size_in = np.add.reduceat(keys & 1, starts) if len(keys) else np.zeros(0, np.int64)
    gene = keys[starts] >> _VALUE_BITS
    first_of_gene = np.searchsorted(gene, gene)  # runs of a gene are neighbours
    before = starts - starts[first_of_gene] if len(keys) else starts
    return _Runs(gene, size.astype(np.float64), size_in.astype(np.float64), before.astype(np.float64))


def adjusted(p_values: Doubles) -> Doubles:
    """Return Benjamini-Hochberg adjusted p-values.

    Parameters
    ----------
    p_values : ndarray of float64, n
        Of one family of tests.

    Returns
    -------
    ndarray of float64, n
        In the same order, at most 1.

    Examples
    --------
    >>> adjusted(np.array([0.01, 0.04, 0.03])).round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    n = len(p_values)
    order = np.argsort(p_values)[::-1]
    scaled = p_values[order] * n / np.arange(n, 0, -1)
    out = np.empty(n)
    out[order] = np.minimum(np.minimum.accumulate(scaled), 1.0)
    return out
