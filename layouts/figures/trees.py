"""Dendrograms as one NaN-separated line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
TOP_MERGES = 70


@dataclass(frozen=True)
class Tree:
    """Brackets of a dendrogram.

    Parameters
    ----------
    along : numpy.ndarray of float32, shape (n, 5)
        Positions along the leaf axis: the four corners of a bracket, then NaN.
    height : numpy.ndarray of float32, shape (n, 5)
        Heights of the same corners, 0 at the leaves and 1 at the root.
    node : numpy.ndarray of int32, shape (n,)
        Node of the bracket in the numbering of scipy's linkage.
    """

    along: Floats
    height: Floats
    node: npt.NDArray[np.int32]

    def lines(self, chosen: npt.NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
        """Give brackets as one line.

        Parameters
        ----------
        chosen : numpy.ndarray of bool, shape (n,), optional
            Brackets to draw; all by default.

        Returns
        -------
        tuple of numpy.ndarray of float32
            Positions and heights; NaN lifts the pen.
        """
        kept = slice(None) if chosen is None else chosen
        return self.along[kept].ravel(), self.height[kept].ravel()


def tree(
    merges: npt.NDArray[np.float64],
    order: npt.NDArray[np.int32],
    sizes: npt.NDArray[np.integer] | None = None,
    *,
    plain: bool = False,
) -> Tree:
    """Place the upper part of a tree.

    Parameters
    ----------
    merges : numpy.ndarray of float64, shape (n - 1, 4)
        Scipy linkage.
    order : numpy.ndarray of int32, shape (n,)
        Leaves in drawing order.
    sizes : numpy.ndarray of int, shape (n,), optional
        Room of each leaf along the axis, 1 by default.
    plain : bool
        Heights as the root of the distance instead of its logarithm: for small trees that are drawn whole.

    Returns
    -------
    Tree
        The top 70 merges, heights log(d / cut) scaled to 1: the tree's structure shows although the topmost distances dwarf
        the others. A branch that was cut off ends at height 0.
    """
    n = len(order)
    if not len(merges):
        empty = np.empty((0, 5), dtype=np.float32)
        return Tree(empty, empty, np.empty(0, dtype=np.int32))
    room = np.ones(n) if sizes is None else sizes.astype(np.float64)
    place = np.empty(2 * n - 1)
    ends = np.cumsum(room[order])
    place[order] = ends - room[order] / 2
    for step, (left, right) in enumerate(merges[:, :2].astype(np.intp)):
        place[n + step] = (place[left] + place[right]) / 2
    first = max(len(merges) - TOP_MERGES, 0)
    heights = np.sqrt(merges[:, 2] / (merges[-1, 2] or 1.0)) if plain else _heights(merges[:, 2], first)
    children = merges[first:, :2].astype(np.intp)
    x, bottom = place[children], np.concatenate([np.zeros(n), heights])[children]
    top = heights[first:]
    gap = np.full(len(top), np.nan)
    return Tree(
        along=np.stack([x[:, 0], x[:, 0], x[:, 1], x[:, 1], gap], axis=1).astype(np.float32),
        height=np.stack([bottom[:, 0], top, top, bottom[:, 1], gap], axis=1).astype(np.float32),
        node=np.arange(n + first, 2 * n - 1, dtype=np.int32),
    )


def _heights(distances: npt.NDArray[np.float64], first: int) -> npt.NDArray[np.float64]:
    """Scale merge heights to 0..1; merges below the first drawn one lie at 0."""
    if not len(distances) or distances[-1] <= 0:
        return np.linspace(0.0, 1.0, len(distances) + 1)[1:]
    floor = max(float(distances[first]), float(distances[-1]) * 1e-3) * 0.8
    scaled = np.log(np.maximum(distances, floor) / floor)
    heights = scaled / scaled[-1] if scaled[-1] > 0 else np.ones(len(distances))
    heights[:first] = 0.0
    return np.asarray(heights, dtype=np.float64)
