"""The build step that trains the bundle's encoder and writes it as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from safetensors.numpy import load_file

from build_bundle.cells.step_context import StepContext
from build_bundle.train.encoder import TrainedEncoder, train_encoder
from build_bundle.train.network import TrainedNet
from build_bundle.train.settings import TrainSettings
from core.bundle.manifest import EncoderFacts
from core.bundle.schema import ENCODER_GENES, ENCODER_WEIGHTS, TRAINING
from core.bundle.writer import write_array, write_table, write_tensors
from core.embedding.encoder import Encoder
from core.expression.recipe import EncoderInputs, Recipe

SEEN = "seen.npy"
_CURVE = {"epoch": "epoch", "loss": "loss", "accuracy": "accuracy", "validation_loss": "val_loss",
          "validation_accuracy": "val_accuracy"}  # fmt: skip
"""Columns of the table and what the curve calls them."""


def run(context: StepContext) -> dict[str, Any]:
    """Train on all reference studies and write the encoder.

    Parameters
    ----------
    context : StepContext
        `settings` is a `TrainSettings`.

    Returns
    -------
    dict
        ``recipe``, ``encoder`` (manifest), ``classes``, ``n_training_cells``.

    Notes
    -----
    Writes ``encoder.safetensors``, ``encoder_genes.parquet``, ``training.parquet`` and ``seen.npy`` (uint8, n_ref: the cell was trained on).
    """
    settings: TrainSettings = context.settings
    trained = train_encoder(context.corpus, settings, seed=context.seed, progress=context.progress)
    _write(context.out, trained, context.corpus.n_ref)
    inputs = trained.encoder.inputs
    return {
        "recipe": inputs.recipe.to_dict(),
        "encoder": {
            "n_nets": len(trained.nets),
            "layers": list(settings.hidden),
            "activation": "tanh",
            "n_latent": trained.encoder.n_latent,
            "n_vocabulary": inputs.n_vocab,
            "l2": True,
            "n_coordinates": trained.encoder.n_coordinates,
            "n_inputs": inputs.n_inputs,
        },
        "classes": list(trained.classes),
        "n_training_cells": len(trained.rows),
    }


def read_encoder(folder: Path, facts: dict[str, Any]) -> Encoder:
    """Open what `run` wrote.

    Parameters
    ----------
    folder : Path
        The step's folder.
    facts : dict
        What `run` returned.

    Returns
    -------
    Encoder
        As the app will see it.
    """
    genes = pd.read_parquet(folder / ENCODER_GENES.file)
    inputs = EncoderInputs.from_table(Recipe.from_dict(dict(facts["recipe"])), genes)
    shape = EncoderFacts(**{**facts["encoder"], "layers": tuple(facts["encoder"]["layers"])})
    return Encoder.from_tensors(load_file(folder / ENCODER_WEIGHTS), shape, inputs)


def training_table(nets: Sequence[TrainedNet]) -> pd.DataFrame:
    """Tell how networks were trained.

    Parameters
    ----------
    nets : sequence of TrainedNet
        In their order in the encoder.

    Returns
    -------
    pandas.DataFrame
        The ``training`` table.
    """
    rows = [
        {
            "network": number,
            **{name: row.get(key) for name, key in _CURVE.items()},
            "kept": row["epoch"] == net.best_epoch,
        }
        for number, net in enumerate(nets, start=1)
        for row in net.curve
    ]
    return pd.DataFrame(rows, columns=[column.name for column in TRAINING.columns])


def _write(out: Path, trained: TrainedEncoder, n_ref: int) -> None:
    inputs = trained.encoder.inputs
    write_tensors(out, ENCODER_WEIGHTS, trained.encoder.tensors())
    write_table(out, ENCODER_GENES, inputs.to_table())
    write_table(out, TRAINING, training_table(trained.nets))
    seen = np.zeros(n_ref, dtype=np.uint8)
    seen[trained.rows] = 1
    write_array(out, SEEN, seen)
