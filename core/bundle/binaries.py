"""Whether the arrays of a bundle have the names, shapes and types that the manifest tells: embedding and tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from core.bundle.manifest import EncoderFacts, Manifest
from core.bundle.schema import CANARY, EMBEDDING, ENCODER_GENES, ENCODER_WEIGHTS, PROJECTION_LOADINGS

Shapes = dict[str, tuple[int, ...]]
_LENGTH_TOLERANCE = 1e-3
_BATCH_ROWS = 10_000


def encoder_shapes(encoder: EncoderFacts) -> Shapes:
    """Return the tensors that the weights file holds: name to shape (kernels n_in x n_out)."""
    placed = encoder.n_coordinates > 0
    shapes: Shapes = {"place.kernel": (encoder.n_inputs, encoder.n_coordinates)} if placed else {}
    for net in range(encoder.n_nets):
        n_in = encoder.n_vocabulary
        for layer, width in enumerate(encoder.layers):
            shapes[f"net{net}.layer{layer}.kernel"] = (n_in, width)
            shapes[f"net{net}.layer{layer}.bias"] = (width,)
            n_in = width
    if placed or encoder.n_latent < encoder.n_joined:
        shapes["join.kernel"] = (encoder.n_joined + encoder.n_coordinates, encoder.n_latent)
    return shapes


def tensor_problems(folder: Path, manifest: Manifest, sound: set[str]) -> list[str]:
    """Return what is wrong with the safetensors files.

    Parameters
    ----------
    folder : Path
        Bundle folder.
    manifest : Manifest
        Checked manifest.
    sound : set of str
        Files whose hash is right; no other is opened.

    Returns
    -------
    list of str
        One sentence a problem.
    """
    problems = []
    for name in sorted(sound & {ENCODER_WEIGHTS, PROJECTION_LOADINGS, CANARY}):
        try:
            found = read_shapes(folder / name)
        except SafetensorError as error:
            problems.append(f"{name}: It cannot be read: {error}.")
            continue
        if name == ENCODER_WEIGHTS and found != encoder_shapes(manifest.encoder):
            problems.append(f"{name}: Its tensors are not those of an encoder as in the manifest.")
        if name == CANARY:
            problems += _canary_problems(manifest, found)
    if manifest.files[ENCODER_GENES.file].rows != manifest.encoder.n_vocabulary:
        problems.append(f"{ENCODER_GENES.file}: Its rows are not encoder.n_vocabulary.")
    return problems


def embedding_problems(folder: Path, manifest: Manifest, sound: set[str], *, deep: bool) -> list[str]:
    """Return what is wrong with the embedding: type and shape, and with `deep` its values."""
    if EMBEDDING not in sound:
        return []
    try:
        array = np.load(folder / EMBEDDING, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError) as error:
        return [f"{EMBEDDING}: It cannot be read: {error}."]
    expected = (manifest.counts.n_cells, manifest.encoder.n_latent)
    if array.shape != expected or array.dtype != np.float32 or not array.flags.c_contiguous:
        return [f"{EMBEDDING}: It is {array.dtype} {array.shape}, float32 {expected} in C order was expected."]
    return _row_problems(array, unit_length=manifest.encoder.l2) if deep else []


def read_shapes(path: Path) -> Shapes:
    """Return name and shape of all tensors of a safetensors file without reading their values."""
    with safe_open(path, framework="numpy") as file:
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - not a mapping


def _canary_problems(manifest: Manifest, found: Shapes) -> list[str]:
    n = (*found.get("x", ()), 0)[0]
    fits = (
        n >= 1
        and found.get("x") == (n, manifest.encoder.n_inputs)
        and found.get("embedding") == (n, manifest.encoder.n_latent)
        and (*found.get("neighbors", ()), 0)[0] == n
    )
    if not fits:
        return [f"{CANARY}: It does not hold x, embedding and neighbors of the same cells."]
    return []


def _row_problems(array: NDArray[Any], *, unit_length: bool) -> list[str]:
    for start in range(0, len(array), _BATCH_ROWS):
        rows = array[start : start + _BATCH_ROWS]
        if not np.isfinite(rows).all():
            return [f"{EMBEDDING}: It holds numbers that are not finite."]
        if unit_length and (np.abs(np.linalg.norm(rows, axis=1) - 1) > _LENGTH_TOLERANCE).any():
            return [f"{EMBEDDING}: It holds rows whose length is not 1."]
    return []
