"""Places for the matched part of an ontology: left to right, roots left, labels that never overlap.

Works on ids and counts only; knows no bundle, no colours and no browser. Which terms are drawn is `core.ontology.skeleton`'s
choice, how wide a label is `core.ontology.text`'s estimate, where it stands `core.ontology.labels`'. Lengths are pixels at
zoom 1; y grows downwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from core.ontology.graph import Ontology
from core.ontology.labels import WIDEST, Box, Disc, Label, Side, label_text, meet, place_labels
from core.ontology.skeleton import MORE, Skeleton, skeleton
from core.ontology.text import short_names

MIN_PITCH_X = 50.0
MIN_LABELLED_PITCH_X = 76.0
MAX_PITCH_X = 110.0
TIGHT_PITCH_Y = 28.0
LOOSEST_PITCH_Y = 62.0
PATH_DIAMETER = 9.0
LARGEST_DIAMETER = 31.0
PAD = 12.0
DOTS = 12.0
ROOMY = 1.1
"""A drawing this much too high is still scaled down: 11.5 px text stays above 10 px."""
MANY_CHILDREN = 8
"""With more children only neighbours are swapped in the search for few crossings."""
MAX_MORE_FOLDS = 4
"""Rows given up at most for the sake of the height."""


@dataclass(frozen=True)
class Node:
    """A drawn node.

    Parameters
    ----------
    id : str
        Term id, or ``"more:<term id>"`` for types too rare for a row of their own.
    name : str
        Full name, for the tooltip.
    label : str
        Short name as drawn, at most two lines joined by a newline, with the count for a matched type: ``"B cell  354"``. Empty for
        a path node that has no room.
    x, y : float
        Centre.
    diameter : float
        Of the circle; its area above the smallest one follows the share of the query's cells.
    matched : bool
        Whether query cells carry exactly this type (or, for ``more:``, the types it stands for).
    count : int
        Query cells with exactly this type in the whole query, 0 for a path node.
    side : str
        Where the label stands, seen from the node: ``above``, ``below``, ``left`` or ``right``.
    box : tuple of float
        Label rectangle x0, y0, x1, y1; free of every other label and circle.
    types : tuple of str
        Type ids behind the node: itself for a matched type, the folded ones for ``more:``, none for a path node.
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
    box: Box
    types: tuple[str, ...]


@dataclass(frozen=True)
class Edge:
    """A drawn line.

    Parameters
    ----------
    source, target : str
        Node ids, wider to narrower.
    hidden : tuple of str
        Names of terms between the two that are not drawn, narrowest first.
    dotted : bool
        Whether three dots in the middle of the line say so: terms are hidden, and the dots cover no label and no circle.
    """

    source: str
    target: str
    hidden: tuple[str, ...]
    dotted: bool


@dataclass(frozen=True)
class Drawing:
    """A laid out graph.

    Parameters
    ----------
    nodes : tuple of Node
        Roots first.
    edges : tuple of Edge
        Lines between them.
    width, height : float
        Rectangle from 0, 0 that holds all circles and labels; at least the size asked for.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    width: float
    height: float


def draw(ontology: Ontology, counts: Mapping[str, int], *, width: float, height: float) -> Drawing:
    """Lay out matched types and their paths to the root.

    Parameters
    ----------
    ontology : Ontology
        The bundle's subgraph.
    counts : mapping of str to int
        Query cells of each matched type.
    width, height : float
        Drawing area of the panel. Rows are 34 px apart, closer (28 px) before types are folded for want of room; a drawing that
        still needs more is larger, and the page scales it.

    Returns
    -------
    Drawing
        No label box meets another label box or another node's circle; every matched node has its label.
    """
    columns = int((width - 2 * PAD - WIDEST) / MIN_LABELLED_PITCH_X) + 2
    rows = max(int((height - 2 * PAD) / TIGHT_PITCH_Y) + 1, 2)
    best: Drawing | None = None
    for max_leaves in range(rows, max(rows - MAX_MORE_FOLDS, 2) - 1, -1):
        drawn = skeleton(ontology, counts, max_leaves=max_leaves, max_layers=columns)
        drawing = _fitted(ontology, drawn, width, height)
        if best is None or drawing.height < best.height - 1:
            best = drawing
        if best.height <= height * ROOMY:
            break
    return best or Drawing((), (), width, height)


def _fitted(ontology: Ontology, drawn: Skeleton, width: float, height: float) -> Drawing:
    """Lay out one skeleton, its rows as close as its labels allow."""
    if not drawn.parents:
        return Drawing((), (), width, height)
    tree, names = _Tree(drawn), _names(ontology, drawn)
    pitch = (height - 2 * PAD - 8) / max(len(drawn.leaves) - 1, 1)
    pitch = min(max(pitch, TIGHT_PITCH_Y), LOOSEST_PITCH_Y)
    while True:
        discs = tree.discs(width, pitch, _right_room(drawn, names))
        placed = place_labels(discs, names, drawn.edges, spread=pitch >= LOOSEST_PITCH_Y)
        if placed is not None:
            return _drawing(ontology, drawn, discs, placed, (width, height))
        pitch += 4.0


class _Tree:
    """Layers and rows of a skeleton: each node hangs from one of its parents."""

    def __init__(self, drawn: Skeleton) -> None:
        self.drawn = drawn
        self.layer: dict[str, int] = {}
        for term, wider in drawn.parents.items():
            self.layer[term] = 1 + max((self.layer[p] for p in wider), default=-1)
        self.children: dict[str, list[str]] = defaultdict(list)
        for term, wider in drawn.parents.items():
            if wider:
                self.children[drawn.main_parent[term]].append(term)
        self.roots = [term for term, wider in drawn.parents.items() if not wider]
        self._sort_children()

    def rows(self) -> dict[str, float]:
        """Give each node a row; leaves take whole rows from the top, others the middle of their children."""
        row: dict[str, float] = {}
        for root in self.roots:
            self._assign(root, row)
        return row

    def _assign(self, term: str, row: dict[str, float]) -> None:
        below = self.children.get(term, [])
        for child in below:
            self._assign(child, row)
        taken = sum(1 for t in row if not self.children.get(t))
        row[term] = (row[below[0]] + row[below[-1]]) / 2 if below else float(taken)

    def _sort_children(self) -> None:
        total = self._totals()
        for below in self.children.values():
            below.sort(key=lambda term: (term.startswith(MORE), -total[term], term))
        best = self._cost()
        for _ in range(4):
            before = best
            for below in self.children.values():
                best = self._improve(below, best)
            if best >= before:
                break

    def _improve(self, below: list[str], best: float) -> float:
        reach = len(below) if len(below) <= MANY_CHILDREN else 1
        for i in range(len(below)):
            for j in range(i + 1, min(i + 1 + reach, len(below))):
                below[i], below[j] = below[j], below[i]
                cost = self._cost()
                if cost < best - 1e-9:
                    best = cost
                else:
                    below[i], below[j] = below[j], below[i]
        return best

    def _cost(self) -> float:
        """Length of the lines in rows, with a price on each crossing."""
        row = self.rows()
        lines = [
            (self.layer[a], row[a], self.layer[b], row[b]) for b, wider in self.drawn.parents.items() for a in wider
        ]
        length = sum(abs(y1 - y0) for _, y0, _, y1 in lines)
        return length + 3.0 * _crossings(lines)

    def _totals(self) -> dict[str, int]:
        total: dict[str, int] = {}
        for term in reversed(list(self.drawn.parents)):
            own = self.drawn.counts.get(term, 0)
            total[term] = own + sum(total.get(child, 0) for child in self.children.get(term, []))
        return total

    def discs(self, width: float, pitch: float, right_room: float) -> dict[str, Disc]:
        """Give each node its circle."""
        row = self.rows()
        layers = max(self.layer.values())
        room = (width - 2 * PAD - right_room - PATH_DIAMETER) / max(layers, 1)
        pitch_x = min(max(room, MIN_PITCH_X), MAX_PITCH_X)
        whole = sum(self.drawn.counts.values()) or 1
        return {
            term: Disc(
                PAD + PATH_DIAMETER / 2 + self.layer[term] * pitch_x,
                PAD + row[term] * pitch,
                _diameter(self.drawn.counts.get(term, 0), whole) / 2,
            )
            for term in self.drawn.parents
        }


def _diameter(count: int, whole: int) -> float:
    return PATH_DIAMETER + (LARGEST_DIAMETER - PATH_DIAMETER) * sqrt(count / whole)


def _crossings(lines: Sequence[tuple[int, float, int, float]]) -> int:
    found = 0
    for i, (ax0, ay0, ax1, ay1) in enumerate(lines):
        for bx0, by0, bx1, by1 in lines[i + 1 :]:
            left, right = max(ax0, bx0), min(ax1, bx1)
            if left >= right:
                continue
            at_left = _height(ax0, ay0, ax1, ay1, left) - _height(bx0, by0, bx1, by1, left)
            at_right = _height(ax0, ay0, ax1, ay1, right) - _height(bx0, by0, bx1, by1, right)
            found += at_left * at_right < 0
    return found


def _height(x0: float, y0: float, x1: float, y1: float, x: float) -> float:
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def _names(ontology: Ontology, drawn: Skeleton) -> dict[str, Label]:
    short = short_names({term: ontology.name(term) for term in drawn.parents if not term.startswith(MORE)})
    short |= {node: f"{len(types)} rarer type{'s' * (len(types) > 1)}" for node, types in drawn.folded.items()}
    leaves = set(drawn.leaves)
    return {term: Label(short[term], drawn.counts.get(term, 0), term in leaves) for term in drawn.parents}


def _right_room(drawn: Skeleton, names: Mapping[str, Label]) -> float:
    """Room that the labels right of the last layers need."""
    return max((names[term].width for term in drawn.leaves), default=0.0) + LARGEST_DIAMETER / 2


def _drawing(
    ontology: Ontology,
    drawn: Skeleton,
    discs: Mapping[str, Disc],
    placed: Mapping[str, tuple[tuple[str, ...], Side, Box]],
    size: tuple[float, float],
) -> Drawing:
    left = min([0.0, *(box[0] - PAD / 2 for _, _, box in placed.values())])
    top = min(min(box[1], discs[term].y - discs[term].radius) for term, (_, _, box) in placed.items()) - PAD / 2
    bottom = max(max(box[3], discs[term].y + discs[term].radius) for term, (_, _, box) in placed.items()) + PAD / 2
    top -= max(size[1] - (bottom - top), 0.0) / 2
    nodes = []
    for term, disc in discs.items():
        lines, side, (x0, y0, x1, y1) = placed[term]
        count = drawn.counts.get(term, 0)
        folded = drawn.folded.get(term, ())
        nodes.append(
            Node(
                id=term,
                name=", ".join(ontology.name(t) for t in folded) or ontology.name(term),
                label=label_text(lines, count),
                x=disc.x - left,
                y=disc.y - top,
                diameter=2 * disc.radius,
                matched=term in drawn.counts,
                count=count,
                side=side,
                box=(x0 - left, y0 - top, x1 - left, y1 - top),
                types=folded or ((term,) if term in drawn.counts else ()),
            )
        )
    taken = [box for lines, _, box in placed.values() if lines] + [disc.box for disc in discs.values()]
    edges = []
    for a, b in drawn.edges:
        hidden = tuple(ontology.name(term) for term in drawn.hidden[a, b])
        x, y = (discs[a].x + discs[b].x) / 2, (discs[a].y + discs[b].y) / 2
        dots = (x - DOTS / 2, y - DOTS / 2, x + DOTS / 2, y + DOTS / 2)
        dotted = bool(hidden) and not any(meet(dots, box) for box in taken)
        taken += [dots] if dotted else []
        edges.append(Edge(a, b, hidden, dotted))
    width = max([size[0], *(node.box[2] + PAD / 2 for node in nodes)])
    return Drawing(tuple(nodes), tuple(edges), width, max(size[1], bottom - top))
