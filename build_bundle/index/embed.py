"""The build step that embeds every reference cell with the trained encoder and draws it to its type."""

from __future__ import annotations

from typing import Any

import numpy as np

from build_bundle.cells.step_context import StepContext
from build_bundle.cells.stream import chunks
from build_bundle.index.anchoring import anchored
from build_bundle.index.settings import EmbedSettings
from build_bundle.train.training_step import read_encoder
from core.bundle.schema import EMBEDDING
from core.bundle.writer import write_array


def run(context: StepContext) -> dict[str, Any]:
    """Write ``embedding.npy``, one row a reference cell, drawn to the middle of its type.

    Parameters
    ----------
    context : StepContext
        `settings` an `EmbedSettings`, `inputs["train"]` the encoder.

    Returns
    -------
    dict
        ``n_cells`` and ``n_latent``.

    Notes
    -----
    The result is held whole, 4 n_ref n_latent bytes (60 MB for 150,000 cells of width 100), a few times over while cells are
    drawn to their types; expression never is.
    """
    settings: EmbedSettings = context.settings
    corpus = context.corpus
    encoder = read_encoder(context.inputs["train"], dict(context.facts["train"]))
    embedding = np.zeros((corpus.n_ref, encoder.n_latent), dtype=np.float32)
    in_reference = np.arange(len(corpus.cells)) < corpus.n_ref
    for chunk in chunks(corpus, in_reference, encoder.inputs, size=settings.cells_per_batch):
        embedding[chunk.rows] = encoder.forward(encoder.inputs.transform(chunk.x, chunk.measured))
        done = int(chunk.rows[-1]) + 1
        context.progress(done / corpus.n_ref, f"{done:,} of {corpus.n_ref:,} cells")
    write_array(context.out, EMBEDDING, anchored(embedding, corpus.cells.iloc[: corpus.n_ref]))
    return {"n_cells": corpus.n_ref, "n_latent": encoder.n_latent}
