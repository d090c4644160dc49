"""The card of a type: opens when the address names one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.evidence import draw_evidence
from callbacks.opened import Shown, drawable, in_panel, open_shown
from core.bundle.schema import BACKGROUNDS
from core.errors import ScQueryError
from core.explore.contrast import BACKGROUND
from core.ontology.text import short_name
from core.result import to_csv
from layouts import card_genes, composition, ids, links, states, type_card
from layouts.figures.forest import forest_figure
from layouts.figures.genes import gene_figure
from layouts.figures.tokens import Theme
from layouts.figures.volcano import volcano_figure

logger = logging.getLogger(__name__)


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.CARD_BODY, "children"),
        Input(ids.TYPE, "data"),
        Input(ids.CONTRAST, "data"),
        Input(ids.SCHEME, "data"),
        Input(ids.WEBGL, "data"),
        Input(ids.CARD_BODY, "id"),
        Input(ids.SELECTION, "data"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(update)
    app.callback(
        Output(ids.GENES, "figure"),
        Output(ids.GENES_SUB, "children"),
        Output(ids.GENES_BODY, "style"),
        Output(ids.GENES_MESSAGE, "children"),
        Input(ids.SCHEME, "data"),
        Input(ids.GENES, "id"),
        State(ids.TYPE, "data"),
        State(ids.CONTRAST, "data"),
        State(ids.SELECTION, "data"),
        State(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(update_genes)
    app.callback(
        Output(ids.FOREST, "figure"),
        Output(ids.FOREST_HEAD, "children"),
        Input(ids.CARD_TABLE, "selectedRows"),
        Input(ids.VOLCANO, "clickData"),
        Input(ids.SCHEME, "data"),
        State(ids.CARD_TABLE, "rowData"),
        State(ids.TYPE, "data"),
        State(ids.CONTRAST, "data"),
        State(ids.URL, "pathname"),
    )(update_forest)
    app.callback(
        Output(ids.CARD_EVIDENCE, "children"),
        Input(ids.SCHEME, "data"),
        Input(ids.CARD_EVIDENCE, "id"),
        State(ids.TYPE, "data"),
        State(ids.SELECTION, "data"),
        State(ids.THRESHOLD, "data"),
        State(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(update_evidence)
    app.callback(
        Output(ids.GENES_FILE, "data"),
        Input(ids.GENES_DOWNLOAD, "n_clicks"),
        State(ids.TYPE, "data"),
        State(ids.CONTRAST, "data"),
        State(ids.SELECTION, "data"),
        State(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(save_genes)


def update(
    term_id: str | None,
    contrast: str | None,
    theme: Theme | None,
    webgl: bool | None,  # noqa: FBT001  (Dash hands inputs over by place)
    body: object,  # noqa: ARG001  (its appearance is the news: the drawer has been opened)
    *address: str | None,
) -> Component:
    """Fill the card for an address.

    Parameters
    ----------
    term_id, contrast : str or None
        Parts of the address.
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    webgl : bool or None
        Whether the browser draws WebGL; None before it has said.
    body : object
        Id of the card's body.
    *address : str or None
        Selection, threshold and detail of the address, and its path.

    Returns
    -------
    Component
        The card, or why there is none.
    """
    selection, threshold, detail, pathname = address
    if theme is None or webgl is None or not term_id or links.read_path(pathname).page != "result":
        raise PreventUpdate
    try:
        return draw(
            open_shown(pathname, selection, threshold, detail), term_id, read_contrast(contrast), theme, webgl=webgl
        )
    except ScQueryError as error:
        return states.panel_sentence(error)
    except Exception as error:
        logger.exception("A card could not be drawn")
        return states.panel_sentence(error)


def read_contrast(text: str | None) -> str:
    """Read what a type is held against; all other types for anything unknown."""
    return text if text in BACKGROUNDS else BACKGROUND


def draw(shown: Shown, term_id: str, contrast: str, theme: Theme, *, webgl: bool) -> Component:
    """Build the card.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    term_id : str
        Cell type id.
    contrast : str
        What the type is held against.
    theme : str
        ``light`` or ``dark``.
    webgl : bool
        Whether the browser draws WebGL.

    Returns
    -------
    Component
        Body of the drawer.
    """
    card = shown.engine.type_card(shown.result, term_id, shown.mask, contrast)
    background = card.contrast.background if card.contrast else BACKGROUND
    volcano = shown.engine.volcano(shown.result, term_id, background)
    figure = drawable(volcano_figure(volcano, name=short_name(card.name), theme=theme), webgl=webgl)
    ontology = shown.bundle.manifest.ontology
    return type_card.layout(
        card,
        volcano,
        figure,
        swatch=composition.colour(term_id, shown.engine.type_ranks(shown.result)),
        chosen=str(shown.selection),
        ontology_release=type_card.ontology_release(ontology.name, ontology.release),
    )


def update_genes(
    theme: Theme | None,
    graph: object,  # noqa: ARG001  (its appearance is the news: a card has been filled)
    term_id: str | None,
    contrast: str | None,
    selection: str | None,
    detail: str | None,
    pathname: str | None,
) -> list[Any]:
    """Fill the gene heatmap of the card.

    Parameters
    ----------
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    graph : object
        Id of the figure.
    term_id, contrast, selection, detail : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    if theme is None or not term_id:
        raise PreventUpdate
    return in_panel(draw_genes, 3, (pathname, selection, None, detail), term_id, read_contrast(contrast), theme)


def draw_genes(shown: Shown, term_id: str, contrast: str, theme: Theme) -> Sequence[Any]:
    """Draw the type's genes in the selected cells.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    term_id : str
        Cell type id.
    contrast : str
        What the type is held against.
    theme : str
        ``light`` or ``dark``.

    Returns
    -------
    sequence
        Figure, the line above it, its height, and a sentence instead where there is nothing to draw.
    """
    view = shown.engine.gene_heatmap(shown.result, term_id, shown.mask, tested(shown, term_id, contrast))
    height = type_card.heatmap_height(view)
    if not view.genes or not view.cell_ids:
        return no_update, "", height, type_card.no_genes(view)
    return gene_figure(view, theme=theme), type_card.genes_line(view), height, None


def tested(shown: Shown, term_id: str, contrast: str) -> str:
    """Return the contrast asked for where the type was tested so, else the first there is."""
    there = shown.engine.genes(shown.result).backgrounds(term_id)
    return contrast if contrast in there else next(iter(there), BACKGROUND)


def update_forest(
    chosen: list[dict[str, Any]] | None,
    click: dict[str, Any] | None,
    theme: Theme | None,
    rows: list[dict[str, Any]] | None,
    term_id: str | None,
    contrast: str | None,
    pathname: str | None,
) -> tuple[Any, Any]:
    """Draw one gene of the card study by study.

    Parameters
    ----------
    chosen : list of dict or None
        Selected row of the table.
    click : dict or None
        Point of the volcano plot that was clicked.
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    rows : list of dict or None
        All rows of the table: the first is shown until one is chosen.
    term_id, contrast : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    tuple
        Figure and heading.
    """
    return draw_forest(
        chosen, click, theme, rows, term_id, contrast, pathname, by_click=ctx.triggered_id == ids.VOLCANO
    )


def draw_forest(
    chosen: object,
    click: object,
    theme: Theme | None,
    rows: object,
    term_id: str | None,
    contrast: str | None,
    pathname: str | None,
    *,
    by_click: bool,
) -> tuple[Any, Any]:
    """Draw the gene that was chosen last, as `update_forest`."""
    symbol = read_gene(chosen, click, rows, by_click=by_click)
    if theme is None or not term_id or symbol is None:
        raise PreventUpdate
    try:
        shown = open_shown(pathname, "all", None)
        asked = shown.engine.genes(shown.result)
        view = asked.effects(term_id, asked.symbol(symbol), tested(shown, term_id, read_contrast(contrast)))
    except ScQueryError as error:
        return no_update, states.panel_sentence(error)
    if view.studies.empty:
        return no_update, states.panel_empty(f"{view.symbol} was not tested study by study.")
    return forest_figure(view, theme=theme), card_genes.forest_head(view)


def read_gene(chosen: object, click: object, rows: object, *, by_click: bool) -> str | None:
    """Return the gene that was chosen last: a clicked point, a selected row, or the first row."""
    match (by_click, click, chosen, rows):
        case (True, {"points": [{"text": str(symbol)}, *_]}, _, _):
            return symbol
        case (_, _, [{"gene_symbol": str(symbol)}, *_], _):
            return symbol
        case (_, _, _, [{"gene_symbol": str(symbol)}, *_]):
            return symbol
        case _:
            return None


def update_evidence(
    theme: Theme | None,
    place: object,  # noqa: ARG001  (its appearance is the news: a card has been filled)
    term_id: str | None,
    selection: str | None,
    threshold: str | None,
    detail: str | None,
    pathname: str | None,
) -> Any:  # noqa: ANN401
    """Say in the card why cells carry its label.

    Parameters
    ----------
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    place : object
        Id of the section.
    term_id, selection, threshold, detail : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list of Component or Component
        The evidence, or why there is none.
    """
    if theme is None or not term_id:
        raise PreventUpdate
    body, _, message = in_panel(draw_evidence, 2, (pathname, selection, threshold, detail), term_id, theme)
    return body if message is None else message


def save_genes(
    n_clicks: int | None,
    term_id: str | None,
    contrast: str | None,
    selection: str | None,
    detail: str | None,
    pathname: str | None,
) -> dict[str, str]:
    """Give the genes of the shown type as a file.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    term_id, contrast, selection, detail : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    dict
        For `dash.dcc.Download`.
    """
    if not n_clicks or not term_id:
        raise PreventUpdate
    shown = open_shown(pathname, selection, None, detail)
    card = shown.engine.type_card(shown.result, term_id, shown.mask, read_contrast(contrast))
    name = type_card.gene_file(card)
    return {"content": to_csv(type_card.gene_table(card)), "filename": name, "type": "text/csv"}
