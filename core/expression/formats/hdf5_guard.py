"""A walk over an HDF5 file before anything of it is read.

An HDF5 file can name other files on the server, claim a terabyte in a few bytes, point in circles or hold types that
run code on reading. The walk looks at links, layouts, types, filters and sizes only; no value is touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

import h5py
from h5py import h5d, h5g, h5i, h5l, h5o, h5p, h5s, h5t

from core.errors import FileFormatError
from core.expression.formats.parsed import too_large
from core.expression.limits import MIB, Limits

_FILTERS = {1, 2, 3, 32000}  # deflate, shuffle, fletcher32, lzf: what h5py reads everywhere
_SIMPLE = {h5t.INTEGER, h5t.FLOAT, h5t.STRING, h5t.ENUM}
# Not read, so their types and sizes do not matter; who reads a map of obsm checks it then (`check_values`).
_UNREAD = {"uns", "obsm", "obsp", "varm", "varp"}
_PLAIN = "Write the matrix to a new file with AnnData's write_h5ad(compression='gzip') and upload that."
_PART = "Upload a part of the cells, or store the matrix sparse."


def _unsafe(place: str, what: str) -> FileFormatError:
    return FileFormatError(
        f"{place} {what}. Such files are not opened here.", next_step=_PLAIN, code="unsafe-structure"
    )


@dataclass
class _Walk:
    """State of one walk."""

    limits: Limits
    n_objects: int = 0
    seen: set[object] = field(default_factory=set)

    def first_visit(self, group: h5g.GroupID, place: str) -> None:
        """Refuse a group that was met before: a loop, or a tree that unfolds without end."""
        info = h5o.get_info(group)
        key = (info.fileno, info.addr)
        if key in self.seen:
            raise _unsafe(place, "is the same group as another one: the file points in circles")
        self.seen.add(key)

    def count(self) -> None:
        """Refuse too many objects."""
        self.n_objects += 1
        if self.n_objects > self.limits.max_objects:
            raise too_large(
                f"More than {self.limits.max_objects:,} groups and data sets are in the file.",
                "Remove what is not needed (uns, obsm) and upload it again.",
                "too-many-objects",
            )


def walk(file: h5py.File, limits: Limits) -> None:
    """Check the whole structure.

    Parameters
    ----------
    file : h5py.File
        Just opened, read only.
    limits : Limits
        Caps on objects, depth, elements, bytes, chunks and expansion.

    Raises
    ------
    FileFormatError
        With code "unsafe-structure" or "unsupported-hdf5".
    LimitError
        When a cap is passed, naming place and number.
    """
    state = _Walk(limits)
    pending = [(h5g.open(file.id, b"/"), "", 0)]
    state.first_visit(pending[0][0], "/")
    while pending:
        group, path, depth = pending.pop()
        for place, child in _children(group, path, state):
            if isinstance(child, h5g.GroupID):
                state.first_visit(child, place)
                if depth + 1 >= limits.max_depth:
                    raise too_large(f"{place} lies deeper than {limits.max_depth} levels.", _PLAIN, "too-deep")
                pending.append((child, place, depth + 1))
            elif isinstance(child, h5d.DatasetID):
                _check_dataset(child, place, limits)


def _children(group: h5g.GroupID, path: str, state: _Walk) -> Iterator[tuple[str, object]]:
    """Open the objects of a group, refusing every link that is not a plain one."""
    for name in group:
        place = f"{path}/{name.decode('utf-8', 'replace')}".lstrip("/")
        state.count()
        kind = group.links.get_info(name).type
        if kind == h5l.TYPE_EXTERNAL:
            raise _unsafe(place, "is a link to another file")
        if kind != h5l.TYPE_HARD:
            raise _unsafe(place, "is a symbolic link")
        child = h5o.open(group, name)
        if h5i.get_type(child) in {h5i.GROUP, h5i.DATASET}:
            yield place, child


def _check_dataset(dataset: h5d.DatasetID, place: str, limits: Limits) -> None:
    plan = dataset.get_create_plist()
    if plan.get_layout() == h5d.VIRTUAL:
        raise _unsafe(place, "is a virtual data set, which reads other files")
    if plan.get_external_count():
        raise _unsafe(place, "keeps its values in another file")
    if place.split("/", maxsplit=1)[0] in _UNREAD and not place.endswith("_categories"):
        return
    check_values(dataset, place, limits)


def check_values(dataset: h5d.DatasetID, place: str, limits: Limits) -> None:
    """Check that the values of a data set may be read; its layout is what the walk has looked at.

    Parameters
    ----------
    dataset : h5py.h5d.DatasetID
        Of a walked file.
    place : str
        Its full name for the message.
    limits : Limits
        Caps on elements, bytes, chunks and expansion.

    Raises
    ------
    FileFormatError
        For a type or a filter not known here.
    LimitError
        When a cap is passed, naming place and number.
    """
    plan = dataset.get_create_plist()
    _check_type(dataset.get_type(), place)
    for i in range(plan.get_nfilters()):
        if plan.get_filter(i)[0] not in _FILTERS:
            raise FileFormatError(
                f"{place} is compressed with a filter not known here (number {plan.get_filter(i)[0]}).",
                next_step=_PLAIN,
                code="unsupported-hdf5",
            )
    _check_size(dataset, plan, place, limits)


def _check_size(dataset: h5d.DatasetID, plan: h5p.PropDCID, place: str, limits: Limits) -> None:
    if dataset.get_space().get_simple_extent_type() != h5s.SIMPLE:
        return
    width = dataset.get_type().get_size()
    n_elements = prod(int(n) for n in dataset.shape)
    if n_elements > limits.max_elements or n_elements * width > limits.max_dataset_bytes:
        raise too_large(
            f"{place} holds {n_elements:,} values ({n_elements * width / MIB:,.0f} MB); "
            f"at most {limits.max_dataset_bytes / MIB:,.0f} MB are read.",
            _PART,
        )
    if plan.get_layout() == h5d.CHUNKED:
        chunk_bytes = prod(int(n) for n in plan.get_chunk()) * width
        if chunk_bytes > limits.max_chunk_bytes:
            raise too_large(f"{place} is stored in pieces of {chunk_bytes / MIB:,.0f} MB.", _PLAIN)
    if n_elements * width > max(limits.expansion_floor_bytes, limits.max_expansion * dataset.get_storage_size()):
        raise too_large(
            f"{place} claims {n_elements * width / MIB:,.0f} MB but takes {dataset.get_storage_size():,} bytes in the file.",
            _PLAIN,
            "inflates-too-far",
        )


def _check_type(kind: h5t.TypeID, place: str) -> None:
    """Refuse every type but numbers, flags and text, alone or as fields of a table."""
    group = kind.get_class()
    if group == h5t.COMPOUND:
        for i in range(kind.get_nmembers()):
            field = kind.get_member_type(i)
            _check_type(field.get_super() if field.get_class() == h5t.ARRAY else field, place)
    elif group not in _SIMPLE or (group != h5t.STRING and kind.get_size() > 8):
        raise _unsafe(place, "holds values that are neither numbers nor text")
