"""A cell seen together with the cells of its own file that look most like it.

One cell's expression is noisy: most of its transcripts were not caught. The cells of a file that resemble it are mostly of
its type and were measured in the same way, so the mean of their places in the embedding says better where it belongs
than its own place alone. What looks alike is decided in the file's own expression, not in the embedding, so that the two
can correct each other.

Some cells look like many (they lie in the middle, or caught few genes) without being of their kind. Where the recipe says
so, a cell's company is therefore above all what has the cell among its own.

Not here: placing cells (``core.embedding``), finding reference cells (``core.search.index``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh

from core.search.exact import exact_search
from core.vectors import unit_rows

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]

N_ALIKE = 15
"""Cells that a cell is seen together with."""
N_AXES = 20
"""Principal axes of the file's expression in which cells are compared."""
MOST_FITTED = 1_000
"""Cells the axes are fitted to, spread evenly over the file."""
MOST_COMPARED = 10_000
"""Cells that may be found alike, spread evenly over the file: enough of every state, and time grows with the file, not
with its square."""
_BLOCK = 2_000
_FEWEST = 3
_NOTHING = 1e-9  # of all there is: rounding, no axis


def spread_evenly(n: int, most: int) -> Rows:
    """Return `most` rows of `n` at equal steps, all of them where there are no more."""
    return np.unique(np.linspace(0, max(n - 1, 0), min(n, most)).astype(np.int64))


def rows_to_fit(n: int) -> Rows:
    """Return the cells of a file of `n` that its axes are fitted to (`expression_axes`)."""
    return spread_evenly(n, MOST_FITTED)


def expression_axes(sample: Floats) -> Callable[[Floats], Floats]:
    """Find the principal axes of a file's expression.

    Parameters
    ----------
    sample : ndarray of float32, n x n_vocab
        `EncoderInputs.z_scores` of the cells `rows_to_fit` names.

    Returns
    -------
    callable
        From z-scores, m x n_vocab, to places on the leading axes as directions: float32, m x (at most 20), rows of length 1.
        Cells that do not differ, or fewer than three, have no axes: they are given no direction.

    Notes
    -----
    Singular vectors of the centred sample, from the eigenvectors of its cells' inner products, since there are fewer cells
    than genes.
    """
    n = len(sample)
    if n < _FEWEST:
        return _no_direction
    mean = sample.mean(axis=0)
    centred = (sample - mean).astype(np.float64)
    values, vectors = eigh(centred @ centred.T, subset_by_index=(max(0, n - N_AXES), n - 1))
    real = values > _NOTHING * float(np.sum(sample.astype(np.float64) ** 2))
    if not real.any():
        return _no_direction
    axes = (centred.T @ (vectors[:, real] / np.sqrt(values[real]))).astype(np.float32)
    return lambda z: unit_rows(z @ axes - mean @ axes)


def _no_direction(z: Floats) -> Floats:
    return np.zeros((len(z), 1), dtype=np.float32)


def steadied(
    embedding: Floats,
    directions: Floats,
    one_sided: float = 1.0,
    progress: Callable[[float], None] = lambda _share: None,
) -> Floats:
    """Draw every cell towards the cells of its file that look most like it.

    Parameters
    ----------
    embedding : ndarray of float32, n x n_latent
        Places of all cells of one file, rows of length 1.
    directions : ndarray of float32, n x n_axes
        What `expression_axes` makes of the same cells.
    one_sided : float
        What a cell counts that is alike without having the drawn cell among the 15 nearest to itself, 0..1 (`Recipe.one_sided`).
    progress : callable, optional
        Called with the share done, 0..1.

    Returns
    -------
    ndarray of float32, n x n_latent
        Rows of length 1: u(e_i + sum_j w_ij e_j) over the 15 cells j whose directions are nearest to that of i, where
        w_ij is the cosine of the two directions times the cosine of the two places, each 0 if negative, times `one_sided`
        where i is farther from j than the 15 cells nearest to j; u divides by the length. A cell that nothing resembles,
        or that is alone, keeps its place.
    """
    n = len(embedding)
    if n < _FEWEST:
        return embedding
    compared = spread_evenly(n, MOST_COMPARED)
    reach = _reach(directions, compared) if one_sided < 1 else None
    out = np.empty_like(embedding)
    for start in range(0, n, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, n))
        others, distances, own = _alike(directions, rows, compared)
        weights = np.where(own, 0, np.maximum(1 - distances**2 / 2, 0))  # the cosine of directions of length 1
        if reach is not None:
            weights *= np.where(distances > reach[others], one_sided, 1)
        out[rows] = _drawn(embedding[rows], embedding[others], weights)
        progress((rows[-1] + 1) / n)
    return out


def _alike(directions: Floats, rows: Rows, compared: Rows) -> tuple[Rows, Floats, Flags]:
    """Find the cells nearest to some, one more than needed: in every row one is marked as the cell itself, or as too many."""
    found = exact_search(directions[compared], directions[rows], N_ALIKE + 1)
    others = compared[found.ids]
    own = others == rows[:, np.newaxis]
    own[~own.any(axis=1), -1] = True
    return others, found.distances, own


def _reach(directions: Floats, compared: Rows) -> Floats:
    """Return how far the company of a cell reaches, of those that may be found alike; the others' is not asked for."""
    reach = np.zeros(len(directions), dtype=np.float32)
    for start in range(0, len(compared), _BLOCK):
        rows = compared[start : start + _BLOCK]
        _, distances, own = _alike(directions, rows, compared)
        reach[rows] = np.where(own, 0, distances).max(axis=1)
    return reach


def _drawn(mine: Floats, places: Floats, alike: Floats) -> Floats:
    """Add to every place those of its company, n x n_company x n_latent, by likeness and agreement."""
    agreeing = np.maximum(np.einsum("ij,ikj->ik", mine, places), 0)
    weights = (alike * agreeing).astype(np.float32)
    return unit_rows(mine + np.einsum("ik,ikj->ij", weights, places))
