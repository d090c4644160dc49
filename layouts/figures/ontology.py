"""The ontology as Cytoscape elements and style sheet (the paper's Figure 5c).

Places, label sides and label boxes come from `core.ontology.layout`; nothing is laid out in the browser. Data of a node:

- ``id``, ``name`` (full name, for the tooltip), ``label`` (as drawn), ``types`` (type ids, joined by ``+``: the value of a
  ``type:`` selection; empty for a path node), ``n`` (selected cells of exactly this type), ``total`` (the whole query),
  ``below`` (selected cells of this type or narrower), ``hint`` (one sentence for a tooltip).
- Data of an edge: ``source``, ``target``, ``hint`` (names of the terms it leaves out, empty for none).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.explore.ontology_view import OntologyView
from core.ontology.labels import MATCHED_SIZE, PATH_SIZE
from core.ontology.layout import Edge, Node
from layouts.figures.tokens import TOKENS, Theme, rgba

MAX_HINT_NAMES = 8
FACE = "Inter, system-ui, sans-serif"
"""Cytoscape takes no quotes in a font list."""


def elements(view: OntologyView, *, chosen: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """Build nodes and edges.

    Parameters
    ----------
    view : OntologyView
        The laid out types.
    chosen : frozenset of str
        Type ids of the selection, drawn with a red border.

    Returns
    -------
    list of dict
        Nodes before edges; positions are pixels at zoom 1.
    """
    nodes = [_node(view, node, chosen) for node in view.drawing.nodes]
    places = {node.id: (node.x, node.y) for node in view.drawing.nodes}
    return nodes + [_edge(edge, places) for edge in view.drawing.edges]


def stylesheet(theme: Theme) -> list[dict[str, Any]]:
    """Build the style sheet of a theme.

    Parameters
    ----------
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    list of dict
        For the classes ``path``, ``matched``, ``empty`` (matched, but no selected cell), ``chosen``, ``more``, ``right`` (the label's
        side) and ``dotted`` (an edge that leaves terms out).
    """
    colours = TOKENS[theme]
    node = {
        "width": "data(diameter)",
        "height": "data(diameter)",
        "label": "data(label)",
        "font-family": FACE,
        "font-size": PATH_SIZE,
        "color": colours["text3"],
        "text-wrap": "wrap",
        "text-max-width": "400px",
        "text-justification": "center",
        "line-height": 1.25,
        "text-halign": "center",
        "text-valign": "center",
        "text-margin-x": "data(label_x)",
        "text-margin-y": "data(label_y)",
        "text-background-color": colours["surface"],
        "text-background-opacity": 0.85,
        "text-background-padding": "1px",
        "text-events": "yes",
        "background-color": colours["surface"],
        "border-width": 1.5,
        "border-color": colours["border2"],
        "overlay-opacity": 0,
    }
    matched = {
        "background-color": colours["matched"],
        "border-width": 0,
        "font-size": MATCHED_SIZE,
        "font-weight": 600,
        "color": colours["text"],
        "z-index": 2,
    }
    edge = {
        "width": 1,
        "line-color": colours["border2"],
        "line-opacity": 0.8,
        "curve-style": "unbundled-bezier",
        "control-point-distances": "data(bends)",
        "control-point-weights": "data(weights)",
        "edge-distances": "node-position",
        "target-arrow-shape": "none",
        "overlay-opacity": 0,
        "z-index": 0,
    }
    dots = {
        "label": "···",
        "font-family": FACE,
        "font-size": PATH_SIZE,
        "color": colours["text3"],
        "text-background-color": colours["surface"],
        "text-background-opacity": 1,
        "text-events": "yes",
    }
    return [
        {"selector": "node", "style": node},
        {"selector": ".right", "style": {"text-halign": "right", "text-justification": "left"}},
        {"selector": ".matched", "style": matched},
        {"selector": ".empty", "style": {"background-opacity": 0.35, "color": colours["text3"]}},
        {"selector": ".more", "style": {"background-color": rgba(colours["matched"], 1), "background-opacity": 0.6}},
        {"selector": ".chosen", "style": {"border-width": 2.5, "border-color": colours["selection"]}},
        {"selector": "edge", "style": edge},
        {"selector": ".dotted", "style": dots},
        {"selector": "node:active, edge:active", "style": {"overlay-opacity": 0}},
    ]


def _node(view: OntologyView, node: Node, chosen: frozenset[str]) -> dict[str, Any]:
    n = sum(view.n_query.get(term, 0) for term in node.types)
    below = view.n_below.get(node.id, n)
    classes = ["matched" if node.matched else "path"]
    classes += ["more"] * (len(node.types) > 1) + ["empty"] * (node.matched and not n)
    classes += ["chosen"] * bool(node.types and chosen.issuperset(node.types))
    x0, y0, x1, y1 = node.box
    right = node.side == "right"
    classes += ["right"] * right
    return {
        "group": "nodes",
        "data": {
            "id": node.id,
            "name": node.name,
            "label": node.label,
            "types": "+".join(node.types),
            "n": n,
            "total": node.count,
            "below": below,
            "diameter": round(node.diameter, 1),
            "label_x": round(x0 - node.x - node.diameter / 2, 1) if right else round((x0 + x1) / 2 - node.x, 1),
            "label_y": round((y0 + y1) / 2 - node.y, 1),
            "hint": _hint(node, n, below),
        },
        "position": {"x": round(node.x, 1), "y": round(node.y, 1)},
        "classes": " ".join(classes),
        "grabbable": False,
        "selectable": False,
    }


def _hint(node: Node, n: int, below: int) -> str:
    if len(node.types) > 1:
        return f"{_listed(node.name.split(', '))}: {n:,} selected cells"
    if node.matched:
        return f"{node.name}: {n:,} selected cells" + (f", {below:,} with narrower types" if below > n else "")
    return f"{node.name}: {below:,} selected cells of narrower types"


def _edge(edge: Edge, places: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    weights, bends = _curve(places[edge.source], places[edge.target])
    return {
        "group": "edges",
        "data": {
            "id": f"{edge.source}>{edge.target}",
            "source": edge.source,
            "target": edge.target,
            "weights": weights,
            "bends": bends,
            "hint": f"by way of {_listed(list(edge.hidden))}" if edge.hidden else "",
        },
        "classes": "dotted" if edge.dotted else "",
    }


def _curve(start: tuple[float, float], end: tuple[float, float]) -> tuple[str, str]:
    """Describe a curve that leaves and arrives level, in Cytoscape's terms.

    Cytoscape gives a control point by its share of the way along the straight line and its distance to the side; ours lie
    half way across, at the height of either end.
    """
    dx, dy = end[0] - start[0], end[1] - start[1]
    square = dx * dx + dy * dy or 1.0
    first = dx * dx / 2 / square
    bend = dx * dy / 2 / square**0.5
    return f"{first:.3f} {1 - first:.3f}", f"{-bend:.1f} {bend:.1f}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MAX_HINT_NAMES} more" if len(names) > MAX_HINT_NAMES else ""
    return ", ".join(names[:MAX_HINT_NAMES]) + more
