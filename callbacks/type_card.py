"""The card of a type: opens when the address names one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, drawable, in_panel, open_shown
from core.errors import ScQueryError
from core.ontology.text import short_name
from core.result import to_csv
from layouts import composition, ids, links, states, type_card
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
        Input(ids.SELECTION, "data"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        Input(ids.SCHEME, "data"),
        Input(ids.WEBGL, "data"),
        Input(ids.CARD_BODY, "id"),
        State(ids.URL, "pathname"),
    )(update)
    app.callback(
        Output(ids.GENES, "figure"),
        Output(ids.GENES_SUB, "children"),
        Output(ids.GENES_MESSAGE, "children"),
        Input(ids.SCHEME, "data"),
        Input(ids.GENES, "id"),
        State(ids.TYPE, "data"),
        State(ids.SELECTION, "data"),
        State(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(update_genes)
    app.callback(
        Output(ids.GENES_FILE, "data"),
        Input(ids.GENES_DOWNLOAD, "n_clicks"),
        State(ids.TYPE, "data"),
        State(ids.SELECTION, "data"),
        State(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(save_genes)


def update(
    term_id: str | None,
    selection: str | None,
    threshold: str | None,
    detail: str | None,
    theme: Theme | None,
    webgl: bool | None,  # noqa: FBT001  (Dash hands inputs over by place)
    body: object,  # noqa: ARG001  (its appearance is the news: the drawer has been opened)
    pathname: str | None,
) -> Component:
    """Fill the card for an address.

    Parameters
    ----------
    term_id, selection, threshold, detail : str or None
        Parts of the address.
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    webgl : bool or None
        Whether the browser draws WebGL; None before it has said.
    body : object
        Id of the card's body.
    pathname : str or None
        Path of the address.

    Returns
    -------
    Component
        The card, or why there is none.
    """
    if theme is None or webgl is None or not term_id or links.read_path(pathname).page != "result":
        raise PreventUpdate
    try:
        return draw(open_shown(pathname, selection, threshold, detail), term_id, theme, webgl=webgl)
    except ScQueryError as error:
        return states.panel_sentence(error)
    except Exception as error:
        logger.exception("A card could not be drawn")
        return states.panel_sentence(error)


def draw(shown: Shown, term_id: str, theme: Theme, *, webgl: bool) -> Component:
    """Build the card.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    term_id : str
        Cell type id.
    theme : str
        ``light`` or ``dark``.
    webgl : bool
        Whether the browser draws WebGL.

    Returns
    -------
    Component
        Body of the drawer.
    """
    card = shown.engine.type_card(shown.result, term_id, shown.mask)
    volcano = shown.engine.volcano(shown.result, term_id)
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
    term_id, selection, detail : str or None
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
    return in_panel(draw_genes, 2, (pathname, selection, None, detail), term_id, theme)


def draw_genes(shown: Shown, term_id: str, theme: Theme) -> Sequence[Any]:
    """Draw the type's genes in the selected cells.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    term_id : str
        Cell type id.
    theme : str
        ``light`` or ``dark``.

    Returns
    -------
    sequence
        Figure, the line above it, and a sentence instead where there is nothing to draw.
    """
    view = shown.engine.gene_heatmap(shown.result, term_id, shown.mask)
    if not view.genes or not view.cell_ids:
        return no_update, "", type_card.no_genes(view)
    return gene_figure(view, theme=theme), type_card.genes_line(view), None


def save_genes(
    n_clicks: int | None, term_id: str | None, selection: str | None, detail: str | None, pathname: str | None
) -> dict[str, str]:
    """Give the genes of the shown type as a file.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    term_id, selection, detail : str or None
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
    card = shown.engine.type_card(shown.result, term_id, shown.mask)
    name = type_card.GENE_FILE.format(term_id.replace(":", "-"))
    return {"content": to_csv(type_card.gene_table(card)), "filename": name, "type": "text/csv"}
