"""The Ontology panel: matched types in green, their paths to the root in grey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_cytoscape as cyto
from dash import dcc, html
from dash.development.base_component import Component

from layouts import elements as el
from layouts import focus, ids
from layouts.figures.ontology import stylesheet
from layouts.figures.tokens import Theme

THEMES: tuple[Theme, ...] = ("light", "dark")
LAYOUT = {"name": "preset", "fit": True, "padding": 12, "animate": False}


def layout() -> Component:
    """Build the panel.

    Returns
    -------
    Component
        The panel, still empty.
    """
    graph = cyto.Cytoscape(
        id=ids.ONTOLOGY,
        elements=[],
        stylesheet=[],
        layout=LAYOUT,
        # The component would lay out again 100 ms after a change, and fail if the page has left it meanwhile; `fitOntology` fits instead.
        autoRefreshLayout=False,
        responsive=True,
        userZoomingEnabled=False,
        userPanningEnabled=True,
        boxSelectionEnabled=False,
        autoungrabify=True,
        autounselectify=True,
        minZoom=0.3,
        maxZoom=3,
        style={"width": "100%", "height": "100%"},
        className="cytoscape",
    )
    tools = [  # in the header: every corner of the body can hold a name
        el.icon_button("plus", "Zoom in", **el.attributes(data_zoom="in")),
        el.icon_button("minus", "Zoom out", **el.attributes(data_zoom="out")),
        el.icon_button("maximize", "Show all", **el.attributes(data_zoom="fit")),
        el.icon_button("download", "Save as PNG", **el.attributes(data_save_ontology="png")),
    ]
    sheets = dcc.Store(id=ids.ONTOLOGY_SHEETS, data={theme: stylesheet(theme) for theme in THEMES})
    body = html.Div(
        [graph, html.Div(id=ids.ONTOLOGY_LIST), dcc.Store(id=ids.ONTOLOGY_SIZE), sheets], className="ontology"
    )
    return el.panel(
        "Ontology",
        body,
        name="ontology",
        sub=html.Span("matched types in green, paths in grey", id=ids.ONTOLOGY_SUB),
        tools=tools,
        message_id=ids.ONTOLOGY_MESSAGE,
    )


def wider_types(drawn: Sequence[Mapping[str, Any]], *, chosen: str) -> Component:
    """List the types on the paths for whoever has no pointer; the matched ones are the rows of Composition.

    Parameters
    ----------
    drawn : sequence of dict
        Elements of the graph.
    chosen : str
        Text of the selection: its button is pressed.

    Returns
    -------
    Component
        A group of buttons that do what a click on the node does.
    """
    nodes = [element["data"] for element in drawn if element["data"].get("types") == ""]
    buttons = [
        focus.button(node["name"], picked=chosen == f"under:{node['id']}", sel=f"under:{node['id']}", type=node["id"])
        for node in nodes
    ]
    return focus.group("Wider types", buttons)
