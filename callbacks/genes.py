"""The tab about genes: search, facts, the gene on the map and by type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from dash import Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.looked_at import read_frame, read_tool
from callbacks.opened import Shown, asked, drawable, gene_of, in_panel, open_shown
from core.errors import ScQueryError
from core.explore.evidence import main_type
from core.ontology.text import short_name
from layouts import genes, ids, states
from layouts.figures.gene_map import GeneWindow, Side, gene_map_figure
from layouts.figures.gene_types import MAX_ROWS, gene_types_figure, scale_top
from layouts.figures.tokens import Theme
from layouts.graphs import BLANK


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.GENE_SEARCH, "data"),
        Input(ids.GENE_SEARCH, "searchValue"),
        Input(ids.GENE_SEARCH, "id"),
        State(ids.URL, "pathname"),
    )(suggest)
    app.callback(
        Output(ids.GENE_FACTS, "children"),
        Output(ids.GENE_SEARCH, "value"),
        Input(ids.GENE, "data"),
        Input(ids.SELECTION, "data"),
        Input(ids.DETAIL, "data"),
        State(ids.GENE_SEARCH, "value"),
        State(ids.URL, "pathname"),
    )(update_facts)
    app.callback(
        Output(ids.GENE_MAP, "figure"),
        Output(ids.GENE_MAP_SUB, "children"),
        Output(ids.GENE_MAP_MESSAGE, "children"),
        Input(ids.GENE, "data"),
        Input(ids.GENE_SIDE, "value"),
        Input(ids.SELECTION, "data"),
        Input(ids.DETAIL, "data"),
        Input(ids.SPACE, "data"),
        Input(ids.SCHEME, "data"),
        Input(ids.WEBGL, "data"),
        Input(ids.TOUCH, "data"),
        State(ids.GENE_MAP_FRAME, "data"),
        State(ids.GENE_MAP_DRAG, "data"),
        State(ids.URL, "pathname"),
    )(update_map)
    app.callback(
        Output(ids.GENE_TYPES, "children"),
        Output(ids.GENE_TYPES_SUB, "children"),
        Output(ids.GENE_TYPES_SCALE, "children"),
        Output(ids.GENE_TYPES_MESSAGE, "children"),
        Input(ids.GENE, "data"),
        Input(ids.SELECTION, "data"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        Input(ids.SCHEME, "data"),
        State(ids.URL, "pathname"),
    )(update_types)


def suggest(text: str | None, box: object, pathname: str | None) -> list[dict[str, str]]:  # noqa: ARG001
    """Suggest genes for what is typed.

    Parameters
    ----------
    text : str or None
        Contents of the search box.
    box : object
        Its id; its appearance asks for the first suggestions.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list of dict
        Data of the search box.
    """
    try:
        shown = open_shown(pathname, "all", None)
    except ScQueryError as error:
        raise PreventUpdate from error
    typed = text if isinstance(text, str) else ""
    return genes.suggestions(asked(shown).suggest(typed), typed)


def update_facts(
    gene: str | None, selection: str | None, detail: str | None, box: object, pathname: str | None
) -> tuple[Any, Any]:
    """Say which gene is shown.

    Parameters
    ----------
    gene, selection, detail : str or None
        Parts of the address.
    box : object
        What was chosen in the search box.
    pathname : str or None
        Path of the address.

    Returns
    -------
    tuple
        Name and line, and an empty search box where a choice was made: what somebody is typing stays.
    """
    emptied = None if box else no_update
    try:
        shown = open_shown(pathname, selection, None, detail)
        symbol = gene_of(shown, gene)
    except ScQueryError as error:
        return states.panel_sentence(error), emptied
    if symbol is None:
        return genes.no_gene(), emptied
    common = main_type(shown.result, shown.mask)
    view = asked(shown).view(symbol, shown.mask)
    return genes.facts(view, chosen=bool(gene), of_type=short_name(common[1]) if common else ""), emptied


def update_map(
    gene: str | None,
    side: str | None,
    selection: str | None,
    detail: str | None,
    space: str | None,
    *browser: Any,  # noqa: ANN401
) -> list[Any]:
    """Draw the gene on the map.

    Parameters
    ----------
    gene, selection, detail, space : str or None
        Parts of the address.
    side : str or None
        ``query`` or ``reference``.
    *browser
        What the browser says, each None before it has: ``light`` or ``dark``, whether it draws WebGL, whether a finger points in
        it. Then what the user zoomed to and the tool in use, None for neither, and the path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    theme, webgl, touch, frame, drag, pathname = browser
    if None in (theme, webgl, touch):
        raise PreventUpdate
    whose: Side = "reference" if side == "reference" else "query"
    tool = read_tool(drag, "lasso" if whose == "query" else "zoom", touch=touch)
    window = GeneWindow(whose, tool, read_frame(frame))
    [figure, *rest] = in_panel(draw_map, 2, (pathname, selection, None, detail), gene, space, theme, window)
    return [drawable(figure, webgl=bool(webgl)) if isinstance(figure, go.Figure) else figure, *rest]


def draw_map(
    shown: Shown,
    gene: str | None,
    space: str | None,
    theme: Theme,
    window: GeneWindow,
) -> Sequence[Any]:
    """Draw the gene on the map.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    gene, space, theme
        As `update_map`.
    window : GeneWindow
        Whose cells are coloured, and how the map is looked at.

    Returns
    -------
    sequence
        Figure, line beside the title, and a sentence where there is nothing to draw.
    """
    symbol = gene_of(shown, gene)
    if symbol is None:
        return BLANK, "", genes.no_gene()
    view = asked(shown).map(symbol, _space(space, window.side))
    missing = genes.not_measured(symbol) if window.side == "query" and view.query_values is None else None
    figure = gene_map_figure(view, theme=theme, selected=shown.mask, window=window)
    return figure, genes.map_line(symbol, int(shown.mask.sum()), window.side), missing


def _space(space: str | None, whose: Side) -> str:
    """Say which map is drawn: the file's own ones have no reference cells."""
    return "raw" if space == "raw" else "embedding" if whose == "reference" or not space else space


def update_types(
    gene: str | None,
    selection: str | None,
    threshold: str | None,
    detail: str | None,
    theme: Theme | None,
    pathname: str | None,
) -> list[Any]:
    """Draw the gene by type.

    Parameters
    ----------
    gene, selection, threshold, detail : str or None
        Parts of the address.
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    if theme is None:
        raise PreventUpdate
    return in_panel(draw_types, 3, (pathname, selection, threshold, detail), gene, theme)


def draw_types(shown: Shown, gene: str | None, theme: Theme) -> Sequence[Any]:
    """Draw the gene by type.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    gene : str or None
        Part of the address.
    theme : str
        ``light`` or ``dark``.

    Returns
    -------
    sequence
        Graph, line beside the title, legend, and a sentence where there is nothing to draw.
    """
    symbol = gene_of(shown, gene)
    if symbol is None:
        return None, "", "", genes.no_gene()
    table = asked(shown).view(symbol, shown.mask).by_type
    figure = gene_types_figure(table, theme=theme, symbol=symbol)
    line = genes.types_line(len(table), min(len(table), MAX_ROWS))
    return genes.types_graph(figure), line, genes.types_scale(scale_top(table))
