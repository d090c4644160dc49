"""Cells brought to one depth of sequencing, for tests that ask how many cells have a gene."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy
from scipy import sparse

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

WHOLE = 0.05
"""How far from a whole number a value over the cell's smallest may lie, to be a number of molecules."""
MOST_WHOLE = 0.99
"""Share of values that must be whole for a matrix to be one of molecules."""
_SEED = 0


class Thinned(NamedTuple):
    """Cells of one depth: the values, and how many times as many molecules a cell of the group had as one of the others (medians)."""

    x: sparse.csr_matrix
    deeper: float


def at_one_depth(x: sparse.csr_matrix, in_group: Flags) -> Thinned | None:
    """Thin the counts of the deeper cells at random, until a group and the other cells are equally deep.

    Parameters
    ----------
    x : csr_matrix of float32, n x n_genes
        log1p of counts in one unit a cell (per 10,000).
    in_group : ndarray of bool, n
        The group; it and the rest are not empty.

    Returns
    -------
    Thinned or None
        Values in the same unit, with stored zeros where no molecule was kept; None where the values are no multiples of each cell's
        smallest, as counts are, or where a side has no cell with a value.

    Notes
    -----
    A cell's smallest value is one molecule. Depths are matched by quantile: a cell keeps each molecule with probability
    min(1, depth of the other side's cell of the same rank / its own), so both sides have one distribution of depths, and
    where neither is deeper hardly a molecule is lost. The draw is always the same.
    """
    n_values = np.diff(x.indptr)
    filled = n_values > 0
    if not (filled & in_group).any() or not (filled & ~in_group).any():
        return None
    linear = np.expm1(x.data.astype(np.float64))
    molecule = np.ones(x.shape[0])
    molecule[filled] = np.minimum.reduceat(linear, x.indptr[:-1][filled])
    counts = linear / np.repeat(molecule, n_values)
    whole = np.rint(counts)
    if np.mean(np.abs(counts - whole) <= WHOLE) < MOST_WHOLE:
        return None
    kept = np.ones(x.shape[0])
    kept[filled] = _kept(1 / molecule[filled], in_group[filled])
    left = _drawn(whole, np.repeat(kept, n_values))
    values = np.log1p(left * np.repeat(molecule / kept, n_values)).astype(np.float32)
    deeper = np.median(molecule[filled & ~in_group]) / np.median(molecule[filled & in_group])
    return Thinned(sparse.csr_matrix((values, x.indices, x.indptr), shape=x.shape), float(deeper))


def _kept(depth: Doubles, in_group: Flags) -> Doubles:
    """Return the share of its molecules that each cell keeps."""
    kept = np.ones(len(depth))
    for side in (in_group, ~in_group):
        own, other = depth[side], depth[~side]
        of_same_rank = np.quantile(other, (scipy.stats.rankdata(own) - 0.5) / len(own), method="hazen")
        kept[side] = np.minimum(of_same_rank / own, 1.0)
    return kept


def _drawn(molecules: Doubles, kept: Doubles) -> Doubles:
    """Return how many of each value's molecules are kept; most values are one molecule, for which a coin is quicker."""
    rng = np.random.default_rng(_SEED)
    left = np.where(rng.random(len(molecules)) < kept, molecules, 0.0)
    several = np.flatnonzero((molecules > 1) & (kept < 1))
    left[several] = rng.binomial(molecules[several].astype(np.int64), kept[several])
    return left
