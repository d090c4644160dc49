"""The Scores panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, in_panel, read_clusters, read_size
from layouts import heatmap, ids, words
from layouts.figures.heatmap import heatmap_figure
from layouts.figures.tokens import Theme

USUAL = (440, 340)


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.HEATMAP, "figure"),
        Output(ids.HEATMAP_SUB, "children"),
        Output(ids.CLUSTER_COUNT, "children"),
        Output(ids.HEATMAP_MESSAGE, "children"),
        Input(ids.SELECTION, "data"),
        Input(ids.CLUSTERS, "data"),
        Input(ids.SCHEME, "data"),
        Input(ids.HEATMAP_SIZE, "data"),
        State(ids.URL, "pathname"),
    )(update)


def update(
    selection: str | None, clusters: str | None, theme: Theme | None, size: object, pathname: str | None
) -> list[Any]:
    """Fill the panel for an address.

    Parameters
    ----------
    selection, clusters : str or None
        Parts of the address.
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    size : object
        Width and height of the panel in pixels; None before the browser has measured it.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    if theme is None or size is None:
        raise PreventUpdate
    return in_panel(draw, 3, (pathname, selection, None), clusters, theme, read_size(size, USUAL))


def draw(shown: Shown, clusters: str | None, theme: Theme, size: tuple[int, int]) -> Sequence[Any]:
    """Draw the heatmap.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    clusters : str or None
        Wanted number of clusters.
    theme : str
        ``light`` or ``dark``.
    size : tuple of int
        Width and height of the panel in pixels.

    Returns
    -------
    sequence
        Figure, line beside the title, words at the slider.
    """
    view = shown.engine.heatmap(shown.result, read_clusters(clusters))
    figure = heatmap_figure(view, theme=theme, selected=shown.mask, width=size[0])
    return figure, heatmap.sub(view), words.count(view.n_clusters, "cluster")
