"""Whether a label is to be trusted, and what can be said where it is not.

A cell far from everything is ``unknown``: mean distance to its 10 nearest neighbours above a threshold learned from
cells of studies the encoder never saw. Of the others a cell is ``confident`` when the score of its label reaches the
user's threshold and ``ambiguous`` otherwise; an ambiguous cell gets the narrowest ancestor of its label whose
descendants together reach the threshold.

Not here: the scores (``scoring``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.ontology.graph import Ontology

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

STATUSES = CONFIDENT, AMBIGUOUS, UNKNOWN = "confident", "ambiguous", "unknown"
DEFAULT_THRESHOLD = 0.5
QUANTILE = 0.99
_ROUNDING = 1e-5  # scores are float32 sums: a row of 100 scores is 1 only up to this
_CHUNK = 4_096


def learn_threshold(mean_distances: Floats, quantile: float = QUANTILE) -> float:
    """Learn from which distance on a cell counts as unlike the reference.

    Parameters
    ----------
    mean_distances : ndarray of float32
        Mean distance to the 10 nearest neighbours (`core.search.scoring.mean_distance`) of cells from held-out studies
        whose types are in the reference.
    quantile : float
        Share of these cells that shall count as known, 0..1.

    Returns
    -------
    float
        Distances above it are unknown.

    Raises
    ------
    ValueError
        When there is no distance to learn from, or one is not finite.
    """
    if mean_distances.size == 0 or not np.isfinite(mean_distances).all():
        raise ValueError(f"cannot learn a threshold from {mean_distances.size} distances")
    return float(np.quantile(mean_distances.astype(np.float64), quantile))


def statuses(
    confidence: Floats, mean_distances: Floats, *, threshold: float, unknown_distance: float
) -> npt.NDArray[np.object_]:
    """Judge every label.

    Parameters
    ----------
    confidence : ndarray of float32, n
        Score of each cell's label, 0..1.
    mean_distances : ndarray of float32, n
        Mean distance to the 10 nearest neighbours.
    threshold : float
        Smallest score of a confident label.
    unknown_distance : float
        Largest mean distance of a known cell.

    Returns
    -------
    ndarray of object, n
        "confident", "ambiguous" or "unknown".
    """
    sure = confidence >= threshold - _ROUNDING
    found = np.where(sure, CONFIDENT, AMBIGUOUS).astype(object)
    found[mean_distances > unknown_distance] = UNKNOWN
    return found


class Backoff:
    """Finds the ancestor at which an ambiguous cell can be called.

    Parameters
    ----------
    ontology : Ontology
        Graph of the labels and all their ancestors.
    type_ids : sequence of str
        Labels in the order of the score columns.

    Notes
    -----
    The score of an ancestor is the sum over the labels below it and itself, so it never falls on the way up. Only
    ancestors of the cell's own label are candidates: the answer says less than the label but never contradicts it.
    """

    def __init__(self, ontology: Ontology, type_ids: Sequence[str]) -> None:
        self.type_ids = list(type_ids)
        place = {t: i for i, t in enumerate(type_ids)}
        above = {t: ontology.ancestors(t) if t in ontology else frozenset() for t in type_ids}
        wider = {a for ancestors in above.values() for a in ancestors}
        self.term_ids = sorted(wider, key=lambda t: (-ontology.depth(t), t))  # narrowest first
        self._covers = np.zeros((len(self.term_ids), len(place)), dtype=np.float32)
        self._is_above = np.zeros((len(place), len(self.term_ids)), dtype=bool)
        for j, term in enumerate(self.term_ids):
            below = [place[t] for t in (*ontology.descendants(term), term) if t in place]
            self._covers[j, below] = 1
            self._is_above[:, j] = [term in above[t] for t in type_ids]

    def shares(self, scores: Floats) -> Floats:
        """Return the sum of the scores at or below each term, n x n_terms."""
        summed: Floats = scores @ self._covers.T
        return summed

    def holds(self, code: Ints) -> npt.NDArray[np.bool_]:
        """Return which terms have each type at or below them, n x n_terms."""
        held: npt.NDArray[np.bool_] = self._covers.T[code] > 0
        return held

    def above(self, label: Ints) -> npt.NDArray[np.bool_]:
        """Return which terms stand above each label, n x n_terms."""
        standing: npt.NDArray[np.bool_] = self._is_above[label]
        return standing

    def narrowest(self, scores: Floats, label: Ints, threshold: float) -> Ints:
        """Return the narrowest ancestor of each label whose score reaches the threshold.

        Parameters
        ----------
        scores : ndarray of float32, n x n_types
            Rows sum to 1.
        label : ndarray of int32, n
            Columns of the labels.
        threshold : float
            Score to reach.

        Returns
        -------
        ndarray of int32, n
            Index into `term_ids`; -1 where no ancestor reaches it.
        """
        found = np.full(len(scores), -1, dtype=np.int32)
        if not self.term_ids:
            return found
        for start in range(0, len(scores), _CHUNK):
            part = slice(start, start + _CHUNK)
            reaches = self.shares(scores[part]) >= threshold - _ROUNDING
            reaches &= self.above(label[part])
            found[part] = np.where(reaches.any(axis=1), reaches.argmax(axis=1), -1)
        return found
