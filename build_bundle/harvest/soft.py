"""Read GEO's SOFT files, one entity at a time: a family of 10,000 samples never stands in memory whole.

Format: NCBI, "SOFT format and content", lines that start with ``^`` (entity), ``!`` (attribute), ``#`` (column), or
nothing (row of a table). Not here: what the attributes mean (``geo_series``).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from build_bundle.harvest.client import BadReplyError
from core.errors import FetchError

_PREFIX = re.compile(r"^!\w*?_")
_LINE_BYTES = 1 << 24  # a longer line is no text anyone wrote
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class SoftEntity:
    """One entity of a SOFT file.

    Parameters
    ----------
    kind : str
        ``SERIES``, ``SAMPLE``, ``PLATFORM``, ``DATABASE``, ...
    name : str
        Its accession, or whatever follows ``^KIND =``.
    attributes : mapping of str to list of str
        By name without the entity's prefix (``!Sample_title`` is ``title``), values in the order of the file.
    columns : mapping of str to str
        Description of each column of its table.
    header : tuple of str
        First row of its table.
    n_rows : int
        Further rows of its table, which are not kept.
    """

    kind: str
    name: str
    attributes: Mapping[str, list[str]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    n_rows: int = 0

    def first(self, name: str) -> str:
        """Return the first value of an attribute, or an empty text."""
        return next(iter(self.attributes.get(name, ())), "")

    def text(self, name: str) -> str:
        """Return all values of an attribute, one a line."""
        return "\n".join(value for value in self.attributes.get(name, ()) if value)


class _Draft:
    """An entity while its lines are read."""

    def __init__(self, line: str) -> None:
        kind, _, name = line[1:].partition("=")
        self.kind, self.name = kind.strip().upper(), name.strip()
        self.attributes: dict[str, list[str]] = {}
        self.columns: dict[str, str] = {}
        self.header: tuple[str, ...] = ()
        self.n_rows = 0

    def add(self, line: str) -> None:
        if line.startswith("!"):
            if "_table_begin" not in line and "_table_end" not in line:
                key, value = _split(_PREFIX.sub("", line))
                self.attributes.setdefault(key, []).append(value)
        elif line.startswith("#"):
            key, value = _split(line.strip()[1:])
            self.columns[key] = value
        elif not self.header:
            self.header = tuple(line.split("\t"))
        else:
            self.n_rows += 1

    def entity(self) -> SoftEntity:
        return SoftEntity(self.kind, self.name, self.attributes, self.columns, self.header, self.n_rows)


def read_soft(lines: Iterable[str]) -> Iterator[SoftEntity]:
    """Read entities from the lines of a SOFT file.

    Parameters
    ----------
    lines : iterable of str
        With or without line ends.

    Yields
    ------
    SoftEntity
        In the order of the file.

    Raises
    ------
    BadReplyError
        Where a line stands before any entity: the text is not SOFT.
    """
    draft: _Draft | None = None
    for raw in lines:
        line = raw.rstrip()
        if line.startswith("^"):
            if draft is not None:
                yield draft.entity()
            draft = _Draft(line)
        elif draft is not None and line:
            draft.add(line)
        elif line:
            raise BadReplyError(f"This is not a SOFT file: it starts with {line[:60]!r}.")
    if draft is not None:
        yield draft.entity()


def _split(line: str) -> tuple[str, str]:
    key, _, value = line.partition("=")
    return key.strip(), value.strip()


def soft_lines(body: bytes, bound: int) -> Iterator[str]:
    """Read the lines of a SOFT file, packed with gzip or not.

    Parameters
    ----------
    body : bytes
        The file.
    bound : int
        Bytes of text after which it is refused.

    Yields
    ------
    str
        Lines; bytes that are not UTF-8 are replaced.

    Raises
    ------
    BadReplyError
        Where the packed file is cut short or damaged.
    FetchError
        Where it unpacks to more than `bound`, or one line is endless.
    """
    rest, size = b"", 0
    for chunk in _unpacked(body):
        size += len(chunk)
        if size > bound or len(rest) > _LINE_BYTES:
            raise FetchError(
                f"A SOFT file unpacks to more than {bound:,} bytes, or to one endless line.", code="too-large"
            )
        *lines, rest = (rest + chunk).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)
    if rest:
        yield rest.decode("utf-8", "replace")


def _unpacked(body: bytes) -> Iterator[bytes]:
    if not body.startswith(_GZIP):
        yield from (body[i : i + _CHUNK] for i in range(0, len(body), _CHUNK))
        return
    while body:
        unpacker = zlib.decompressobj(wbits=31)
        pending = body
        try:
            while pending and not unpacker.eof:
                yield unpacker.decompress(pending, _CHUNK)
                pending = unpacker.unconsumed_tail
        except zlib.error as error:
            raise BadReplyError(f"A packed file is damaged: {error}.") from error
        if not unpacker.eof:
            raise BadReplyError("A packed file is cut short.", code="truncated")
        body = unpacker.unused_data
