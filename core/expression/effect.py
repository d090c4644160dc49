"""How much a gene differs: means, shares and fold change with its standard error, the same for every method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Doubles = npt.NDArray[np.float64]
PSEUDO_COUNT = 0.01  # counts per 10,000; one molecule in one of a hundred cells of 10,000 molecules


@dataclass(frozen=True, eq=False)
class Effect:
    """Description of every gene in both groups; all float64, one entry a gene.

    Parameters
    ----------
    log2_fold_change : ndarray
        log2 of (mean in + 0.01) / (mean out + 0.01), means of counts per 10,000.
    log2_fold_change_se : ndarray
        Its standard error.
    pct_in, pct_out : ndarray
        Share of cells with a value > 0.
    mean_in, mean_out : ndarray
        Mean log1p counts per 10,000.
    """

    log2_fold_change: Doubles
    log2_fold_change_se: Doubles
    pct_in: Doubles
    pct_out: Doubles
    mean_in: Doubles
    mean_out: Doubles


def effect_of(x: sparse.csr_matrix, in_group: npt.NDArray[np.bool_], molecule: float = 0.0) -> Effect:
    """Describe every gene in a group of cells and in the other cells.

    Parameters
    ----------
    x : csr_matrix of float32, n x n_genes
        log1p counts per 10,000.
    in_group : ndarray of bool, n
        The group; it and the rest are not empty.
    molecule : float
        What one unit of the source is in counts per 10,000 in the typical cell, for the standard error; 0: not known.

    Returns
    -------
    Effect
        In the order of the columns.

    Notes
    -----
    The error follows from the delta method: the variance of log(m + c) is var(m) / (m + c)^2. The variance of a mean is
    that of the cells over their number, but at least a Poisson variable's: without that, a gene that no cell of the
    background has would seem to be known there without error.
    """
    n_genes = x.shape[1]
    side = np.repeat((~in_group).astype(np.int64) * n_genes, np.diff(x.indptr))
    slot = x.indices + side
    logged = x.data.astype(np.float64)
    linear = np.expm1(logged)
    seen, sum_log, total, squares = (
        np.bincount(slot, weights=weights, minlength=2 * n_genes).reshape(2, n_genes)
        for weights in (None, logged, linear, linear**2)
    )
    n = np.array([[np.count_nonzero(in_group)], [np.count_nonzero(~in_group)]], dtype=np.float64)
    mean = total / n
    spread = np.maximum(squares - n * mean**2, 0.0) / np.maximum(n - 1, 1)
    raised = mean + PSEUDO_COUNT
    variance = np.maximum(spread, raised * molecule) / n
    change = np.log2(raised[0] / raised[1])
    error = np.sqrt((variance / raised**2).sum(axis=0)) / np.log(2)
    return Effect(change, error, *(seen / n), *(sum_log / n))
