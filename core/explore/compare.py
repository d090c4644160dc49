"""The cell types of one group of query cells held against those of another: the table of types.

Not here: who is compared (`core.explore.compare_choice`), the tests themselves (`core.explore.share_tests`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from core.bundle.reader import Bundle
from core.explore.compare_choice import Choice
from core.explore.compared_cells import Replicates, compared_cells, replicates_of
from core.explore.markers import Q_SIGNIFICANT
from core.explore.naming import type_names
from core.explore.query import Mask, Query
from core.explore.share_tests import ShareTests, between_cells, between_replicates, whole_composition

COLUMNS = (
    "type_id", "type_name", "n_group", "n_against", "share_group", "share_against", "odds_ratio", "low", "high", "p_value",
    "q_value",
)  # fmt: skip
MIN_CELLS = 10
"""Of a type in both groups together; with fewer it is counted and not tested."""

Method = Literal["cells", "replicates", "pairs"]


@dataclass(frozen=True)
class Comparison:
    """Types in two groups.

    Parameters
    ----------
    choice : Choice
        The groups.
    method : str
        What was tested: ``cells``, ``replicates`` (each in one group), or ``pairs`` (each in both).
    n_group, n_against : int
        Selected cells of the groups.
    replicates_group, replicates_against : int
        Replicates tested; 0 where cells are.
    n_left_out : int
        Cells of the groups that no tested replicate holds.
    lacking : str
        Why the chosen replicates could not be tested, a sentence; empty otherwise.
    table : pandas.DataFrame
        Columns `COLUMNS`, one row a type, the highest odds ratio first, types with too few cells last: cells and shares (0..1) of
        all selected cells, odds ratio with its 95 % interval, p, and Benjamini-Hochberg q over the tested types. The last
        five are NaN for types that were not tested. Cells that resemble nothing are the row `UNKNOWN`.
    by_group : pandas.DataFrame
        Cells by type (rows, ids as in `table`, most cells first) and group of the column (columns).
    names : mapping of str to str
        Names of the types of `by_group`, more than those of `table` where other groups have types of their own.
    """

    choice: Choice
    method: Method
    n_group: int
    n_against: int
    replicates_group: int
    replicates_against: int
    n_left_out: int
    lacking: str
    table: pd.DataFrame
    by_group: pd.DataFrame
    names: Mapping[str, str]

    @cached_property
    def p_whole(self) -> float | None:
        """That all groups of the column have one composition (Fisher's exact test on cells); None where replicates are tested.

        Large tables take seconds, so only who shows it computes it.
        """
        return whole_composition(self.by_group.to_numpy()) if self.method == "cells" else None

    @property
    def saved_groups(self) -> pd.DataFrame:
        """The composition of all groups of the column, for a file: ``group``, ``type_id``, ``type_name``, ``n``, ``share`` (0..1)."""
        table = self.by_group.melt(ignore_index=False, var_name="group", value_name="n").reset_index(names="type_id")
        table["type_name"] = table["type_id"].map(self.names)
        table["share"] = table["n"] / table.groupby("group")["n"].transform("sum")
        return table[["group", "type_id", "type_name", "n", "share"]]

    @property
    def n_tested(self) -> int:
        """How many types were tested."""
        return int(self.table["q_value"].notna().sum())

    @property
    def sure(self) -> pd.DataFrame:
        """Rows of the types that differ at q < .05."""
        return self.table[self.table["q_value"] < Q_SIGNIFICANT]


def compare(bundle: Bundle, result: Query, mask: Mask, choice: Choice) -> Comparison:
    """Hold the types of one group against those of another.

    Parameters
    ----------
    bundle : Bundle
        For the names of types.
    result : Query
        The query.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells; only they are compared.
    choice : Choice
        The groups; columns of ``result.obs``.

    Returns
    -------
    Comparison
        The table of types and how it was tested.
    """
    cells = compared_cells(result, mask, choice)
    by_group = pd.crosstab(cells["type_id"], cells["group"]).astype(np.int64)
    by_group = by_group.loc[by_group.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    known = type_names(bundle)
    names = {str(t): known.get(str(t), str(t)) for t in by_group.index}
    table = _count(cells, names)
    n_group, n_against = (int((cells["side"] == side).sum()) for side in ("group", "against"))
    tested = (table["n_group"] + table["n_against"] >= MIN_CELLS) & (min(n_group, n_against) > 0) & (len(table) > 1)
    replicates, lacking = replicates_of(cells) if choice.replicates else (None, "")
    if replicates is None:
        n = table.loc[tested, ["n_group", "n_against"]].to_numpy(dtype=np.int64)
        found, n_left_out = between_cells(n[:, 0], n[:, 1], n_group, n_against), 0
    else:
        found, n_cells = _between(replicates, cells, table.loc[tested, "type_id"].tolist())
        n_left_out = n_group + n_against - n_cells
    return Comparison(
        choice=choice,
        method="cells" if replicates is None else "pairs" if replicates.paired else "replicates",
        n_group=n_group,
        n_against=n_against,
        replicates_group=len(replicates.group) if replicates else 0,
        replicates_against=len(replicates.against) if replicates else 0,
        n_left_out=n_left_out,
        lacking=lacking,
        table=_with_tests(table, tested, found),
        by_group=by_group,
        names=names,
    )


def _between(replicates: Replicates, cells: pd.DataFrame, types: Sequence[str]) -> tuple[ShareTests, int]:
    """Test replicates; return how many cells they have, too."""
    counts, totals = [], []
    for side in ("group", "against"):
        part = cells[cells["side"] == side]
        table = pd.crosstab(part["replicate"], part["type_id"]).loc[replicates.of(side)]
        counts.append(table.reindex(columns=list(types), fill_value=0).to_numpy(dtype=np.int64))
        totals.append(table.sum(axis=1).to_numpy(dtype=np.int64))
    found = between_replicates(counts[0], counts[1], totals[0], totals[1], paired=replicates.paired)
    return found, int(totals[0].sum() + totals[1].sum())


def _count(cells: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    table = pd.DataFrame({"type_id": list(names), "type_name": list(names.values())})
    for side in ("group", "against"):
        counts = cells.loc[cells["side"] == side, "type_id"].value_counts()
        table[f"n_{side}"] = counts.reindex(table["type_id"], fill_value=0).to_numpy(dtype=np.int64)
        table[f"share_{side}"] = table[f"n_{side}"] / max(int(counts.sum()), 1)
    return table[table["n_group"] + table["n_against"] > 0].reset_index(drop=True)


def _with_tests(table: pd.DataFrame, tested: pd.Series, found: ShareTests) -> pd.DataFrame:
    for name in ("odds_ratio", "low", "high", "p_value"):
        table[name] = _placed(getattr(found, name), tested)
    q = scipy.stats.false_discovery_control(found.p_value) if len(found.p_value) else found.p_value
    table["q_value"] = _placed(q, tested)
    table = table.sort_values(
        ["odds_ratio", "type_name"], ascending=[False, True], na_position="last", ignore_index=True
    )
    return table[list(COLUMNS)]


def _placed(values: npt.NDArray[np.float64], tested: pd.Series) -> npt.NDArray[np.float64]:
    column = np.full(len(tested), np.nan)
    column[tested.to_numpy()] = values
    return column
