"""The compared representations of a cell, each a function from linear expression to a vector.

All of them see the same vocabulary, so that they differ in what they make of the values alone. `raw` and PCA stand on
v = log1p of vocabulary shares with unmeasured genes at the training mean; `cosine` is what the networks see.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
from scipy import sparse

from build_bundle.corpus import Corpus
from build_bundle.stream import Chunk, chunks
from build_bundle.train.encoder import TrainedEncoder
from core.embedding.encoder import Encoder
from core.explore.projection import fit_projection
from core.expression.recipe import EncoderInputs

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]
Represent = Callable[[sparse.csr_matrix, Flags], Floats]

N_COMPONENTS = 100
LOGISTIC_C = 0.01


def encoded(encoder: Encoder) -> Represent:
    """Return the encoder's embedding."""
    return lambda x, measured: encoder.forward(encoder.inputs.transform(x, measured))


def cosine(inputs: EncoderInputs) -> Represent:
    """Return the encoder's inputs on the unit sphere: Euclidean order is cosine order."""
    scale = np.float32(1 / np.sqrt(inputs.n_vocab))
    return lambda x, measured: inputs.transform(x, measured) * scale


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


def logistic_logits(trained: TrainedEncoder, corpus: Corpus) -> Represent:
    """Fit a logistic regression on the encoder's training cells and return its centred logits on the unit sphere.

    Parameters
    ----------
    trained : TrainedEncoder
        Gives the cells and the inputs.
    corpus : Corpus
        Where the cells lie.

    Returns
    -------
    callable
        One number a type.
    """
    linear_model = importlib.import_module("sklearn.linear_model")
    inputs = trained.encoder.inputs
    wanted = np.zeros(len(corpus.cells), dtype=bool)
    wanted[trained.rows] = True
    parts = [(chunk.rows, inputs.transform(chunk.x, chunk.measured)) for chunk in chunks(corpus, wanted, inputs)]
    labels = corpus.cells["cell_type_ontology_term_id"].to_numpy()[np.concatenate([rows for rows, _ in parts])]
    model = linear_model.LogisticRegression(C=LOGISTIC_C, max_iter=200, tol=1e-3)
    model.fit(np.concatenate([z for _, z in parts]), labels)
    weights, bias = model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32)
    if len(model.classes_) == 2:  # one column says both
        weights, bias = np.hstack([-weights, weights]), np.hstack([-bias, bias])

    def represent(x: sparse.csr_matrix, measured: Flags) -> Floats:
        logits = inputs.transform(x, measured) @ weights + bias
        logits = logits - logits.mean(axis=1, keepdims=True)
        unit: Floats = logits / np.maximum(np.linalg.norm(logits, axis=1, keepdims=True), 1e-12)
        return unit

    return represent
