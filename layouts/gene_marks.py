"""The panel Types it marks: which types a gene sets apart in the reference, and its effect study by study."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from core import words
from core.bundle.schema import TYPE
from core.explore.contrast import StudyEffects
from core.ontology.text import brief_name, short_name
from layouts import card_genes, grid_theme, ids
from layouts import elements as el
from layouts.graphs import graph, graph_config

ROW_HEIGHT = 26


def layout() -> Component:
    """Build the panel.

    Returns
    -------
    Component
        The panel, still empty.
    """
    grid = grid_theme.grid(
        columns(),
        [],
        id=ids.GENE_MARKS,
        key="term",
        row_height=ROW_HEIGHT,
        choosing=True,
        suppressHeaderFilterButton=True,
    )
    place = graph(ids.GENE_FOREST, graph_config(card_genes.FOREST_SAVED_AS))
    return el.panel(
        "Types it marks",
        [
            html.Div(grid, className="marks-table"),
            html.Div([html.Div(id=ids.GENE_FOREST_HEAD, className="forest-head"), place], className="marks-forest"),
        ],
        name="gene-marks",
        sub=html.Span(id=ids.GENE_MARKS_SUB),
        message_id=ids.GENE_MARKS_MESSAGE,
    )


def columns() -> list[dict[str, Any]]:
    """Define the columns; each header's tooltip defines its number.

    Returns
    -------
    list of dict
        For ``columnDefs``.
    """
    return [
        {
            "field": "name",
            "headerName": "Type",
            "headerTooltip": "Type the gene sets apart from all other types at q < 0.05. Choose a row to see its studies.",
            "flex": 1,
            "minWidth": 70,
            "tooltipField": "full",
        },
        card_genes.number(
            "log2_fold_change", "log2 FC", 60, "fixed",
            "Mean over studies of log2 of the mean in the type over the mean in all others; below 0 the type has less of it",
        ),
        card_genes.number("p_value_adj", "q", 64, "tiny", "The largest adjusted p-value over studies"),
        card_genes.number("pct_in", "In", 58, "percent", "Share of the type's cells that have the gene"),
        card_genes.number("pct_out", "Else", 58, "percent", "Share of all other types' cells that have the gene"),
    ]  # fmt: skip


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn the marked types into rows.

    Parameters
    ----------
    table : pandas.DataFrame
        `core.explore.markers.marked_types`.

    Returns
    -------
    list of dict
        JSON-able.
    """
    return [
        {
            "term": str(row[TYPE]),
            "name": brief_name(str(row["cell_type"])),
            "full": str(row["cell_type"]),
            "log2_fold_change": round(float(row["log2_fold_change"]), 3),
            "p_value_adj": float(row["p_value_adj"]),
            "pct_in": round(float(row["pct_in"]), 4),
            "pct_out": round(float(row["pct_out"]), 4),
        }
        for row in table.to_dict("records")
    ]


def line(table: pd.DataFrame) -> str:
    """Count the marked types.

    Parameters
    ----------
    table : pandas.DataFrame
        `core.explore.markers.marked_types`.

    Returns
    -------
    str
        For the line beside the title.
    """
    n_up = int((table["log2_fold_change"] > 0).sum())
    return f"higher in {words.count(n_up, 'type')}, lower in {len(table) - n_up}"


def forest_head(view: StudyEffects) -> list[Component]:
    """Name the type of the forest plot.

    Parameters
    ----------
    view : StudyEffects
        The gene against all other types.

    Returns
    -------
    list of Component
        Name, number of studies, and the way to the type's card.
    """
    n = len(view.studies)
    return [
        html.H3(f"{view.symbol} in {short_name(view.name)}"),
        html.Span("one study" if n == 1 else f"{n} studies", className="quiet"),
        html.Span(className="spring"),
        html.Button(
            "About this type", className="link", type="button", title=f"About {view.name}", **el.goes(type=view.term_id),
        ),
    ]  # fmt: skip
