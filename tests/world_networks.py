"""Networks of the planted bundle: a training as it could have been, and a study of three models and a labeller.

The planted layer was not trained, so the numbers are written by hand.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from core.bundle import schema
from core.bundle.writer import write_table

BY_TYPE = (
    ("human", "CL:0000236", "B cell", (0.81, 0.84, 0.41), 120, 3),
    ("human", "CL:0000622", "acinar cell", (0.99, 0.96, 0.9), 60, 2),
    ("human", "CL:0000097", "mast cell", (0.12, 0.3, None), 7, 1),
    ("mouse", "CL:0000127", "astrocyte", (0.7, 0.75, 0.5), 80, 1),
)
"""Reference, type, its name, MAFP of the three models, query cells, studies; only the first type is one of the bundle."""


def write_networks(stage: Path) -> None:
    """Write the three tables."""
    epochs = np.arange(1, 9)
    losses = 1.8 * np.exp(-0.5 * epochs) + 0.02 * np.maximum(epochs - 6, 0)
    write_table(stage, schema.TRAINING, {
        "network": np.ones(len(epochs)), "epoch": epochs, "loss": losses + 0.1, "accuracy": 1 - losses / 2,
        "validation_loss": losses, "validation_accuracy": 1 - losses / 2, "kept": losses == losses.min(),
    })  # fmt: skip
    figures = {"mafp_weighted": [0.91, 0.88, 0.62, None], "accuracy": [0.86, 0.84, 0.57, 0.8],
               "macro_f1": [0.8, 0.79, 0.44, 0.75], "near_accuracy": [0.93, 0.9, 0.7, 0.88]}  # fmt: skip
    ends = (("", 0.0), ("_low", -0.05), ("_high", 0.04))
    write_table(stage, schema.MODELS, {
        "model": ["dense 20", "encoder", "pca_100", "logistic_labels"],
        "family": ["classify, dense", "default", "baseline or rival", "baseline or rival"],
        "sizes": ["20", "20", "", ""], "settings": ["body dense; epochs 8", "n_nets 1", "", ""],
        "width": pa.array([20, 16, 100, None]), "train_seconds": [2.5, 7.25, 0.5, 0.25],
        "inner_mafp": pa.array([0.9, 0.89, 0.6, None]), "n_studies": [4] * 4,
        **{f"{metric}{end}": pa.array([None if v is None else v + shift for v in values])
           for metric, values in figures.items() for end, shift in ends},
    })  # fmt: skip
    write_table(stage, schema.MODELS_BY_TYPE, pd.DataFrame(
        [(model, reference, type_id, name, mafp, n_cells, n_studies)
         for reference, type_id, name, figures, n_cells, n_studies in BY_TYPE
         for model, mafp in zip(("dense 20", "encoder", "pca_100"), figures, strict=True) if mafp is not None],
        columns=[column.name for column in schema.MODELS_BY_TYPE.columns],
    ))  # fmt: skip
