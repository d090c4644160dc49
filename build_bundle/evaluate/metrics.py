"""The figures of the retrieval test (science 6), from plain arrays.

A query with label q retrieved r_1..r_K, nearest first. rel_i = s(q, r_i) is the ontology similarity,
score_i = (rel_1 + ... + rel_i) / i, and AFP is the mean of the scores: related types count, early ones more.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

NEAR = 0.75  # similarity of a type and its parent or child: one edge


def average_flexible_precision(relevance: npt.NDArray[np.floating]) -> Doubles:
    """Return AFP of each query.

    Parameters
    ----------
    relevance : ndarray, n x K
        Similarity of the query's type and the type of each retrieved cell, nearest first, 0..1.

    Returns
    -------
    ndarray of float64, n
        0..1; 1 when every retrieved cell has the query's type.

    Examples
    --------
    >>> average_flexible_precision(np.array([[1.0, 0.0], [0.0, 1.0]])).tolist()
    [0.75, 0.25]
    """
    k = relevance.shape[1]
    running = np.cumsum(relevance, axis=1, dtype=np.float64) / np.arange(1, k + 1)
    return np.asarray(running.mean(axis=1))


def average_precision(exact: npt.NDArray[np.bool_], n_relevant: npt.NDArray[np.int64]) -> Doubles:
    """Return the usual average precision of each query, counting exact matches only.

    Parameters
    ----------
    exact : ndarray of bool, n x K
        Whether each retrieved cell has the query's type.
    n_relevant : ndarray of int64, n
        Reference cells that have the query's type, at least 1.

    Returns
    -------
    ndarray of float64, n
        Sum of the precisions at the exact matches over min(K, n_relevant).

    Examples
    --------
    >>> average_precision(np.array([[True, False, True]]), np.array([2])).round(3).tolist()
    [0.833]
    """
    k = exact.shape[1]
    precision = np.cumsum(exact, axis=1) / np.arange(1, k + 1)
    return np.asarray((precision * exact).sum(axis=1) / np.minimum(n_relevant, k))


def mean_over_labels(values: Doubles, labels: npt.NDArray[np.object_]) -> float:
    """Return the mean over labels of the mean over the cells of a label.

    Parameters
    ----------
    values : ndarray of float64, n
        One figure a cell.
    labels : array of str, n
        Label of each cell.

    Returns
    -------
    float
        Every label counts alike, however many cells it has.
    """
    _, codes = np.unique(labels.astype(str), return_inverse=True)
    return float((np.bincount(codes, weights=values) / np.bincount(codes)).mean())


def macro_f1(truth: npt.NDArray[np.object_], predicted: npt.NDArray[np.object_]) -> float:
    """Return the mean F1 over the labels that occur among the queries.

    Parameters
    ----------
    truth, predicted : array of str, n
        Labels.

    Returns
    -------
    float
        0..1. A predicted label that no query has lowers the recall of the true ones but has no F1 of its own.

    Examples
    --------
    >>> round(macro_f1(np.array(["a", "a", "b"], object), np.array(["a", "b", "b"], object)), 3)
    0.667
    """
    scores = []
    for label in np.unique(truth.astype(str)):
        is_true, is_predicted = truth == label, predicted == label
        both = np.count_nonzero(is_true & is_predicted)
        scores.append(2 * both / (np.count_nonzero(is_true) + np.count_nonzero(is_predicted)))
    return float(np.mean(scores))
