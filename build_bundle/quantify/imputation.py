"""Missing genes of authors' matrices, filled by the original's rule from similar genes of the same study.

Not here: which matrices there are, and their unit (``author``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

MAX_MISSING = 0.25
NEAREST = 10
_BLOCK = 512  # genes whose distances are held at a time


class NoCompleteGeneError(ValueError):
    """No gene was measured in all cells, so nothing can be filled from."""


@dataclass(frozen=True, eq=False)
class Imputed:
    """A study with its gaps filled.

    Parameters
    ----------
    values : ndarray of float32, n_kept x n_genes
        No value is missing; measured values are as they were.
    kept : ndarray of bool, n_obs
        Cells with less than 25 % of their genes missing.
    filled : ndarray of bool, n_kept x n_genes
        Which values were filled in.
    """

    values: Floats
    kept: Flags
    filled: Flags


def impute(values: Floats, *, max_missing: float = MAX_MISSING, k: int = NEAREST) -> Imputed:
    """Fill the missing values of one study.

    Parameters
    ----------
    values : ndarray of float32, n_obs x n_genes
        Linear expression of one study; NaN where a gene was not measured in a cell.
    max_missing : float
        Cells with this share of missing genes, or more, are set aside.
    k : int
        Genes to take the mean of.

    Returns
    -------
    Imputed
        Cells that stay, filled.

    Raises
    ------
    NoCompleteGeneError
        Where cells stay, values are missing, and no gene is measured in all of these cells.

    Notes
    -----
    Alavi et al. 2018 (Methods, missing data): gaps are filled with the median of their cell only to compute Euclidean
    distances between genes over the cells of the study; a missing value is then the mean, in its cell, of the `k` genes
    nearest to its gene among those measured in all cells (all of these where there are fewer). Ties go to the gene that
    comes first, as far as rounding shows them. Costs O(n_obs * n_missing_genes * n_complete_genes) and one block of distances in memory.
    """
    missing = np.isnan(values)
    kept = missing.mean(axis=1) < max_missing if values.shape[1] else np.zeros(len(values), dtype=bool)
    values, missing = values[kept], missing[kept]
    gappy = np.flatnonzero(missing.any(axis=0))
    if len(gappy) == 0:
        return Imputed(values.copy(), kept, missing)
    complete = np.flatnonzero(~missing.any(axis=0))
    if len(complete) == 0:
        raise NoCompleteGeneError("no gene is measured in all cells")
    level = np.where(missing, np.nanmedian(values, axis=1, keepdims=True), values).astype(np.float64)
    out = values.copy()
    for start in range(0, len(gappy), _BLOCK):
        genes = gappy[start : start + _BLOCK]
        for gene, near in zip(genes, _nearest(level, genes, complete, k), strict=True):
            cells = missing[:, gene]
            out[cells, gene] = values[np.ix_(cells, complete[near])].mean(axis=1, dtype=np.float64)
    return Imputed(out, kept, missing)


def _nearest(level: npt.NDArray[np.float64], genes: Indices, complete: Indices, k: int) -> Indices:
    """Return for each gene the places in `complete` of its nearest ones, nearest first."""
    one, two = level[:, genes], level[:, complete]
    squared = (one**2).sum(axis=0)[:, None] + (two**2).sum(axis=0)[None, :] - 2 * (one.T @ two)
    return np.argsort(np.maximum(squared, 0), axis=1, kind="stable")[:, :k]
