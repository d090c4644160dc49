"""Names of types on the map: at their place where it is free, else beside it with a thin line, never over each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin
from typing import Any

import numpy.typing as npt

from core.ontology.text import clip_text, text_width
from layouts.figures.templates import MARGIN
from layouts.figures.text import escape
from layouts.figures.tokens import TOKENS, Theme, rgba

SIZE = 11.0
HEIGHT = 18.0
WIDEST = 120.0
LEADER_FROM = 12.0
RINGS = (0.0, 16.0, 28.0, 42.0, 58.0, 76.0)
CLEAR = 2.0
PIXELS_PER_NAME = 10_500
FEWEST_NAMES = 4


@dataclass(frozen=True)
class Frame:
    """Ranges of the axes and size of the panel, to turn coordinates into pixels.

    Parameters
    ----------
    x, y : tuple of float
        Ends of the axes.
    size : tuple of int
        Width and height of the whole figure in pixels.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    size: tuple[int, int]

    @property
    def width(self) -> float:
        """Width of the plotting area in pixels."""
        return float(max(self.size[0] - int(MARGIN["l"]) - int(MARGIN["r"]), 1))

    @property
    def height(self) -> float:
        """Height of the plotting area in pixels."""
        return float(max(self.size[1] - int(MARGIN["t"]) - int(MARGIN["b"]), 1))

    def pixels(self, x: float, y: float) -> tuple[float, float]:
        """Turn coordinates into pixels from the top left of the plotting area."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        down = (self.y[1] - y) / (self.y[1] - self.y[0])
        return across * self.width, down * self.height


def type_labels(places: Sequence[tuple[str, npt.NDArray[Any]]], frame: Frame, theme: Theme) -> list[dict[str, Any]]:
    """Place names without overlap, in the order given; names past what the area bears, or without room, are left out.

    Parameters
    ----------
    places : sequence of (str, array of two float)
        Names, unescaped, and the coordinates they stand for; the most important first.
    frame : Frame
        Axes and size.
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    list of dict
        Plotly annotations. A name that had to move carries a line to its place.
    """
    taken: list[tuple[float, float, float, float]] = []
    notes: list[dict[str, Any]] = []
    most = max(int(frame.width * frame.height / PIXELS_PER_NAME), FEWEST_NAMES)
    for name, (x, y) in places:
        if len(notes) >= most:
            break
        text = clip_text(name, WIDEST, SIZE, bold=True)
        width = text_width(text, SIZE, bold=True) + 6
        for dx, dy in _offsets():
            box = _box(frame, float(x), float(y), dx, dy, width)
            if box is not None and not any(_meet(box, other) for other in taken):
                taken.append(box)
                notes.append(_note(escape(text), (float(x), float(y)), (dx, dy), theme))
                break
    return notes


def _offsets() -> Iterator[tuple[float, float]]:
    for radius in RINGS:
        if not radius:
            yield 0.0, 0.0
            continue
        for step in range(8):
            angle = pi / 2 + step * pi / 4
            # Labels are wide: sideways steps must be longer to clear a neighbour.
            yield 1.6 * radius * cos(angle), -radius * sin(angle)


def _box(
    frame: Frame, x: float, y: float, dx: float, dy: float, width: float
) -> tuple[float, float, float, float] | None:
    """Give the label's rectangle in pixels, or None where it would leave the plotting area."""
    px, py = frame.pixels(x, y)
    x0, y0 = px + dx - width / 2, py + dy - HEIGHT / 2
    if x0 < 0 or y0 < 0 or x0 + width > frame.width or y0 + HEIGHT > frame.height:
        return None
    return (x0, y0, x0 + width, y0 + HEIGHT)


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] - CLEAR < b[2] and b[0] - CLEAR < a[2] and a[1] - CLEAR < b[3] and b[1] - CLEAR < a[3]


def _note(text: str, place: tuple[float, float], offset: tuple[float, float], theme: Theme) -> dict[str, Any]:
    colours = TOKENS[theme]
    moved = hypot(*offset) > LEADER_FROM
    return {
        "text": text,
        "x": place[0],
        "y": place[1],
        "ax": offset[0],
        "ay": offset[1],
        "showarrow": bool(offset[0] or offset[1]),
        "arrowhead": 0,
        "arrowwidth": 1,
        "arrowcolor": rgba(colours["text"], 0.55 if moved else 0.0),
        "font": {"size": SIZE, "weight": 600, "color": colours["text"]},
        "bgcolor": rgba(colours["surface"], 0.86),
        "borderpad": 1,
        "captureevents": False,
    }
