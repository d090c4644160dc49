"""CSV and TSV tables of numbers, in either orientation, row by row.

Every dialect seen in the wild: comma, semicolon, tab, blank; decimal comma; UTF-8 with or without mark, UTF-16,
Latin-1; any line end; quotes; with or without a column of row names; a header that is one field short, as R writes it.
Only one row is dense at a time.

Not here: which axis holds cells (``doctor``).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import FileFormatError
from core.expression.formats import csr, stream
from core.expression.formats.dialect import Dialect, Layout, detect_encoding, find_dialect, find_layout
from core.expression.formats.parsed import Parsed, check_axes, clean_names, damaged
from core.expression.limits import Limits

_HEAD_LINES = 20  # lines that the dialect is read from
_BATCH_FIELDS = 2_000_000  # numbers parsed together
_MISSING = frozenset({"", "na", "nan", "null", "none", "n/a", "#n/a", "-", "."})


def read(path: Path, limits: Limits, *, gzipped: bool = False) -> Parsed:
    """Read a table of numbers.

    Parameters
    ----------
    path : Path
        The file.
    limits : Limits
        Caps.
    gzipped : bool
        Whether it is gzip-compressed.

    Returns
    -------
    Parsed
        Rows as in the file; orientation unknown. Text columns beside the row names are in `row_table`.

    Raises
    ------
    FileFormatError
        Naming the line.
    LimitError
        For too many lines or columns.
    """
    source: Any = stream.open_gzip(path, limits) if gzipped else path.open("rb")
    with source:
        encoding, note = detect_encoding(source.peek(65_536)[:65_536])
        text = io.TextIOWrapper(source, encoding=encoding, errors="strict", newline=None)
        try:
            return _read_lines(_numbered(text, limits), limits).noted(*note)
        except UnicodeDecodeError as error:
            raise damaged(
                "the text", "holds bytes that are not UTF-8", "Save it as UTF-8 and upload it once more."
            ) from error


def _numbered(text: io.TextIOWrapper, limits: Limits) -> Iterator[tuple[int, str]]:
    """Give the lines that say something, with their numbers; refuse lines without end."""
    longest = 64 * max(limits.max_genes, limits.max_cells)
    number = 0
    while line := text.readline(longest + 1):
        number += 1
        if len(line) > longest:
            raise damaged(f"line {number}", f"has more than {longest:,} characters")
        if "\x00" in line:
            raise damaged(f"line {number}", "holds zero bytes: the file is not text")
        if line.strip() and not (line.startswith("#") and number <= _HEAD_LINES):
            yield number, line.rstrip("\r\n")


def _read_lines(lines: Iterator[tuple[int, str]], limits: Limits) -> Parsed:
    head = [entry for _, entry in zip(range(_HEAD_LINES), lines, strict=False)]
    if len(head) < 2:
        raise FileFormatError(
            f"The table has {len(head)} line{'s' * (len(head) != 1)}: there are no values in it.",
            next_step="Export the matrix again, with cells and genes in it.",
            code="empty",
        )
    dialect = find_dialect([line for _, line in head])
    layout = find_layout([dialect.fields(line, number) for number, line in head])
    first = 0 if layout.headerless else 1
    rows = _Rows(dialect, layout, limits)
    for number, line in _chain(head[first:], lines):
        rows.add(number, line)
    return rows.finish()


def _chain(head: list[tuple[int, str]], lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield from head
    yield from lines


@dataclass
class _Rows:
    """Rows read so far, as sparse pieces."""

    dialect: Dialect
    layout: Layout
    limits: Limits
    names: list[str] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    pieces: list[npt.NDArray[np.float32]] = field(default_factory=list)
    columns: list[npt.NDArray[np.int32]] = field(default_factory=list)
    lengths: list[npt.NDArray[np.int64]] = field(default_factory=list)
    pending: list[tuple[int, str]] = field(default_factory=list)

    def add(self, number: int, line: str) -> None:
        """Take one line: its names now, its numbers with the next batch."""
        name, texts, numbers = self.layout.split(line, number, self.dialect)
        self.names.append(name)
        self.texts.append(texts)
        self.pending.append((number, numbers))
        if len(self.names) % 1000 == 0:
            check_axes(len(self.names), self.layout.n_values, self.limits, "the table")
        if len(self.pending) * self.layout.n_values >= _BATCH_FIELDS:
            self.flush()

    def flush(self) -> None:
        """Turn the waiting lines into numbers."""
        block = _numbers(self.pending, self.dialect, self.layout)
        rows, columns = np.nonzero(block)
        self.pieces.append(block[rows, columns])
        self.columns.append(columns.astype(np.int32))
        self.lengths.append(np.bincount(rows, minlength=len(block)))
        self.pending = []

    def finish(self) -> Parsed:
        """Join the pieces."""
        if self.pending:
            self.flush()
        check_axes(len(self.names), self.layout.n_values, self.limits, "the table")
        indptr = np.concatenate(([0], np.cumsum(np.concatenate(self.lengths), dtype=np.int64)))
        triplet: csr.Triplet = (np.concatenate(self.pieces), np.concatenate(self.columns), indptr)
        return Parsed(
            *triplet,
            row_names=clean_names(self._row_names(), "the first column", self.limits),
            column_names=clean_names(self.layout.names, "line 1", self.limits),
            format=f"{self.dialect.name} text",
            row_table=self._table(),
            orientation_known=False,
            notes=self._notes(),
            layer="table",
        )

    def _row_names(self) -> list[str]:
        return self.names if self.layout.has_row_names else [f"row {i + 1}" for i in range(len(self.names))]

    def _table(self) -> dict[str, npt.NDArray[Any]]:
        table: dict[str, npt.NDArray[Any]] = {}
        for i, label in enumerate(self.layout.text_names[: self.limits.max_obs_columns]):
            column = np.empty(len(self.texts), dtype=object)
            column[:] = clean_names((t[i] for t in self.texts), f"column {label[:40]}", self.limits)
            table[label[:200]] = column
        return table

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if self.layout.headerless:
            notes.append("Line 1 holds values, not names; the columns are numbered here.")
        if not self.layout.has_row_names:
            notes.append("The rows have no names; they are numbered here.")
        if self.dialect.decimal_comma:
            notes.append("Numbers are written with a decimal comma.")
        if self.layout.text_names:
            shown = ", ".join(n[:40] for n in self.layout.text_names[:3])
            n = len(self.layout.text_names)
            what = "1 column holds text and was" if n == 1 else f"{n:,} columns hold text and were"
            notes.append(f"{what} kept as metadata ({shown}).")
        return tuple(notes)


def _numbers(lines: list[tuple[int, str]], dialect: Dialect, layout: Layout) -> npt.NDArray[np.float32]:
    """Parse lines of numbers, all at once where they are plain, else one by one to name the culprit."""
    texts = [text.replace(",", ".") if dialect.decimal_comma else text for _, text in lines]
    try:
        with np.errstate(over="ignore"):
            block = np.loadtxt(
                texts, dtype=np.float32, delimiter=dialect.delimiter, comments=None, ndmin=2, quotechar='"'
            )
        if block.shape == (len(lines), layout.n_values):
            return np.asarray(block, dtype=np.float32)
    except ValueError:
        pass
    return np.stack(
        [_number_row(number, text, dialect, layout) for (number, _), text in zip(lines, texts, strict=True)]
    )


def _number_row(number: int, text: str, dialect: Dialect, layout: Layout) -> npt.NDArray[np.float32]:
    fields = Dialect(dialect.delimiter, decimal_comma=False).fields(text, number)
    if len(fields) != layout.n_values:
        raise ragged(number, len(fields), layout)
    try:
        with np.errstate(over="ignore"):
            return np.array([np.nan if f.strip().lower() in _MISSING else f for f in fields], dtype=np.float32)
    except ValueError:
        return np.array([_number(f, number, layout, i) for i, f in enumerate(fields)], dtype=np.float32)


def _number(text: str, line: int, layout: Layout, column: int) -> float:
    """Read one field or say where it stands."""
    if text.strip().lower() in _MISSING:
        return float("nan")
    try:
        return float(text)
    except ValueError as error:
        raise damaged(
            f"line {line}, column {layout.names[column][:60]}",
            f'holds "{text[:40]}", which is not a number',
            "Correct the field, or export the matrix again with numbers only.",
        ) from error


def ragged(number: int, n_fields: int, layout: Layout) -> FileFormatError:
    """Return the error for a line with too many or too few fields.

    Parameters
    ----------
    number : int
        Line.
    n_fields : int
        Values found.
    layout : Layout
        What was expected.

    Returns
    -------
    FileFormatError
        With code "damaged".
    """
    return damaged(
        f"line {number}",
        f"has {n_fields:,} values where the header names {layout.n_values:,} columns",
        "Export the table again; a line may be cut off or hold an unquoted separator.",
    )
