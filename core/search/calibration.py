"""How likely a label, or a wider term above it, is right; learned from studies that were held out.

The probability of a term t that is the label or stands above it: sigmoid(a + b logit(S) + c D + e [t is the label]), where
S is the sum of the scores of the types at or below t and D the mean distance to the 10 nearest neighbours. A term is right
when the cell's true type stands at or below it. For a tolerated error the answer is the narrowest such term whose
probability reaches a threshold, and the threshold was set so that on held-out studies no more answers are wrong.

Not here: learning the numbers (``build_bundle.evaluate``), the plain rules of trust (``confidence``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.search.confidence import Backoff

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

DEFAULT_ERROR = 0.1
LABEL, NOTHING = -1, -2
"""What `Calibration.answer` returns where the label itself, or nothing, is the answer."""
WEIGHTS = ("intercept", "log_odds", "mean_distance", "is_label")
WEIGHT, THRESHOLD, RELIABILITY, COVERAGE, UNKNOWN, SUMMARY = (
    "weight", "threshold", "reliability", "coverage", "unknown", "summary",
)  # fmt: skip
_LEAST = 1e-3  # shares are kept this far from 0 and 1
_CHUNK = 4_096


def features(share: npt.ArrayLike, mean_distance: npt.ArrayLike, is_label: npt.ArrayLike) -> Doubles:
    """Return what the probability is made of.

    Parameters
    ----------
    share : array_like, n
        Sum of the scores of the types at or below the term, 0..1.
    mean_distance : array_like, n
        Mean distance to the 10 nearest neighbours.
    is_label : array_like of bool, n
        Whether the term is the label itself.

    Returns
    -------
    ndarray of float64, n x 3
        log(S / (1 - S)), D, 0 or 1.
    """
    kept = np.clip(np.asarray(share, dtype=np.float64), _LEAST, 1 - _LEAST)
    columns = (np.log(kept / (1 - kept)), np.asarray(mean_distance, np.float64), np.asarray(is_label, np.float64))
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


@dataclass(frozen=True, eq=False)
class Calibration:
    """The learned numbers of a bundle.

    Parameters
    ----------
    weights : ndarray of float64, 4
        In the order of `WEIGHTS`.
    errors : ndarray of float64, m
        Tolerated errors, ascending.
    thresholds : ndarray of float64, m
        Probability that an answer must reach for each of them; never rises with the error.
    """

    weights: Doubles
    errors: Doubles
    thresholds: Doubles

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> Calibration | None:
        """Read the bundle's ``calibration`` table.

        Parameters
        ----------
        table : pandas.DataFrame
            Columns of `core.bundle.schema.CALIBRATION`.

        Returns
        -------
        Calibration or None
            None where the bundle had too few held-out studies to learn from.
        """
        weights = table[table["kind"] == WEIGHT].set_index("name")["y"]
        steps = table[table["kind"] == THRESHOLD].sort_values("x")
        if not set(WEIGHTS) <= set(weights.index) or steps.empty:
            return None
        return cls(
            weights.loc[list(WEIGHTS)].to_numpy(dtype=np.float64),
            steps["x"].to_numpy(dtype=np.float64),
            steps["y"].to_numpy(dtype=np.float64),
        )

    def for_wider_types(self) -> Calibration:
        """Return the numbers for labels that are wider terms themselves: judged as any term above a label is."""
        return replace(self, weights=self.weights * (np.array(WEIGHTS) != "is_label"))

    def probability(self, share: npt.ArrayLike, mean_distance: npt.ArrayLike, is_label: npt.ArrayLike) -> Doubles:
        """Return the probability that a term is right, 0..1, with the shape of the inputs."""
        value = self.weights[0] + features(share, mean_distance, is_label) @ self.weights[1:]
        return np.asarray(1 / (1 + np.exp(-np.clip(value, -50, 50))), dtype=np.float64)

    def threshold(self, error: float) -> float:
        """Return the probability an answer must reach for a tolerated error; between two learned errors the stricter."""
        place = int(np.searchsorted(self.errors, error + 1e-9, side="right")) - 1
        return 1.0 if place < 0 else float(self.thresholds[place])

    def answer(
        self, backoff: Backoff, scores: Floats, label: Ints, mean_distance: Floats, error: float = DEFAULT_ERROR
    ) -> tuple[Ints, Floats]:
        """Return the narrowest answer of each cell that keeps to a tolerated error.

        Parameters
        ----------
        backoff : Backoff
            The terms above the labels.
        scores : ndarray of float32, n x n_types
            Rows sum to 1.
        label : ndarray of int32, n
            Columns of the labels.
        mean_distance : ndarray of float32, n
            Mean distance to the 10 nearest neighbours.
        error : float
            Tolerated share of wrong answers.

        Returns
        -------
        place : ndarray of int32, n
            Index into ``backoff.term_ids``; `LABEL` where the label itself will do, `NOTHING` where no term will.
        probability : ndarray of float32, n
            That the answer is right; 0 where there is none.
        """
        least = self.threshold(error)
        place = np.full(len(scores), NOTHING, dtype=np.int32)
        found = np.zeros(len(scores), dtype=np.float32)
        for start in range(0, len(scores), _CHUNK):
            part = slice(start, start + _CHUNK)
            mine = self.of_labels(scores[part], label[part], mean_distance[part])
            wider = self.probability(backoff.shares(scores[part]), mean_distance[part, np.newaxis], is_label=False)
            wider[~backoff.above(label[part])] = -1.0
            each = np.concatenate([mine[:, np.newaxis], wider], axis=1)  # narrowest first
            reaches = each >= least
            first = reaches.argmax(axis=1)
            some = reaches.any(axis=1)
            place[part] = np.where(some, first + LABEL, NOTHING)
            found[part] = np.where(some, each[np.arange(len(each)), first], 0.0)
        return place, found

    def of_labels(self, scores: Floats, label: Ints, mean_distance: Floats) -> Doubles:
        """Return the probability that each label is right, n."""
        return self.probability(scores[np.arange(len(label)), label], mean_distance, is_label=True)
