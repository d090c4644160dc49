"""A comparison of two groups in words: which types differ most, how many, by which test, and what to beware of."""

from __future__ import annotations

import pandas as pd

from core import words
from core.explore.compare import MIN_CELLS, Comparison
from core.explore.compare_choice import OTHERS, Choice
from core.explore.gene_difference import GeneDifference
from core.ontology.text import plural, short_name
from core.search.confidence import UNKNOWN

_TESTS = {
    "cells": "Fisher's exact test on cells",
    "replicates": "moderated t-test between replicates",
    "pairs": "moderated paired t-test over replicates",
}

MANY_MORE = 1.15
"""Times as many genes or molecules a cell, from which the cells of a group count as sequenced deeper."""


def headline(view: Comparison) -> str:
    """Say which types differ most.

    Parameters
    ----------
    view : Comparison
        The comparison.

    Returns
    -------
    str
        One sentence without a full stop: of the types that differ at q < .05, the one that rises most and the one that falls most.
    """
    group, against = view.choice.group_name, view.choice.against_name
    if not view.n_group or not view.n_against:
        only_group = view.n_group and view.choice.against == OTHERS
        return (
            f"All selected cells are {group}"
            if only_group
            else f"No selected cell is {against if view.n_group else group}"
        )
    if len(view.table) == 1:
        return f"All selected cells of {group} and {against} are {_kinds(view.table.iloc[0])}"
    if not view.n_tested:
        return f"Too few cells to compare {group} and {against}"
    up, down = _rising(view), _falling(view)
    parts = [
        *([f"more {_kinds(up.iloc[0])}"] if len(up) else []),
        *([f"fewer {_kinds(down.iloc[-1])}"] if len(down) else []),
    ]
    if not parts:
        return f"No difference is certain between {group} and {against}"
    return f"{group} has {' and '.join(parts)} than {against}"


def detail(view: Comparison) -> str:
    """Say how many types differ, and by which test.

    Parameters
    ----------
    view : Comparison
        The comparison.

    Returns
    -------
    str
        One or two sentences.
    """
    if not view.n_group or not view.n_against:
        return f"{words.count(view.n_group, 'cell')} against {view.n_against:,}: nothing to compare."
    if len(view.table) == 1:
        return f"{words.count(view.n_group, 'cell')} against {view.n_against:,}: shares need two types or more."
    if not view.n_tested:
        return f"{words.count(view.n_group, 'cell')} against {view.n_against:,}; types are tested from {MIN_CELLS} cells on, where there are two or more."
    up, down = len(_rising(view)), len(_falling(view))
    rise = f"{words.count(up, 'type')} {'rises' if up == 1 else 'rise'}" if up else "No type rises"
    fall = f"{down or 'none'} {'fall' if down > 1 else 'falls'}"
    how = words.sentence(_TESTS[view.method]) + ("" if view.method == "cells" else f" ({_replicates(view)})")
    return f"{rise} and {fall} at q < 0.05. {how}, Benjamini-Hochberg over {words.count(view.n_tested, 'type')}."


def depth(view: GeneDifference, choice: Choice) -> str:
    """Say that one group was sequenced deeper, and what was done about it, where cells are tested.

    Parameters
    ----------
    view : GeneDifference
        The genes.
    choice : Choice
        The groups.

    Returns
    -------
    str
        A sentence; empty where the groups are about equally deep, or where replicates are tested: their means are not touched by it.

    Notes
    -----
    Of values that are no counts nothing can be thinned: without any difference between 1,000 cells a side, twice the molecules then
    make 80 % of the genes significant.
    """
    if view.paired is not None:
        return ""
    more, deeper, other = view.deeper or view.more_genes, choice.group_name, choice.against_name
    if more < 1:
        more, deeper, other = 1 / more, other, deeper
    if more < MANY_MORE:
        return ""
    if view.deeper is not None:
        return (
            f"A cell of {deeper} has {more:.1f} times as many molecules as one of {other}: for the test, molecules were left out at "
            "random until both groups were equally deep."
        )
    return (
        f"A cell of {deeper} has {more:.1f} times as many genes as one of {other}: if it was sequenced deeper, "
        "Wilcoxon's test calls many genes different that are not."
    )


def _rising(view: Comparison) -> pd.DataFrame:
    return view.sure[view.sure["odds_ratio"] > 1]


def _falling(view: Comparison) -> pd.DataFrame:
    return view.sure[view.sure["odds_ratio"] < 1]


def _kinds(row: pd.Series) -> str:
    return "unknown cells" if row["type_id"] == UNKNOWN else plural(short_name(str(row["type_name"])))


def _replicates(view: Comparison) -> str:
    if view.method == "pairs":
        return f"{view.replicates_group} in both groups, column {view.choice.replicates}"
    return f"{view.replicates_group} and {view.replicates_against}, column {view.choice.replicates}"
