"""The Scores panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, in_panel
from callbacks.reading import read_clusters, read_size
from core import words
from layouts import heatmap, ids
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
        Output(ids.HEATMAP_OPEN, "hidden"),
        Output(ids.HEATMAP_OPEN, "aria-pressed"),
        Output(ids.CLUSTER_LIST, "children"),
        Output(ids.HEATMAP_MESSAGE, "children"),
        Input(ids.SELECTION, "data"),
        Input(ids.ROWS, "data"),
        Input(ids.CLUSTERS, "data"),
        Input(ids.DETAIL, "data"),
        Input(ids.SCHEME, "data"),
        Input(ids.HEATMAP_SIZE, "data"),
        State(ids.URL, "pathname"),
    )(update)


def update(
    selection: str | None,
    rows: str | None,
    clusters: str | None,
    detail: str | None,
    theme: Theme | None,
    size: object,
    pathname: str | None,
) -> list[Any]:
    """Fill the panel for an address.

    Parameters
    ----------
    selection, rows, clusters, detail : str or None
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
    return in_panel(
        draw, 6, (pathname, selection, None, detail), clusters, theme, read_size(size, USUAL), rows == heatmap.SELECTED
    )


def draw(shown: Shown, clusters: str | None, theme: Theme, size: tuple[int, int], alone: bool) -> Sequence[Any]:  # noqa: FBT001
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
    alone : bool
        Whether the selected cells are shown without the others.

    Returns
    -------
    sequence
        Figure, line beside the title, words at the slider, and the button's state: whether there is nothing to open,
        whether it is pressed; and the clusters as buttons.
    """
    is_part = 0 < shown.mask.sum() < shown.result.n_query
    opened = alone and is_part
    wanted = read_clusters(clusters)
    view = shown.engine.heatmap(shown.result, wanted, cells=shown.mask if opened else None)
    figure = heatmap_figure(view, theme=theme, selected=shown.mask, width=size[0])
    pressed = "true" if opened else "false"
    listed = None if opened else heatmap.clusters(view, wanted, chosen=str(shown.selection))
    return figure, heatmap.sub(view), words.count(view.n_clusters, "cluster"), not is_part, pressed, listed
