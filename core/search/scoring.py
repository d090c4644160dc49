"""From neighbours to scores and labels.

A neighbour at Euclidean distance D is worth s = 1 / (1 + D). A cell's score for a type is the sum of s over its
neighbours of that type, divided by the sum over all its neighbours: a row of scores sums to 1. The label is the most
common type among the 10 nearest: a type with 30 reference cells can never win a majority among 100.

Not here: whether a label is to be trusted (``confidence``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

NEAREST = 10
"""Neighbours that vote on the label, and those behind `Labels.mean_distance`."""
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
        Most common type among the 10 nearest neighbours; among equals the type of the nearest one.
    runner_up : ndarray of int32, n
        Next most common type by the same rule; where the 10 agree, the next most common among all neighbours; -1 where all
        agree.
    fraction : ndarray of float32, n
        Share of all neighbours that carry the label, 0..1.
    n_studies : ndarray of int32, n
        Studies among all neighbours that carry the label.
    mean_distance : ndarray of float32, n
        Mean Euclidean distance to the 10 nearest neighbours (to all where there are fewer).
    """

    label: Ints
    runner_up: Ints
    fraction: Floats
    n_studies: Ints
    mean_distance: Floats


def label_cells(codes: Ints, studies: Ints, distances: Floats, n_types: int) -> Labels:
    """Find label and runner-up of every cell.

    Parameters
    ----------
    codes : ndarray of int32, n x k
        Type of every neighbour, nearest first.
    studies : ndarray of int32, n x k
        Study of every neighbour, >= 0.
    distances : ndarray of float32, n x k
        Euclidean distances, ascending.
    n_types : int
        Number of types.

    Returns
    -------
    Labels
        One entry a cell.

    Notes
    -----
    The paper takes the majority of all 100 neighbours. On studies left out inside the training studies ten neighbours
    name more cells rightly, and far more of the rare types (``build_bundle/EMBEDDING.md``).
    """
    n, k = codes.shape
    label, runner_up = np.empty(n, dtype=np.int32), np.empty(n, dtype=np.int32)
    fraction, n_studies = np.empty(n, dtype=np.float32), np.empty(n, dtype=np.int32)
    for part in _chunks(n):
        among_all = _ranked(codes[part], n_types)
        rank = _ranked(codes[part, :NEAREST], n_types) * (k * k + k) + among_all  # the latter is at most k * k + k - 1
        row = np.arange(len(rank))
        best = rank.argmax(axis=1)
        label[part] = best
        fraction[part] = _counts(among_all[row, best], k) / k
        n_studies[part] = _count_studies(codes[part] == best[:, np.newaxis], studies[part])
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


def _ranked(codes: Ints, n_types: int) -> npt.NDArray[np.int64]:
    """Return n x n_types numbers, larger for more neighbours, then for a nearer first one; 0 for types without any."""
    n, k = codes.shape
    rows = np.arange(n)
    first = np.full((n, n_types), k, dtype=np.int64)
    for place in range(k - 1, -1, -1):
        first[rows, codes[:, place]] = place
    counts = _sum_by_code(codes, np.ones(codes.shape), n_types).astype(np.int64)
    ranked: npt.NDArray[np.int64] = counts * k + np.where(counts > 0, k - 1 - first, 0)
    return ranked


def _counts(rank: npt.NDArray[np.int64], k: int) -> npt.NDArray[np.int64]:
    """Return the number of neighbours that a rank of `_ranked` stands for."""
    counts: npt.NDArray[np.int64] = rank // k
    return counts


def _count_studies(carries: npt.NDArray[np.bool_], studies: Ints) -> npt.NDArray[np.int64]:
    """Count the different studies among the neighbours that carry the label."""
    n_studies = int(studies.max(initial=0)) + 1
    present = _sum_by_code(studies, carries.astype(np.float64), n_studies) > 0
    counts: npt.NDArray[np.int64] = present.sum(axis=1, dtype=np.int64)
    return counts
