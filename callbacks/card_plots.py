"""The plots of a type's card: volcano, one gene study by study, and its genes in the selected cells; drawn after the card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import ALL, Dash, Input, Output, State, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.browser import in_browser
from callbacks.opened import Content, Shown, drawable, in_panel, in_place
from callbacks.reading import read_contrast
from core.explore.contrast import BACKGROUND
from core.explore.naming import type_names
from core.ontology.text import brief_name
from layouts import card_genes, ids, states, type_card
from layouts.figures.forest import forest_figure
from layouts.figures.genes import gene_figure
from layouts.figures.tokens import Theme
from layouts.figures.volcano import volcano_figure


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.VOLCANO_PLACE, "children"),
        Input(ids.SCHEME, "data"),
        Input(ids.WEBGL, "data"),
        Input(ids.VOLCANO_PLACE, "id"),
        State(ids.TYPE, "data"),
        State(ids.CONTRAST, "data"),
        State(ids.URL, "pathname"),
    )(update_volcano)
    app.callback(
        Output(ids.GENES_BODY, "children"),
        Output(ids.GENES_SUB, "children"),
        Output(ids.GENES_BODY, "style"),
        Input(ids.SCHEME, "data"),
        Input(ids.GENES_BODY, "id"),
        State(ids.TYPE, "data"),
        State(ids.CONTRAST, "data"),
        State(ids.SELECTION, "data"),
        State(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(update_genes)
    in_browser(
        app,
        "chooseCardGene",
        Output(ids.CARD_GENE, "data"),
        Input(ids.CARD_TABLE, "selectedRows"),
        Input(ids.volcano(ALL), "clickData"),
        initially=False,
    )
    app.callback(
        Output(ids.FOREST_PLACE, "children"),
        Input(ids.CARD_GENE, "data"),
        Input(ids.SCHEME, "data"),
        State(ids.TYPE, "data"),
        State(ids.CONTRAST, "data"),
        State(ids.URL, "pathname"),
    )(update_forest)


def update_volcano(
    theme: Theme | None,
    webgl: bool | None,  # noqa: FBT001  (Dash hands inputs over by place)
    place: object,  # noqa: ARG001  (its appearance is the news: a card has been filled)
    term_id: str | None,
    contrast: str | None,
    pathname: str | None,
) -> Content:
    """Draw all genes of the card's contrast.

    Parameters
    ----------
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    webgl : bool or None
        Whether the browser draws WebGL; None before it has said.
    place : object
        Id of its place.
    term_id, contrast : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    Component
        The plot, or why there is none.
    """
    if theme is None or webgl is None or not term_id:
        raise PreventUpdate
    return in_place(draw_volcano, (pathname, "all", None, None), term_id, read_contrast(contrast), theme, webgl)


def draw_volcano(shown: Shown, term_id: str, contrast: str, theme: Theme, webgl: bool) -> Component:  # noqa: FBT001
    """Draw it, as `update_volcano`.

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
        The plot.
    """
    view = shown.engine.volcano(shown.result, term_id, tested(shown, term_id, contrast))
    name = brief_name(type_names(shown.bundle).get(term_id, term_id))
    figure = drawable(volcano_figure(view, name=name, theme=theme), webgl=webgl)
    return card_genes.plot(ids.volcano("card"), figure, saved_as="type-volcano")


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
    body, line, style, message = in_panel(
        draw_genes, 3, (pathname, selection, None, detail), term_id, read_contrast(contrast), theme
    )
    return [body, line, style] if message is None else [message, "", no_update]


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
        Figure or a sentence why there is none, the line above it, its height.
    """
    view = shown.engine.gene_heatmap(shown.result, term_id, shown.mask, tested(shown, term_id, contrast))
    height = type_card.heatmap_height(view)
    if not view.genes or not view.cell_ids:
        return type_card.no_genes(view), "", height
    figure = gene_figure(view, theme=theme)
    return card_genes.plot(ids.GENES, figure, saved_as="type-genes"), type_card.genes_line(view), height


def tested(shown: Shown, term_id: str, contrast: str) -> str:
    """Return the contrast asked for where the type was tested so, else the first there is."""
    there = shown.engine.genes(shown.result).backgrounds(term_id)
    return contrast if contrast in there else next(iter(there), BACKGROUND)


def update_forest(
    gene: str | None, theme: Theme | None, term_id: str | None, contrast: str | None, pathname: str | None
) -> Content:
    """Draw one gene of the card study by study.

    Parameters
    ----------
    gene : str or None
        The gene chosen in the table or in the volcano plot, at first the strongest.
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    term_id, contrast : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list of Component or Component
        Heading and figure, or why there is none.
    """
    if theme is None or not term_id or not isinstance(gene, str):
        raise PreventUpdate
    return in_place(draw_forest, (pathname, "all", None, None), gene, term_id, read_contrast(contrast), theme)


def draw_forest(shown: Shown, gene: str, term_id: str, contrast: str, theme: Theme) -> Content:
    """Draw it, as `update_forest`.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    gene : str
        Any name of a gene.
    term_id : str
        Cell type id.
    contrast : str
        What the type is held against.
    theme : str
        ``light`` or ``dark``.

    Returns
    -------
    list of Component or Component
        Heading and figure, or a sentence.
    """
    asked = shown.engine.genes(shown.result)
    view = asked.effects(term_id, asked.symbol(gene), tested(shown, term_id, contrast))
    if view.studies.empty:
        return states.panel_empty(f"{view.symbol} was not tested study by study.")
    return card_genes.forest(view, forest_figure(view, theme=theme))
