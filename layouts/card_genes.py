"""The genes of a type in its card: what it is held against, volcano plot, one gene study by study, the table of genes."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.card import TypeCard
from core.explore.contrast import BACKGROUND, Contrast, StudyEffects
from core.explore.markers import MAX_LISTED
from core.ontology.text import short_name
from layouts import elements as el
from layouts import grid_theme, ids, states
from layouts.graphs import graph_config

SWITCH_WORDS = {"others": "vs. all", "siblings": "vs. siblings", "parent": "vs. parent's rest"}
SWITCH_DEFINITION = (
    "What the type is held against. All: every other type. Siblings: the other types under the same parent, so that two near types "
    "are told apart. Parent's rest: all cells of the wider type that are not of this one."
)
SHOWN_NAMES = 3
FOREST_SAVED_AS = "gene-by-study"
ROW_HEIGHT = 28


def layout(card: TypeCard) -> list[Component]:
    """Build the section; its plots are drawn after it, by callbacks of their own.

    Parameters
    ----------
    card : TypeCard
        The type and what it is held against.

    Returns
    -------
    list of Component
        Heading, places of the plots and table.
    """
    if card.contrast is None or not card.contrast.n_genes:
        why = "It labels too few reference cells in one study, or no others are left to hold it against."
        nothing = states.panel_empty("Its genes were not tested.", why)
        return [html.H2("Genes that set it apart"), nothing]
    head = html.Div(
        [
            html.Div(
                [html.H2("Genes that set it apart"), html.P(line(card.contrast), className="quiet")],
                className="card-part-words",
            ),
            el.tip(_switch(card), SWITCH_DEFINITION),
        ],
        className="card-part-head",
    )
    listed = rows(card)
    return [
        head,
        dcc.Store(id=ids.CARD_GENE, data=listed[0]["gene_symbol"] if listed else None),
        html.Div(
            [
                html.Div(el.skeleton(), id=ids.VOLCANO_PLACE, className="card-graph"),
                html.Div(el.skeleton(), id=ids.FOREST_PLACE, className="card-forest"),
            ],
            className="card-figures",
        ),
        _table(listed),
        html.P(_below(card), className="quiet"),
    ]


def plot(id: str | dict[str, str], figure: Any, *, saved_as: str) -> Component:  # noqa: A002, ANN401 - plotly figure
    """Hold a figure of the card.

    Parameters
    ----------
    id : str or dict
        Component id.
    figure : plotly figure
        Or its JSON form.
    saved_as : str
        Ends the name of the saved file.

    Returns
    -------
    Component
        `dash.dcc.Graph`.
    """
    return dcc.Graph(id=id, figure=figure, config=graph_config(saved_as), className="graph", responsive=True)


def forest(view: StudyEffects, figure: Any) -> list[Component]:  # noqa: ANN401 - plotly figure
    """Show one gene study by study.

    Parameters
    ----------
    view : StudyEffects
        The gene in one contrast.
    figure : plotly figure
        What it looks like.

    Returns
    -------
    list of Component
        Heading and figure.
    """
    return [html.Div(forest_head(view), className="forest-head"), plot(ids.FOREST, figure, saved_as=FOREST_SAVED_AS)]


def line(contrast: Contrast) -> str:
    """Say what was tested against what.

    Parameters
    ----------
    contrast : Contrast
        The contrast.

    Returns
    -------
    str
        One or two sentences.
    """
    against = contrast.words
    if contrast.background != BACKGROUND:
        names = [short_name(name) for name in contrast.compared_with]
        more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
        against = f"{contrast.words} ({', '.join(names[:SHOWN_NAMES])}{more})"
    of = f"{contrast.n_up:,} up, {contrast.n_down:,} down of {contrast.n_genes:,} genes against {against} in {words.count(contrast.n_studies, 'study', 'studies')}"
    note = f". Tested as {short_name(contrast.tested_as)}, which holds the same cells" if contrast.tested_as else ""
    apart = "" if contrast.same_study else ". Some backgrounds are from other studies, whose differences are in it"
    return f"{of}; q < 0.05, at least twofold{note}{apart}."


def columns() -> list[dict[str, Any]]:
    """Define the table's columns; each header's tooltip defines its number.

    Returns
    -------
    list of dict
        For ``columnDefs``.
    """
    return [
        {
            "field": "gene_symbol",
            "headerName": "Gene",
            "headerTooltip": "Official symbol. Choose a row to see the gene study by study.",
            "filter": "agTextColumnFilter",
            "flex": 1,
            "minWidth": 110,
            "cellClass": "is-strong",
        },
        number(
            "log2_fold_change", "log2 FC", 92, "fixed",
            "Mean over studies of log2 of the mean in the type over the mean in the background; 1 is twofold",
        ),
        number(
            "p_value_adj", "q", 92, "tiny",
            "The largest over studies of the p-values, Benjamini-Hochberg adjusted over the genes of each test",
        ),
        number("pct_in", "In type", 84, "percent", "Share of the type's cells that have the gene"),
        number("pct_out", "Elsewhere", 92, "percent", "Share of the background's cells that have the gene"),
        number("n_studies", "Studies", 80, "count", "Studies that tested the gene"),
        {
            "field": "specific",
            "headerName": "Specific",
            "headerTooltip": "Whether the gene sets the type apart from its siblings too, not just from all others; empty where they were not tested",
            "width": 88,
            "valueFormatter": {"function": "params.value == null ? '–' : params.value ? 'yes' : 'no'"},
            "filter": "agTextColumnFilter",
            "cellDataType": False,
        },
    ]  # fmt: skip


def rows(card: TypeCard) -> list[dict[str, Any]]:
    """Turn the strongest genes into rows of the table.

    Parameters
    ----------
    card : TypeCard
        Up and down genes.

    Returns
    -------
    list of dict
        JSON-able; at most 200 up, the strongest first, then as many down.
    """
    table = pd.concat([card.up.head(MAX_LISTED), card.down.head(MAX_LISTED)], ignore_index=True)
    up = table["log2_fold_change"] > 0
    table = table.assign(_down=~up).sort_values(["_down", "rank"], kind="stable")
    return [
        {
            "gene_symbol": str(row["gene_symbol"]),
            "log2_fold_change": round(float(row["log2_fold_change"]), 3),
            "p_value_adj": float(row["p_value_adj"]),
            "pct_in": round(float(row["pct_in"]), 4),
            "pct_out": round(float(row["pct_out"]), 4),
            "n_studies": int(row["n_studies"]),
            "specific": None if pd.isna(row["specific"]) else bool(row["specific"]),
        }
        for row in table.to_dict("records")
    ]


def forest_head(view: StudyEffects) -> list[Component]:
    """Name the gene of the forest plot.

    Parameters
    ----------
    view : StudyEffects
        The gene in one contrast.

    Returns
    -------
    list of Component
        Name, what the studies say together, and the way to the tab about genes.
    """
    n = len(view.studies)
    told = "tested in one study" if n == 1 else f"tested in {n} studies"
    spread: list[Any] = []
    if view.i2 is not None:
        spread = [
            ", ",
            el.number(
                f"I² {100 * view.i2:.0f} %",
                "Share of the spread between the studies' fold changes that their errors do not explain: 0 % is full agreement.",
            ),
        ]
    show = html.Button(
        "Show on the map",
        className="link",
        type="button",
        title=f"{view.symbol} in the tab about genes",
        **el.goes(gene=view.symbol, tab="genes", type=None),
    )
    return [html.H3(view.symbol), html.Span([told, *spread], className="quiet"), html.Span(className="spring"), show]


def _below(card: TypeCard) -> str:
    hidden = max(0, len(card.up) - MAX_LISTED) + max(0, len(card.down) - MAX_LISTED)
    more = (
        f" The {MAX_LISTED} strongest of either direction are listed; the download has {hidden:,} more."
        if hidden
        else ""
    )
    return f"Ranked by the difference of mean log expression and the fold change together.{more}"


def _switch(card: TypeCard) -> Component:
    chosen = card.contrast.background if card.contrast else BACKGROUND
    control: Component = dmc.SegmentedControl(
        id=ids.CONTRAST_SWITCH,
        data=[{"value": name, "label": SWITCH_WORDS[name]} for name in card.backgrounds],
        value=chosen,
        size="xs",
    )
    return control


def _table(listed: list[dict[str, Any]]) -> Component:
    grid = grid_theme.grid(
        columns(),
        listed,
        id=ids.CARD_TABLE,
        key="gene_symbol",
        row_height=ROW_HEIGHT,
        choosing=True,
        floatingFilter=True,
        suppressHeaderFilterButton=True,
        suppressFloatingFilterButton=True,
    )
    return html.Div(grid, className="card-table")


def number(field: str, name: str, width: int, form: str, definition: str) -> dict[str, Any]:
    """Define a column of numbers.

    Parameters
    ----------
    field, name : str
        Field of the rows and heading.
    width : int
        Pixels.
    form : str
        How it is written: ``fixed``, ``tiny``, ``percent`` or ``count``.
    definition : str
        Tooltip of the heading.

    Returns
    -------
    dict
        For ``columnDefs``.
    """
    forms = {
        "fixed": "d3.format('.2f')(params.value)",
        "tiny": "params.value < 1e-99 ? '< 1e-99' : params.value < 0.001 ? d3.format('.0e')(params.value) : d3.format('.3f')(params.value)",
        "percent": "d3.format('.0f')(100 * params.value) + ' %'",
        "count": "d3.format(',')(params.value)",
    }
    return {
        "field": field,
        "headerName": name,
        "width": width,
        "type": "rightAligned",
        "headerTooltip": definition,
        "filter": "agNumberColumnFilter",
        "valueFormatter": {"function": forms[form]},
        "cellDataType": "number",
    }
