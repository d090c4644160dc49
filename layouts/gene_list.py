"""The panel A list of genes: which types it fits, and which gene sets of the user's own file hold more of it than chance gives."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.bundle.schema import TYPE
from core.explore.gene_list import MIN_CELLS, Fits
from core.explore.gene_sets import Enrichment, GeneSets
from core.expression.gene_finder import GeneList
from core.ontology.text import short_name
from core.words import percent
from layouts import card_genes, grid_theme, ids, states
from layouts import elements as el

SHOWN_NAMES = 12
ROW_HEIGHT = 28
FITS_FILE = "scquery-list-types.csv"
SETS_FILE = "scquery-list-gene-sets.csv"


def layout() -> Component:
    """Build the panel.

    Returns
    -------
    Component
        The panel, still empty.
    """
    box = dmc.Textarea(
        id=ids.LIST_TEXT,
        placeholder="CD79A, MS4A1, CD19 …",
        label="Symbols, older names or ids",
        minRows=6,
        maxRows=6,
        autosize=True,
        className="list-text",
    )
    buttons = html.Div(
        [
            el.button("Look up", id=ids.LIST_SUBMIT, symbol="search", look="filled"),
            el.button("Use the selected type's genes", id=ids.LIST_EXAMPLE, look="subtle"),
        ],
        className="list-buttons",
    )
    given = html.Div(
        [box, buttons, html.Div(id=ids.LIST_FOUND, className="list-found", role="status")], className="list-in"
    )
    tabs = dmc.SegmentedControl(
        id=ids.LIST_VIEW,
        data=[{"value": "types", "label": "Types it fits"}, {"value": "sets", "label": "Gene sets"}],
        value="types",
        size="xs",
    )
    out = html.Div(html.Div(id=ids.LIST_RESULT, className="list-result"), className="list-out")
    return el.panel(
        "A list of genes",
        [
            html.Div([given, out], className="list-body"),
            dcc.Store(id=ids.GENE_SETS_STATE),
            dcc.Download(id=ids.LIST_FILE),
        ],
        name="gene-list",
        tools=[tabs],
    )


def found(genes: GeneList) -> list[Component]:
    """Say what became of the list, naming what was not found.

    Parameters
    ----------
    genes : GeneList
        The list.

    Returns
    -------
    list of Component
        Lines.
    """
    n = words.count(len(genes.symbols), "gene")
    lines: list[Component] = [
        html.P([html.Strong(n), f" of {words.count(genes.n_given, 'name')} are in the reference."])
    ]
    for names, what in (
        (genes.unknown, "Not a gene, or more than one"),
        (genes.absent, "Not measured in the reference"),
    ):
        if names:
            more = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
            lines.append(html.P(f"{what}: {', '.join(names[:SHOWN_NAMES])}{more}.", title=", ".join(names[:200])))
    return lines


def nothing_asked() -> Component:
    """Say what the panel would show."""
    return states.panel_empty("No list yet.", "Paste genes and look them up, or take those of the selected type.")


def no_gene() -> Component:
    """Say that no name of the list is known."""
    return states.panel_empty(
        "None of these names is a gene of the reference.", "Use symbols, Ensembl ids or NCBI ids."
    )


def fits(view: Fits) -> list[Component]:
    """Show the types a list fits.

    Parameters
    ----------
    view : Fits
        Types, the best fit first.

    Returns
    -------
    list of Component
        Table and its explanation.
    """
    counted = (
        "The genes of one programme are no independent draws, so q is smaller than it should be. A gene counts as measured in a type "
        f"where at least {MIN_CELLS} of its cells come from studies with the gene."
    )
    note = el.tip(html.Span("Genes of one programme rise together: read q as a ranking.", tabIndex=0), counted)
    return [
        html.Div(_grid(ids.LIST_TABLE, _fit_columns(), fit_rows(view)), className="list-table"),
        html.Div([html.P(note, className="quiet"), _save()], className="list-foot"),
    ]


def fit_rows(view: Fits) -> list[dict[str, Any]]:
    """Turn the types a list fits into rows of the table.

    Parameters
    ----------
    view : Fits
        Types.

    Returns
    -------
    list of dict
        JSON-able.
    """
    return [
        {
            "id": str(row[TYPE]),
            "name": short_name(str(row["cell_type"])),
            "overlap": f"{int(row['n_overlap'])} of {int(row['n_measured'])}",
            "n_overlap": int(row["n_overlap"]),
            "genes": ", ".join(row["overlap"]) or "none",
            "q_overlap": _number(row["q_overlap"]),
            "auc": _number(row["auc"]),
            "q_rank": _number(row["q_rank"]),
        }
        for row in view.table.to_dict("records")
    ]


def sets(held: GeneSets | None, view: Enrichment | None, *, name: str, refused: str = "") -> list[Component]:
    """Show over-representation in the gene sets of the user's file.

    Parameters
    ----------
    held : GeneSets or None
        The file's sets; None before one was brought.
    view : Enrichment or None
        The test of the list; None without a list or a file.
    name : str
        The user's name for the file.
    refused : str
        Why the last file was not taken, empty if it was.

    Returns
    -------
    list of Component
        The way to bring a file, the table and its explanation.
    """
    choose = html.Button(
        [el.icon("upload"), html.Span("Choose a GMT file" if held is None else "Choose another")],
        className="button is-default",
        type="button",
        **el.attributes(data_gene_sets="choose"),
    )
    facts = (
        f"{name}: {words.count(len(held.sets), 'set')}, {percent(held.n_known, held.n_names)} of its {held.n_names:,} genes known here"
        if held
        else "A line a set: name, description, genes, with tabs between. Up to 8 MB; kept with this search."
    )
    head: list[Component] = [html.Div([choose, html.Span(facts, className="quiet")], className="list-sets-head")]
    if refused:
        head.append(html.P([el.icon("alert-triangle", size="small"), refused], className="list-refused", role="alert"))
    if held is None:
        return [*head, states.panel_empty("No gene sets yet.", "Bring a GMT file, for example from MSigDB.")]
    if view is None:
        return [*head, nothing_asked()]
    if view.table.empty:
        return [*head, states.panel_empty(f"None of the {view.n_tested:,} sets tested shares a gene with the list.")]
    return [
        *head,
        html.Div(_grid(ids.LIST_TABLE, _set_columns(), set_rows(view)), className="list-table"),
        html.Div([html.P(set_line(view), className="quiet"), _save()], className="list-foot"),
    ]


def set_line(view: Enrichment) -> str:
    """State the background of the test.

    Parameters
    ----------
    view : Enrichment
        The test.

    Returns
    -------
    str
        One or two sentences.
    """
    return (
        f"{words.count(view.n_genes, 'gene')} of the list against a background of the {view.n_background:,} genes that both the "
        f"reference and your file measured; {view.n_tested:,} sets of 3 to 2,000 of them tested, hypergeometric, Benjamini-Hochberg."
    )


def set_rows(view: Enrichment) -> list[dict[str, Any]]:
    """Turn the tested sets into rows of the table.

    Parameters
    ----------
    view : Enrichment
        The test.

    Returns
    -------
    list of dict
        JSON-able, the first 500.
    """
    return [
        {
            "id": str(row["gene_set"]),
            "name": str(row["gene_set"]).replace("_", " "),
            "overlap": f"{int(row['n_overlap'])} of {int(row['n_set'])}",
            "n_overlap": int(row["n_overlap"]),
            "genes": ", ".join(row["genes"][:60]),
            "fold": round(float(row["fold"]), 2),
            "q_value": float(row["q_value"]),
        }
        for row in view.table.head(500).to_dict("records")
    ]


def _number(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _save() -> Component:
    return el.button("Download table", id=ids.LIST_DOWNLOAD, symbol="download")


def _fit_columns() -> list[dict[str, Any]]:
    return [
        {
            "field": "name", "headerName": "Type", "headerTooltip": "Type of the reference", "flex": 1, "minWidth": 80, "tooltipField": "name",
            "cellClass": "is-strong", "filter": "agTextColumnFilter",
        },
        {
            "field": "overlap", "headerName": "Overlap", "width": 74, "tooltipField": "genes", "type": "rightAligned",
            "headerTooltip": "Genes of the list that set the type apart from all others, of those measured in it; hover a number for their names",
            "comparator": {"function": "params.nodeA.data.n_overlap - params.nodeB.data.n_overlap"},
        },
        _q("q_overlap", "q", "Of the overlap: hypergeometric, Benjamini-Hochberg over types; empty where the type was not tested"),
        {
            "field": "auc", "headerName": "Rank", "width": 52, "type": "rightAligned", "cellDataType": "number",
            "headerTooltip": "Chance that a gene of the list is more specific to the type than another gene: 0.5 is chance, 1 the top of all genes",
            "valueFormatter": {"function": "params.value == null ? '–' : d3.format('.2f')(params.value)"},
        },
        _q("q_rank", "q rank", "Of the rank: Mann-Whitney, Benjamini-Hochberg over types; at least 3 genes"),
    ]  # fmt: skip


def _set_columns() -> list[dict[str, Any]]:
    return [
        {
            "field": "name", "headerName": "Gene set", "headerTooltip": "Name in your file", "flex": 1, "minWidth": 150,
            "tooltipField": "name", "filter": "agTextColumnFilter",
        },
        {
            "field": "overlap", "headerName": "Overlap", "width": 92, "tooltipField": "genes", "type": "rightAligned",
            "headerTooltip": "Genes of the list in the set, of its genes in the background; hover a number for their names",
            "comparator": {"function": "params.nodeA.data.n_overlap - params.nodeB.data.n_overlap"},
        },
        card_genes.number("fold", "Ratio", 70, "fixed", "Shared genes over the number expected by chance"),
        _q("q_value", "q", "Hypergeometric, Benjamini-Hochberg over all tested sets"),
    ]  # fmt: skip


def _q(field: str, name: str, definition: str) -> dict[str, Any]:
    form = "params.value == null ? '–' : params.value < 0.001 ? d3.format('.0e')(params.value) : d3.format('.3f')(params.value)"
    return {
        "field": field, "headerName": name, "width": 60, "type": "rightAligned", "headerTooltip": definition,
        "valueFormatter": {"function": form}, "cellDataType": "number",
    }  # fmt: skip


def _grid(grid_id: str, columns: list[dict[str, Any]], rows: list[dict[str, Any]]) -> Component:
    grid: Component = grid_theme.grid(
        columns, rows, id=grid_id, key="id", row_height=ROW_HEIGHT, suppressHeaderFilterButton=True
    )
    return grid
