"""What a query cell on the map says when it is pointed at: its name, label and score, runner-up, and whether to doubt it.

A label is told once a trace; a cell brings ``[name, score, runner-up]`` as its customdata, and its label where those of its trace
differ. That is 90 bytes a cell (10 when compressed), so of many cells each tells its label alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core import words
from core.explore.cell_facts import CellFacts
from core.ontology.text import short_name
from layouts.figures.text import escape

MAX_TOLD = 10_000
MIXED = -2
MAX_LABELS = 24
LONGEST_NAME = 40
UNKNOWN = "unknown to the reference"
_LABEL_OF_CELL = "%{customdata[3]}"

Rows = npt.NDArray[np.intp]
Codes = npt.NDArray[np.int16]


@dataclass(frozen=True)
class HoverGroup:
    """Query cells of one trace.

    Parameters
    ----------
    rows : numpy.ndarray of int, shape (n,)
        Rows in the query.
    label : int
        Position of their type, -1 for unknown cells, `MIXED` where labels differ.
    template : str
        Plotly's ``hovertemplate``.
    customdata : numpy.ndarray of object, shape (n, 3 or 4), or None
        Texts, one row a cell; None where the cells tell no more than their label.
    """

    rows: Rows
    label: int
    template: str
    customdata: npt.NDArray[np.object_] | None = None


def hover_groups(
    rows: Rows, labels: Codes, type_names: tuple[str, ...], facts: CellFacts | None = None
) -> Iterator[HoverGroup]:
    """Part query cells into traces by their label.

    Parameters
    ----------
    rows : numpy.ndarray of int, shape (n,)
        The cells that are drawn.
    labels : numpy.ndarray of int16, shape (n_query,)
        Position of each query cell's label in `type_names`, -1 for a cell unknown to the reference.
    type_names : tuple of str
        Unescaped.
    facts : CellFacts, optional
        About all query cells; without them, and past `MAX_TOLD` cells, a cell tells its label alone.

    Yields
    ------
    HoverGroup
        The label of the most cells first; the rarest labels share a group.
    """
    too_many = facts is not None and len(rows) > MAX_TOLD
    facts = None if too_many else facts
    more = f"<br>select up to {MAX_TOLD:,} cells to read each" if too_many else ""
    codes, counts = np.unique(labels[rows], return_counts=True)
    common = codes[np.argsort(-counts, kind="stable")][:MAX_LABELS]
    for code in common:
        label = (escape(type_names[code]) if code >= 0 else UNKNOWN) + more
        yield _group(rows[labels[rows] == code], int(code), label, labels, type_names, facts)
    rest = rows[~np.isin(labels[rows], common)]
    if len(rest):
        yield _group(rest, MIXED, "a rarer type" + more, labels, type_names, facts)


def _group(
    rows: Rows, code: int, label: str, labels: Codes, type_names: tuple[str, ...], facts: CellFacts | None
) -> HoverGroup:
    """Make a group; unknown cells and those of several types tell their labels themselves."""
    if facts is None:
        return HoverGroup(rows, code, f"<b>User Query</b><br>{label}<extra></extra>")
    head = f"<b>User Query</b> %{{customdata[0]}}<br>{label if code >= 0 else _LABEL_OF_CELL}, score %{{customdata[1]}}"
    told = _names(facts, rows), _scores(facts, rows), _runners_up(facts, rows, type_names)
    columns = told if code >= 0 else (*told, _labels(facts, rows, labels, type_names))
    texts = np.array(columns, dtype=object).T
    return HoverGroup(rows, code, f"{head}<br>runner-up %{{customdata[2]}}<extra></extra>", texts)


def _names(facts: CellFacts, rows: Rows) -> list[str]:
    return [escape(_clipped(str(name))) for name in facts.names[rows]]


def _clipped(name: str) -> str:
    """Leave out the middle of a long name: names of one file mostly differ at an end."""
    half = LONGEST_NAME // 2
    return name if len(name) <= LONGEST_NAME else f"{name[:half]}…{name[1 - half :]}"


def _scores(facts: CellFacts, rows: Rows) -> list[str]:
    pairs = zip(facts.score[rows].tolist(), facts.is_ambiguous[rows].tolist(), strict=True)
    return [words.score(score) + ", ambiguous" * is_ambiguous for score, is_ambiguous in pairs]


def _runners_up(facts: CellFacts, rows: Rows, type_names: tuple[str, ...]) -> list[str]:
    short = [escape(short_name(name)) for name in type_names]
    pairs = zip(facts.runner_up[rows].tolist(), facts.runner_up_score[rows].tolist(), strict=True)
    return [f"{short[code]}, {words.score(score)}" if code >= 0 else "none" for code, score in pairs]


def _labels(facts: CellFacts, rows: Rows, labels: Codes, type_names: tuple[str, ...]) -> list[str]:
    full = [escape(name) for name in type_names]
    pairs = zip(labels[rows].tolist(), facts.label[rows].tolist(), strict=True)
    return [full[known] if known >= 0 else f"{UNKNOWN}<br>nearest {full[label]}" for known, label in pairs]
