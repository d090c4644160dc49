"""The cell types of one group of query cells held against those of another: who is compared, and the table of types.

Groups are the values of a column of the user's metadata (`core.explore.own_groups`). Not here: the tests themselves
(`core.explore.share_tests`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import false_discovery_control

from core.bundle.reader import Bundle
from core.explore.naming import type_names
from core.explore.own_groups import OwnColumn
from core.explore.query import Mask, Query
from core.explore.share_tests import Counts, ShareTests, between_cells, between_replicates, whole_composition

OTHERS = "*"
"""Stands for all cells of other groups, as the group compared with."""
NONE = "*"
"""Stands for no column of replicates, where one would be taken otherwise."""
UNKNOWN = "unknown"
"""Id and name of the row of cells that resemble nothing."""
COLUMNS = (
    "type_id", "type_name", "n_group", "n_against", "share_group", "share_against", "odds_ratio", "low", "high", "p_value",
    "q_value",
)  # fmt: skip
MIN_CELLS = 10
"""Of a type in both groups together; with fewer it is counted and not tested."""
MIN_REPLICATE_CELLS = 10
MIN_REPLICATES = 2
MAX_REPLICATES = 200
Q_SURE = 0.05

Method = Literal["cells", "replicates", "pairs"]
_BASELINES = ("ctrl", "control", "healthy", "normal", "wt", "wild type", "untreated", "unstimulated", "vehicle", "mock", "baseline", "young")  # fmt: skip
_REPLICATES = ("donor", "patient", "individual", "subject", "animal", "mouse", "ind", "sample", "replicate")


@dataclass(frozen=True)
class Choice:
    """Which groups are compared.

    Parameters
    ----------
    column : str
        Of the user's metadata.
    group : str
        A value of it.
    against : str
        Another one, or `OTHERS`.
    replicates : str
        Column that names the replicates, empty for none.
    """

    column: str
    group: str
    against: str
    replicates: str

    @property
    def group_name(self) -> str:
        """The group in words."""
        return self._named(self.group)

    @property
    def against_name(self) -> str:
        """The group compared with, in words."""
        return "all others" if self.against == OTHERS else self._named(self.against)

    def _named(self, value: str) -> str:
        """Add the name of the column to a value that says nothing by itself, such as 2 or True."""
        speaks = any(c.isalpha() for c in value) and value.lower() not in {"true", "false", "yes", "no"}
        return value if speaks else f"{self.column} {value}"


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
    p_whole : float or None
        That all groups of the column have one composition (Fisher's exact test on cells); None where replicates are tested.
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
    p_whole: float | None

    @property
    def n_tested(self) -> int:
        """How many types were tested."""
        return int(self.table["q_value"].notna().sum())

    @property
    def sure(self) -> pd.DataFrame:
        """Rows of the types that differ at q < .05."""
        return self.table[self.table["q_value"] < Q_SURE]


def choose(
    columns: Sequence[OwnColumn],
    replicate_columns: Sequence[str],
    column: str | None = None,
    group: str | None = None,
    against: str | None = None,
    replicates: str | None = None,
) -> Choice | None:
    """Fill in what was not chosen, or names nothing.

    Parameters
    ----------
    columns : sequence of OwnColumn
        Columns with groups.
    replicate_columns : sequence of str
        Columns that may name replicates.
    column, group, against, replicates : str, optional
        What was chosen.

    Returns
    -------
    Choice or None
        The column with the fewest groups; a group that sounds like a baseline ("control") is the one compared with; of two
        groups the first by name; of more than two, all others. A column that sounds like donors names the replicates, unless `NONE`
        was chosen. None where no column has groups.
    """
    if not columns:
        return None
    asked = next((c for c in columns if c.name == column), None) or min(columns, key=lambda c: len(c.groups))
    values = sorted(g.value for g in asked.groups)
    baseline = next((v for v in values if _sounds_like(v, _BASELINES)), values[0] if len(values) == 2 else OTHERS)
    if group not in values:
        largest = (g.value for g in asked.groups if g.value not in (baseline, against))
        group = next(largest, values[0])
    if against not in (*values, OTHERS) or against == group:
        against = baseline if baseline != group else _only_other(values, group)
    if replicates not in replicate_columns and replicates != NONE:
        replicates = next((r for r in replicate_columns if _sounds_like(r, _REPLICATES)), NONE)
    return Choice(asked.name, group, against, "" if replicates in (NONE, asked.name, None) else replicates)


def replicate_columns(obs: pd.DataFrame) -> tuple[str, ...]:
    """Find the columns that may name replicates.

    Parameters
    ----------
    obs : pandas.DataFrame
        The user's metadata.

    Returns
    -------
    tuple of str
        Those with 2 to 200 values.
    """
    return tuple(str(name) for name in obs.columns if MIN_REPLICATES <= obs[name].nunique() <= MAX_REPLICATES)


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
    cells = _cells(result, mask, choice)
    names = type_names(bundle)
    by_group = pd.crosstab(cells["type_id"], cells["group"]).astype(np.int64)
    by_group = by_group.loc[by_group.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    table = _count(cells, by_group.index, names)
    n_group, n_against = (int((cells["side"] == side).sum()) for side in ("group", "against"))
    tested = (table["n_group"] + table["n_against"] >= MIN_CELLS) & (min(n_group, n_against) > 0) & (len(table) > 1)
    types = table.loc[tested, "type_id"].tolist()
    sides, method, lacking = _replicates(cells, types) if choice.replicates else (None, "cells", "")
    if sides is None:
        n = table.loc[tested, ["n_group", "n_against"]].to_numpy(dtype=np.int64)
        found = between_cells(n[:, 0], n[:, 1], n_group, n_against)
    else:
        found = between_replicates(*sides.counts, *sides.totals, paired=method == "pairs")
    replicates = sides.n_replicates if sides else (0, 0)
    return Comparison(
        choice=choice,
        method=method,
        n_group=n_group,
        n_against=n_against,
        replicates_group=replicates[0],
        replicates_against=replicates[1],
        n_left_out=n_group + n_against - sides.n_cells if sides else 0,
        lacking=lacking,
        table=_with_tests(table, tested, found),
        by_group=by_group,
        p_whole=None if sides else whole_composition(by_group.to_numpy()),
    )


@dataclass(frozen=True)
class _Sides:
    """Replicates of the group and of the other: counts (n_replicates x n_types) and totals."""

    counts: tuple[Counts, Counts]
    totals: tuple[Counts, Counts]

    @property
    def n_replicates(self) -> tuple[int, int]:
        return len(self.totals[0]), len(self.totals[1])

    @property
    def n_cells(self) -> int:
        return int(self.totals[0].sum() + self.totals[1].sum())


def _cells(result: Query, mask: Mask, choice: Choice) -> pd.DataFrame:
    """One row a selected cell that belongs to a group of the column: group, side, type, replicate."""
    groups = _texts(result.obs[choice.column])
    kept = mask & groups.notna().to_numpy()
    labels = result.labels.loc[kept]
    known = labels["status"].to_numpy() != "unknown"
    cells = pd.DataFrame({"group": groups[kept].to_numpy()})
    cells["type_id"] = np.where(known, labels["cell_type_ontology_term_id"].to_numpy(dtype=object), UNKNOWN)
    others = cells["group"] != choice.group if choice.against == OTHERS else cells["group"] == choice.against
    cells["side"] = np.select([cells["group"] == choice.group, others], ["group", "against"], default="")
    if choice.replicates:
        cells["replicate"] = _texts(result.obs[choice.replicates])[kept].to_numpy()
    return cells


def _texts(column: pd.Series) -> pd.Series:
    return column.astype(str).where(column.notna())


def _count(cells: pd.DataFrame, types: Iterable[str], names: Mapping[str, str]) -> pd.DataFrame:
    table = pd.DataFrame({"type_id": list(types)})
    table["type_name"] = [names.get(t, t) for t in table["type_id"]]
    for side in ("group", "against"):
        counts = cells.loc[cells["side"] == side, "type_id"].value_counts()
        table[f"n_{side}"] = counts.reindex(table["type_id"], fill_value=0).to_numpy(dtype=np.int64)
        table[f"share_{side}"] = table[f"n_{side}"] / max(int(counts.sum()), 1)
    return table[table["n_group"] + table["n_against"] > 0].reset_index(drop=True)


def _replicates(cells: pd.DataFrame, types: Sequence[str]) -> tuple[_Sides | None, Method, str]:
    """Count by replicate; None and a sentence where there are too few."""
    sided = cells[cells["replicate"].notna()]
    counts = [
        pd.crosstab(part["replicate"], part["type_id"])
        for part in (sided[sided["side"] == side] for side in ("group", "against"))
    ]
    large = [c[c.sum(axis=1) >= MIN_REPLICATE_CELLS] for c in counts]
    both = large[0].index.intersection(large[1].index)
    method: Method = "replicates"
    if len(both) >= MIN_REPLICATES:
        method, large = "pairs", [c.loc[both] for c in large]
    fewest = min(len(c) for c in large)
    if fewest < MIN_REPLICATES:
        few = f"A group has {fewest} with {MIN_REPLICATE_CELLS} selected cells or more; a test between replicates needs {MIN_REPLICATES} in each."
        return None, "cells", few
    totals = [c.sum(axis=1).to_numpy(dtype=np.int64) for c in large]
    asked = [c.reindex(columns=list(types), fill_value=0).to_numpy(dtype=np.int64) for c in large]
    return _Sides((asked[0], asked[1]), (totals[0], totals[1])), method, ""


def _with_tests(table: pd.DataFrame, tested: pd.Series, found: ShareTests) -> pd.DataFrame:
    for name in ("odds_ratio", "low", "high", "p_value"):
        table[name] = _placed(getattr(found, name), tested)
    q = false_discovery_control(found.p_value) if len(found.p_value) else found.p_value
    table["q_value"] = _placed(q, tested)
    table = table.sort_values(
        ["odds_ratio", "type_name"], ascending=[False, True], na_position="last", ignore_index=True
    )
    return table[list(COLUMNS)]


def _placed(values: npt.NDArray[np.float64], tested: pd.Series) -> npt.NDArray[np.float64]:
    column = np.full(len(tested), np.nan)
    column[tested.to_numpy()] = values
    return column


def _sounds_like(name: str, words: Sequence[str]) -> bool:
    """Whether a name is one of the words, or begins with one and goes on with no letter ("donor_id", "CTRL2")."""
    low = name.lower()
    return any(low.startswith(w) and not low[len(w) : len(w) + 1].isalpha() for w in words)


def _only_other(values: Sequence[str], group: str) -> str:
    others = [v for v in values if v != group]
    return others[0] if len(others) == 1 else OTHERS
