"""From several networks side by side to a narrow embedding: the directions in which their joined rows are long.

Searching takes time in proportion to the width, and networks trained from different seeds say much the same thing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from build_bundle.train.dataset import Dataset
from core.embedding.encoder import Net, forward, joined_width

CELLS_AT_A_TIME = 2_048
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def fit_join(nets: Sequence[Net], data: Dataset, n_latent: int) -> Floats | None:
    """Find the map of the networks side by side to fewer numbers.

    Parameters
    ----------
    nets : sequence of tuple of Layer
        Trained networks.
    data : Dataset
        The cells they learned from; types are about evenly among them.
    n_latent : int
        Numbers wanted.

    Returns
    -------
    ndarray of float32, n_joined x n_latent, or None
        Orthonormal columns, largest first; None where the networks give no more than `n_latent` numbers.

    Notes
    -----
    The columns are the leading eigenvectors of the second-moment matrix X'X of the joined rows X (Eckart and Young,
    1936: no other map to `n_latent` numbers keeps more of X). The rows are not centred, because they are compared on the
    unit sphere around the origin. One batch of cells is dense at a time.
    """
    width = joined_width(nets)
    if n_latent >= width:
        return None
    moment: Doubles = np.zeros((width, width))
    for start in range(0, len(data), CELLS_AT_A_TIME):
        rows = np.arange(start, min(start + CELLS_AT_A_TIME, len(data)))
        joined = forward(nets, data.dense(rows)).astype(np.float64)
        moment += joined.T @ joined
    return leading_directions(moment, n_latent)


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
