"""AnnData files (.h5ad), of all encodings since 2018.

Read: X or the better of raw and the count layers, the names, obs, two-dimensional maps in obsm. Never read: uns (but for
the category names of files from before 2019), the rest of obsm, varm, obsp, varp.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from core.errors import FileFormatError
from core.expression.formats import csr
from core.expression.formats.anndata_places import read_places
from core.expression.formats.anndata_table import read_table, table_length
from core.expression.formats.hdf5_values import dense_blocks, sparse_arrays
from core.expression.formats.parsed import Parsed, check_axes, check_cells, damaged
from core.expression.limits import Limits

_COUNT_LAYERS = re.compile(r"^(?:raw_?)?(?:counts?|umis?)$|^raw$", re.IGNORECASE)
_RAW_GAIN = 1.5  # raw is taken instead of X when it has this many times more genes


@dataclass(frozen=True)
class _Part:
    """One matrix of the file and the table that names its columns."""

    place: str
    node: h5py.Dataset | h5py.Group
    var: str


def read(file: h5py.File, limits: Limits) -> Parsed:
    """Read an AnnData file.

    Parameters
    ----------
    file : h5py.File
        Checked by the guard.
    limits : Limits
        Caps.

    Returns
    -------
    Parsed
        Rows are cells.

    Raises
    ------
    FileFormatError, LimitError
        Naming the element, for example "obs/_index".
    """
    parts = list(_parts(file))
    if not parts:
        raise damaged("X", "is missing, and there is no raw matrix")
    obs = read_table(file, "obs", limits)
    check_cells(len(obs.index), limits)
    triplet, part, note = _choose(file, parts, len(obs.index), limits)
    var = read_table(file, part.var, limits)
    places, left_out = read_places(file, len(obs.index), limits)
    return Parsed(
        *triplet,
        row_names=obs.index,
        column_names=var.index,
        format="AnnData (.h5ad)",
        row_table=obs.columns,
        other_names={f"{part.var}/{name}": values for name, values in var.names.items()},
        places=places,
        notes=(*note, *obs.notes, *left_out),
        layer=part.place,
    )


def _parts(file: h5py.File) -> Iterator[_Part]:
    """List the matrices that may be read, the first choice first."""
    if "X" in file:
        yield _Part("X", file["X"], "var")
    layers = file.get("layers")
    if isinstance(layers, h5py.Group):
        yield from (_Part(f"layers/{n}", layers[n], "var") for n in layers if _COUNT_LAYERS.match(n))
    for place, var in (("raw/X", "raw/var"), ("raw.X", "raw.var")):
        if place in file and var in file:
            yield _Part(place, file[place], var)


def _choose(
    file: h5py.File, parts: list[_Part], n_obs: int, limits: Limits
) -> tuple[csr.Triplet, _Part, tuple[str, ...]]:
    """Read X, or what serves better than X and why."""
    first, *others = parts
    triplet = _read_part(file, first, n_obs, limits)
    low = float(triplet[0].min(initial=0.0))
    if low < 0:
        why = f"{first.place} is scaled (values from {low:.3g} to {triplet[0].max():.3g})"
    elif others and _gain(file, first, others[-1]) >= _RAW_GAIN:
        others = others[-1:]
        n_raw, n_first = (table_length(file, part.var) for part in (others[0], first))
        why = f"{others[0].place} holds {n_raw:,} genes, {first.place} only {n_first:,}"
    else:
        return triplet, first, ()
    for part in others:
        try:
            other = _read_part(file, part, n_obs, limits)
        except FileFormatError:
            continue
        if float(other[0].min(initial=0.0)) >= 0:
            return other, part, (f"{part.place} was read instead of {first.place}: {why}.",)
    return triplet, first, ()


def _gain(file: h5py.File, first: _Part, raw: _Part) -> float:
    """Return how many times more genes raw names."""
    return table_length(file, raw.var) / max(1, table_length(file, first.var)) if raw.var != first.var else 1.0


def _read_part(file: h5py.File, part: _Part, n_obs: int, limits: Limits) -> csr.Triplet:
    n_vars = table_length(file, part.var)
    check_axes(n_obs, n_vars, limits, part.place)
    shape = _shape(part)
    if shape and shape != (n_obs, n_vars):
        raise damaged(part.place, f"is {shape[0]:,} x {shape[1]:,}, but obs and {part.var} name {n_obs:,} x {n_vars:,}")
    if isinstance(part.node, h5py.Dataset):
        return csr.from_dense(dense_blocks(part.node, part.place))
    if _encoding(part.node) == "csc":
        return csr.flip(sparse_arrays(part.node, n_vars, n_obs, part.place), n_obs)
    return sparse_arrays(part.node, n_obs, n_vars, part.place)


def _shape(part: _Part) -> tuple[int, ...]:
    """Return the size that the matrix states itself, () where it states none."""
    if isinstance(part.node, h5py.Dataset):
        return tuple(int(n) for n in part.node.shape)
    stated: Any = part.node.attrs.get("shape", part.node.attrs.get("h5sparse_shape", ()))
    return tuple(int(n) for n in np.asarray(stated).ravel())[:2]


def _encoding(group: h5py.Group) -> str:
    """Return "csr" or "csc"."""
    stated = group.attrs.get("encoding-type", group.attrs.get("h5sparse_format", ""))
    text = stated.decode("utf-8", "replace") if isinstance(stated, bytes) else str(stated)
    if text[:3] not in {"csr", "csc"}:
        raise damaged(str(group.name).strip("/"), f'is stored as "{text[:40]}", which is neither CSR, CSC nor dense')
    return text[:3]
