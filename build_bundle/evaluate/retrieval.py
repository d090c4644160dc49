"""Nearest reference cells of some query cells of a corpus, as bundle and app would find them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.stream import CHUNK, chunks
from build_bundle.evaluate.nearest import NearestStream
from build_bundle.evaluate.representations import Represent, Representation
from build_bundle.index.anchoring import anchored
from core.expression.recipe import EncoderInputs
from core.search.surroundings import expression_axes, rows_to_fit, steadied

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]


def retrieve(
    corpus: Corpus,
    reference: Flags,
    queries: Flags,
    representation: Representation,
    inputs: EncoderInputs,
    *,
    k: int,
) -> tuple[Indices, Floats]:
    """Find the nearest reference cells of every query, exactly.

    Parameters
    ----------
    corpus : Corpus
        All cells.
    reference : ndarray of bool, n_cells
        Rows of ``corpus.cells`` that may be retrieved.
    queries : ndarray of bool, n_cells
        Rows that ask. In context, the queries of one study are what a file is to the app.
    representation : Representation
        How cells are placed.
    inputs : EncoderInputs
        Vocabulary in which cells are given to it.
    k : int
        Neighbours wanted.

    Returns
    -------
    ids : ndarray of int64, n_queries x min(k, n_reference)
        Rows of ``corpus.cells``, nearest first; queries in ascending order of their rows.
    distances : ndarray of float32
        Euclidean, ascending.
    """
    places = _places(corpus, queries, representation.place, inputs)
    if representation.in_context:
        places = _with_surroundings(corpus, queries, places, inputs)
    stream = NearestStream(np.ascontiguousarray(places, dtype=np.float32), k)
    for rows, block in _blocks(corpus, reference, representation, inputs):
        stream.add(rows, block)
    return stream.result()


def _blocks(
    corpus: Corpus, reference: Flags, representation: Representation, inputs: EncoderInputs
) -> Iterator[tuple[Indices, Floats]]:
    """Yield the reference block by block; in context all places must be known before the first can be drawn."""
    if not representation.in_context:
        for chunk in chunks(corpus, reference, inputs):
            yield chunk.rows, representation.place(chunk.x, chunk.measured)
        return
    rows = np.flatnonzero(reference).astype(np.int64)
    places = anchored(_places(corpus, reference, representation.place, inputs), corpus.cells.iloc[rows])
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        yield rows[part], places[part]


def _places(corpus: Corpus, wanted: Flags, place: Represent, inputs: EncoderInputs) -> Floats:
    return np.concatenate([place(c.x, c.measured) for c in chunks(corpus, wanted, inputs)])


def _with_surroundings(corpus: Corpus, queries: Flags, places: Floats, inputs: EncoderInputs) -> Floats:
    """Steady the queries study by study."""
    out = places.copy()
    studies = corpus.cells["study"].to_numpy(dtype=object)[queries]
    for study in np.unique(studies.astype(str)):
        mine = np.flatnonzero(studies == study)
        wanted = np.zeros(len(queries), dtype=bool)
        wanted[np.flatnonzero(queries)[mine]] = True
        z = _places(corpus, wanted, inputs.z_scores, inputs)
        out[mine] = steadied(places[mine], expression_axes(z[rows_to_fit(len(z))])(z), inputs.recipe.one_sided)
    return out
