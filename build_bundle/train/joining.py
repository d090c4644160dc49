"""From a place among the types and networks side by side to a narrow embedding: the directions in which their rows are long.

Searching takes time in proportion to the width, and networks trained from different seeds say much the same thing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from build_bundle.train.dataset import Dataset
from core.embedding.encoder import Encoder

CELLS_AT_A_TIME = 2_048
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def fit_join(encoder: Encoder, data: Dataset, n_latent: int, weights: Floats | None = None) -> Floats | None:
    """Find the map from what place and nets give to fewer numbers.

    Parameters
    ----------
    encoder : Encoder
        Trained, without a join.
    data : Dataset
        The cells it learned from; types are about evenly among them.
    n_latent : int
        Most numbers wanted.
    weights : ndarray of float32, n_joined, optional
        What each number of `Encoder.parts` counts; all count 1 if left out.

    Returns
    -------
    ndarray of float32, n_joined x n, or None
        Largest direction first, rows times their weights; n is `n_latent`, or how many numbers count at all where these are
        fewer. None where there are no weights and the networks give no more than `n_latent` numbers: they are the embedding
        as they are.

    Notes
    -----
    The columns are, but for the weights, the leading eigenvectors of the second-moment matrix X'X of the weighted rows X
    (Eckart and Young, 1936: no other map to `n_latent` numbers keeps more of X). The rows are not centred, because they are
    compared on the unit sphere around the origin. One batch of cells is dense at a time.
    """
    width = encoder.n_parts
    if weights is None and n_latent >= width:
        return None
    scale = np.ones(width, dtype=np.float32) if weights is None else weights
    moment: Doubles = np.zeros((width, width))
    for start in range(0, len(data), CELLS_AT_A_TIME):
        rows = np.arange(start, min(start + CELLS_AT_A_TIME, len(data)))
        parts = (encoder.parts(data.inputs_of(rows)) * scale).astype(np.float64)
        moment += parts.T @ parts
    directions = leading_directions(moment, min(n_latent, int(np.count_nonzero(scale))))
    return np.asarray(scale[:, np.newaxis] * directions, dtype=np.float32)


def leading_directions(moment: Doubles, n: int) -> Floats:
    """Return the eigenvectors of the largest eigenvalues as columns, each with its largest entry positive.

    Parameters
    ----------
    moment : ndarray of float64, width x width
        Symmetric, positive semidefinite.
    n : int
        Columns wanted.

    Returns
    -------
    ndarray of float32, width x n
        Largest eigenvalue first.
    """
    _, vectors = np.linalg.eigh(moment)
    leading = vectors[:, ::-1][:, :n]
    largest = np.take_along_axis(leading, np.argmax(np.abs(leading), axis=0)[np.newaxis], axis=0)
    return np.ascontiguousarray(leading * np.where(largest < 0, -1.0, 1.0), dtype=np.float32)
