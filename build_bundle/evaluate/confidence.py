"""The distance past which a cell is unlike the reference, learned from cells of known types in unseen studies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from build_bundle.cells.corpus import Corpus
from build_bundle.evaluate.representations import as_searched
from build_bundle.evaluate.retrieval import retrieve
from core.embedding.encoder import Encoder
from core.search.confidence import DEFAULT_THRESHOLD, learn_threshold
from core.search.scoring import NEAREST, mean_distance

FEWEST = 20  # held-out cells needed to learn from
SAMPLE = 2_000


def learn_confidence(
    corpus: Corpus, cells: pd.DataFrame, encoder: Encoder, *, quantile: float, seed: int
) -> dict[str, Any]:
    """Learn the threshold for "unlike anything here".

    Parameters
    ----------
    corpus : Corpus
        The reference.
    cells : pandas.DataFrame
        Scored cells of retrained hold-outs of reference studies (`run_trial`, model "encoder"): their types are in the
        reference, their studies were unseen. Must not hold studies the evaluation alone may use.
    encoder : Encoder
        The bundle's encoder, used where there are fewer than 20 such cells.
    quantile : float
        Share of these cells that shall count as known.
    seed : int
        Seed of the sample of the fallback.

    Returns
    -------
    dict
        Fields of `core.bundle.manifest.ConfidenceFacts`.

    Notes
    -----
    The fallback takes the distance of reference cells to the other reference cells. The encoder has seen them, so it is
    too small a distance and too many cells will be called unknown; `learned_from` says so.
    """
    if len(cells) >= FEWEST:
        distances = cells["mean_distance"].to_numpy(dtype=np.float32)
        studies = sorted(set(cells["held_out"]))
        learned_from = f"cells of known types in studies held out from training: {', '.join(studies)}"
    else:
        distances = _within_reference(corpus, encoder, seed)
        learned_from = "reference cells themselves, for want of a second study with the same types: too strict"
    return {
        "unknown_distance": learn_threshold(distances, quantile),
        "quantile": quantile,
        "n_cells": len(distances),
        "learned_from": learned_from,
        "default_threshold": DEFAULT_THRESHOLD,
    }


def _within_reference(corpus: Corpus, encoder: Encoder, seed: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    reference = np.arange(len(corpus.cells)) < corpus.n_ref
    rng = np.random.default_rng([seed, 17])
    some = np.sort(rng.choice(corpus.n_ref, min(SAMPLE, corpus.n_ref), replace=False))
    asked = np.zeros_like(reference)
    asked[some] = True
    ids, distances = retrieve(corpus, reference, asked, as_searched(encoder), encoder.inputs, k=NEAREST + 1)
    itself = ids == some[:, np.newaxis]
    itself[~itself.any(axis=1), -1] = True
    return mean_distance(distances[~itself].reshape(len(some), -1))
