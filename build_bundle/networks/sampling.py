"""Which pairs and which batches the siamese and triplet networks learn from (science 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Pairs of cells.

    Parameters
    ----------
    a, b : ndarray of int64, n
        Rows of the two cells.
    similarity : ndarray of float32, n
        1 for one type, below 1 otherwise.
    """

    a: Codes
    b: Codes
    similarity: Floats


def draw_pairs(
    codes: Codes, similarity: Floats, *, per_type: int, even: bool, graded: bool, rng: np.random.Generator
) -> Pairs:
    """Draw the pairs of one epoch.

    Parameters
    ----------
    codes : ndarray of int64, n
        Type of each cell.
    similarity : ndarray of float32, n_types x n_types
        Ontology similarity of the types.
    per_type : int
        Most pairs of one type; a type of n cells has n (n - 1) / 2 of them.
    even : bool
        Whether pairs of different types are spread evenly over the similarities that occur.
    graded : bool
        Whether the similarity of different types stands in the result; else it is 0 there.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Pairs
        Shuffled; twice as many of different types as of one type, where there are two types.
    """
    same = [_same(np.flatnonzero(codes == code), per_type, rng) for code in np.unique(codes)]
    pairs = np.concatenate(same) if same else np.empty((0, 2), dtype=np.int64)
    others = _different(codes, similarity, 2 * len(pairs), even=even, rng=rng)
    both = np.concatenate([pairs, others])
    a, b = codes[both[:, 0]], codes[both[:, 1]]
    worth = np.where(a == b, 1.0, np.minimum(similarity[a, b], 0.999) if graded else 0.0).astype(np.float32)
    order = rng.permutation(len(both))
    return Pairs(both[order, 0], both[order, 1], worth[order])


def _same(rows: Codes, most: int, rng: np.random.Generator) -> Codes:
    """Draw different pairs of these cells without repeating one."""
    n = len(rows)
    total = n * (n - 1) // 2
    if total == 0:
        return np.empty((0, 2), dtype=np.int64)
    wanted = rng.choice(total, min(most, total), replace=False) if total > most else np.arange(total)
    # Pair number p counts through the strict lower triangle, row by row.
    first = np.floor((1 + np.sqrt(1 + 8 * wanted.astype(np.float64))) / 2).astype(np.int64)
    first -= (first * (first - 1) // 2 > wanted).astype(np.int64)
    return np.stack([rows[first], rows[wanted - first * (first - 1) // 2]], axis=1)


def _different(codes: Codes, similarity: Floats, n: int, *, even: bool, rng: np.random.Generator) -> Codes:
    types = np.unique(codes)
    if len(types) < 2 or n == 0:
        return np.empty((0, 2), dtype=np.int64)
    chosen = _even_types(types, similarity, n, rng) if even else _any_types(codes, n, rng)
    by_type = {code: np.flatnonzero(codes == code) for code in types}
    return np.array([[rng.choice(by_type[a]), rng.choice(by_type[b])] for a, b in chosen], dtype=np.int64)


def _any_types(codes: Codes, n: int, rng: np.random.Generator) -> Codes:
    """Draw types of two cells each until they differ; types with many cells come up more often."""
    found = np.empty((0, 2), dtype=np.int64)
    while len(found) < n:
        drawn = codes[rng.integers(len(codes), size=(2 * (n - len(found)) + 8, 2))]
        found = np.concatenate([found, drawn[drawn[:, 0] != drawn[:, 1]]])
    return found[:n]


def _even_types(types: Codes, similarity: Floats, n: int, rng: np.random.Generator) -> Codes:
    """Draw a similarity that occurs between two types, all alike, then a pair of types of that similarity."""
    a, b = np.nonzero(~np.eye(len(types), dtype=bool))
    worth = np.round(similarity[types[a], types[b]].astype(np.float64), 3)
    _, bucket = np.unique(worth, return_inverse=True)
    members = [np.flatnonzero(bucket == i) for i in range(bucket.max() + 1)]
    picked = np.array([rng.choice(members[i]) for i in rng.integers(len(members), size=n)])
    return np.stack([types[a[picked]], types[b[picked]]], axis=1)


def pk_batches(codes: Codes, *, n_types: int, n_cells: int, rng: np.random.Generator) -> Iterator[Codes]:
    """Yield batches of `n_types` types with `n_cells` cells each, about as many as make up one pass.

    Parameters
    ----------
    codes : ndarray of int64, n
        Type of each cell.
    n_types, n_cells : int
        P (capped at the types there are) and K. A type with fewer than K cells repeats some.
    rng : numpy.random.Generator
        Source of randomness.

    Yields
    ------
    ndarray of int64, P * K
        Rows; types with one cell are left out, because they have no partner.
    """
    types, sizes = np.unique(codes, return_counts=True)
    types = types[sizes >= 2]
    if len(types) < 2:
        return
    by_type = {code: np.flatnonzero(codes == code) for code in types}
    p = min(n_types, len(types))
    for _ in range(max(1, round(len(codes) / (p * n_cells)))):
        chosen = rng.choice(types, p, replace=False)
        yield np.concatenate([_some(by_type[code], n_cells, rng) for code in chosen])


def _some(rows: Codes, n: int, rng: np.random.Generator) -> Codes:
    if len(rows) >= n:
        return rng.choice(rows, n, replace=False)
    return np.concatenate([rows, rng.choice(rows, n - len(rows))])
