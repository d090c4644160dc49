"""The compared representations of a cell, each a function from linear expression to a vector.

All of them see the same vocabulary, so that they differ in what they make of the values alone. `raw` and PCA stand on
v = log1p of vocabulary shares with unmeasured genes at the training mean; `cosine` is what the networks see.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.stream import Chunk, chunks
from build_bundle.train.encoder import TrainedEncoder
from core.bundle.schema import TYPE
from core.embedding.encoder import Encoder
from core.explore.projection import fit_projection
from core.expression.recipe import EncoderInputs
from core.vectors import unit_rows

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Represent = Callable[[sparse.csr_matrix, Flags], Floats]

N_COMPONENTS = 100
LOGISTIC_C = 0.01


@dataclass(frozen=True)
class Representation:
    """How reference and queries are placed, each cell by itself or in company.

    Parameters
    ----------
    place : callable
        From linear expression to a vector, a cell by itself.
    in_context : bool
        Whether reference cells are drawn to the middle of their type (`build_bundle.index.anchoring`) and query cells to the cells
        of their study that look like them (`core.search.surroundings`), as in a bundle and its app.
    """

    place: Represent
    in_context: bool = False


def encoded(encoder: Encoder) -> Represent:
    """Return the encoder's embedding."""
    return lambda x, measured: encoder.forward(encoder.inputs.transform(x, measured))


def as_searched(encoder: Encoder) -> Representation:
    """Return the encoder's embedding as bundle and app search in it."""
    return Representation(encoded(encoder), in_context=True)


def cosine(inputs: EncoderInputs) -> Represent:
    """Return the encoder's inputs on the unit sphere: Euclidean order is cosine order."""
    scale = np.float32(1 / np.sqrt(inputs.n_vocab))
    return lambda x, measured: inputs.z_scores(x, measured) * scale


def raw(inputs: EncoderInputs) -> Represent:
    """Return log1p expression with unmeasured genes at the training mean."""

    def represent(x: sparse.csr_matrix, measured: Flags) -> Floats:
        v: Floats = inputs.log_shares(x, measured).toarray()
        v[:, ~measured] = inputs.mean[~measured]
        return v

    return represent


def principal_components(reference: Iterable[Chunk], base: Represent, n_components: int = N_COMPONENTS) -> Represent:
    """Fit PCA on the reference.

    Parameters
    ----------
    reference : iterable of Chunk
        Streamed once.
    base : callable
        Representation the components are taken of.
    n_components : int
        Components kept, at most the number of genes.

    Returns
    -------
    callable
        Projection onto the components, unscaled.
    """
    loadings = fit_projection((base(chunk.x, chunk.measured) for chunk in reference), n_components)
    return lambda x, measured: loadings.place(base(x, measured))


class Logistic:
    """A logistic regression on the encoder's inputs.

    Parameters
    ----------
    inputs : EncoderInputs
        What it reads.
    z : ndarray of float32, n x n_vocab
        `EncoderInputs.z_scores` of the cells it is trained on.
    labels : ndarray of str, n
        Their types.
    """

    def __init__(self, inputs: EncoderInputs, z: Floats, labels: npt.NDArray[np.object_]) -> None:
        linear_model = importlib.import_module("sklearn.linear_model")
        self._inputs = inputs
        model = linear_model.LogisticRegression(C=LOGISTIC_C, max_iter=200, tol=1e-3)
        model.fit(z, labels)
        self.classes = model.classes_.astype(object)
        self._weights, self._bias = model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32)
        if len(self.classes) == 2:  # one column says both
            self._weights = np.hstack([-self._weights, self._weights])
            self._bias = np.hstack([-self._bias, self._bias])

    @classmethod
    def of_rows(cls, corpus: Corpus, inputs: EncoderInputs, rows: npt.NDArray[np.int64]) -> Logistic:
        """Train it on some rows of ``corpus.cells``."""
        wanted = np.zeros(len(corpus.cells), dtype=bool)
        wanted[rows] = True
        parts = [(chunk.rows, inputs.z_scores(chunk.x, chunk.measured)) for chunk in chunks(corpus, wanted, inputs)]
        labels = corpus.cells[TYPE].to_numpy()[np.concatenate([rows for rows, _ in parts])]
        return cls(inputs, np.concatenate([z for _, z in parts]), labels)

    def logits(self, x: sparse.csr_matrix, measured: Flags) -> Floats:
        """Return one number a type, float32, n x n_types."""
        logits: Floats = self._inputs.z_scores(x, measured) @ self._weights + self._bias
        return logits

    def labels(self, x: sparse.csr_matrix, measured: Flags) -> npt.NDArray[np.object_]:
        """Return the most likely type of each cell."""
        named: npt.NDArray[np.object_] = self.classes[self.logits(x, measured).argmax(axis=1)]
        return named

    def represent(self, x: sparse.csr_matrix, measured: Flags) -> Floats:
        """Return the centred logits, scaled to length 1."""
        return on_sphere(self.logits(x, measured))


def on_sphere(logits: Floats) -> Floats:
    """Centre each row and scale it to length 1, so that scores of types can be compared as vectors."""
    return unit_rows(logits - logits.mean(axis=1, keepdims=True))


def logistic_logits(trained: TrainedEncoder, corpus: Corpus) -> Represent:
    """Fit a logistic regression on the encoder's training cells and return its centred logits on the unit sphere."""
    return Logistic.of_rows(corpus, trained.encoder.inputs, trained.rows).represent
