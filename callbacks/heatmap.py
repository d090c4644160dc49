"""The Scores panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, in_panel, read_clusters
from layouts import heatmap, ids, words
from layouts.figures.heatmap import heatmap_figure
from layouts.figures.tokens import Theme


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
        Input(ids.THEME, "computedColorScheme"),
        State(ids.URL, "pathname"),
    )(update)


def update(selection: str | None, clusters: str | None, theme: Theme | None, pathname: str | None) -> list[Any]:
    """Fill the panel for an address.

    Parameters
    ----------
    selection, clusters : str or None
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
    return in_panel(draw, 3, (pathname, selection, None), clusters, theme)


def draw(shown: Shown, clusters: str | None, theme: Theme) -> Sequence[Any]:
    """Draw the heatmap.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    clusters : str or None
        Wanted number of clusters.
    theme : str
        ``light`` or ``dark``.

    Returns
    -------
    sequence
        Figure, line beside the title, words at the slider.
    """
    view = shown.engine.heatmap(shown.result, read_clusters(clusters))
    figure = heatmap_figure(view, theme=theme, selected=shown.mask, selection=shown.selection)
    return figure, heatmap.sub(view), words.count(view.n_clusters, "cluster")
