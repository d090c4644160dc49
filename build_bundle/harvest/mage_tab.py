"""Read MAGE-TAB, the tables ArrayExpress keeps: IDF (one study) and SDRF (its samples, one row a file).

Format: MAGE-TAB 1.1. Columns repeat and carry their kind in brackets; ``Comment [X]`` and ``Comment[X]`` are one.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass

from build_bundle.harvest.client import BadReplyError

_SPACE = re.compile(r"\s*\[\s*(.*?)\s*\]\s*$")
_FIELD_BYTES = 1 << 24


@dataclass(frozen=True)
class SdrfRow:
    """One row of an SDRF: its columns with their values, in the order of the file, empty ones left out."""

    cells: tuple[tuple[str, str], ...]

    def first(self, *names: str) -> str:
        """Return the value of the first column with one of some names (lower case), or an empty text."""
        found = dict(reversed(self.cells))
        return next((found[name] for name in names if name in found), "")

    def all(self, name: str) -> list[str]:
        """Return the values of all columns with a name (lower case)."""
        return [value for column, value in self.cells if column == name]


def read_idf(body: bytes) -> Mapping[str, list[str]]:
    """Read an IDF.

    Parameters
    ----------
    body : bytes
        The file.

    Returns
    -------
    mapping of str to list of str
        Values by name in lower case (``comment[aeexperimenttype]``), empty cells kept: columns belong together.

    Raises
    ------
    BadReplyError
        Where it is no IDF.
    """
    rows = _rows(body)
    table = {_name(row[0]): [cell.strip() for cell in row[1:]] for row in rows if row and row[0].strip()}
    if "investigation title" not in table:
        raise BadReplyError("This is not an IDF: it has no title.")
    return table


def read_sdrf(body: bytes) -> list[SdrfRow]:
    """Read an SDRF.

    Parameters
    ----------
    body : bytes
        The file.

    Returns
    -------
    list of SdrfRow
        In the order of the file.

    Raises
    ------
    BadReplyError
        Where it is no SDRF, or cut short in the middle of a row.
    """
    rows = [row for row in _rows(body) if any(cell.strip() for cell in row)]
    header = [_name(cell) for cell in rows[0]] if rows else []
    if "source name" not in header:
        raise BadReplyError("This is not an SDRF: it has no source names.")
    width = max(i for i, name in enumerate(header) if name) + 1
    if any(len(row) < width for row in rows[1:]):
        raise BadReplyError("An SDRF is cut short in the middle of a row.", code="truncated")
    return [
        SdrfRow(tuple((n, v.strip()) for n, v in zip(header, row, strict=False) if n and v.strip())) for row in rows[1:]
    ]


def _rows(body: bytes) -> list[list[str]]:
    csv.field_size_limit(_FIELD_BYTES)
    text = body.decode("utf-8-sig", "replace")
    try:
        return list(csv.reader(text.splitlines(keepends=True), delimiter="\t"))
    except csv.Error as error:
        raise BadReplyError(f"A table is not readable: {error}.") from error


def _name(text: str) -> str:
    return _SPACE.sub(r"[\1]", text.strip()).lower()
