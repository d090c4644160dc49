"""The Map panel: query cells among the reference, in two principal components."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from layouts import elements as el
from layouts import ids
from layouts.graphs import graph_config

DEFINITION = "Embedding: what the search sees. Raw: principal components of the normalised expression, for comparison. Draw a box or a lasso to select."
ZOOM = "Zoom to my cells"
ZOOM_DEFINITION = "Zoom to my cells, or back to the whole reference. The tools over the map zoom to any part of it."
GRAPH_CONFIG = graph_config("map", can_select=True)


def layout(space: str) -> Component:
    """Build the panel.

    Parameters
    ----------
    space : str
        ``embedding`` or ``raw``.

    Returns
    -------
    Component
        The panel, still empty.
    """
    switch = dmc.SegmentedControl(
        id=ids.SPACE_SWITCH,
        data=[{"value": "embedding", "label": "Embedding"}, {"value": "raw", "label": "Raw"}],
        value=space,
        size="xs",
    )
    zoom = el.icon_button("focus-centered", ZOOM, id=ids.MAP_ZOOM, **el.attributes(aria_pressed="false"))
    keys = (("query", "User Query"), ("selected", "selected"), ("reference", "reference, by type"))
    legend = html.Div(
        [
            html.Span([html.Span(className=f"key is-{kind}"), text], className=f"legend-item is-{kind}")
            for kind, text in keys
        ],
        className="legend",
    )
    return el.panel(
        "Map",
        [
            dcc.Graph(id=ids.SCATTER, config=GRAPH_CONFIG, className="graph", responsive=True),
            dcc.Store(id=ids.SCATTER_SIZE),
        ],
        name="scatter",
        tools=[el.tip(switch, DEFINITION), el.tip(zoom, ZOOM_DEFINITION)],
        legend=legend,
        message_id=ids.SCATTER_MESSAGE,
    )
