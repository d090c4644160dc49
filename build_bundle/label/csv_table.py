"""Tables that people write: CSV with columns agreed on."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import ConfigError


def read_csv_table(path: Path, columns: Sequence[str], what: str) -> list[dict[str, str]]:
    """Read the rows of a table.

    Parameters
    ----------
    path : Path
        CSV, UTF-8, with or without a byte order mark.
    columns : sequence of str
        Names its first line must have, in this order.
    what : str
        What the table is, for the message: "The corrections".

    Returns
    -------
    list of dict
        Column to text, from line 2 on; `is_ragged` where a line has too few fields or too many.

    Raises
    ------
    ConfigError
        When the file cannot be read or has other columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if tuple(reader.fieldnames or ()) != tuple(columns):
                raise ConfigError(f"{path.name}: the columns are not {', '.join(columns)}.")
            return list(reader)
    except (OSError, ValueError, csv.Error) as error:
        raise ConfigError(f"{what} {path} cannot be read: {error}.", next_step="Check the path.") from error


def is_ragged(row: Mapping[str, str]) -> bool:
    """Whether a line has another number of fields than the table has columns."""
    return None in row or None in row.values()
