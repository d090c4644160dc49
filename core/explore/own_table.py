"""A table of the user's cells, brought to a finished result: a cell a row, a column for what is known of it (donor, condition).

Many formats of expression carry no metadata (10x .h5, MTX, CSV); with such a table their cells have some, too. Rows are put in the
order of the query, by the names of the cells.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core import words
from core.errors import InputError
from core.explore.brought import one_line, plain_text

MAX_BYTES = 32 * 1024**2
MAX_COLUMNS = 200
MAX_ROWS = 1_000_000
MAX_VALUE = 200
SHOWN_NAME = 60
CODE = "cell-table"
NAME_COLUMNS = frozenset({"cell_id", "cell", "barcode", "barcodes", "index", ""})
MISSING = frozenset({"", "NA", "NaN", "nan"})
_SEPARATORS = (",", "\t", ";")
_SUFFIX = r"-\d+$"

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class OwnTable:
    """A table in the order of a query.

    Parameters
    ----------
    obs : pandas.DataFrame
        Its columns but the cells' names, n_query rows, RangeIndex, text; None where the table does not know the cell or the value.
    n_rows : int
        Rows of the table.
    n_matched : int
        Cells of the query that it knows.
    matched_without_suffix : bool
        Whether names were the same only without an ending like ``-1``, which some programs add to barcodes.
    n_not_drawn : int
        Cells of the searched file that are not in the query, because others were drawn at random: the table may name them.
    """

    obs: pd.DataFrame
    n_rows: int
    n_matched: int
    matched_without_suffix: bool = False
    n_not_drawn: int = 0

    def rest(self) -> str:
        """Say what the rows can be that name no cell of the query; empty where there are none.

        Examples
        --------
        >>> OwnTable(pd.DataFrame(index=range(30)), n_rows=100, n_matched=30, n_not_drawn=70).rest()
        '70 more rows; 70 cells of the file were not drawn'
        """
        more = self.n_rows - self.n_matched
        if not more:
            return ""
        rows = words.count(more, "more row")
        if not self.n_not_drawn:
            return f"{rows} {'names' if more == 1 else 'name'} no cell of this result"
        not_drawn = f"{words.count(self.n_not_drawn, 'cell')} of the file {'was' if self.n_not_drawn == 1 else 'were'} not drawn"
        alien = more - self.n_not_drawn
        return f"{rows}; {not_drawn}" + (
            f", so at least {alien:,} of these name no cell of the file" if alien > 0 else ""
        )


def read_table(content: bytes, cell_ids: Sequence[str], *, n_not_drawn: int = 0) -> OwnTable:
    """Read a table with comma, tab or semicolon between its fields, and a header.

    Parameters
    ----------
    content : bytes
        The file.
    cell_ids : sequence of str
        Names of the query's cells, in its order.
    n_not_drawn : int
        As in `OwnTable`.

    Returns
    -------
    OwnTable
        Cells are those of the column `NAME_COLUMNS` names (of several, the first that holds cells of the query), or else of the
        first column.

    Raises
    ------
    InputError
        When it is too large, no text, no table, names a cell twice or no cell of the query (code ``cell-table``).
    """
    text = plain_text(
        content,
        max_bytes=MAX_BYTES,
        what="A table",
        choose="Choose a CSV or TSV file in UTF-8, not compressed.",
        code=CODE,
    )
    table = _Table.read(text)
    cells = _index(cell_ids)
    for column in table.name_columns():
        names, lines = table.names(column)
        matched = _match(names, lines, cells)
        if matched is not None:
            rows, without_suffix = matched
            n_matched = int((rows >= 0).sum())
            return OwnTable(table.columns(column, rows), len(names), n_matched, without_suffix, n_not_drawn)
    names, _ = table.names(table.name_columns()[0])
    theirs, mine = (repr(one_line(str(next(iter(given), "")), SHOWN_NAME)) for given in (names, cells))
    raise _refused(
        f"No row of this table is a cell of this result: the table names {theirs}, the result {mine}.",
        "Name the cells as the searched file does, in a column cell_id or in the first one.",
    )


def _records(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the fields of every row that holds any, and the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            raise _refused(
                f"Line {line} of this table cannot be read: {error}.",
                "Quotes belong around a whole field, with two of them for one inside.",
            ) from None
        if fields is None:
            return
        if any(fields):
            yield line, fields


@dataclass(frozen=True)
class _Table:
    """A table's text, read again for every question: its rows may be many more than the cells."""

    text: str
    separator: str
    header: Sequence[str]

    @classmethod
    def read(cls, text: str) -> _Table:
        separator = max(_SEPARATORS, key=lambda s: _n_fields(text, s))
        first = [fields for _, fields in islice(_records(text, separator), 2)]
        if not first:
            raise _refused("This file is empty.", "Choose a table of your cells.")
        if len(first) < 2:
            raise _refused("This table has no rows.", "Its first line names the columns; each further line is a cell.")
        header, row = first
        if len(row) == len(header) + 1 and not any(_is_name(heading) for heading in header):
            header = ["", *header]  # R's write.table leaves the names of the rows without a heading
        if len(header) < 2:
            raise _refused(
                "This table has only one column.", "It needs the names of the cells and what is known of them."
            )
        if len(header) > MAX_COLUMNS + 1:
            raise _refused(f"This table has {len(header) - 1:,} columns.", f"Keep at most {MAX_COLUMNS}.")
        return cls(text, separator, header)

    def name_columns(self) -> list[int]:
        """List the columns that may name the cells, one of each heading."""
        found: dict[str, int] = {}
        for place, heading in enumerate(self.header):
            if _is_name(heading):
                found.setdefault(heading.strip().lower(), place)
        return list(found.values()) or [0]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the rows below the header, all as wide as it."""
        for number, (line, fields) in enumerate(islice(_records(self.text, self.separator), 1, None)):
            if len(fields) != len(self.header):
                raise _refused(
                    f"Line {line} of this table has {len(fields):,} fields; its header has {len(self.header):,}.",
                    "Give every row a field for each column.",
                )
            if number >= MAX_ROWS:
                raise _refused(
                    f"This table has more than {MAX_ROWS:,} rows.", "Keep the rows of the cells you searched."
                )
            yield line, fields

    def names(self, column: int) -> tuple[pd.Index[Any], list[int]]:
        """Return the names of the cells, and the line of each."""
        names, lines = [], []
        for line, fields in self.rows():
            names.append(fields[column])
            lines.append(line)
        return _index(names), lines

    def columns(self, column: int, rows: Rows) -> pd.DataFrame:
        """Return what is known of every cell, given its row."""
        wanted, values = set(rows.tolist()), _Values()
        held: dict[int, list[str | None]] = {-1: [None] * len(self.header)}
        for number, (_, fields) in enumerate(self.rows()):
            if number in wanted:
                held[number] = list(map(values.__getitem__, fields))
        cells = np.empty((len(rows), len(self.header)), dtype=object)
        for place, row in enumerate(rows.tolist()):
            cells[place] = held[row]
        known = pd.DataFrame(cells, columns=_labels(self.header, column), dtype=object)
        return known.drop(columns=known.columns[column])


class _Values(dict[str, str | None]):
    """Values by the text of their field; most occur again."""

    def __missing__(self, field: str) -> str | None:
        text = one_line(field, MAX_VALUE).strip()
        value = None if text in MISSING else text
        self[field] = value
        return value


def _is_name(heading: str) -> bool:
    return heading.strip().lower() in NAME_COLUMNS


def _n_fields(text: str, separator: str) -> int:
    """Count the fields of the header; 0 where it cannot be read with this separator."""
    try:
        return len(next(_records(text, separator), (0, []))[1])
    except InputError:
        return 0


def _match(names: pd.Index[Any], lines: Sequence[int], cells: pd.Index[Any]) -> tuple[Rows, bool] | None:
    """Find the row of every cell, -1 where there is none; None where no cell has a row.

    An ending is disregarded on one side only: where both have one, ``-1`` and ``-2`` are different samples.
    """
    if cells.isin(names).any():
        twice = names.duplicated()
        if twice.any():
            place = int(twice.argmax())
            raise _refused(
                f"Line {lines[place]} of this table names the cell {one_line(names[place], SHOWN_NAME)!r} again.",
                "Keep one row of each cell.",
            )
        return names.get_indexer(cells), False
    for theirs, mine in ((_short(names), cells), (names, _short(cells))):
        if theirs.is_unique and mine.is_unique and mine.isin(theirs).any():
            return theirs.get_indexer(mine), True
    return None


def _short(names: pd.Index[Any]) -> pd.Index[Any]:
    return _index(names.str.replace(_SUFFIX, "", regex=True))


def _index(names: Iterable[str]) -> pd.Index[Any]:
    return pd.Index(pd.Series(list(names), dtype=object))


def _labels(header: Sequence[str], cells: int) -> list[str]:
    """Name every column in its own way; that of the cells takes no name from another."""
    labels: list[str] = []
    for place, heading in enumerate(header):
        plain = one_line(heading, MAX_VALUE).strip() or f"column {place + 1}"
        label, number = plain, 1
        while place != cells and label in labels:
            number += 1
            label = f"{plain} ({number})"
        labels.append("" if place == cells else label)
    return labels


def _refused(message: str, next_step: str) -> InputError:
    return InputError(message, next_step=next_step, code=CODE)
