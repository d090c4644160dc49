"""The build step of the two 2D maps: principal components of the embedding and of the normalised expression."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from build_bundle.cells.step_context import StepContext
from build_bundle.cells.stream import chunks
from build_bundle.train.training_step import read_encoder
from core.bundle.schema import EMBEDDING, PROJECTION, PROJECTION_LOADINGS
from core.bundle.writer import write_table, write_tensors
from core.errors import ConfigError
from core.explore.projection import fit_projection, project
from core.expression.recipe import EncoderInputs

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ProjectionSettings:
    """How the maps are fitted.

    Parameters
    ----------
    max_fit_cells : int
        Reference cells the axes are fitted on, spread evenly over the reference; all cells are placed on them.
    """

    max_fit_cells: int = 20_000

    def __post_init__(self) -> None:
        if self.max_fit_cells < 2:
            raise ConfigError(
                f"[projection] max_fit_cells is {self.max_fit_cells}; it must be at least 2.",
                next_step="Correct the configuration.",
            )


def run(context: StepContext) -> dict[str, Any]:
    """Write ``projection.parquet`` and ``projection_loadings.safetensors``.

    Parameters
    ----------
    context : StepContext
        `settings` a `ProjectionSettings`; `inputs` of ``train`` and ``embed``.

    Returns
    -------
    dict
        ``explained_variance`` (manifest): shares by map, ``embedding`` and ``raw``.
    """
    settings: ProjectionSettings = context.settings
    n_ref = context.corpus.n_ref
    inputs = read_encoder(context.inputs["train"], dict(context.facts["train"])).inputs
    embedding = np.load(context.inputs["embed"] / EMBEDDING, mmap_mode="r")
    some = np.unique(np.linspace(0, n_ref - 1, min(n_ref, settings.max_fit_cells)).astype(np.int64))
    axes = {
        "embedding": fit_projection([np.asarray(embedding[some])]),
        "raw": fit_projection(_inputs(context, inputs, some, "fitting", 0.0)),
    }
    tensors = {**axes["embedding"].tensors("embedding"), **axes["raw"].tensors("raw")}
    everyone = np.arange(n_ref, dtype=np.int64)
    raw = [axes["raw"].place(z) for z in _inputs(context, inputs, everyone, "placing", 0.5)]
    table = project(tensors, np.asarray(embedding), np.concatenate(raw))
    write_table(context.out, PROJECTION, table)
    write_tensors(context.out, PROJECTION_LOADINGS, tensors)
    return {"explained_variance": {space: [float(v) for v in found.explained] for space, found in axes.items()}}


def _inputs(
    context: StepContext, inputs: EncoderInputs, rows: npt.NDArray[np.int64], doing: str, start: float
) -> Iterator[Floats]:
    wanted = np.zeros(len(context.corpus.cells), dtype=bool)
    wanted[rows] = True
    done = 0
    for chunk in chunks(context.corpus, wanted, inputs):
        yield inputs.z_scores(chunk.x, chunk.measured)
        done += len(chunk.rows)
        context.progress(start + 0.5 * done / len(rows), f"{doing} {done:,} of {len(rows):,} cells")
