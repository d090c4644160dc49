"""Names of types on the map: where they hide the fewest cells, never over a selected one, never over each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import cos, hypot, pi, sin
from typing import Any

import numpy as np
import numpy.typing as npt

from core.ontology.text import clip_text, text_width
from layouts.figures.templates import MARGIN
from layouts.figures.text import escape
from layouts.figures.tokens import TOKENS, Theme, rgba

SIZE = 11.0
HEIGHT = 18.0
WIDEST = 120.0
LEADER_FROM = 12.0
GAPS = (0.0, 8.0, 16.0, 26.0, 38.0, 52.0, 68.0, 86.0)
DIRECTIONS = 16
CLEAR = 2.0
EDGE = 8.0
"""The panel is measured in steps of 20 pixels: a label at the very edge might be cut."""
PIXELS_PER_NAME = 10_500
FEWEST_NAMES = 4
MARKER = 5.0
"""Half a selected cell's triangle with its edge, pixels."""
GHOST = 0.3
PER_PIXEL = 0.8
"""Hidden squares of `Crowd` that a pixel of distance is worth."""

Points = npt.NDArray[Any]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom, pixels from the top left of the plotting area."""


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

    def pixels(self, x: Any, y: Any) -> tuple[Any, Any]:  # noqa: ANN401 - numbers or arrays
        """Turn coordinates into pixels from the top left of the plotting area."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        down = (self.y[1] - y) / (self.y[1] - self.y[0])
        return across * self.width, down * self.height

    def holds(self, place: Points) -> bool:
        """Say whether a place lies within the axes."""
        x, y = (float(v) for v in place)
        return self.x[0] <= x <= self.x[1] and self.y[0] <= y <= self.y[1]


class Crowd:
    """How much of the drawn points a label would hide.

    The plotting area is parted into squares of 2 pixels; sums over any rectangle come from running sums.

    Parameters
    ----------
    frame : Frame
        Axes and size.
    plain : numpy.ndarray, shape (n, 2)
        Coordinates of points that a label had better not hide.
    ghosts : numpy.ndarray, shape (n, 2)
        Of points that matter less.
    selected : numpy.ndarray, shape (n, 2)
        Of points that no label may hide.
    """

    SQUARE = 2.0

    def __init__(self, frame: Frame, plain: Points, ghosts: Points, selected: Points) -> None:
        self._frame = frame
        shown = np.maximum(self._filled(plain), GHOST * self._filled(ghosts))
        self._shown, self._selected = (self._running(squares) for squares in (shown, self._filled(selected)))

    def hides(self, box: Box) -> float:
        """Return how many squares with points a label hides."""
        return self._within(self._shown, box, 0.0)

    def hides_selected(self, box: Box) -> bool:
        """Say whether a label touches a selected point."""
        return self._within(self._selected, box, MARKER) > 0

    def _filled(self, points: Points) -> npt.NDArray[np.float64]:
        shape = int(self._frame.height / self.SQUARE) + 1, int(self._frame.width / self.SQUARE) + 1
        squares = np.zeros(shape)
        if len(points):
            x, y = self._frame.pixels(points[:, 0].astype(np.float64), points[:, 1].astype(np.float64))
            inside = (x >= 0) & (x <= self._frame.width) & (y >= 0) & (y <= self._frame.height)
            squares[(y[inside] / self.SQUARE).astype(int), (x[inside] / self.SQUARE).astype(int)] = 1.0
        return squares

    @staticmethod
    def _running(squares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.pad(squares.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))

    def _within(self, running: npt.NDArray[np.float64], box: Box, margin: float) -> float:
        rows, columns = running.shape[0] - 1, running.shape[1] - 1
        left, right = (int(np.clip(edge / self.SQUARE, 0, columns)) for edge in (box[0] - margin, box[2] + margin))
        top, bottom = (int(np.clip(edge / self.SQUARE, 0, rows)) for edge in (box[1] - margin, box[3] + margin))
        right, bottom = min(right + 1, columns), min(bottom + 1, rows)
        return float(running[bottom, right] - running[top, right] - running[bottom, left] + running[top, left])


def type_labels(
    places: Sequence[tuple[str, Points]], frame: Frame, theme: Theme, crowd: Crowd | None = None
) -> list[dict[str, Any]]:
    """Place names without overlap, in the order given; names past what the area bears, or without room, are left out.

    Parameters
    ----------
    places : sequence of (str, array of two float)
        Names, unescaped, and the coordinates they stand for; the most important first.
    frame : Frame
        Axes and size.
    theme : {"light", "dark"}
        Colour scheme.
    crowd : Crowd, optional
        The points they must keep clear of.

    Returns
    -------
    list of dict
        Plotly annotations. A name that had to move carries a line to its place.
    """
    crowd = crowd or Crowd(frame, *[np.empty((0, 2))] * 3)
    taken: list[_Spot] = []
    notes: list[dict[str, Any]] = []
    most = max(int(frame.width * frame.height / PIXELS_PER_NAME), FEWEST_NAMES)
    for name, place in places:
        if len(notes) >= most:
            break
        text = clip_text(name, WIDEST, SIZE, bold=True)
        spot = _best(frame, place, text_width(text, SIZE, bold=True) + 6, taken, crowd)
        if spot is not None:
            taken.append(spot)
            notes.append(_note(escape(text), (float(place[0]), float(place[1])), spot.offset, theme))
    return notes


@dataclass(frozen=True)
class _Spot:
    """Where a label may lie, in pixels: the place it names, and from there to its middle."""

    place: tuple[float, float]
    offset: tuple[float, float]
    width: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.place[0] + self.offset[0], self.place[1] + self.offset[1]

    @property
    def box(self) -> Box:
        x, y = self.middle
        return (x - self.width / 2, y - HEIGHT / 2, x + self.width / 2, y + HEIGHT / 2)

    def is_inside(self, frame: Frame) -> bool:
        left, top, right, bottom = self.box
        return left >= EDGE and top >= EDGE and right <= frame.width - EDGE and bottom <= frame.height - EDGE

    def meets(self, other: _Spot) -> bool:
        """Say whether two labels touch, or the line of one passes under the other."""
        a, b = self.box, other.box
        touch = a[0] - CLEAR < b[2] and b[0] - CLEAR < a[2] and a[1] - CLEAR < b[3] and b[1] - CLEAR < a[3]
        return touch or crosses(self.place, self.middle, b) or crosses(other.place, other.middle, a)


def _best(frame: Frame, place: Points, width: float, taken: Sequence[_Spot], crowd: Crowd) -> _Spot | None:
    """Find the spot that hides least and lies nearest."""
    x, y = frame.pixels(float(place[0]), float(place[1]))
    best, least = None, np.inf
    for offset, distance in _offsets(width):
        spot = _Spot((x, y), offset, width)
        cost = crowd.hides(spot.box) + PER_PIXEL * distance
        if cost >= least or not spot.is_inside(frame) or crowd.hides_selected(spot.box):
            continue
        if not any(spot.meets(other) for other in taken):
            best, least = spot, cost
    return best


def _offsets(width: float) -> Iterator[tuple[tuple[float, float], float]]:
    """Give where a label's middle may lie, and how far its edge is then from the place it names."""
    yield (0.0, 0.0), 0.0
    for gap, step in product(GAPS, range(DIRECTIONS)):
        angle = pi / 2 + step * 2 * pi / DIRECTIONS
        yield ((width / 2 + gap) * cos(angle), -(HEIGHT / 2 + gap) * sin(angle)), gap


def crosses(start: tuple[float, float], end: tuple[float, float], box: Box) -> bool:
    """Say whether a line enters a rectangle from outside (Liang and Barsky).

    Parameters
    ----------
    start, end : tuple of float
        Pixels.
    box : tuple of float
        Left, top, right, bottom.

    Returns
    -------
    bool
        False where they only touch, and where the line begins inside.
    """
    first, last = 0.0, 1.0
    for axis in (0, 1):
        along, low, high = end[axis] - start[axis], box[axis] - start[axis], box[axis + 2] - start[axis]
        if along == 0:
            if low > 0 or high < 0:
                return False
            continue
        enter, leave = sorted((low / along, high / along))
        first, last = max(first, enter), min(last, leave)
    return 0 < first < last


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
