"""Trees over the rows of a score matrix: representatives, linkage, order of the leaves, cutting into clusters.

Plain numpy and scipy on arrays; `core.explore.heatmap` and `core.explore.markers` say what the rows are.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.cluster import hierarchy
from scipy.spatial import distance

Floats = npt.NDArray[np.float32]
Merges = npt.NDArray[np.float64]

MIN_REPRESENTATIVES = 320
MAX_REPRESENTATIVES = 1_000
SAMPLE = 12_000
LLOYD_STEPS = 8
TINY_HEIGHT = 1e-9


def representatives(values: Floats, *, max_exact: int, seed: int = 0) -> tuple[npt.NDArray[np.int32], Floats]:
    """Let few rows stand for many: k-means on the rows once there are more than `max_exact`.

    Parameters
    ----------
    values : numpy.ndarray of float32, shape (n, m)
        Rows to stand for.
    max_exact : int
        Up to this many rows each row stands for itself.
    seed : int
        For the sample and the first centres.

    Returns
    -------
    row_of : numpy.ndarray of int32, shape (n,)
        Representative of each row, every representative is used.
    centres : numpy.ndarray of float32, shape (n_representatives, m)
        Means of the rows they stand for.

    Notes
    -----
    Centres are learned on a sample, half of which is taken evenly over the rows' largest columns, so that a rare type keeps a
    centre of its own. All rows are then assigned in blocks: about 2 s for 100,000 x 60.
    """
    n = len(values)
    if n <= max_exact:
        return np.arange(n, dtype=np.int32), values
    wanted = int(np.clip(n // 100, MIN_REPRESENTATIVES, MAX_REPRESENTATIVES))
    rng = np.random.default_rng(seed)
    sample = values[_even_sample(values.argmax(axis=1), SAMPLE, rng)]
    distinct = np.unique(sample, axis=0)
    centres = distinct if len(distinct) <= wanted else rng.choice(distinct, wanted, replace=False)
    for _ in range(LLOYD_STEPS):
        centres = _means(sample, nearest(sample, centres), len(centres))[1]
    row_of, means = _means(values, nearest(values, centres), len(centres))
    return row_of, means


def nearest(values: Floats, centres: Floats, *, block: int = 8_192) -> npt.NDArray[np.int32]:
    """Find the nearest centre of each row by Euclidean distance.

    Parameters
    ----------
    values : numpy.ndarray of float32, shape (n, m)
        Rows.
    centres : numpy.ndarray of float32, shape (c, m)
        Centres.
    block : int
        Rows held against the centres at a time; bounds the memory.

    Returns
    -------
    numpy.ndarray of int32, shape (n,)
        Position of the nearest centre.
    """
    centres = centres.astype(np.float32, copy=False)
    half_norm = 0.5 * np.einsum("ij,ij->i", centres, centres)
    out = np.empty(len(values), dtype=np.int32)
    for start in range(0, len(values), block):
        part = values[start : start + block]
        out[start : start + block] = (half_norm - part @ centres.T).argmin(axis=1)
    return out


def linkage_of(values: Floats, *, method: Literal["average", "ward"]) -> Merges:
    """Cluster rows hierarchically; well defined for one row and for identical rows.

    Parameters
    ----------
    values : numpy.ndarray of float32, shape (n, m)
        Rows, n >= 1.
    method : {"average", "ward"}
        As in scipy, on Euclidean distances.

    Returns
    -------
    numpy.ndarray of float64, shape (n - 1, 4)
        Scipy linkage, heights ascending.
    """
    if len(values) < 2:
        return np.empty((0, 4))
    merges = hierarchy.linkage(distance.pdist(values.astype(np.float64)), method=method)
    return np.asarray(merges, dtype=np.float64)


def tree_order(merges: Merges, values: Floats, *, optimal: bool) -> npt.NDArray[np.int32]:
    """Order the leaves of a tree so that neighbours are alike.

    Parameters
    ----------
    merges : numpy.ndarray of float64, shape (n - 1, 4)
        Scipy linkage of the rows.
    values : numpy.ndarray of float32, shape (n, m)
        The rows, columns in the order they are shown.
    optimal : bool
        Whether to search the order with the smallest sum of neighbour distances (cubic: for at most some hundred rows). Else
        each branch is turned so that rows whose weight lies in the left columns come first, which draws a diagonal.

    Returns
    -------
    numpy.ndarray of int32, shape (n,)
        Rows in order.
    """
    if not len(merges):
        return np.arange(len(values), dtype=np.int32)
    if optimal:
        best = hierarchy.optimal_leaf_ordering(merges, distance.pdist(values.astype(np.float64)))
        return np.asarray(hierarchy.leaves_list(best), dtype=np.int32)
    return _turned(merges, _barycentre(values))


def cut(merges: Merges, order: npt.NDArray[np.int32], n_clusters: int) -> npt.NDArray[np.int32]:
    """Cut a tree into clusters numbered along the leaf order.

    Parameters
    ----------
    merges : numpy.ndarray of float64, shape (n - 1, 4)
        Scipy linkage.
    order : numpy.ndarray of int32, shape (n,)
        Leaf order of the same tree.
    n_clusters : int
        Wanted number; rows at distance 0 are never separated, so there may be fewer.

    Returns
    -------
    numpy.ndarray of int32, shape (n,)
        Cluster of each leaf, 1..n.

    Notes
    -----
    Undoes the last ``n_clusters - 1`` merges. `scipy.cluster.hierarchy.fcluster` gives fewer clusters where heights tie.
    """
    n = len(order)
    separable = int((merges[:, 2] > TINY_HEIGHT).sum())
    kept = n - 1 - min(max(n_clusters, 1) - 1, separable)
    root = np.arange(2 * n - 1)
    for step in range(kept - 1, -1, -1):
        left, right = merges[step, :2].astype(np.intp)
        root[left] = root[right] = root[n + step]
    of_leaf = root[:n]
    _, first, inverse = np.unique(of_leaf[order], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int32)
    rank[np.argsort(first)] = np.arange(1, len(first) + 1)
    out = np.empty(n, dtype=np.int32)
    out[order] = rank[inverse]
    return out


def leaves_under(merges: Merges, node: int) -> npt.NDArray[np.int32]:
    """List the leaves below a node.

    Parameters
    ----------
    merges : numpy.ndarray of float64, shape (n - 1, 4)
        Scipy linkage.
    node : int
        0..n-1 for leaves, n + i for the i-th merge.

    Returns
    -------
    numpy.ndarray of int32
        Leaves, ascending.

    Raises
    ------
    ValueError
        If the tree has no such node.
    """
    n = len(merges) + 1
    if not 0 <= node < 2 * n - 1:
        raise ValueError(f"The tree has {2 * n - 1} nodes, there is no node {node}.")
    todo, leaves = [node], []
    while todo:
        at = todo.pop()
        if at < n:
            leaves.append(at)
        else:
            todo.extend(int(child) for child in merges[at - n, :2])
    return np.array(sorted(leaves), dtype=np.int32)


def _even_sample(groups: npt.NDArray[np.intp], size: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    if len(groups) <= size:
        return np.arange(len(groups))
    counts = np.bincount(groups)
    # Half the sample follows the data, half is spread evenly over the groups.
    weight = 0.5 / len(groups) + 0.5 / (counts[groups] * np.count_nonzero(counts))
    return np.sort(rng.choice(len(groups), size=size, replace=False, p=weight / weight.sum()))


def _means(values: Floats, row_of: npt.NDArray[np.int32], n_centres: int) -> tuple[npt.NDArray[np.int32], Floats]:
    counts = np.bincount(row_of, minlength=n_centres)
    used = np.flatnonzero(counts)
    new_name = np.full(n_centres, -1, dtype=np.int32)
    new_name[used] = np.arange(len(used))
    sums = np.stack([np.bincount(row_of, weights=column, minlength=n_centres) for column in values.T], axis=1)
    return new_name[row_of], (sums[used] / counts[used, None]).astype(np.float32)


def _barycentre(values: Floats) -> npt.NDArray[np.float64]:
    # Squares let the dominant column decide.
    weight = values.astype(np.float64) ** 2
    total = weight.sum(axis=1)
    position = np.arange(values.shape[1], dtype=np.float64)
    return np.asarray(np.divide(weight @ position, total, out=np.zeros(len(values)), where=total > 0), dtype=np.float64)


def _turned(merges: Merges, key: npt.NDArray[np.float64]) -> npt.NDArray[np.int32]:
    n = len(key)
    mean = np.concatenate([key, np.empty(n - 1)])
    size = np.concatenate([np.ones(n), merges[:, 3]])
    children = merges[:, :2].astype(np.intp)
    for step, (left, right) in enumerate(children):
        total = size[left] + size[right]
        mean[n + step] = (mean[left] * size[left] + mean[right] * size[right]) / total
    order, todo = [], [2 * n - 2]
    while todo:
        node = todo.pop()
        if node < n:
            order.append(node)
            continue
        left, right = children[node - n]
        first, second = (left, right) if mean[left] <= mean[right] else (right, left)
        todo.extend((int(second), int(first)))
    return np.array(order, dtype=np.int32)
