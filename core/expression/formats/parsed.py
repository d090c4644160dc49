"""What every reader hands back, in plain numpy, so that the reading process loads nothing it does not need.

Not here: `RawMatrix`, which the rest of the house works with (``core.expression.formats.to_raw`` makes it).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import FileFormatError, LimitError
from core.expression.limits import Limits, too_many_cells

SAVE_AGAIN = "Save or export the file again, then upload it once more."
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, eq=False)
class Parsed:
    """A matrix as read, rows x columns, in CSR form.

    Parameters
    ----------
    data : ndarray of float32
        Values, none 0.
    indices : ndarray of int32
        Column of every value, ascending within a row, without repeats.
    indptr : ndarray of int64
        First value of every row, n_rows + 1.
    row_names, column_names : list of str
        Names of both axes.
    row_table : mapping of str to ndarray
        Metadata of the rows: numbers, flags, or objects (text, None where missing).
    other_names : mapping of str to list of str
        Other names of the columns, by their place in the file.
    places : mapping of str to ndarray of float32, n_rows x 2
        The file's own two-dimensional maps of the rows, by their names.
    format : str
        Format in words.
    orientation_known : bool
        Whether the format says that rows are cells.
    notes : tuple of str
        What the reader chose or repaired, one sentence each.
    layer : str
        Part of the file that the values come from.
    """

    data: npt.NDArray[np.float32]
    indices: npt.NDArray[np.int32]
    indptr: npt.NDArray[np.int64]
    row_names: list[str]
    column_names: list[str]
    format: str
    row_table: Mapping[str, npt.NDArray[Any]] = field(default_factory=lambda: MappingProxyType({}))
    other_names: Mapping[str, list[str]] = field(default_factory=lambda: MappingProxyType({}))
    places: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=lambda: MappingProxyType({}))
    orientation_known: bool = True
    notes: tuple[str, ...] = ()
    layer: str = "X"

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.row_names), len(self.column_names)

    def noted(self, *notes: str) -> Parsed:
        """Return the same matrix with more notes."""
        return replace(self, notes=(*self.notes, *notes))


def damaged(place: str, what: str, next_step: str = SAVE_AGAIN) -> FileFormatError:
    """Return the error for a file that contradicts itself.

    Parameters
    ----------
    place : str
        Where in the file, for example "obs/_index" or "line 3".
    what : str
        The rest of the sentence, without full stop.
    next_step : str
        What to do now.

    Returns
    -------
    FileFormatError
        With code "damaged".
    """
    return FileFormatError(f"{_opening(place)} {what}.", next_step=next_step, code="damaged")


def _opening(place: str) -> str:
    """Begin a sentence with a place; names of elements and files keep their spelling."""
    return place[:1].upper() + place[1:] if place.startswith(("the ", "line ", "column ")) else place


def too_large(sentence: str, next_step: str, code: str = "too-large") -> LimitError:
    """Return the error for something above a limit.

    Parameters
    ----------
    sentence : str
        What is too large, with both numbers.
    next_step : str
        What to do now.
    code : str
        Code of the error.

    Returns
    -------
    LimitError
        With code "too-large" unless said otherwise.
    """
    return LimitError(sentence, next_step=next_step, code=code)


def clean_names(values: Iterable[object], place: str, limits: Limits) -> list[str]:
    """Make names fit to be shown.

    Parameters
    ----------
    values : iterable of object
        Names as read.
    place : str
        Where they stood.
    limits : Limits
        For the longest allowed name.

    Returns
    -------
    list of str
        Without control characters and outer blanks.

    Raises
    ------
    FileFormatError
        When a name is too long to be one.
    """
    names = [_CONTROL.sub("", v if isinstance(v, str) else str(v)).strip() for v in values]
    longest = max(map(len, names), default=0)
    if longest > limits.max_name_chars:
        raise damaged(place, f"holds a name of {longest:,} characters; names may have {limits.max_name_chars:,}")
    return names


def check_axes(n_rows: int, n_columns: int, limits: Limits, place: str = "the matrix") -> None:
    """Refuse matrices without cells or genes, or with too many on either axis.

    Parameters
    ----------
    n_rows, n_columns : int
        Size of the matrix; which axis holds cells need not be known.
    limits : Limits
        Caps on cells and genes.
    place : str
        Name of the matrix in the message.

    Raises
    ------
    FileFormatError
        With code "empty" when an axis has no entries.
    LimitError
        When no reading of the axes fits the limits.
    """
    if n_rows <= 0 or n_columns <= 0:
        raise FileFormatError(
            f"{_opening(place)} is {max(0, n_rows):,} x {max(0, n_columns):,}: there is nothing in it.",
            next_step="Export the matrix again, with cells and genes in it.",
            code="empty",
        )
    few, many = sorted((n_rows, n_columns))
    if many > max(limits.max_cells, limits.max_genes) or few > min(limits.max_cells, limits.max_genes):
        raise too_large(
            f"{_opening(place)} is {n_rows:,} x {n_columns:,}; "
            f"this server takes {limits.max_cells:,} cells and {limits.max_genes:,} genes.",
            "Upload a part of the cells, or use the command line on a larger machine.",
        )


def check_cells(n_cells: int, limits: Limits, hint: str = "") -> None:
    """Refuse more cells than a query may have.

    Parameters
    ----------
    n_cells : int
        Cells in the file.
    limits : Limits
        For `max_cells`.
    hint : str
        A next step that fits the format better than the general one.

    Raises
    ------
    LimitError
        With code "too-many-cells".
    """
    if n_cells > limits.max_cells:
        raise too_many_cells(n_cells, limits.max_cells, hint)
