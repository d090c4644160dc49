"""Where the labels of a drawn ontology stand, so that none covers another label or another node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.ontology.text import clip_text, text_width, wrap_text

Side = Literal["above", "below", "left", "right"]
Box = tuple[float, float, float, float]
Placed = tuple[tuple[str, ...], Side, Box]

MATCHED_SIZE = 11.5
PATH_SIZE = 10.5
LINE_HEIGHT = 1.25
GAP = 3.0
CLEAR = 2.0
WIDEST = 190.0
WRAP_AT = 78.0


@dataclass(frozen=True)
class Disc:
    """A node's circle.

    Parameters
    ----------
    x, y : float
        Centre.
    radius : float
        Without its border.
    """

    x: float
    y: float
    radius: float

    @property
    def box(self) -> Box:
        """Square around the circle."""
        return (self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius)


@dataclass(frozen=True)
class Label:
    """What a label says before it is placed.

    Parameters
    ----------
    name : str
        Short name.
    count : int
        Query cells, 0 for a path node.
    leaf : bool
        Whether nothing is drawn to the right of the node.
    """

    name: str
    count: int
    leaf: bool

    @property
    def matched(self) -> bool:
        """Whether the label is bold and carries a count."""
        return self.count > 0

    @property
    def size(self) -> float:
        """Font size in pixels."""
        return MATCHED_SIZE if self.matched else PATH_SIZE

    @property
    def width(self) -> float:
        """Width on one line, pixels."""
        return self.measure((clip_text(self.name, WIDEST, self.size, bold=self.matched),))

    def measure(self, lines: Sequence[str]) -> float:
        """Give the width of the name's lines with the count."""
        return max(text_width(line, self.size, bold=self.matched) for line in label_text(lines, self.count).split("\n"))

    def shapes(self) -> list[tuple[str, ...]]:
        """Give the ways to write the name, best first; a path node may say less, a matched one may not."""
        fit = clip_text(self.name, WIDEST, self.size, bold=self.matched)
        wrapped = wrap_text(fit, WRAP_AT, self.size, bold=self.matched)
        shapes = [(fit,), wrapped]
        if not self.matched:
            shapes.append((clip_text(self.name, WRAP_AT, self.size),))
        return list(dict.fromkeys(shapes))


def label_text(lines: Sequence[str], count: int) -> str:
    """Join the lines of a label and its count.

    Parameters
    ----------
    lines : sequence of str
        The name.
    count : int
        Query cells, 0 for none to show.

    Returns
    -------
    str
        Lines joined by newlines, the count behind the last one.
    """
    text = "\n".join(lines)
    return f"{text}  {count:,}" if count and text else text


def place_labels(
    discs: Mapping[str, Disc], labels: Mapping[str, Label], edges: Sequence[tuple[str, str]], *, spread: bool
) -> dict[str, Placed] | None:
    """Find a free place for each label: matched types first, the most frequent before the rest.

    Parameters
    ----------
    discs : mapping of str to Disc
        Circles of all nodes.
    labels : mapping of str to Label
        Their labels.
    edges : sequence of (str, str)
        Lines; a place that covers fewer of them is better.
    spread : bool
        Whether to accept whatever is free: places further away from the node.

    Returns
    -------
    dict of str to (lines, side, box), or None
        None where a matched type found no place; a path node without one has no lines.
    """
    lines = [(discs[a], discs[b]) for a, b in edges]
    placed: dict[str, Placed] = {}
    for term in sorted(labels, key=lambda t: (not labels[t].matched, -labels[t].count, t)):
        taken = [box for text, _, box in placed.values() if text]
        taken += [disc.box for other, disc in discs.items() if other != term]
        free = [c for c in _places(labels[term], discs[term], spread=spread) if not any(meet(c[2], b) for b in taken)]
        if free:
            placed[term] = min(free, key=lambda c: _covered(c[2], lines))
        elif labels[term].matched:
            return None
        else:
            disc = discs[term]
            placed[term] = ((), "above", (disc.x, disc.y, disc.x, disc.y))
    return placed


def _places(label: Label, disc: Disc, *, spread: bool) -> Iterator[Placed]:
    """Give all places for a label, best first (`min` keeps the first of equals)."""
    sides: tuple[Side, ...] = ("right", "above", "below") if label.leaf else ("above", "below", "right")
    for lines in label.shapes():
        width = label.measure(lines) + 2
        height = label.size * LINE_HEIGHT * len(lines)
        for side in sides:
            for shift in (0.0, -0.35, 0.35) if side != "right" else (0.0,):
                yield lines, side, _box(disc, side, width, height, shift)
        if spread:
            for step in range(1, 60):
                far = Disc(disc.x, disc.y, disc.radius + 6.0 * step)
                yield from ((lines, side, _box(far, side, width, height, 0.0)) for side in sides)


def _box(disc: Disc, side: Side, width: float, height: float, shift: float) -> Box:
    reach = disc.radius + GAP
    if side == "right":
        return (disc.x + reach, disc.y - height / 2, disc.x + reach + width, disc.y + height / 2)
    x0 = disc.x - width / 2 + shift * width
    y0 = disc.y - reach - height if side == "above" else disc.y + reach
    return (x0, y0, x0 + width, y0 + height)


def meet(a: Box, b: Box) -> bool:
    """Say whether two rectangles overlap or come closer than 2 px."""
    return a[0] - CLEAR < b[2] and b[0] - CLEAR < a[2] and a[1] - CLEAR < b[3] and b[1] - CLEAR < a[3]


def _covered(box: Box, lines: Sequence[tuple[Disc, Disc]]) -> int:
    return sum(_crosses(box, a, b) for a, b in lines)


def _crosses(box: Box, a: Disc, b: Disc) -> bool:
    """Say whether a straight line between two centres passes through a box (Liang and Barsky)."""
    dx, dy = b.x - a.x, b.y - a.y
    enter, leave = 0.0, 1.0
    for step, room in ((-dx, a.x - box[0]), (dx, box[2] - a.x), (-dy, a.y - box[1]), (dy, box[3] - a.y)):
        if step == 0:
            if room < 0:
                return False
        elif step < 0:
            enter = max(enter, room / step)
        else:
            leave = min(leave, room / step)
    return enter < leave
