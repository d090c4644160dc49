"""Exact nearest neighbours of a few queries in a reference that streams by, block after block."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]


class NearestStream:
    """Keeps the k nearest reference vectors of every query.

    Parameters
    ----------
    queries : ndarray of float32, n x d
        Query vectors.
    k : int
        Neighbours to keep.

    Notes
    -----
    Memory: n x (k + block) numbers; the reference is never held. Ties go to the earlier reference vector.
    """

    def __init__(self, queries: Floats, k: int) -> None:
        self._queries = queries
        self._squares = np.einsum("ij,ij->i", queries, queries, dtype=np.float64).astype(np.float32)
        self._k = k
        self._ids = np.empty((len(queries), 0), dtype=np.int64)
        self._near = np.empty((len(queries), 0), dtype=np.float32)

    def add(self, ids: Indices, block: Floats) -> None:
        """Compare with the next block.

        Parameters
        ----------
        ids : ndarray of int64, m
            Names of the vectors, ascending over all calls.
        block : ndarray of float32, m x d
            Reference vectors.
        """
        squares = np.einsum("ij,ij->i", block, block, dtype=np.float64).astype(np.float32)
        near = np.concatenate([self._near, self._squares[:, np.newaxis] + squares - 2 * (self._queries @ block.T)], 1)
        all_ids = np.concatenate([self._ids, np.broadcast_to(ids, (len(near), len(ids)))], axis=1)
        if near.shape[1] > self._k:
            kept = np.sort(np.argpartition(near, self._k - 1, axis=1)[:, : self._k], axis=1)
            near, all_ids = np.take_along_axis(near, kept, axis=1), np.take_along_axis(all_ids, kept, axis=1)
        self._near, self._ids = near, all_ids

    def result(self) -> tuple[Indices, Floats]:
        """Return the neighbours.

        Returns
        -------
        ids : ndarray of int64, n x min(k, n_ref)
            Nearest first.
        distances : ndarray of float32
            Euclidean, ascending.
        """
        order = np.argsort(self._near, axis=1, kind="stable")
        ids = np.take_along_axis(self._ids, order, axis=1)
        squared = np.take_along_axis(self._near, order, axis=1)
        return ids, np.sqrt(np.maximum(squared, 0.0), dtype=np.float32)
