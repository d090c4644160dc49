"""Stacked columns as SVG text, for the collection's statistics: months, alignment rates.

Coloured by the page's CSS variables, every text escaped. Not here: which numbers are drawn (``collection``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH = 860
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 10, 846, 190
_WIDEST = 34.0


@dataclass(frozen=True)
class Column:
    """One column: its label below (may be empty), its hover, and its values from bottom to top."""

    label: str
    title: str
    values: tuple[float, ...]


def columns(rows: Sequence[Column], css: Sequence[str], title: str) -> Markup:
    """Draw stacked columns side by side.

    Parameters
    ----------
    rows : sequence of Column
        From left to right; values not negative, as many in each as there are classes.
    css : sequence of str
        CSS class of each part of a column.
    title : str
        What the chart shows, for readers who do not see it.

    Returns
    -------
    Markup
        An ``<svg>`` element, or empty where there is nothing to draw.
    """
    largest = max((sum(row.values) for row in rows), default=0)
    if not largest:
        return Markup("")
    pitch = (_RIGHT - _LEFT) / len(rows)
    width = min(_WIDEST, pitch * 0.8)
    size = Markup('viewBox="0 0 {} {}" width="{}"').format(_WIDTH, _BOTTOM + 24, _WIDTH)
    parts = [Markup('<svg {} role="img" aria-label="{}"><title>{}</title>').format(size, title, title), *_grid(largest)]
    for i, row in enumerate(rows):
        middle = _LEFT + (i + 0.5) * pitch
        parts += _stack(row, css, middle - width / 2, width, largest)
        if row.label:
            parts.append(_text(middle, _BOTTOM + 18, row.label, "middle"))
    return Markup("").join([*parts, Markup("</svg>")])


def _stack(row: Column, css: Sequence[str], x: float, width: float, largest: float) -> list[Markup]:
    parts = [Markup("<g><title>{}</title>").format(row.title)]
    below = 0.0
    for value, name in zip(row.values, css, strict=True):
        if value:
            top, height = _y(below + value, largest), (_BOTTOM - _TOP) * value / largest
            parts.append(
                Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>').format(
                    x, top, width, height, name
                )
            )
            below += value
    return [*parts, Markup("</g>")]


def _grid(largest: float) -> list[Markup]:
    parts = []
    for share in (0, 0.5, 1):
        y = _y(share * largest, largest)
        parts.append(Markup('<line x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}" class="grid"/>').format(_LEFT, _RIGHT, y, y))
        parts.append(_text(_LEFT - 6, y + 4, f"{share * largest:,.0f}", "end"))
    return parts


def _y(value: float, largest: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * value / largest


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" class="num">{}</text>').format(x, y, anchor, text)
