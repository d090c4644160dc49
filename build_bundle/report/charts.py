"""Small charts as SVG text: bars and lines, coloured by the page's CSS variables.

Every text goes through escaping. Not here: which numbers are drawn (``facts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH = 860
_ROW = 20
_LABEL = 300
_PLOT = (52, 12, 800, 214)  # left, top, right, bottom of a line chart


@dataclass(frozen=True)
class Bar:
    """One bar: label, value, the text at its end, and whether it is drawn faint."""

    label: str
    value: float
    text: str
    faint: bool = False


@dataclass(frozen=True)
class Line:
    """One line: name, points (x, y), CSS class for its colour, dashed or not."""

    name: str
    points: Sequence[tuple[float, float]]
    css: str
    dashed: bool = False


def bars(rows: Sequence[Bar], title: str) -> Markup:
    """Draw horizontal bars.

    Parameters
    ----------
    rows : sequence of Bar
        From top to bottom; values not negative.
    title : str
        What the chart shows, for readers who do not see it.

    Returns
    -------
    Markup
        An ``<svg>`` element.
    """
    largest = max((row.value for row in rows), default=0) or 1
    parts = [_open(len(rows) * _ROW + 4, title)]
    for i, row in enumerate(rows):
        y = i * _ROW
        width = (_WIDTH - _LABEL - 150) * row.value / largest
        css = "faint" if row.faint else "fill"
        parts += [
            _text(_LABEL - 8, y + 14, row.label, "end"),
            Markup('<rect x="{}" y="{}" width="{:.1f}" height="12" class="{}"/>').format(_LABEL, y + 4, width, css),
            _text(_LABEL + width + 6, y + 14, row.text, "start", "num"),
        ]
    return Markup("").join([*parts, Markup("</svg>")])


def lines(rows: Sequence[Line], title: str, x_name: str) -> Markup:
    """Draw lines over one another, from zero.

    Parameters
    ----------
    rows : sequence of Line
        At least one point each; y not negative.
    title : str
        What the chart shows.
    x_name : str
        Name of the x axis.

    Returns
    -------
    Markup
        An ``<svg>`` element, or empty where there is nothing to draw.
    """
    points = [point for row in rows for point in row.points]
    if not points:
        return Markup("")
    left, top, right, bottom = _PLOT
    x_min, x_max = min(x for x, _ in points), max(x for x, _ in points)
    y_max = max(y for _, y in points) or 1.0

    def place(x: float, y: float) -> tuple[float, float]:
        share = (x - x_min) / (x_max - x_min) if x_max > x_min else 0.5
        return left + share * (right - left), bottom - (bottom - top) * y / y_max

    parts = [_open(bottom + 30, title)]
    for i in range(5):
        y = y_max * i / 4
        level = place(x_min, y)[1]
        parts.append(
            Markup('<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" class="grid"/>').format(left, right, level, level)
        )
        parts.append(_text(left - 6, level + 4, f"{y:.2f}", "end", "num"))
    for row in rows:
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in (place(x, y) for x, y in row.points))
        dash = Markup(' stroke-dasharray="5 4"') if row.dashed else Markup("")
        parts.append(
            Markup('<polyline points="{}" class="{}"{}><title>{}</title></polyline>').format(
                path, row.css, dash, row.name
            )
        )
    parts += [_text(left, bottom + 22, f"{x_name} {x_min:g}", "start"), _text(right, bottom + 22, f"{x_max:g}", "end")]
    return Markup("").join([*parts, Markup("</svg>")])


def _open(height: float, title: str) -> Markup:
    size = Markup('viewBox="0 0 {} {}" width="{}"').format(_WIDTH, height, _WIDTH)
    return Markup('<svg {} role="img" aria-label="{}"><title>{}</title>').format(size, title, title)


def _text(x: float, y: float, text: str, anchor: str, css: str = "") -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="{}">{}</text>').format(x, y, anchor, css, text)
