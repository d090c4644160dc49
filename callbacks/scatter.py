"""The Map panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, drawable, in_panel, read_size
from layouts import ids
from layouts.figures.scatter import map_figure
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
        Output(ids.SCATTER_MESSAGE, "children"),
        Input(ids.SELECTION, "data"),
        Input(ids.SPACE, "data"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        Input(ids.SCHEME, "data"),
        Input(ids.WEBGL, "data"),
        Input(ids.SCATTER_SIZE, "data"),
        State(ids.URL, "pathname"),
    )(update)


def update(
    selection: str | None,
    space: str | None,
    threshold: str | None,
    detail: str | None,
    theme: Theme | None,
    webgl: bool | None,  # noqa: FBT001  (Dash hands inputs over by place)
    size: object,
    pathname: str | None,
) -> list[Any]:
    """Fill the panel for an address.

    Parameters
    ----------
    selection, space, threshold, detail : str or None
        Parts of the address.
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    webgl : bool or None
        Whether the browser draws WebGL; None before it has said.
    size : object
        Width and height of the panel in pixels; None before the browser has measured it.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    if None in (theme, webgl, size):
        raise PreventUpdate
    return in_panel(
        draw, 1, (pathname, selection, threshold, detail), space, theme, read_size(size, USUAL), bool(webgl)
    )


def draw(shown: Shown, space: str | None, theme: Theme, size: tuple[int, int], webgl: bool) -> Sequence[Any]:  # noqa: FBT001
    """Draw the map.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    space : str or None
        ``raw``, or the embedding.
    theme : str
        ``light`` or ``dark``.
    size : tuple of int
        Width and height of the panel in pixels.
    webgl : bool
        Whether the browser draws WebGL.

    Returns
    -------
    sequence
        The figure.
    """
    view = shown.engine.projection(shown.result, "raw" if space == "raw" else "embedding")
    colours = type_colours(shown.engine.type_ranks(shown.result), theme)
    figure = map_figure(view, colours=colours, selected=shown.mask, theme=theme, size=size)
    return (drawable(figure, webgl=webgl),)
