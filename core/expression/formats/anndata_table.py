"""The obs and var tables of AnnData files, in their three generations of encoding.

A metadata column that cannot be read is left out with a note; names that cannot be read are an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from dataclasses import dataclass
from typing import Any, TypeVar

import h5py
import numpy as np
import numpy.typing as npt

from core.errors import FileFormatError
from core.expression.formats.hdf5_values import categorical, dataset, decode, label, plain_texts, texts, vector
from core.expression.formats.parsed import clean_names, damaged
from core.expression.limits import Limits

Column = npt.NDArray[Any]
_Rows = TypeVar("_Rows", bound=Sized)
_GENE_ID_COLUMNS = (
    "feature_name", "gene_symbols", "gene_symbol", "gene_names", "gene_name", "gene_short_name", "symbol", "SYMBOL", "Symbol",
    "gene_ids", "gene_id", "ensembl_id", "ensembl_ids", "ensembl", "feature_id", "entrez_id", "gene",
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """One table.

    Parameters
    ----------
    index : list of str
        Names of the rows.
    columns : mapping of str to ndarray
        Metadata of cells (empty for genes).
    names : mapping of str to list of str
        Columns that hold other names of genes (empty for cells).
    notes : tuple of str
        What was left out.
    """

    index: list[str]
    columns: Mapping[str, Column]
    names: Mapping[str, list[str]]
    notes: tuple[str, ...] = ()


def table_length(file: h5py.File, place: str) -> int:
    """Return the number of rows of a table without reading it.

    Parameters
    ----------
    file : h5py.File
        The file.
    place : str
        "obs", "var" or "raw/var".

    Returns
    -------
    int
        Rows.
    """
    node = file.get(place)
    if isinstance(node, h5py.Group):
        node, place = _index(node, place)
        if isinstance(node, h5py.Group):
            node = node.get("codes", node.get("values"))
    if not isinstance(node, h5py.Dataset) or node.ndim != 1:
        raise damaged(place, "is missing" if node is None else "is not a row of names")
    return int(node.shape[0])


def read_table(file: h5py.File, place: str, limits: Limits) -> Table:
    """Read names and metadata.

    Parameters
    ----------
    file : h5py.File
        The file.
    place : str
        "obs", "var" or "raw/var". Of "obs" the metadata is read, of the others the columns with gene names.
    limits : Limits
        Caps on names and columns.

    Returns
    -------
    Table
        Index and columns of equal length.
    """
    node = file.get(place)
    if isinstance(node, h5py.Dataset):
        return _from_compound(file, node, place, limits)
    if not isinstance(node, h5py.Group):
        raise damaged(place, "is missing")
    index_node, index_place = _index(node, place)
    index = texts(index_node, index_place, limits)
    if place != "obs":
        return Table(index, {}, dict(_gene_columns(node, index_place, len(index), limits)))
    wanted = [_decoded(n) for n in node if n not in {index_place.split("/")[-1], "__categories"}]
    columns, left_out = {}, wanted[limits.max_obs_columns :]
    for name in wanted[: limits.max_obs_columns]:
        try:
            columns[_plain(name)] = _sized(
                _column(node, name, f"{place}/{name}", limits), len(index), f"{place}/{name}"
            )
        except (FileFormatError, TypeError, ValueError, OSError, RuntimeError, KeyError):
            left_out.append(name)
    return Table(index, columns, {}, _left_out(left_out))


def _decoded(name: str | bytes) -> str:
    """Return a name as text; h5py gives the bytes of one that is not UTF-8, and under its text nothing is found."""
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name


def _plain(name: str) -> str:
    return name.replace("\x00", "")[:200]


def _left_out(names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    shown = ", ".join(_plain(n)[:40] for n in names[:3]) + (" ..." if len(names) > 3 else "")
    return (f"{len(names):,} metadata column{'s' * (len(names) > 1)} could not be read and stayed out ({shown}).",)


def _index(group: h5py.Group, place: str) -> tuple[object, str]:
    stated = group.attrs.get("_index", "_index")
    name = stated.decode("utf-8", "replace") if isinstance(stated, bytes) else str(stated)
    for guess in (name, "_index", "index"):
        if guess and guess in group:
            return group[guess], f"{place}/{guess}"
    raise damaged(f"{place}/{name[:60]}", "is missing: the table has no names")


def _gene_columns(group: h5py.Group, index: str, n_rows: int, limits: Limits) -> Iterator[tuple[str, list[str]]]:
    place, own = index.rsplit("/", 1)
    for name in _GENE_ID_COLUMNS:
        if name in group and name != own:
            try:
                yield name, _sized(texts(group[name], f"{place}/{name}", limits), n_rows, name)
            except (FileFormatError, TypeError, ValueError, OSError, RuntimeError):
                continue


def _sized(values: _Rows, n_rows: int, place: str) -> _Rows:
    if len(values) != n_rows:
        raise damaged(place, f"has {len(values):,} rows, the table {n_rows:,}")
    return values


def _column(table: h5py.Group, name: str, place: str, limits: Limits) -> Column:
    """Read one metadata column."""
    node = table[name]
    if isinstance(node, h5py.Dataset):
        levels = table.get(f"__categories/{name}")
        if isinstance(levels, h5py.Dataset):
            return label(vector(node, np.int64, place), texts(levels, place, limits), place)
        return _values(node, place, limits)
    if "codes" in node:
        return categorical(node, place, limits)
    values = _values(dataset(node, "values", f"{place}/values"), place, limits)
    mask = vector(dataset(node, "mask", f"{place}/mask"), np.bool_, f"{place}/mask")
    if values.dtype.kind in "iu":
        values = values.astype(np.float64)
    elif values.dtype.kind == "b":
        values = values.astype(object)
    values[_sized(mask, len(values), f"{place}/mask")] = np.nan if values.dtype.kind == "f" else None
    return values


def _values(node: h5py.Dataset, place: str, limits: Limits) -> Column:
    if node.ndim == 1 and node.dtype.kind in "iufb":
        return np.asarray(node[()])
    return _objects(clean_names(plain_texts(node, place) if node.ndim == 1 else [], place, limits))


def _objects(values: list[str]) -> npt.NDArray[np.object_]:
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def _from_compound(file: h5py.File, node: h5py.Dataset, place: str, limits: Limits) -> Table:
    """Read a table of before 2019: one data set with a field for every column."""
    fields = node.dtype.names or ()
    if node.ndim != 1 or not fields:
        raise damaged(place, "is neither a group nor a table")
    index_field = next((f for f in ("index", "_index") if f in fields), fields[0])
    index = clean_names(_field_texts(node, index_field), f"{place}/{index_field}", limits)
    if place != "obs":
        named = [f for f in _GENE_ID_COLUMNS if f in fields and f != index_field]
        return Table(index, {}, {f: clean_names(_field_texts(node, f), f"{place}/{f}", limits) for f in named})
    columns: dict[str, Column] = {}
    for name in [f for f in fields if f != index_field][: limits.max_obs_columns]:
        levels = file.get(f"uns/{name}_categories")
        values = node[name]
        if isinstance(levels, h5py.Dataset) and values.dtype.kind in "iu":
            columns[name] = label(values.astype(np.int64), texts(levels, f"uns/{name}_categories", limits), name)
        elif values.ndim == 1 and values.dtype.kind in "iufb":
            columns[name] = values
        elif values.ndim == 1:
            columns[name] = _objects(clean_names(decode(values), f"{place}/{name}", limits))
    return Table(index, columns, {})


def _field_texts(node: h5py.Dataset, name: str) -> list[str]:
    values = node[name]
    if values.ndim != 1:
        raise damaged(name, "is not a row of names")
    return decode(values)
