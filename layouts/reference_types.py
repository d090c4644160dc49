"""The types of a reference: how many cells and studies there are of each."""

from __future__ import annotations

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.reference import ReferenceView
from core.ontology.text import short_name
from core.search.labelling import ENOUGH_CELLS
from layouts import elements as el
from layouts import ids

TYPES_FILE = "scquery-reference-types.csv"


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
