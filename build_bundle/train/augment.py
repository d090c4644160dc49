"""Panel augmentation: a network that has seen small gene panels in training can answer queries that have one.

Science: embedding-transfer measurements; a gene outside the panel stands at the training mean, as in a query.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

N_GROUPS = 4
FEWEST_GENES = 30
SPARSEST = 0.05  # smallest chance with which a random panel keeps a gene


def cut_panels(z: Floats, panels: Flags, chance: float, rng: np.random.Generator) -> Floats:
    """Cut groups of a batch down to random gene panels.

    Parameters
    ----------
    z : ndarray of float32, n x n_vocab
        Encoder inputs; not changed.
    panels : ndarray of bool, n_parts x n_vocab
        Real panels to draw from.
    chance : float
        Chance that a group is cut.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of float32, n x n_vocab
        Cut rows are scaled back to length sqrt(n_vocab).

    Notes
    -----
    The batch is cut into four groups. Half of the panels keep each gene with one chance drawn from U(0.05, 1), the
    other half are the panel of a random part. A panel of 30 genes or fewer leaves its group whole.
    """
    out = z.copy()
    for group in np.array_split(np.arange(len(z)), N_GROUPS):
        if not len(group) or rng.random() >= chance:
            continue
        panel = _panel(panels, rng)
        if np.count_nonzero(panel) > FEWEST_GENES:
            out[group] = _rescaled(z[group] * panel)
    return out


def _panel(panels: Flags, rng: np.random.Generator) -> Flags:
    if rng.random() < 0.5:
        return np.asarray(rng.random(panels.shape[1]) < rng.uniform(SPARSEST, 1.0))
    real: Flags = panels[rng.integers(len(panels))]
    return real


def _rescaled(z: Floats) -> Floats:
    length = np.linalg.norm(z, axis=1, keepdims=True)
    scaled: Floats = z * np.divide(
        np.sqrt(z.shape[1], dtype=np.float32), length, out=np.zeros_like(length), where=length > 0
    )
    return scaled
