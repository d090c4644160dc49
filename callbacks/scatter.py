"""The Map panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, in_panel
from layouts import ids
from layouts.figures.scatter import map_figure
from layouts.figures.tokens import Theme, type_colours


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
        Input(ids.THEME, "computedColorScheme"),
        State(ids.URL, "pathname"),
    )(update)


def update(
    selection: str | None, space: str | None, threshold: str | None, theme: Theme | None, pathname: str | None
) -> list[Any]:
    """Fill the panel for an address.

    Parameters
    ----------
    selection, space, threshold : str or None
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
    return in_panel(draw, 1, (pathname, selection, threshold), space, theme)


def draw(shown: Shown, space: str | None, theme: Theme) -> Sequence[Any]:
    """Draw the map.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    space : str or None
        ``raw``, or the embedding.
    theme : str
        ``light`` or ``dark``.

    Returns
    -------
    sequence
        The figure.
    """
    view = shown.engine.projection(shown.result, "raw" if space == "raw" else "embedding")
    colours = type_colours(shown.engine.type_ranks(shown.result), theme)
    return (map_figure(view, colours=colours, selected=shown.mask, theme=theme),)
