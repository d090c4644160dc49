"""The user's own groups: metadata columns of the file whose few values part its cells, such as donors or conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from core.explore.selection import MAX_TEXT, Selection

MAX_COLUMNS = 20
MAX_VALUES = 30
"""Columns with more values name cells or measure them."""


@dataclass(frozen=True)
class OwnGroup:
    """Cells with one value of a column.

    Parameters
    ----------
    selection : str
        Text of the selection that chooses them.
    value : str
        The value.
    n_cells : int
        How many they are.
    """

    selection: str
    value: str
    n_cells: int


@dataclass(frozen=True)
class OwnColumn:
    """A column of the user's metadata.

    Parameters
    ----------
    name : str
        As in the file.
    groups : tuple of OwnGroup
        Two or more, most cells first.
    """

    name: str
    groups: tuple[OwnGroup, ...]


def own_columns(obs: pd.DataFrame) -> tuple[OwnColumn, ...]:
    """Find the columns that part the cells.

    Parameters
    ----------
    obs : pandas.DataFrame
        The user's metadata, one row a cell.

    Returns
    -------
    tuple of OwnColumn
        At most 20 with a name and 2 to 30 values each (`parts`), in the order of the file. Cells without a value, or with a blank
        one, are in none of its groups.
    """
    few = [name for name in obs.columns if str(name).strip() and parts(obs[name], MAX_VALUES)]
    columns = (OwnColumn(str(name), tuple(_groups(str(name), obs[name].dropna()))) for name in few[:MAX_COLUMNS])
    return tuple(column for column in columns if len(column.groups) > 1)


def parts(values: pd.Series, most: int) -> bool:
    """Say whether a column parts the cells.

    Parameters
    ----------
    values : pandas.Series
        One value a cell.
    most : int
        Different values it may have.

    Returns
    -------
    bool
        Two different values or more, of two cells or more on the average: in a file of few cells, columns that name or measure each cell
        have few values, too.
    """
    return 2 <= values.nunique() <= min(most, values.count() / 2)


def _groups(name: str, values: pd.Series) -> Iterator[OwnGroup]:
    for value, n_cells in values.astype(str).value_counts().items():
        selection = str(Selection.obs(name, str(value)))
        if str(value).strip() and len(selection) <= MAX_TEXT:
            yield OwnGroup(selection, str(value), int(n_cells))
