"""The cells of two groups that are compared: which side each is on, its type, and its replicate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core import words
from core.bundle.schema import TYPE
from core.explore.compare_choice import MIN_REPLICATES, OTHERS, Choice
from core.explore.query import Mask, Query
from core.search.confidence import UNKNOWN

"""Stands for the type of cells that resemble nothing."""
MIN_REPLICATE_CELLS = 10


@dataclass(frozen=True)
class Replicates:
    """Replicates that can be tested.

    Parameters
    ----------
    group, against : list of str
        Those of either side with ten cells or more; where paired the same ones in one order.
    paired : bool
        Whether each is on both sides.
    """

    group: list[str]
    against: list[str]
    paired: bool

    def of(self, side: str) -> list[str]:
        """Return those of ``group`` or ``against``."""
        return self.group if side == "group" else self.against


def compared_cells(result: Query, mask: Mask, choice: Choice) -> pd.DataFrame:
    """List the selected cells that belong to a group.

    Parameters
    ----------
    result : Query
        The query.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells.
    choice : Choice
        Columns of ``result.obs``.

    Returns
    -------
    pandas.DataFrame
        One row a cell: ``row`` (of the query), ``group`` (value of the column), ``side`` (``group``, ``against`` or empty), ``type_id``
        and, where there is a column of them, ``replicate``.
    """
    groups = _texts(result.obs[choice.column])
    rows = np.flatnonzero(mask & groups.notna().to_numpy())
    labels = result.labels.iloc[rows]
    known = labels["status"].to_numpy() != UNKNOWN
    cells = pd.DataFrame({"row": rows, "group": groups.to_numpy()[rows]})
    cells["type_id"] = np.where(known, labels[TYPE].to_numpy(dtype=object), UNKNOWN)
    others = cells["group"] != choice.group if choice.against == OTHERS else cells["group"] == choice.against
    cells["side"] = np.select([cells["group"] == choice.group, others], ["group", "against"], default="")
    if choice.replicates:
        cells["replicate"] = _texts(result.obs[choice.replicates]).to_numpy()[rows]
    return cells


def replicates_of(cells: pd.DataFrame) -> tuple[Replicates | None, str]:
    """Find the replicates that can be tested.

    Parameters
    ----------
    cells : pandas.DataFrame
        As `compared_cells` gives them, with replicates.

    Returns
    -------
    tuple of (Replicates or None, str)
        Pairs where at least two replicates, and half of those of either side, are on both sides: a few shared donors are no reason to
        leave out many others. None, and why as a sentence, where a side has fewer than two.
    """
    sizes = cells[cells["replicate"].notna()].groupby(["side", "replicate"]).size()
    sizes = sizes[sizes >= MIN_REPLICATE_CELLS]
    group, against = ([name for at, name in sizes.index if at == side] for side in ("group", "against"))
    both = [name for name in group if name in set(against)]
    if len(both) >= MIN_REPLICATES and 2 * len(both) >= max(len(group), len(against)):
        return Replicates(both, both, paired=True), ""
    fewest = min(len(group), len(against))
    if fewest >= MIN_REPLICATES:
        return Replicates(group, against, paired=False), ""
    return None, (
        f"A group has {words.count(fewest, 'replicate')} with {MIN_REPLICATE_CELLS} selected cells or more; a test between them needs "
        f"{MIN_REPLICATES} in each."
    )


def _texts(column: pd.Series) -> pd.Series:
    """Return the values as text, a blank one as none."""
    texts = column.astype(str)
    return texts.where(column.notna() & (texts.str.strip() != ""))
