"""The build step that builds the search index, measures its recall, and records the canary."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from build_bundle.cells.step_context import StepContext
from build_bundle.cells.stream import chunks
from build_bundle.index.settings import IndexSettings
from build_bundle.train.training_step import read_encoder
from core.bundle.schema import CANARY, EMBEDDING, INDEX
from core.bundle.writer import write_tensors
from core.search.canary import canary_tensors
from core.search.index import build_index


def run(context: StepContext) -> dict[str, Any]:
    """Write ``index.hnsw`` and ``canary.safetensors``.

    Parameters
    ----------
    context : StepContext
        `settings` an `IndexSettings`; `inputs` of ``train`` and ``embed``.

    Returns
    -------
    dict
        ``index``: the fields of `core.bundle.manifest.IndexFacts`, with the recall measured against exact search.

    Notes
    -----
    NMSLib's builds are not byte-reproducible: two builds of equal inputs have indexes of different hashes.
    """
    settings: IndexSettings = context.settings
    embedding = np.load(context.inputs["embed"] / EMBEDDING, mmap_mode="r")
    context.progress(0.0, f"{len(embedding):,} cells")
    facts = build_index(
        embedding,
        context.out / INDEX,
        m=settings.m,
        ef_construction=settings.ef_construction,
        ef_search=settings.ef_search,
        threads=settings.threads,
        seed=context.seed,
    )
    context.progress(0.95, f"recall {facts.recall:.4f}")
    _write_canary(context, settings.n_canaries, embedding)
    return {"index": asdict(facts)}


def _write_canary(context: StepContext, n: int, embedding: np.ndarray[Any, np.dtype[np.float32]]) -> None:
    """Record cells spread evenly over the reference, so that several studies are among them."""
    encoder = read_encoder(context.inputs["train"], dict(context.facts["train"]))
    wanted = np.zeros(len(context.corpus.cells), dtype=bool)
    wanted[np.unique(np.linspace(0, context.corpus.n_ref - 1, n).astype(int))] = True
    some = [encoder.inputs.transform(c.x, c.measured) for c in chunks(context.corpus, wanted, encoder.inputs)]
    write_tensors(context.out, CANARY, canary_tensors(encoder.forward, embedding, np.concatenate(some)))
