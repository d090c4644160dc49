"""Nearest reference cells by Euclidean distance; the only door to NMSLib.

NMSLib answers garbage without an error when an index is opened in another space or asked with another width, gives
squared distances in its optimised l2, and returns fewer than k rows where the graph is small. So everything that goes
in and comes out is checked here, and exact search is the fallback and the judge.

Not here: verification of the index file's hash (``core.bundle.reader`` does it before a path is handed out).
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from core.bundle.manifest import IndexFacts
from core.bundle.schema import INDEX
from core.errors import BundleDamagedError, InputError
from core.search.exact import Neighbors, checked_queries, exact_search

if TYPE_CHECKING:
    from core.bundle.reader import Bundle

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Progress = Callable[[float], None]

SPACE = "l2"
BATCH = 2_000  # queries a call: progress and cancellation in between, and a bounded list of results
EXACT_BELOW = 10_000
"""References of fewer cells are searched exactly where a bundle is opened: that takes at most a second for 2,000 queries and is always the
same, whereas a graph over cells drawn to the middles of their types can leave a query in the wrong corner. Of three builds of one
reference of 2,627 cells, one gave 59 of 1,800 queries neighbours that were too far, though its recall was .9998 over the reference's cells."""
SPOTS = 1 / 50
"""Of the reference's cells: those that every answer of the graph is held against. A query that the graph led into a wrong corner has
hundreds of cells nearer than those found, so some spots too; a few missing cells among a hundred are rarely noticed, and matter little."""
_ROUNDING = 1e-5  # of a squared distance that is found in two ways
_SELF_CHECK = 16
_RECALL_SAMPLE = 500
_USUAL_K = 100
_OVERSAMPLE = 2.0
_LARGEST_FETCH = 2_000
_import_lock = threading.Lock()


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """Send what C++ code prints to nowhere; Python's own streams would not catch it."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept[0], 1)
        os.dup2(kept[1], 2)
        for handle in (*kept, nowhere):
            os.close(handle)


def _nmslib() -> Any:  # noqa: ANN401 - NMSLib has no types
    """Import NMSLib once, without its advice on compilers."""
    with _import_lock:
        if "nmslib" in sys.modules:
            return sys.modules["nmslib"]
        with _silenced():
            return importlib.import_module("nmslib")


def _new_graph() -> Any:  # noqa: ANN401 - NMSLib has no types
    return _nmslib().init(method="hnsw", space=SPACE)


def _library() -> str:
    return f"nmslib {importlib.metadata.version('nmslib')}"


def way_of_search(facts: IndexFacts) -> str:
    """Say how a reference is searched.

    Parameters
    ----------
    facts : IndexFacts
        From the manifest.

    Returns
    -------
    str
        Words after a name: exactly, or by the graph and how much it finds.
    """
    if facts.n < EXACT_BELOW:
        return f"searched exactly, having fewer than {EXACT_BELOW:,} cells"
    return f"HNSW, finds {np.floor(facts.recall * 1e3) / 10:.1f} % of the exact neighbours, {facts.library}"


def build_index(
    embedding: Floats,
    path: Path,
    *,
    m: int = 16,
    ef_construction: int = 500,
    ef_search: int = 300,
    threads: int = 2,
    seed: int = 0,
) -> IndexFacts:
    """Build an HNSW index and measure its recall.

    Parameters
    ----------
    embedding : ndarray of float32, n_ref x n_latent
        Reference cells; finite.
    path : Path
        File to write.
    m, ef_construction : int
        Links per item and breadth of the search while building.
    ef_search : int
        Breadth of later searches, stored in the facts.
    threads : int
        Threads to build with.
    seed : int
        Seed of the sample the recall is measured on.

    Returns
    -------
    IndexFacts
        For the manifest; `recall` is the share of the true 100 nearest found, over up to 500 reference cells.

    Notes
    -----
    About 100 s for 150,000 x 100 on two cores. Two builds of the same input differ in bytes and, rarely, in answers.
    """
    vectors = np.ascontiguousarray(embedding, dtype=np.float32)
    graph = _new_graph()
    graph.addDataPointBatch(vectors)
    settings = {"M": m, "efConstruction": ef_construction, "post": 0, "indexThreadQty": threads}
    graph.createIndex(settings, print_progress=False)
    graph.saveIndex(str(path), save_data=False)
    n, dim = vectors.shape
    facts = IndexFacts(SPACE, n, dim, m, ef_construction, ef_search, 1.0, _library())
    index = NeighborIndex(path, vectors, facts, threads=threads)
    recall = index.measure_recall(seed=seed)
    return IndexFacts(SPACE, n, dim, m, ef_construction, ef_search, recall, _library())


class NeighborIndex:
    """An opened index over the reference.

    Parameters
    ----------
    path : Path
        The index file, already verified: NMSLib can crash on damaged bytes.
    embedding : ndarray of float32, n_ref x n_latent
        The vectors behind it, in the same order; may be memory-mapped.
    facts : IndexFacts
        From the manifest.
    threads : int
        Threads a search may use.
    exact_below : int
        References of fewer cells are searched exactly.

    Raises
    ------
    BundleDamagedError
        When the facts do not fit the embedding, or the index does not give the true distances of a few reference cells.
    """

    def __init__(
        self, path: Path, embedding: Floats, facts: IndexFacts, *, threads: int = 2, exact_below: int = 0
    ) -> None:
        self._embedding = embedding
        self._threads = threads
        self._is_small = embedding.shape[0] < exact_below
        found = (SPACE, *embedding.shape)
        stated = (facts.space, facts.n, facts.dim)
        if found != stated:
            raise _damaged(f"The index is stated to be {stated}, the embedding needs {found}.")
        self._ef_search = facts.ef_search
        spots = np.random.default_rng(0).random(facts.n) < SPOTS
        self._spots, self._is_spot = np.ascontiguousarray(embedding[spots]), spots
        self._graph = _new_graph()
        self._graph.loadIndex(str(path), load_data=False)
        self._check_itself()

    @classmethod
    def open(cls, bundle: Bundle, *, threads: int = 2) -> NeighborIndex:
        """Open the index of a bundle.

        Parameters
        ----------
        bundle : Bundle
            Hands out the path only after the file's hash was verified.
        threads : int
            Threads a search may use.

        Returns
        -------
        NeighborIndex
            Ready to search.

        Raises
        ------
        BundleDamagedError
            As the class.
        """
        facts = bundle.manifest.index
        return cls(bundle.path(INDEX), bundle.embedding, facts, threads=threads, exact_below=EXACT_BELOW)

    @property
    def embedding(self) -> Floats:
        """The reference's vectors, n_ref x n_latent."""
        return self._embedding

    @property
    def n_ref(self) -> int:
        """Number of reference cells."""
        return int(self._embedding.shape[0])

    def search(
        self, queries: Floats, k: int, *, allowed: Flags | None = None, progress: Progress | None = None
    ) -> Neighbors:
        """Find the nearest reference cells of every query.

        Parameters
        ----------
        queries : ndarray of float32, n x n_latent
            Finite.
        k : int
            Neighbours a query.
        allowed : ndarray of bool, n_ref, optional
            Which reference cells may be found; all if left out.
        progress : callable, optional
            Called with the share done, 0..1, after every 2,000 queries.

        Returns
        -------
        Neighbors
            With min(k, number of allowed cells) columns, nearest first.

        Raises
        ------
        InputError
            When no reference cell is allowed.
        ValueError
            When the queries have another width than the reference, or are not finite.

        Notes
        -----
        About 0.5 s for 2,000 queries over 150,000 cells of width 100. Where left-out cells leave a query with too few
        neighbours, or a cell of a fixed sample is nearer than those found and not among them, that query is searched exactly.
        """
        wanted = checked_queries(queries, int(self._embedding.shape[1]))
        n_allowed = self.n_ref if allowed is None else int(np.count_nonzero(allowed))
        if n_allowed == 0:
            raise InputError(
                "No reference cell is left to compare with.", next_step="Leave out fewer studies.", code="nothing-left"
            )
        columns = min(k, n_allowed)
        found = Neighbors.empty(len(wanted), columns)
        for start in range(0, len(wanted), BATCH):
            part = slice(start, start + BATCH)
            batch = self._search_batch(wanted[part], columns, allowed, n_allowed)
            found.ids[part], found.distances[part] = batch.ids, batch.distances
            if progress is not None:
                progress(min(1.0, (start + BATCH) / len(wanted)))
        return found

    def measure_recall(self, k: int = _USUAL_K, *, seed: int = 0) -> float:
        """Return the share of the true `k` nearest that the index finds, over up to 500 reference cells.

        Parameters
        ----------
        k : int
            Neighbours a cell.
        seed : int
            Seed of the sample.

        Returns
        -------
        float
            0..1. A found cell counts when it is no further away than the true k-th nearest.
        """
        rows = np.random.default_rng(seed).choice(self.n_ref, min(self.n_ref, _RECALL_SAMPLE), replace=False)
        queries = np.ascontiguousarray(self._embedding[np.sort(rows)])
        truth = exact_search(self._embedding, queries, k)
        found = self.search(queries, k)
        return float(np.mean(found.distances <= truth.distances[:, -1:] + 1e-6))

    def _search_batch(self, queries: Floats, columns: int, allowed: Flags | None, n_allowed: int) -> Neighbors:
        fetch = columns if allowed is None else self._how_many(columns, n_allowed)
        if self._is_small or fetch > max(_LARGEST_FETCH, columns):
            return exact_search(self._embedding, queries, columns, allowed=allowed)
        found = self._ask(queries, fetch)
        kept, complete = _keep_allowed(found, columns, allowed)
        again = np.flatnonzero(~complete | self._misses(queries, kept, allowed))
        if again.size:
            exact = exact_search(self._embedding, queries[again], columns, allowed=allowed)
            kept.ids[again], kept.distances[again] = exact.ids, exact.distances
        return kept

    def _misses(self, queries: Floats, found: Neighbors, allowed: Flags | None) -> Flags:
        """Say for which queries more spots lie nearer than the farthest cell found than there are among those found."""
        spots = self._spots if allowed is None else self._spots[allowed[self._is_spot]]
        squared = np.einsum("ij,ij->i", spots, spots) - 2 * (queries @ spots.T)
        squared += np.einsum("ij,ij->i", queries, queries)[:, np.newaxis]
        nearer = np.count_nonzero(squared < found.distances[:, -1:] ** 2 - _ROUNDING, axis=1)
        missed: Flags = nearer > np.count_nonzero(self._is_spot[found.ids], axis=1)
        return missed

    def _how_many(self, columns: int, n_allowed: int) -> int:
        """Return how many to fetch so that enough allowed ones are likely among them."""
        return min(self.n_ref, int(np.ceil(_OVERSAMPLE * columns * self.n_ref / n_allowed)))

    def _ask(self, queries: Floats, k: int) -> Neighbors:
        """Ask NMSLib; rows the graph could not fill end in id -1 and distance infinity."""
        breadth = self._ef_search * max(1.0, k / _USUAL_K)  # the manifest's recall is for the usual k
        self._graph.setQueryTimeParams({"efSearch": int(np.ceil(breadth))})
        rows = self._graph.knnQueryBatch(queries, k=k, num_threads=self._threads)
        found = Neighbors.empty(len(queries), k)
        for i, (ids, squared) in enumerate(rows):
            found.ids[i, : len(ids)] = ids
            found.distances[i, : len(ids)] = squared
        np.sqrt(np.maximum(found.distances, 0), out=found.distances)
        order = np.lexsort((found.ids, found.distances), axis=1)  # NMSLib leaves equal distances in any order
        take = np.take_along_axis
        return Neighbors(take(found.ids, order, axis=1), take(found.distances, order, axis=1))

    def _check_itself(self) -> None:
        """Compare the distances of a few reference cells with the true ones: finds a wrong space or stale index."""
        rows = np.unique(np.linspace(0, self.n_ref - 1, min(self.n_ref, _SELF_CHECK)).astype(int))
        queries = np.ascontiguousarray(self._embedding[rows])
        found = self._ask(queries, min(10, self.n_ref))
        filled = found.ids >= 0
        if not filled.any() or found.ids.max() >= self.n_ref:
            raise _damaged("The index answers with cells that are not in the reference.")
        apart = self._embedding[np.where(filled, found.ids, 0)] - queries[:, np.newaxis]
        true = np.sqrt(np.einsum("ijk,ijk->ij", apart, apart))
        if not np.allclose(true[filled], found.distances[filled], atol=1e-3):
            raise _damaged("The index gives other distances than the embedding.")


def _keep_allowed(found: Neighbors, columns: int, allowed: Flags | None) -> tuple[Neighbors, Flags]:
    """Drop what is not allowed or not filled; say which rows still have `columns` neighbours."""
    good = found.ids >= 0
    if allowed is not None:
        good &= allowed[found.ids]
    complete: Flags = np.count_nonzero(good, axis=1) >= columns
    order = np.argsort(~good, axis=1, kind="stable")[:, :columns]
    take = np.take_along_axis
    return Neighbors(take(found.ids, order, axis=1), take(found.distances, order, axis=1)), complete


def _damaged(problem: str) -> BundleDamagedError:
    return BundleDamagedError(
        f"The search index of the data bundle cannot be used: {problem}",
        next_step="Copy the bundle again, or rebuild it.",
        problems=[problem],
    )
