"""The card of a type: opens when the address names one."""

from __future__ import annotations

import logging
from typing import Any

from dash import Dash, Input, Output, State, dcc
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, drawable, open_shown
from core.errors import ScQueryError
from core.explore.markers import GeneHeatmapView, VolcanoView
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
        Input(ids.THEME, "computedColorScheme"),
        Input(ids.WEBGL, "data"),
        Input(ids.CARD_BODY, "id"),
        State(ids.URL, "pathname"),
    )(update)
    app.callback(
        Output(ids.GENES_FILE, "data"),
        Input(ids.GENES_DOWNLOAD, "n_clicks"),
        State(ids.TYPE, "data"),
        State(ids.SELECTION, "data"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(save_genes)


def update(
    term_id: str | None,
    selection: str | None,
    threshold: str | None,
    theme: Theme | None,
    webgl: bool | None,  # noqa: FBT001  (Dash hands inputs over by place)
    body: object,  # noqa: ARG001  (its appearance is the news: the drawer has been opened)
    pathname: str | None,
) -> Component:
    """Fill the card for an address.

    Parameters
    ----------
    term_id, selection, threshold : str or None
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
        return draw(open_shown(pathname, selection, threshold), term_id, theme, webgl=webgl)
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
    genes = shown.engine.gene_heatmap(shown.result, term_id, shown.mask)
    ontology = shown.bundle.manifest.ontology
    return type_card.layout(
        card,
        _graphs(volcano, genes, card.name, theme, webgl=webgl),
        swatch=composition.colour(term_id, shown.engine.type_ranks(shown.result)),
        chosen=str(shown.selection),
        ontology_release=type_card.ontology_release(ontology.name, ontology.release),
    )


def save_genes(
    n_clicks: int | None, term_id: str | None, selection: str | None, pathname: str | None
) -> dict[str, Any]:
    """Give the genes of the shown type as a file.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    term_id, selection : str or None
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
    shown = open_shown(pathname, selection, None)
    card = shown.engine.type_card(shown.result, term_id, shown.mask)
    name = type_card.GENE_FILE.format(term_id.replace(":", "-"))
    found: dict[str, Any] = dcc.send_string(to_csv(type_card.gene_table(card)), name)
    return found


def _graphs(
    volcano: VolcanoView, genes: GeneHeatmapView, name: str, theme: Theme, *, webgl: bool
) -> type_card.CardGraphs:
    return type_card.CardGraphs(
        volcano=drawable(volcano_figure(volcano, name=short_name(name), theme=theme), webgl=webgl)
        if len(volcano.genes)
        else None,
        genes=gene_figure(genes, theme=theme) if genes.genes and genes.cell_ids else None,
        volcano_view=volcano,
        genes_view=genes,
    )
