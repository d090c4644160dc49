"""What the softmax head is asked to say: the cell's type, or a little of its relatives too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.ontology.similarity import Similarity

Floats = npt.NDArray[np.float32]


def class_targets(classes: Sequence[str], similarity: Similarity, soft: float) -> Floats:
    """Return the target of every class.

    Parameters
    ----------
    classes : sequence of str
        Type ids.
    similarity : Similarity
        Ontology similarity of types.
    soft : float
        Share given to the other types in proportion to their similarity, 0..1.

    Returns
    -------
    ndarray of float32, n_classes x n_classes
        Rows sum to 1. A type without a relative keeps the whole target.
    """
    return spread_targets(similarity.matrix(classes), soft)


def spread_targets(similarity: npt.NDArray[np.floating], soft: float) -> Floats:
    """Return the target of every class from the similarities of the classes, n_classes x n_classes."""
    related = similarity.astype(np.float64)
    np.fill_diagonal(related, 0.0)
    total = related.sum(axis=1, keepdims=True)
    spread = np.where(total > 0, soft, 0.0)
    target = spread * np.divide(related, total, out=np.zeros_like(related), where=total > 0)
    target[np.diag_indices(len(related))] = 1 - spread[:, 0]
    return np.asarray(target, dtype=np.float32)
