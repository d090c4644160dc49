"""Which groups of the user's cells are compared: what was chosen, and what stands in for what was not.

Groups are the values of a column of the user's metadata (`core.explore.own_groups`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from core.explore.own_groups import OwnColumn, OwnGroup, parts

OTHERS = "*"
"""Stands for all cells of other groups, as the group compared with."""
NONE = "*"
"""Stands for no column of replicates, where one would be taken otherwise."""
MIN_REPLICATES, MAX_REPLICATES = 2, 200
_BASELINES = ("ctrl", "control", "healthy", "normal", "wt", "wild type", "untreated", "unstimulated", "vehicle", "mock", "baseline", "young")  # fmt: skip
_REPLICATES = re.compile(
    r"(donor|patient|individual|subject|participant|animal|mouse|ind|sample|replicate)s?"
    r"[\W_]*(ids?|identifiers?|names?|labels?|codes?|numbers?|no|nr)?[\W\d_]*",
    re.IGNORECASE,
)
"""Names of columns that tell one donor from another; "donor sex" and "sample type" do not."""


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

    def named(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table for a file, with the names of the groups in its first columns."""
        return pd.concat(
            [pd.DataFrame({"group": self.group_name, "against": self.against_name}, index=table.index), table], axis=1
        )

    def _named(self, value: str) -> str:
        """Add the name of the column to a value that says nothing by itself, such as 2 or True."""
        speaks = any(c.isalpha() for c in value) and value.lower() not in {"true", "false", "yes", "no"}
        return value if speaks else f"{self.column} {value}"


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
    values = [g.value for g in groups_of(asked)]
    baseline = next((v for v in values if _sounds_like(v, _BASELINES)), values[0] if len(values) == 2 else OTHERS)
    if group not in values:
        largest = (g.value for g in asked.groups if g.value not in (baseline, against, OTHERS))
        group = next(largest, values[0])
    if against not in (*values, OTHERS) or against == group:
        against = baseline if baseline != group else OTHERS
    if against == OTHERS and len(asked.groups) == len(values) == 2:
        against = next(v for v in values if v != group)
    if replicates not in replicate_columns and replicates != NONE:
        replicates = next((r for r in replicate_columns if _REPLICATES.fullmatch(r)), NONE)
    return Choice(asked.name, group, against, "" if replicates in (NONE, asked.name, None) else replicates)


def groups_of(column: OwnColumn) -> list[OwnGroup]:
    """List the groups that can be compared, by name; one named like `OTHERS` is only among the others.

    Parameters
    ----------
    column : OwnColumn
        Of the user's metadata.

    Returns
    -------
    list of OwnGroup
        At least one.
    """
    return sorted((g for g in column.groups if g.value != OTHERS), key=lambda g: g.value)


def replicate_columns(obs: pd.DataFrame) -> tuple[str, ...]:
    """Find the columns that may name replicates.

    Parameters
    ----------
    obs : pandas.DataFrame
        The user's metadata.

    Returns
    -------
    tuple of str
        Those with a name, other than `NONE`, and 2 to 200 values (`core.explore.own_groups.parts`).
    """
    named = (name for name in obs.columns if str(name).strip() and str(name) != NONE)
    return tuple(str(name) for name in named if parts(obs[name], MAX_REPLICATES))


def _sounds_like(name: str, words: Sequence[str]) -> bool:
    """Whether a name is one of the words, or begins with one and goes on with no letter ("donor_id", "CTRL2")."""
    low = name.lower()
    return any(low.startswith(w) and not low[len(w) : len(w) + 1].isalpha() for w in words)
