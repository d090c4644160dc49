"""The card of a type: opens when the address names one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from dash import ALL, Dash, Input, Output, State, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.browser import in_browser
from callbacks.evidence import draw_evidence
from callbacks.opened import Shown, drawable, in_panel, open_shown
from core.bundle.schema import BACKGROUNDS
from core.explore.contrast import BACKGROUND
from core.explore.naming import type_names
from core.ontology.text import short_name
from core.result import to_csv
from layouts import card_genes, composition, ids, states, type_card
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
        Input(ids.CARD_BODY, "id"),
        Input(ids.SELECTION, "data"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(update)
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
    body: object,  # noqa: ARG001  (its appearance is the news: the drawer has been opened)
    *address: str | None,
) -> Component:
    """Fill the card for an address; its plots come after it.

    Parameters
    ----------
    term_id, contrast : str or None
        Parts of the address.
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
    if not term_id:
        raise PreventUpdate
    return _either(in_panel(draw, 1, (pathname, selection, threshold, detail), term_id, read_contrast(contrast)))


def _either(filled: Sequence[Any]) -> Component:
    """Return what `in_panel` drew, or its sentence."""
    drawn, message = filled
    shown: Component = drawn if message is None else message
    return shown


def read_contrast(text: str | None) -> str:
    """Read what a type is held against; all other types for anything unknown."""
    return text if text in BACKGROUNDS else BACKGROUND


def draw(shown: Shown, term_id: str, contrast: str) -> list[Component]:
    """Build the card.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    term_id : str
        Cell type id.
    contrast : str
        What the type is held against.

    Returns
    -------
    list of Component
        Body of the drawer.
    """
    card = shown.engine.type_card(shown.result, term_id, shown.mask, contrast)
    ontology = shown.bundle.manifest.ontology
    return [
        type_card.layout(
            card,
            swatch=composition.colour(term_id, shown.engine.type_ranks(shown.result)),
            chosen=str(shown.selection),
            ontology_release=type_card.ontology_release(ontology.name, ontology.release),
        )
    ]


def update_volcano(
    theme: Theme | None,
    webgl: bool | None,  # noqa: FBT001  (Dash hands inputs over by place)
    place: object,  # noqa: ARG001  (its appearance is the news: a card has been filled)
    term_id: str | None,
    contrast: str | None,
    pathname: str | None,
) -> Component:
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
    address = (pathname, "all", None, None)
    return _either(in_panel(draw_volcano, 1, address, term_id, read_contrast(contrast), theme, webgl))


def draw_volcano(shown: Shown, term_id: str, contrast: str, theme: Theme, webgl: bool) -> list[Component]:  # noqa: FBT001
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
    list of Component
        The plot.
    """
    view = shown.engine.volcano(shown.result, term_id, tested(shown, term_id, contrast))
    name = short_name(type_names(shown.bundle).get(term_id, term_id))
    return [card_genes.plot(ids.volcano("card"), drawable(volcano_figure(view, name=name, theme=theme), webgl=webgl))]


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
    return card_genes.plot(ids.GENES, gene_figure(view, theme=theme)), type_card.genes_line(view), height


def tested(shown: Shown, term_id: str, contrast: str) -> str:
    """Return the contrast asked for where the type was tested so, else the first there is."""
    there = shown.engine.genes(shown.result).backgrounds(term_id)
    return contrast if contrast in there else next(iter(there), BACKGROUND)


def update_forest(
    gene: str | None, theme: Theme | None, term_id: str | None, contrast: str | None, pathname: str | None
) -> Component:
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
    Component
        Heading and figure, or why there is none.
    """
    if theme is None or not term_id or not isinstance(gene, str):
        raise PreventUpdate
    return _either(
        in_panel(draw_forest, 1, (pathname, "all", None, None), gene, term_id, read_contrast(contrast), theme)
    )


def draw_forest(shown: Shown, gene: str, term_id: str, contrast: str, theme: Theme) -> list[Any]:
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
    list
        Heading and figure as one, or a sentence.
    """
    asked = shown.engine.genes(shown.result)
    view = asked.effects(term_id, asked.symbol(gene), tested(shown, term_id, contrast))
    if view.studies.empty:
        return [states.panel_empty(f"{view.symbol} was not tested study by study.")]
    return [card_genes.forest(view, forest_figure(view, theme=theme))]


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
