"""Reading values out of a checked HDF5 file, in slices, with the place named where something is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from core.expression.formats import csr
from core.expression.formats.parsed import clean_names, damaged
from core.expression.limits import Limits

_SLICE = 8_000_000  # elements read together


def dataset(group: h5py.Group | h5py.File, name: str, place: str = "") -> h5py.Dataset:
    """Return a data set that must be there.

    Parameters
    ----------
    group : h5py.Group
        Where it should be.
    name : str
        Its name.
    place : str
        Its full name for the message.

    Returns
    -------
    h5py.Dataset
        The data set.

    Raises
    ------
    FileFormatError
        Where it is missing or not a data set.
    """
    node = group.get(name)
    if not isinstance(node, h5py.Dataset):
        raise damaged(place or f"{group.name}/{name}".lstrip("/"), "is missing")
    return node


def vector(source: h5py.Dataset, dtype: type[np.generic], place: str) -> npt.NDArray[Any]:
    """Read a one-dimensional data set of numbers.

    Parameters
    ----------
    source : h5py.Dataset
        Numbers or flags.
    dtype : numpy type
        Wanted type.
    place : str
        Name for messages.

    Returns
    -------
    ndarray
        Values as `dtype`.

    Raises
    ------
    FileFormatError
        Where it is not a row of numbers, or not of whole numbers where those are wanted.
    """
    whole = np.issubdtype(dtype, np.integer)
    if source.ndim != 1 or source.dtype.kind not in ("iub" if whole else "iufb"):
        raise damaged(place, f"does not hold a row of {'whole ' if whole else ''}numbers")
    out = np.empty(source.shape[0], dtype=dtype)
    for low in range(0, len(out), _SLICE):
        part = source[low : low + _SLICE]
        if whole and part.size and (int(part.min()) < np.iinfo(dtype).min or int(part.max()) > np.iinfo(dtype).max):  # type: ignore[type-var]
            raise damaged(place, "holds numbers out of range")
        with np.errstate(over="ignore"):
            out[low : low + _SLICE] = part
    return out


def dense_blocks(source: h5py.Dataset, place: str) -> Iterator[npt.NDArray[np.float32]]:
    """Read a two-dimensional data set of numbers in blocks of rows.

    Parameters
    ----------
    source : h5py.Dataset
        Numbers, rows x columns.
    place : str
        Name for messages.

    Yields
    ------
    ndarray of float32
        Consecutive rows.
    """
    if source.ndim != 2 or source.dtype.kind not in "iufb":
        raise damaged(place, "is not a table of numbers")
    step = max(1, _SLICE // max(1, source.shape[1]))
    if source.chunks:
        step = max(source.chunks[0], step - step % source.chunks[0])
    for low in range(0, source.shape[0], step):
        with np.errstate(over="ignore"):
            yield source[low : low + step].astype(np.float32)


def sparse_arrays(group: h5py.Group, n_rows: int, n_columns: int, place: str) -> csr.Triplet:
    """Read and check the three arrays of a compressed sparse matrix.

    Parameters
    ----------
    group : h5py.Group
        Holds ``data``, ``indices`` and ``indptr``.
    n_rows, n_columns : int
        Size along the pointers, and of the other axis.
    place : str
        Name for messages.

    Returns
    -------
    tuple of ndarray
        Checked values, indices and pointers, tidied.

    Raises
    ------
    FileFormatError
        Where they contradict each other or the size.
    """
    sizes = [dataset(group, name, f"{place}/{name}").shape for name in ("data", "indices")]
    if sizes[0] != sizes[1]:
        raise damaged(place, f"holds {sizes[0]} values but {sizes[1]} indices")
    indptr = vector(group["indptr"] if "indptr" in group else dataset(group, "indptr"), np.int64, f"{place}/indptr")
    csr.check_indptr(indptr, n_rows, sizes[0][0] if sizes[0] else -1, place)
    indices = vector(group["indices"], np.int32, f"{place}/indices")
    csr.check_indices(indices, n_columns, place)
    return csr.tidy((vector(group["data"], np.float32, f"{place}/data"), indices, indptr), n_columns)


def texts(node: object, place: str, limits: Limits) -> list[str]:
    """Read names.

    Parameters
    ----------
    node : h5py.Dataset or h5py.Group
        Text or whole numbers; or a categorical or nullable text of AnnData.
    place : str
        Name for messages.
    limits : Limits
        For the longest name.

    Returns
    -------
    list of str
        Cleaned names.

    Raises
    ------
    FileFormatError
        Where it is not a row of names.
    """
    if isinstance(node, h5py.Group) and "codes" in node:
        return ["" if v is None else v for v in categorical(node, place, limits)]
    if isinstance(node, h5py.Group) and "values" in node:
        node = node["values"]
    if not isinstance(node, h5py.Dataset):
        raise damaged(place, "is missing")
    if node.ndim != 1:
        raise damaged(place, "is not a row of names")
    return clean_names(plain_texts(node, place), place, limits)


def plain_texts(node: h5py.Dataset, place: str) -> list[str]:
    """Read a one-dimensional data set as text.

    Parameters
    ----------
    node : h5py.Dataset
        Text of fixed or variable length, or numbers.
    place : str
        Name for messages.

    Returns
    -------
    list of str
        Bytes that are not UTF-8 become replacement characters; whole numbers lose their ".0".
    """
    if h5py.check_string_dtype(node.dtype) is not None:
        return decode(node[()])
    if node.dtype.kind in "iub":
        return [str(v) for v in node[()].tolist()]
    if node.dtype.kind == "f":
        return [f"{v:g}" if not float(v).is_integer() else str(int(v)) for v in node[()].tolist()]
    raise damaged(place, "holds no names")


def decode(values: npt.NDArray[Any]) -> list[str]:
    """Turn an array of bytes or text into text.

    Parameters
    ----------
    values : ndarray of bytes, str or object
        As h5py gives it.

    Returns
    -------
    list of str
        Replacement characters where bytes are not UTF-8.
    """
    return [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values.tolist()]


def categorical(group: h5py.Group, place: str, limits: Limits) -> npt.NDArray[np.object_]:
    """Read a categorical of AnnData.

    Parameters
    ----------
    group : h5py.Group
        Holds ``codes`` and ``categories``.
    place : str
        Name for messages.
    limits : Limits
        For the longest name.

    Returns
    -------
    ndarray of object
        Text, None where missing.

    Raises
    ------
    FileFormatError
        Where codes and categories do not fit together.
    """
    codes = vector(dataset(group, "codes", f"{place}/codes"), np.int64, f"{place}/codes")
    levels = texts(group.get("categories"), f"{place}/categories", limits)
    return label(codes, levels, place)


def label(codes: npt.NDArray[np.int64], levels: list[str], place: str) -> npt.NDArray[np.object_]:
    """Replace codes by their texts.

    Parameters
    ----------
    codes : ndarray of int64
        Place in `levels`, -1 where missing.
    levels : list of str
        The texts.
    place : str
        Name for messages.

    Returns
    -------
    ndarray of object
        Text, None where missing.

    Raises
    ------
    FileFormatError
        When a code has no text.
    """
    if len(codes) and (codes.min() < -1 or codes.max() >= len(levels)):
        raise damaged(f"{place}/codes", f"points to category {int(codes.max())} of {len(levels)}")
    lookup = np.empty(len(levels) + 1, dtype=object)
    lookup[:-1], lookup[-1] = levels, None
    return lookup[codes]
