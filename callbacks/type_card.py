"""The card of a type: opens when the address names one."""

from __future__ import annotations

from dash import Dash, Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.opened import Content, Shown, in_place, open_shown
from callbacks.reading import read_contrast
from core.result import to_csv
from layouts import composition, ids, type_card


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
) -> Content:
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
    return in_place(draw, (pathname, selection, threshold, detail), term_id, read_contrast(contrast))


def draw(shown: Shown, term_id: str, contrast: str) -> Component:
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
    Component
        Body of the drawer.
    """
    card = shown.engine.type_card(shown.result, term_id, shown.mask, contrast)
    ontology = shown.bundle.manifest.ontology
    return type_card.layout(
        card,
        swatch=composition.colour(term_id, shown.engine.type_ranks(shown.result)),
        chosen=str(shown.selection),
        ontology_release=type_card.ontology_release(ontology.name, ontology.release),
    )


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
