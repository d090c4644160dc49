"""The Ontology panel. The stylesheet of both themes is sent once; the browser switches between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.browser import in_browser
from callbacks.opened import Shown, in_panel
from callbacks.reading import read_size
from layouts import ids, ontology, states
from layouts.figures.ontology import elements

USUAL = (540, 240)


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.ONTOLOGY, "elements"),
        Output(ids.ONTOLOGY_LIST, "children"),
        Output(ids.ONTOLOGY_MESSAGE, "children"),
        Input(ids.SELECTION, "data"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        Input(ids.ONTOLOGY_SIZE, "data"),
        State(ids.URL, "pathname"),
    )(update)
    in_browser(
        app,
        "explainNode",
        Output(ids.ONTOLOGY_SUB, "children"),
        Input(ids.ONTOLOGY, "mouseoverNodeData"),
        Input(ids.ONTOLOGY, "mouseoverEdgeData"),
    )
    in_browser(
        app,
        "switchStylesheet",
        Output(ids.ONTOLOGY, "stylesheet"),
        Input(ids.SCHEME, "data"),
        Input(ids.ONTOLOGY_SHEETS, "data"),
    )
    in_browser(app, "fitOntology", [], Input(ids.ONTOLOGY, "elements"))


def update(
    selection: str | None, threshold: str | None, detail: str | None, size: object, pathname: str | None
) -> list[Any]:
    """Fill the panel for an address.

    Parameters
    ----------
    selection, threshold, detail : str or None
        Parts of the address.
    size : object
        Width and height of the drawing area in pixels; None before the browser has measured it.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    if size is None:
        raise PreventUpdate
    return in_panel(draw, 2, (pathname, selection, threshold, detail), read_size(size, USUAL))


def draw(shown: Shown, size: tuple[int, int]) -> Sequence[Any]:
    """Draw the matched types and their paths.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    size : tuple of int
        Width and height in pixels.

    Returns
    -------
    sequence
        Elements of the graph, types on its paths as buttons, and a sentence instead where no cell of the query has a type.
    """
    view = shown.engine.ontology_view(shown.result, shown.mask, size=size)
    drawn = elements(view, chosen=chosen_types(shown))
    if not drawn:
        return drawn, None, states.no_types(shown.result.n_query)
    return drawn, ontology.wider_types(drawn, chosen=str(shown.selection))


def chosen_types(shown: Shown) -> frozenset[str]:
    """List the types a selection by type names.

    Parameters
    ----------
    shown : Shown
        Result and selection.

    Returns
    -------
    frozenset of str
        Their ids; empty for a selection of another kind.
    """
    chosen = shown.selection
    return frozenset(chosen.value.split("+")) if chosen.kind in ("type", "under") else frozenset()
