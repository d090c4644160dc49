"""The Map panel: query cells among the reference, in two principal components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from core.expression.places import spoken
from layouts import elements as el
from layouts import ids
from layouts.graphs import graph, graph_config

DEFINITION = "Embedding: what the search sees. Raw: principal components of the normalised expression, for comparison. Draw a box or a lasso to select."
ZOOM = "Zoom to my cells"
OWN_DEFINITION = "Your own: the places your file holds, with your cells alone, coloured by their label."
ZOOM_DEFINITION = "Zoom to my cells, or back to the whole reference. The tools over the map zoom to any part of it."
GRAPH_CONFIG = graph_config("map", can_select=True)


def layout(space: str, own_maps: Sequence[str] = ()) -> Component:
    """Build the panel.

    Parameters
    ----------
    space : str
        ``embedding``, ``raw``, or one of `own_maps`.
    own_maps : sequence of str
        Names of the maps that the user's file holds.

    Returns
    -------
    Component
        The panel, still empty.
    """
    definition = f"{DEFINITION} {OWN_DEFINITION}" if own_maps else DEFINITION
    zoom = el.icon_button("focus-centered", ZOOM, id=ids.MAP_ZOOM, **el.attributes(aria_pressed="false"))
    return el.panel(
        "Map",
        [
            graph(ids.SCATTER, GRAPH_CONFIG),
            dcc.Store(id=ids.SCATTER_SIZE),
            dcc.Store(id=ids.SCATTER_FRAME),
            dcc.Store(id=ids.SCATTER_DRAG),
        ],
        name="scatter",
        tools=[el.tip(_switch(space, own_maps), definition), el.tip(zoom, ZOOM_DEFINITION)],
        legend=html.Div(legend(is_own=space in own_maps), id=ids.SCATTER_LEGEND, className="legend"),
        message_id=ids.SCATTER_MESSAGE,
    )


def legend(*, is_own: bool) -> list[Component]:
    """Say what is drawn.

    Parameters
    ----------
    is_own : bool
        Whether it is a map of the user's file, with query cells alone.

    Returns
    -------
    list of Component
        For the row under the header.
    """
    keys = (
        (("query", "your cells, by type"), ("selected", "selected"))
        if is_own
        else (("query", "User Query"), ("selected", "selected"), ("reference", "reference, by type"))
    )
    return [
        html.Span([html.Span(className=f"key is-{kind}"), text], className=f"legend-item is-{kind}")
        for kind, text in keys
    ]


def _switch(space: str, own_maps: Sequence[str]) -> Component:
    """Offer the maps: side by side where there is room for them, else in a list."""
    data = [
        {"value": "embedding", "label": "Embedding"},
        {"value": "raw", "label": "Raw"},
        *({"value": name, "label": f"Your {spoken(name)}"} for name in own_maps),
    ]
    chosen: dict[str, Any] = {"id": ids.SPACE_SWITCH, "data": data, "value": space, "size": "xs"}
    switch: Component = (
        dmc.SegmentedControl(**chosen)
        if len(own_maps) <= 1
        else dmc.Select(
            **chosen,
            w=150,
            allowDeselect=False,
            comboboxProps={"width": 220, "position": "bottom-end"},
            **el.attributes(aria_label="Which map"),
        )
    )
    return switch
