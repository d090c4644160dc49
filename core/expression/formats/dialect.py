"""How a text table is written: encoding, separator, decimal mark, and which of its columns are names.

Not here: reading its numbers (``delimited``).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import FileFormatError
from core.expression.formats.parsed import damaged
from core.expression.formats.sniff import utf16_without_mark

_NUMBER = re.compile(r"^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$")
_DECIMAL_COMMA = re.compile(r"^\s*[-+]?\d*,\d+(?:[eE][-+]?\d+)?\s*$")
_MISSING = re.compile(r"^\s*(?:na|nan|null|none|n/a|#n/a|-?inf(?:inity)?|[-.])?\s*$", re.IGNORECASE)
_NAMES = {
    ",": "Comma-separated",
    ";": "Semicolon-separated",
    "\t": "Tab-separated",
    " ": "Blank-separated",
    "|": "Bar-separated",
}
_NAMES_ROWS = re.compile(
    r"^\s*(?:unnamed.*|index|id|(?:gene|cell|entrez|sample|feature|probe)s?[ _.]?(?:id|name|symbol)?s?|barcodes?|symbols?|names?)?\s*$",
    re.IGNORECASE,
)
_QUOTES = "Export the table again; a quotation mark is not closed."


def detect_encoding(head: bytes) -> tuple[str, tuple[str, ...]]:
    """Find out how the text is encoded.

    Parameters
    ----------
    head : bytes
        Start of the file.

    Returns
    -------
    encoding : str
        For `open`.
    notes : tuple of str
        A sentence where it is not UTF-8.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", ("The text is UTF-16.",)
    if wide := utf16_without_mark(head):
        return wide, ("The text is UTF-16.",)
    try:
        head[: max(0, len(head) - 4)].decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 8:
            return "cp1252", ("The text is not UTF-8; it was read as Western European (Windows-1252).",)
    return "utf-8-sig", ()


@dataclass(frozen=True)
class Dialect:
    """How fields are separated.

    Parameters
    ----------
    delimiter : str
        One character.
    decimal_comma : bool
        Whether 0,5 is a half.
    """

    delimiter: str
    decimal_comma: bool

    @property
    def name(self) -> str:
        """The dialect in words."""
        return _NAMES[self.delimiter]

    def fields(self, line: str, number: int) -> list[str]:
        """Split a line.

        Parameters
        ----------
        line : str
            Without its end.
        number : int
            For the message.

        Returns
        -------
        list of str
            Fields without quotes.

        Raises
        ------
        FileFormatError
            When a quote is not closed.
        """
        if '"' not in line:
            return line.split(self.delimiter)
        try:
            return next(csv.reader([line], delimiter=self.delimiter, strict=True))
        except (csv.Error, StopIteration) as error:
            raise damaged(f"line {number}", f"cannot be split into fields ({error})", _QUOTES) from error


def find_dialect(lines: Sequence[str]) -> Dialect:
    """Choose the separator that splits the first lines most evenly.

    Parameters
    ----------
    lines : sequence of str
        The first lines, at least two.

    Returns
    -------
    Dialect
        Separator and decimal mark.

    Raises
    ------
    FileFormatError
        With code "one-column" where no separator occurs.
    """
    counts = {d: [line.count(d) for line in lines[1:]] for d in _NAMES}
    evenness = {
        d: (sorted(c)[len(c) // 2] > 0, c.count(max(set(c), key=c.count)) / len(c), max(c)) for d, c in counts.items()
    }
    best = next((d for d in "\t;" if evenness[d][0] and evenness[d][1] > 0.5), "")
    best = best or max(_NAMES, key=lambda d: evenness[d])
    if not evenness[best][0]:
        raise FileFormatError(
            "The text has one column only: no comma, semicolon or tab separates values.",
            next_step="Export a table with one row a gene and one column a cell, or the other way round.",
            code="one-column",
        )
    sample = [f for line in lines[1:] for f in line.split(best)]
    commas = sum(bool(_DECIMAL_COMMA.match(f.strip('"'))) for f in sample)
    points = sum(bool(re.match(r"^\s*\"?[-+]?\d*\.\d", f)) for f in sample)
    return Dialect(best, decimal_comma=best != "," and commas > points)


@dataclass(frozen=True)
class Layout:
    """Which columns hold names, text and numbers.

    Parameters
    ----------
    names : tuple of str
        Names of the columns of numbers.
    has_row_names : bool
        Whether the first column names the rows.
    text_columns : tuple of int
        Further columns of text, by place in a line.
    text_names : tuple of str
        Their names.
    n_fields : int
        Fields of a line.
    headerless : bool
        Whether the first line holds values already.
    """

    names: tuple[str, ...]
    has_row_names: bool
    text_columns: tuple[int, ...]
    text_names: tuple[str, ...]
    n_fields: int
    headerless: bool

    @property
    def n_values(self) -> int:
        """Number of columns of numbers."""
        return len(self.names)

    def split(self, line: str, number: int, dialect: Dialect) -> tuple[str, list[str], str]:
        """Take a line apart.

        Parameters
        ----------
        line : str
            Without its end.
        number : int
            For messages.
        dialect : Dialect
            How it is written.

        Returns
        -------
        name : str
            Name of the row, "" where there is none.
        texts : list of str
            Fields of the text columns.
        numbers : str
            The rest, still separated.
        """
        if not self.text_columns and '"' not in line:
            if not self.has_row_names:
                return "", [], line
            name, _, numbers = line.partition(dialect.delimiter)
            return name, [], numbers
        if not self.text_columns and self.has_row_names and (plain := _quoted_name(line, dialect.delimiter)):
            return plain[0], [], plain[1]
        fields = dialect.fields(line, number)
        if len(fields) != self.n_fields:
            raise damaged(
                f"line {number}",
                f"has {len(fields):,} fields where {self.n_fields:,} were expected",
                "Export the table again; a line may be cut off or hold an unquoted separator.",
            )
        taken = {0, *self.text_columns} if self.has_row_names else set(self.text_columns)
        numbers = dialect.delimiter.join(f for i, f in enumerate(fields) if i not in taken)
        return fields[0] if self.has_row_names else "", [fields[i] for i in self.text_columns], numbers


def _quoted_name(line: str, delimiter: str) -> tuple[str, str] | None:
    """Split a line that begins with a quoted name and goes on without quotes."""
    end = line.find('"', 1)
    if line[0] == '"' and line[end + 1 : end + 2] == delimiter and line.count('"') == 2:
        return line[1:end], line[end + 2 :]
    return None


def _is_number(text: str) -> bool:
    return bool(_NUMBER.match(text) or _DECIMAL_COMMA.match(text))


def find_layout(table: Sequence[Sequence[str]]) -> Layout:
    """Tell names from values.

    Parameters
    ----------
    table : sequence of sequence of str
        Fields of the first lines; the first is the header where there is one.

    Returns
    -------
    Layout
        What every line is made of.

    Raises
    ------
    FileFormatError
        When header and lines do not fit, or no column holds numbers.
    """
    header, body = list(table[0]), [list(row) for row in table[1:]]
    n_fields = len(body[0])
    headerless = sum(map(_is_number, header)) > max(2, 0.5 * len(header)) and not _counting(header)
    if headerless:
        body, header = [list(table[0]), *body], [f"column {i + 1}" for i in range(n_fields)]
    text = [_is_text([row[i] for row in body if i < len(row)]) for i in range(n_fields)]
    short = len(header) == n_fields - 1
    has_row_names = short or text[0] or bool(_NAMES_ROWS.match(header[0]))
    names = ["", *header] if short else header
    if len(names) != n_fields:
        raise damaged(
            "line 1",
            f"names {len(header):,} columns, but the next line has {n_fields:,} fields",
            "Export the table again with one name for every column.",
        )
    texts = tuple(i for i in range(int(has_row_names), n_fields) if text[i])
    taken = {0, *texts} if has_row_names else set(texts)
    kept = tuple(name for i, name in enumerate(names) if i not in taken)
    if not kept:
        raise FileFormatError(
            "The table holds text only, no column of numbers.",
            next_step="Upload the expression matrix: one row a gene and one column a cell, or the other way round.",
            code="not-a-matrix",
        )
    return Layout(kept, has_row_names, texts, tuple(names[i] or f"column {i + 1}" for i in texts), n_fields, headerless)


def _counting(header: Sequence[str]) -> bool:
    """Tell whether the numbers of a header merely count the columns, or are all ids."""
    rest = [h.strip() for h in header[1:] if h.strip()]
    return len(rest) > 0 and all(h.isdigit() for h in rest) and len(set(rest)) == len(rest) and len(rest) > 2


def _is_text(values: Sequence[str]) -> bool:
    """Tell whether most of a column's values that are not missing are no numbers; a single slip is an error, not text."""
    given = [v for v in values if not _MISSING.match(v)]
    return sum(not _is_number(v) for v in given) > 0.5 * len(given)
