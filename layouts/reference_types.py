"""The types of a reference: how many cells there are of each, and how often held-out cells got it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.reference import ReferenceView
from core.ontology.text import short_name
from core.search.labelling import ENOUGH_CELLS
from layouts import elements as el
from layouts import ids, states

TYPES_FILE, ACCURACY_FILE = "scquery-reference-types.csv", "scquery-held-out-accuracy.csv"


def types(view: ReferenceView) -> Component:
    """Show how many cells the reference has of every type.

    Parameters
    ----------
    view : ReferenceView
        The reference.

    Returns
    -------
    Component
        A panel of bars.
    """
    most = max(int(view.types["n_cells"].max()), 1) if len(view.types) else 1
    rows = [_type_row(row, most) for row in view.types.to_dict("records")]
    n_thin = int(view.types["thin"].sum())
    note = [
        el.pill(
            f"{n_thin} thin",
            "warn",
            definition=f"Types with fewer than {ENOUGH_CELLS} cells: they can lose against numerous ones.",
        )
    ]
    return el.panel(
        "Cells per type",
        [html.Div(rows, className="bars is-scrolling"), dcc.Download(id=ids.TYPES_FILE)],
        name="types",
        sub=f"{view.n_types} types, most cells first",
        tools=[*(note if n_thin else []), el.icon_button("download", "Download table", id=ids.TYPES_DOWNLOAD)],
        expandable=False,
    )


def _type_row(row: dict[Any, Any], most: int) -> Component:
    studies = words.count(int(row["n_studies"]), "study", "studies")
    warn = [el.icon("alert-triangle", size="small", class_name="is-warn")] if row["thin"] else []
    return html.Div(
        [
            html.Span(
                [short_name(row["type_name"]), *warn],
                className="bar-name",
                title=f"{row['type_name']}, {row['type_id']}",
            ),
            html.Span(
                html.Span(className="bar-fill", style={"width": f"{100 * row['n_cells'] / most:.1f}%"}),
                className="bar-track",
            ),
            html.Span(f"{row['n_cells']:,} · {studies}", className="bar-value"),
        ],
        className="bar-row",
    )


def measured_types(view: ReferenceView) -> pd.DataFrame:
    """Return the types whose held-out accuracy was measured, the highest first: rows of the view's types."""
    return view.types[view.types["accuracy"].notna()].sort_values("accuracy", ascending=False)


def accuracy(view: ReferenceView, doubt: Sequence[Component]) -> Component:
    """Show how often cells of a type got it back when their study was held out.

    Parameters
    ----------
    view : ReferenceView
        The reference.
    doubt : sequence of Component
        Stand in the header where the figures tell little.

    Returns
    -------
    Component
        A panel of dots with intervals, or a sentence where nothing was measured.
    """
    measured = measured_types(view)
    left_out = view.n_types - len(measured)
    if measured.empty:
        body: list[Component] = [
            states.panel_empty("Accuracy was not measured.", "No study of this reference could be held out.")
        ]
        save = []
    else:
        rows = [_accuracy_row(row) for row in measured.to_dict("records")]
        scale = html.Div(
            [html.Span(f"{v} %", style={"left": f"{v}%"}) for v in (0, 25, 50, 75, 100)], className="dot-scale"
        )
        axis = html.Div(
            [html.Span(className="dot-n"), scale, html.Span("held-out cells", className="dot-n")],
            className="dot-row is-axis",
        )
        body = [
            html.Div([axis, *rows, *_not_measured(left_out)], className="dots"),
            dcc.Download(id=ids.ACCURACY_FILE),
        ]
        save = [el.icon_button("download", "Download table", id=ids.ACCURACY_DOWNLOAD)]
    sub = "cells right when their study is held out, 95 % interval"
    return el.panel(
        "Held-out accuracy by type",
        body,
        name="accuracy",
        sub=sub,
        tools=[*doubt, *save],
        expandable=False,
    )


def _not_measured(n_types: int) -> list[Component]:
    if not n_types:
        return []
    which = words.count(n_types, "type", "types")
    rule = "A type is measured where a study with it is held out and another study has it too."
    return [html.P(f"{which} not measured. {rule}", className="quiet")]


def _accuracy_row(row: dict[Any, Any]) -> Component:
    value, low, high = (100 * float(row[c]) for c in ("accuracy", "ci_low", "ci_high"))
    interval = (
        []
        if pd.isna(low) or pd.isna(high)
        else [
            html.Span(className="dot-interval", style={"left": f"{low:.1f}%", "width": f"{max(high - low, 0.5):.1f}%"})
        ]
    )
    told = f"{row['type_name']}: {value:.0f} %" + (f", interval {low:.0f} to {high:.0f} %" if interval else "")
    plot = html.Span(
        [*interval, html.Span(className="dot-mark", style={"left": f"{value:.1f}%"})], className="dot-plot"
    )
    return html.Div(
        [
            html.Span(row["type_name"], className="bar-name"),
            plot,
            html.Span(f"{int(row['n_query']):,}", className="dot-n"),
        ],
        className="dot-row",
        title=told,
    )
