"""The tab Compare: the cell types of one group of the user's own metadata held against those of another."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.compare import Comparison
from core.explore.compare_choice import NONE, OTHERS, Choice, groups_of
from core.explore.compare_words import detail, headline
from core.explore.compared_cells import MIN_REPLICATE_CELLS
from core.explore.own_groups import OwnColumn
from core.explore.share_tests import N_TABLES
from core.ontology.text import short_name, text_width
from core.search.confidence import UNKNOWN
from core.words import percent
from layouts import compare_genes, compare_types, composition, ids
from layouts import elements as el
from layouts.choosing import select

OTHERS_LABEL, NONE_LABEL = "all other cells", "no column chosen"
BARS_FILE = "scquery-compare-groups.csv"
WIDEST_NAME, NAME_MARGIN, MANY_GROUPS = 220, 2, 10
"""Pixels for the names of the groups; more groups than this get lower bars."""
NOT_INDEPENDENT = "Cells from one donor are not independent."
CHOOSE_REPLICATES = (
    "Between any two donors many types differ, so these q-values are too small. Choose a column under Replicates that names donors "
    "or samples to test between those."
)


def layout() -> Component:
    """Build the tab, still empty.

    Returns
    -------
    Component
        Controls, a place for a warning, and panels.
    """
    panels = html.Div([_bars_panel(), compare_types.layout(), compare_genes.layout()], className="grid")
    parts = [dcc.Store(id=ids.COMPARED), _controls(), html.Div(id=ids.COMPARE_NOTE, className="compare-note"), panels]
    return html.Div(parts, className="compare")


def nothing_to_compare(way_out: Component | None = None, examples: str = "") -> Component:
    """Say what the tab would show for a file without groups.

    Parameters
    ----------
    way_out : Component, optional
        A control that helps.
    examples : str
        Where examples are.

    Returns
    -------
    Component
        Two lines, and the ways out.
    """
    text = [
        html.H2("No groups to compare are known of these cells"),
        html.P(
            "Compare holds the cell types of two groups against each other, for example treated and control. Groups are columns of the "
            "file's own metadata (obs of an .h5ad), or of a table of your cells, with 2 to 30 different values."
        ),
    ]
    told = html.Div(id=ids.COMPARE_TABLE_TOLD)
    ways = [*([way_out] if way_out is not None else []), *([el.link("Try an example", examples)] if examples else [])]
    return html.Section(
        [el.icon("table", size="large"), html.Div([*text, html.Div(ways, className="band-actions"), told])],
        className="panel compare-empty",
        **el.attributes(aria_label="Compare"),
    )


def choices(columns: Sequence[OwnColumn], replicates: Sequence[str], choice: Choice) -> tuple[Any, ...]:
    """Say what the controls offer and show.

    Parameters
    ----------
    columns : sequence of OwnColumn
        Columns with groups.
    replicates : sequence of str
        Columns that may name replicates.
    choice : Choice
        What is compared.

    Returns
    -------
    tuple
        Data and value of the four controls, in their order.
    """
    column = next(c for c in columns if c.name == choice.column)
    groups = sorted(groups_of(column), key=lambda g: _in_order(g.value))
    values = [{"value": g.value, "label": f"{g.value} ({g.n_cells:,})"} for g in groups]
    others = [{"value": OTHERS, "label": OTHERS_LABEL}] if len(column.groups) > 2 or len(values) == 1 else []
    named = [{"value": name, "label": name} for name in replicates if name != choice.column]
    return (
        [{"value": c.name, "label": c.name} for c in columns],
        choice.column,
        values,
        choice.group,
        [*others, *values],
        choice.against,
        [{"value": NONE, "label": NONE_LABEL}, *named],
        choice.replicates or NONE,
    )


def answer(view: Comparison) -> list[Component]:
    """Write the answer.

    Parameters
    ----------
    view : Comparison
        The comparison.

    Returns
    -------
    list of Component
        Heading and one line.
    """
    return [html.H1(headline(view)), html.P(detail(view))]


def note(view: Comparison) -> list[Component]:
    """Warn where cells are tested, which are not independent.

    Parameters
    ----------
    view : Comparison
        The comparison.

    Returns
    -------
    list of Component
        A band, or nothing.
    """
    if not view.n_group or not view.n_against:
        return []
    if view.method == "cells":
        first, advice = NOT_INDEPENDENT, CHOOSE_REPLICATES
        if view.lacking:
            first, advice = f"{view.choice.replicates} cannot be tested as replicates.", f"{view.lacking} {advice}"
    elif view.n_left_out:
        first = f"{words.count(view.n_left_out, 'cell')} of these groups are not in the test."
        alone = "is in one group alone, " if view.method == "pairs" else ""
        advice = f"Their {view.choice.replicates} is not known, {alone}or has fewer than {MIN_REPLICATE_CELLS} selected cells in a group."
    else:
        return []
    text = html.Div(html.P([html.Strong(first), " ", advice]), className="band-text")
    icon = el.icon("alert-triangle", class_name="band-icon")
    return [html.Section([icon, text], className="band is-warn", role="note")]


def bars(view: Comparison, ranks: Sequence[str]) -> list[Component]:
    """Draw the composition of all groups of the column, those compared first.

    Parameters
    ----------
    view : Comparison
        The comparison.
    ranks : sequence of str
        Types in the order colours are given out.

    Returns
    -------
    list of Component
        Bars, with their scale, over the names of the colours.
    """
    chosen = (view.choice.group,) if view.choice.against == OTHERS else (view.choice.against, view.choice.group)
    compared = [g for g in chosen if g in view.by_group.columns]
    groups = [*compared, *sorted((g for g in view.by_group.columns if g not in compared), key=_in_order)]
    names = view.names
    order = [t for t in view.by_group.index if t != UNKNOWN] + [t for t in view.by_group.index if t == UNKNOWN]
    rows = [
        _bar(group, view.by_group[group].loc[order], names, ranks, is_compared=group in compared) for group in groups
    ]
    ticks = html.Div([html.Span(f"{tick} %") for tick in (0, 25, 50, 75, 100)], className="group-scale")
    coloured = [t for t in order if t != UNKNOWN and t in ranks[: composition.N_COLOURS]]
    keys = [_key(short_name(names.get(t, t)), composition.colour(t, ranks)) for t in coloured]
    if len(coloured) < len([t for t in order if t != UNKNOWN]):
        keys.append(_key("Other types", "var(--ghost)"))
    if UNKNOWN in order:
        keys.append(_key("Unknown", "var(--text3)"))
    width = min(WIDEST_NAME, max(text_width(group, 12, bold=True) for group in groups)) + NAME_MARGIN
    many = " is-dense" if len(groups) > MANY_GROUPS else ""
    drawn = [html.Div([*rows, ticks], className=f"group-bars{many}"), html.Div(keys, className="group-keys")]
    return [html.Div(drawn, style={"--group-name": f"{width:.0f}px"})]


def bars_line(view: Comparison) -> str:
    """Say whether the groups differ as a whole.

    Parameters
    ----------
    view : Comparison
        The comparison.

    Returns
    -------
    str
        For the line beside the title.
    """
    p_whole = view.p_whole
    if p_whole is None:
        return "share of the group's cells"
    exact = view.by_group.shape == (2, 2)
    how = "Fisher's exact test" if exact else f"Fisher's exact test, {N_TABLES:,} random tables"
    return f"share of the group's cells; all types and groups at once: p {_of(p_whole)} on cells ({how})"


def _of(p: float) -> str:
    text = words.p_value(p)
    return text if text.startswith("<") else f"= {text}"


def _in_order(name: str) -> list[tuple[bool, float, str]]:
    """Sort names as people count: day 7 before day 14, and -1 before 0."""
    if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", name):
        return [(False, float(name), "")]
    parts = re.split(r"([0-9]{1,15})", name.casefold())
    return [(False, float(part), "") if part.isdecimal() else (True, 0, part) for part in parts if part]


def _bar(
    group: str, counts: pd.Series, names: Mapping[str, str], ranks: Sequence[str], *, is_compared: bool
) -> Component:
    total = int(counts.sum())
    parts = [
        html.Span(
            className="group-part",
            title=f"{names.get(str(t), str(t))}: {n:,} of {total:,} cells ({percent(n, total)})",
            style={
                "flexGrow": int(n),
                "background": "var(--text3)" if t == UNKNOWN else composition.colour(str(t), ranks),
            },
        )
        for t, n in counts.items()
        if n
    ]
    name = html.Span(group, className="group-name", title=f"{group}: {words.count(total, 'cell')}")
    return html.Div(
        [name, html.Span(parts, className="group-parts")],
        className="group-bar is-compared" if is_compared else "group-bar",
    )


def _key(text: str, colour: str) -> Component:
    return html.Span([html.Span(className="key is-kind", style={"background": colour}), text], className="legend-item")


def _controls() -> Component:
    definition = (
        "A column that names the donor, animal or sample of each cell. Each is then one observation, "
        "those of few cells count less: a moderated t-test of the types' log odds, paired where the replicates are in both groups."
    )
    return html.Section(
        [
            html.Label([html.Span("Compare"), select(ids.COMPARE_BY, "Column of your metadata", 150)]),
            html.Label([html.Span("group"), select(ids.COMPARE_GROUP, "Group", 170)]),
            html.Label([html.Span("against"), select(ids.COMPARE_AGAINST, "Group compared with", 170)]),
            html.Span(className="spring"),
            html.Label(
                [
                    el.tip(html.Span("Replicates", tabIndex=0), definition),
                    select(ids.COMPARE_REPLICATES, "Column of replicates", 160),
                ]
            ),
        ],
        className="compare-controls",
        **el.attributes(aria_label="Groups compared"),
    )


def _bars_panel() -> Component:
    return el.panel(
        "Composition by group",
        [html.Div(id=ids.COMPARE_BARS), dcc.Download(id=ids.COMPARE_BARS_FILE)],
        name="compare-bars",
        sub=html.Span(id=ids.COMPARE_BARS_SUB),
        tools=[el.button("Download table", id=ids.COMPARE_BARS_DOWNLOAD, symbol="download")],
        message_id=ids.COMPARE_BARS_MESSAGE,
        expandable=False,
    )
