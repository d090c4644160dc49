"""Example queries: whole files that stay out of the bundle, or cells taken away from a study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.cells.selection import hold_out
from build_bundle.configuration.study_config import ExampleConfig
from build_bundle.sources.h5ad_writer import write_h5ad
from build_bundle.sources.labels import metadata_column
from build_bundle.sources.reading import read_raw
from core.errors import InputError, SourceError
from core.expression.doctor import examine
from core.expression.genes import GeneNames
from core.expression.matrix import ExpressionMatrix


def file_name(example: str) -> str:
    """Return the name of an example's file."""
    return f"{example}.h5ad"


def read_example(path: Path, example: ExampleConfig, organism: str, names: GeneNames, out: Path) -> dict[str, int]:
    """Write an example from a whole file, after holding it to the same checks as an upload.

    Parameters
    ----------
    path : Path
        The file.
    example : ExampleConfig
        With `source`.
    organism : str
        Organism of the bundle.
    names : GeneNames
        Names of its genes.
    out : Path
        Folder for the example's file.

    Returns
    -------
    dict
        ``n_cells`` and ``n_genes``.

    Raises
    ------
    SourceError
        Where the app would refuse the file.
    """
    raw = read_raw(path, out / "scratch")
    try:
        examine(raw, names, organism=organism)
    except InputError as error:
        raise SourceError(f"The example {example.example} would be refused: {error.message}") from error
    matrix = raw.matrix
    if example.n_cells and example.n_cells < matrix.n_obs:
        rows = np.sort(np.random.default_rng(0).choice(matrix.n_obs, example.n_cells, replace=False))
        matrix = matrix.take_obs(rows)
    return _write(out, example, matrix, _kept(example, matrix))


def take_examples(
    examples: Sequence[ExampleConfig],
    matrix: ExpressionMatrix,
    words: pd.Series,
    usable: npt.NDArray[np.bool_],
    out: Path,
    *,
    seed: int,
) -> tuple[npt.NDArray[np.bool_], dict[str, dict[str, int]]]:
    """Write examples from the cells of a study.

    Parameters
    ----------
    examples : sequence of ExampleConfig
        With `study`; no cell goes into two of them.
    matrix : ExpressionMatrix
        The cells on linear scale.
    words : pandas.Series of str
        The source's labels, kept in the file as ``author_cell_type``.
    usable : ndarray of bool
        Cells that would go into the bundle; taken from where the example names no labels.
    out : Path
        Folder for the files.
    seed : int
        Seed of the build.

    Returns
    -------
    taken : ndarray of bool
        Which cells were taken; they must not go into the bundle.
    sizes : dict
        ``n_cells`` and ``n_genes`` of every example.

    Raises
    ------
    SourceError
        Where an example would be empty.
    """
    taken = np.zeros(matrix.n_obs, dtype=bool)
    sizes = {}
    for number, example in enumerate(examples):
        free = words[words.isin(example.labels) & ~taken] if example.labels else words[usable & ~taken]
        rows = hold_out(free, example.n_cells, seed + number).to_numpy(dtype=np.int64)
        if len(rows) == 0:
            raise SourceError(f"No cell is left for the example {example.example}.")
        cells = matrix.take_obs(rows)
        obs = _kept(example, cells).assign(author_cell_type=words.to_numpy()[rows])
        sizes[example.example] = _write(out, example, cells, obs)
        taken[rows] = True
    return taken, sizes


def _kept(example: ExampleConfig, matrix: ExpressionMatrix) -> pd.DataFrame:
    """Return what the source knows of an example's cells, as far as the configuration asks for it."""
    names = pd.Series(matrix.obs_names, dtype=object)
    obs = pd.DataFrame({column: metadata_column(matrix, column) for column in example.columns}, index=names.index)
    for column, pattern in example.from_names.items():
        found = names.str.extract(pattern, expand=False)
        if found.isna().any():
            raise SourceError(f"The name {names[found.isna()].iloc[0]!r} holds no {column}.")
        obs[column] = found
    return obs


def _write(out: Path, example: ExampleConfig, matrix: ExpressionMatrix, obs: pd.DataFrame) -> dict[str, int]:
    write_h5ad(out / file_name(example.example), matrix.x, matrix.obs_names, matrix.var_names, obs)
    return {"n_cells": matrix.n_obs, "n_genes": matrix.n_vars}
