"""The panel Types it marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, asked, gene_of, in_panel, open_shown
from core.errors import ScQueryError
from layouts import gene_marks, genes, ids, states
from layouts.figures.forest import forest_figure
from layouts.figures.tokens import Theme


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.GENE_MARKS, "rowData"),
        Output(ids.GENE_MARKS, "selectedRows"),
        Output(ids.GENE_MARKS_SUB, "children"),
        Output(ids.GENE_MARKS_MESSAGE, "children"),
        Input(ids.GENE, "data"),
        Input(ids.SELECTION, "data"),
        Input(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(update_marks)
    app.callback(
        Output(ids.GENE_FOREST, "figure"),
        Output(ids.GENE_FOREST_HEAD, "children"),
        Input(ids.GENE_MARKS, "selectedRows"),
        Input(ids.SCHEME, "data"),
        State(ids.GENE, "data"),
        State(ids.SELECTION, "data"),
        State(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(update_forest)


def update_marks(gene: str | None, selection: str | None, detail: str | None, pathname: str | None) -> list[Any]:
    """List the types a gene marks.

    Parameters
    ----------
    gene, selection, detail : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    return in_panel(draw_marks, 3, (pathname, selection, None, detail), gene)


def draw_marks(shown: Shown, gene: str | None) -> Sequence[Any]:
    """List the types a gene marks; the first is chosen.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    gene : str or None
        Part of the address.

    Returns
    -------
    sequence
        Rows, chosen rows, line beside the title, and a sentence where there is nothing to list.
    """
    symbol = gene_of(shown, gene)
    if symbol is None:
        return [], [], "", genes.no_gene()
    table = asked(shown).marks(symbol)
    if table.empty:
        nothing = states.panel_empty(
            f"{symbol} sets no type apart.",
            "No type has significantly more or less of it in all studies that tested it.",
        )
        return [], [], "", nothing
    rows = gene_marks.rows(table)
    return rows, rows[:1], gene_marks.line(table)


def update_forest(
    chosen: list[dict[str, Any]] | None,
    theme: Theme | None,
    gene: str | None,
    selection: str | None,
    detail: str | None,
    pathname: str | None,
) -> tuple[Any, Any]:
    """Draw the gene in the chosen type, study by study.

    Parameters
    ----------
    chosen : list of dict or None
        Selected row of the table.
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    gene, selection, detail : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    tuple
        Figure and heading.
    """
    match chosen:
        case [{"term": str(term_id)}, *_] if theme is not None:
            pass
        case _:
            raise PreventUpdate
    try:
        shown = open_shown(pathname, selection, None, detail)
        symbol = gene_of(shown, gene)
        if symbol is None:
            raise PreventUpdate
        view = asked(shown).effects(term_id, symbol)
    except ScQueryError as error:
        return no_update, states.panel_sentence(error)
    if view.studies.empty:
        return no_update, states.panel_empty(f"{symbol} was not tested in this type.")
    return forest_figure(view, theme=theme), gene_marks.forest_head(view)
