"""The Scores panel: cells against types, clustered, with the cluster slider."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import numpy as np
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.heatmap import MAX_CLUSTERS, HeatmapView
from layouts import elements as el
from layouts import focus, ids
from layouts.graphs import graph, graph_config

DEFINITION = "Where the tree of cells is cut. Clusters are numbered from top to bottom; a click on one selects it."
OPEN = "Show the selected cells alone, or all cells again"
SELECTED = "selected"
"""Value of ``rows`` in the address while only the selected cells are shown."""
GRAPH_CONFIG = graph_config("scores")


def layout(n_clusters: int) -> Component:
    """Build the panel.

    Parameters
    ----------
    n_clusters : int
        Where the slider starts.

    Returns
    -------
    Component
        The panel, still empty.
    """
    slider = dmc.Slider(
        id=ids.CLUSTER_SLIDER,
        min=2,
        max=MAX_CLUSTERS,
        step=1,
        value=n_clusters,
        size=6,
        thumbSize=12,
        label=None,
        w=72,
        updatemode="mouseup",
        thumbLabel="Number of clusters",
    )
    count = el.tip(html.Span(f"{n_clusters} clusters", id=ids.CLUSTER_COUNT, tabIndex=0), DEFINITION)
    opener = el.icon_button("search", OPEN, id=ids.HEATMAP_OPEN, hidden=True, **el.attributes(aria_pressed="false"))
    place = graph(ids.HEATMAP, GRAPH_CONFIG)
    return el.panel(
        "Scores",
        [place, html.Div(id=ids.CLUSTER_LIST), dcc.Store(id=ids.HEATMAP_SIZE)],
        name="heatmap",
        sub=html.Span(id=ids.HEATMAP_SUB),
        tools=[opener, html.Div([count, slider], className="cluster-tool")],
        message_id=ids.HEATMAP_MESSAGE,
    )


def clusters(view: HeatmapView, wanted: int, *, chosen: str) -> Component:
    """List the clusters for whoever has no pointer.

    Parameters
    ----------
    view : HeatmapView
        All cells: clusters of some cells alone choose nothing.
    wanted : int
        Number of clusters asked for, part of what a cluster is called in the address.
    chosen : str
        Text of the selection: its button is pressed.

    Returns
    -------
    Component
        A group of buttons, from the top of the heatmap to its bottom.
    """
    sizes = np.bincount(view.cluster_of_row, weights=view.row_sizes, minlength=view.n_clusters + 1)[1:].astype(int)
    buttons = []
    for number, n_cells in enumerate(sizes.tolist(), start=1):
        selection = f"cluster:{number}/{wanted}"
        picked = selection == chosen
        text = f"Cluster {number}: {words.count(n_cells, 'cell')}"
        buttons.append(focus.button(text, picked=picked, sel=None if picked else selection))
    return focus.group("Clusters", buttons)


def sub(view: HeatmapView) -> list[Any]:
    """Say what a row is.

    Parameters
    ----------
    view : HeatmapView
        What is drawn.

    Returns
    -------
    list
        For the line beside the title; its end is left out where the panel is narrow.
    """
    if view.stands_for_many:
        return [f"{len(view.row_sizes):,} rows", html.Span(f" stand for {view.n_cells:,} cells", className="if-wide")]
    return [f"{view.n_cells:,} cells", html.Span(f" × {len(view.type_ids)} types", className="if-wide")]
