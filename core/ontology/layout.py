"""Places for the matched part of an ontology: left to right, roots left, labels that never overlap.

Works on ids and parents only; knows no bundle, no colours and no browser. Text is measured with a table of glyph widths
(`core.ontology.text`), so that overlap can be checked without one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["above", "below", "left", "right"]


@dataclass(frozen=True)
class Term:
    """A term that may be drawn.

    Parameters
    ----------
    id : str
        CL or UBERON id.
    name : str
        Full name.
    """

    id: str
    name: str


@dataclass(frozen=True)
class Node:
    """A drawn node; lengths in pixels, y grows downwards.

    Parameters
    ----------
    id : str
        Term id, or ``"via:child:parent"`` for a contracted chain of unmatched terms.
    name : str
        Full name, for the tooltip.
    label : str
        Shortened name as drawn, lines separated by a newline; for a matched type with its count, ``"B cell  354"``.
    x, y : float
        Centre.
    diameter : float
        Of the circle.
    matched : bool
        Whether query cells carry exactly this type.
    count : int
        Query cells with exactly this type (the whole query), 0 for a path node.
    side : str
        Where the label stands, seen from the node.
    box : tuple of float
        Label rectangle x0, y0, x1, y1.
    hidden : tuple of str
        Names of the terms of a contracted chain, narrowest first; empty otherwise.
    """

    id: str
    name: str
    label: str
    x: float
    y: float
    diameter: float
    matched: bool
    count: int
    side: Side
    box: tuple[float, float, float, float]
    hidden: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """A laid out graph.

    Parameters
    ----------
    nodes : tuple of Node
        Roots first.
    edges : tuple of (str, str)
        Pairs wider, narrower of node ids.
    width, height : float
        Space taken, at least as large as asked for.
    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    width: float
    height: float
