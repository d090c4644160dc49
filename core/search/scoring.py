"""From neighbours to scores and labels.

A neighbour at Euclidean distance D is worth s = 1 / (1 + D). A cell's score for a type is the sum of s over its
neighbours of that type, divided by the sum over all its neighbours: a row of scores sums to 1. The label is the type whose
score is largest for the neighbours it could give: a type with 30 reference cells can fill 30 of 100 places and no more, so
a plain majority would never name it.

Not here: whether a label is to be trusted (``confidence``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

NEAREST = 10
"""Neighbours behind `Labels.mean_distance`."""
FEWEST_PLACES = 10
"""A type of fewer reference cells is judged as if it had so many: one odd neighbour must not name a cell."""
_TIE = 1e-9  # smaller than any difference of scores that means something
_CHUNK = 4_096


def similarity(distances: Floats) -> Floats:
    """Return s = 1 / (1 + D).

    Parameters
    ----------
    distances : ndarray of float32
        Euclidean distances, >= 0.

    Returns
    -------
    ndarray of float32
        Same shape, in (0, 1].

    Examples
    --------
    >>> similarity(np.float32([0.0, 1.0, 3.0])).tolist()
    [1.0, 0.5, 0.25]
    """
    one = np.float32(1)
    worth: Floats = one / (one + np.asarray(distances, dtype=np.float32))
    return worth


def score_types(codes: Ints, distances: Floats, n_types: int) -> Floats:
    """Score every cell for every type.

    Parameters
    ----------
    codes : ndarray of int32, n x k
        Type of every neighbour, 0..n_types - 1.
    distances : ndarray of float32, n x k
        Euclidean distances of the neighbours.
    n_types : int
        Number of types.

    Returns
    -------
    ndarray of float32, n x n_types
        Rows sum to 1; 0 for types without a neighbour.

    Notes
    -----
    The paper's score: the sum of 1 / (1 + D) over the neighbours of a type, over the sum for all types.
    """
    scores = np.empty((len(codes), n_types), dtype=np.float32)
    worth = similarity(distances).astype(np.float64)
    for part in _chunks(len(codes)):
        sums = _sum_by_code(codes[part], worth[part], n_types)
        scores[part] = sums / sums.sum(axis=1, keepdims=True)
    return scores


@dataclass(frozen=True, eq=False)
class Labels:
    """What the neighbours of every cell say.

    Parameters
    ----------
    label : ndarray of int32, n
        Type with the largest score for the neighbours it could give; among equals the type of the nearest neighbour.
    runner_up : ndarray of int32, n
        Next type by the same rule; -1 where all neighbours agree.
    fraction : ndarray of float32, n
        Share of the neighbours that carry the label, 0..1.
    n_studies : ndarray of int32, n
        Studies among the neighbours that carry the label.
    mean_distance : ndarray of float32, n
        Mean Euclidean distance to the 10 nearest neighbours (to all where there are fewer).
    """

    label: Ints
    runner_up: Ints
    fraction: Floats
    n_studies: Ints
    mean_distance: Floats


def label_cells(codes: Ints, studies: Ints, distances: Floats, sizes: npt.NDArray[np.integer]) -> Labels:
    """Find label and runner-up of every cell.

    Parameters
    ----------
    codes : ndarray of int32, n x k
        Type of every neighbour, nearest first.
    studies : ndarray of int32, n x k
        Study of every neighbour, >= 0.
    distances : ndarray of float32, n x k
        Euclidean distances, ascending.
    sizes : ndarray of int, n_types
        Cells of each type that could be found.

    Returns
    -------
    Labels
        One entry a cell.

    Notes
    -----
    The largest of score / min(k, max(10, cells of the type)). The paper takes the majority of the 100 neighbours, which is
    nearly the same where every type has 100 cells. On studies left out inside the training studies this rule names more
    cells rightly, and far more of the rare types (``build_bundle/EMBEDDING.md``).
    """
    n, k = codes.shape
    places = np.clip(sizes, min(FEWEST_PLACES, k), k)
    label, runner_up = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    fraction, n_studies = np.empty(n, dtype=np.float32), np.empty(n, dtype=np.int32)
    worth = similarity(distances).astype(np.float64)
    for part in _chunks(n):
        rank = _sum_by_code(codes[part], worth[part], len(sizes)) / places
        rank += np.where(rank > 0, _TIE * (k - _first_places(codes[part], len(sizes))), 0.0)
        row = np.arange(len(rank))
        best = rank.argmax(axis=1)
        label[part] = best
        carries = codes[part] == best[:, np.newaxis]
        fraction[part] = carries.mean(axis=1)
        n_studies[part] = _count_studies(carries, studies[part])
        rank[row, best] = 0
        second = rank.argmax(axis=1)
        runner_up[part] = np.where(rank[row, second] > 0, second, -1)
    return Labels(label, runner_up, fraction, n_studies, mean_distance(distances))


def mean_distance(distances: Floats) -> Floats:
    """Return the mean distance to the 10 nearest neighbours.

    Parameters
    ----------
    distances : ndarray of float32, n x k
        Euclidean distances, ascending.

    Returns
    -------
    ndarray of float32, n
        Over all neighbours where there are fewer than 10.
    """
    mean: Floats = distances[:, :NEAREST].mean(axis=1, dtype=np.float64).astype(np.float32)
    return mean


def _chunks(n: int) -> list[slice]:
    return [slice(start, min(n, start + _CHUNK)) for start in range(0, n, _CHUNK)]


def _sum_by_code(codes: Ints, values: npt.NDArray[np.float64], n_codes: int) -> npt.NDArray[np.float64]:
    """Sum values by row and code: n x n_codes."""
    rows = np.arange(len(codes), dtype=np.int64)[:, np.newaxis]
    places = (rows * n_codes + codes).ravel()
    sums = np.bincount(places, weights=values.ravel(), minlength=len(codes) * n_codes)
    return sums.astype(np.float64, copy=False).reshape(-1, n_codes)


def _first_places(codes: Ints, n_types: int) -> npt.NDArray[np.int64]:
    """Return the place of the nearest neighbour of each type, n x n_types; k for types without any."""
    n, k = codes.shape
    rows = np.arange(n)
    first = np.full((n, n_types), k, dtype=np.int64)
    for place in range(k - 1, -1, -1):
        first[rows, codes[:, place]] = place
    return first


def _count_studies(carries: npt.NDArray[np.bool_], studies: Ints) -> npt.NDArray[np.int64]:
    """Count the different studies among the neighbours that carry the label."""
    n_studies = int(studies.max(initial=0)) + 1
    present = _sum_by_code(studies, carries.astype(np.float64), n_studies) > 0
    counts: npt.NDArray[np.int64] = present.sum(axis=1, dtype=np.int64)
    return counts
