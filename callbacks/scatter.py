"""The Map panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.looked_at import read_frame, read_tool
from callbacks.opened import Shown, drawable, in_panel
from callbacks.reading import read_size
from layouts import ids, scatter
from layouts.figures.scatter import Window, map_figure
from layouts.figures.tokens import Theme, type_colours

USUAL = (350, 320)


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.SCATTER, "figure"),
        Output(ids.MAP_ZOOM, "aria-pressed"),
        Output(ids.MAP_ZOOM, "hidden"),
        Output(ids.SCATTER_LEGEND, "children"),
        Output(ids.SCATTER_MESSAGE, "children"),
        Input(ids.SELECTION, "data"),
        Input(ids.SPACE, "data"),
        Input(ids.ZOOM, "data"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        Input(ids.SCHEME, "data"),
        Input(ids.WEBGL, "data"),
        Input(ids.TOUCH, "data"),
        Input(ids.SCATTER_SIZE, "data"),
        Input(ids.SCATTER_FRAME, "data"),
        State(ids.SCATTER_DRAG, "data"),
        State(ids.URL, "pathname"),
    )(update)


def update(
    selection: str | None,
    space: str | None,
    zoom: str | None,
    threshold: str | None,
    detail: str | None,
    *browser: Any,  # noqa: ANN401
) -> list[Any]:
    """Fill the panel for an address.

    Parameters
    ----------
    selection, space, zoom, threshold, detail : str or None
        Parts of the address.
    *browser
        What the browser says, each None before it has: ``light`` or ``dark``, whether it draws WebGL, whether a finger points in
        it, width and height of the panel in pixels. Then what the user zoomed to and the tool in use, None for neither, and the
        path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    theme, webgl, touch, size, frame, drag, pathname = browser
    if None in (theme, webgl, touch, size):
        raise PreventUpdate
    tool = read_tool(drag, "lasso", touch=touch)
    window = Window(read_size(size, USUAL), zoomed=zoom == "cells", dragmode=tool, looked_at=read_frame(frame))
    return in_panel(draw, 4, (pathname, selection, threshold, detail), space, theme, window, bool(webgl))


def draw(shown: Shown, space: str | None, theme: Theme, window: Window, webgl: bool) -> Sequence[Any]:  # noqa: FBT001
    """Draw the map.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    space : str or None
        ``raw``, one of the file's own maps, or the embedding.
    theme : str
        ``light`` or ``dark``.
    window : Window
        Where it is shown.
    webgl : bool
        Whether the browser draws WebGL.

    Returns
    -------
    sequence
        The figure, whether the button that zooms is pressed, and whether it is hidden, the legend.
    """
    view = shown.engine.projection(shown.result, space or "embedding")
    colours = type_colours(shown.engine.type_ranks(shown.result), theme)
    facts = shown.engine.cell_facts(shown.result, view.type_ids)
    figure = map_figure(view, theme=theme, colours=colours, selected=shown.mask, facts=facts, window=window)
    is_own = view.space in shown.result.own_places
    pressed = "true" if window.zoomed else "false"
    return drawable(figure, webgl=webgl), pressed, is_own, scatter.legend(is_own=is_own)
