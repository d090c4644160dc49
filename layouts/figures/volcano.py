"""Genes that set a type apart: fold change against significance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.explore.markers import VolcanoView
from core.ontology.text import clip_text, text_width
from layouts.figures.templates import MARGIN, TEXT_SIZE, figure
from layouts.figures.text import escape
from layouts.figures.tokens import CATEGORICAL, TOKENS, Theme, rgba

CAP = 60.0
WIDEST_FOLD = 8.0
LEAST_TOP = 1.4
"""The line at q = 0.05 is in sight, although no gene reaches it."""
MAX_NAMED_CAPPED, MAX_NAMED_BELOW = 6, 4
MAX_TRIED = 100
"""Of the strongest genes: names of weaker ones would say little."""
NAME_REACH = 7
"""Pixels above and below the middle of a name."""
STRONG_FOLD = 4.0
MAX_PLAIN_POINTS = 6_000
NAME_ANGLE = -52
NAME_SIZE = 10.5
SLANTED_SHARE, SLANTED_PITCH = 0.62, 13.0
SIDES, SECOND_LINE, OVERHANG = 52, 16, 12
"""Pixels left and right of the plot, of a second line of the axis title, and of what a title may be longer than its axis."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class _Points:
    """Drawn coordinates: capped at the top and at the sides."""

    x: Floats
    y: Floats
    capped: npt.NDArray[np.bool_]


def volcano_figure(view: VolcanoView, *, theme: Theme, name: str, size: tuple[int, int] = (320, 300)) -> go.Figure:
    """Draw the volcano plot of a type.

    Parameters
    ----------
    view : VolcanoView
        All tested genes.
    theme : {"light", "dark"}
        Colour scheme.
    name : str
        Short name of the type, for the axis title.
    size : tuple of int
        Width and height in pixels, for names that do not overlap.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces ``other genes``, ``down`` (circles) and ``up`` (diamonds); the hover names each gene of the last two. Values of
        -log10 q above 60 are drawn at 60, where the axis says so.
    """
    fig = figure(theme)
    points = _Points(
        np.clip(view.log2_fold_change, -WIDEST_FOLD, WIDEST_FOLD).astype(np.float32),
        np.minimum(view.minus_log10_p, CAP).astype(np.float32),
        view.minus_log10_p >= CAP,
    )
    plain = np.flatnonzero(view.direction == 0)
    if len(plain) > MAX_PLAIN_POINTS:
        plain = np.sort(np.random.default_rng(0).choice(plain, MAX_PLAIN_POINTS, replace=False))
    fig.add_trace(_trace(points, plain, "other genes", TOKENS[theme]["border2"], "circle", None))
    for direction, label, colour, symbol in (
        (-1, "down", CATEGORICAL[theme][0], "circle"),
        (1, "up", CATEGORICAL[theme][1], "diamond"),
    ):
        rows = np.flatnonzero(view.direction == direction)
        fig.add_trace(_trace(points, rows, label, colour, symbol, [escape(view.genes[i]) for i in rows]))
    _lay_out(fig, view, points, theme)
    _title(fig, f"{name} vs. {view.background}", size[0] - SIDES + OVERHANG)
    fig.update_layout(annotations=_names(view, points, theme, size))
    return fig


def _trace(
    points: _Points, rows: npt.NDArray[np.intp], name: str, colour: str, symbol: str, names: list[str] | None
) -> go.Scattergl:
    hover = "<b>%{text}</b><br>log2 fold change %{x:.2f}<br>−log10 q %{y:.1f}<extra></extra>"
    return go.Scattergl(
        name=name,
        x=points.x[rows],
        y=points.y[rows],
        mode="markers",
        marker={"size": 4, "color": colour, "symbol": symbol, "opacity": 0.55 if names is None else 0.9},
        text=names,
        **({"hoverinfo": "skip"} if names is None else {"hovertemplate": hover}),
    )


def _title(fig: go.Figure, contrast: str, room: float) -> None:
    """Write the title of the x axis, in two lines where one has no room."""
    fits = text_width(f"log2 fold change, {contrast}", TEXT_SIZE) <= room
    shown = escape(clip_text(contrast, room, TEXT_SIZE))
    fig.update_layout(xaxis_title_text=f"log2 fold change{', ' if fits else '<br>'}{shown}")
    if not fits:
        fig.update_layout(margin_b=MARGIN["b"] + SECOND_LINE)


def _lay_out(fig: go.Figure, view: VolcanoView, points: _Points, theme: Theme) -> None:
    reach = _reach(points)
    top = float(points.y.max(initial=LEAST_TOP))
    capped = bool(points.capped.any())
    ticks = [0, 20, 40, 60] if top > 30 else None
    dash = {"color": TOKENS[theme]["border2"], "width": 1, "dash": "2px,3px"}
    fig.update_layout(
        dragmode="zoom",
        xaxis={"range": [-reach, reach]},
        yaxis={
            "title": {"text": "−log10 q"},
            "range": [-top * 0.03, top * (1.36 if capped else 1.12)],
            **({"tickvals": ticks, "ticktext": ["0", "20", "40", "≥ 60" if capped else "60"]} if ticks else {}),
        },
        shapes=[
            *(
                {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "y domain", "line": dash, "layer": "below"}
                for x in (-view.fold_threshold, view.fold_threshold)
            ),
            {
                "type": "line", "x0": 0, "x1": 1, "xref": "x domain", "line": dash, "layer": "below",
                "y0": -np.log10(view.q_threshold), "y1": -np.log10(view.q_threshold),
            },
        ],
    )  # fmt: skip


def _names(view: VolcanoView, points: _Points, theme: Theme, size: tuple[int, int]) -> list[dict[str, Any]]:
    """Name the strongest genes; names that would touch each other or leave the figure are left out."""
    strength = np.minimum(np.abs(points.x), STRONG_FOLD) * points.y * (view.direction != 0)
    by_strength = [int(i) for i in np.argsort(-strength, kind="stable") if strength[i] > 0]
    capped = [i for i in by_strength if points.capped[i]]
    scale = _Scale.of(points, size)
    above = _above(view, points, sorted(capped, key=lambda i: -abs(float(points.x[i]))), theme, scale)
    return above + _beside(view, points, [i for i in by_strength if not points.capped[i]], theme, scale)


@dataclass(frozen=True)
class _Scale:
    """Half width of the x axis, and what a pixel is on either axis."""

    reach: float
    x: float
    y: float

    @classmethod
    def of(cls, points: _Points, size: tuple[int, int]) -> _Scale:
        reach = _reach(points)
        top = float(points.y.max(initial=LEAST_TOP)) * 1.2
        return cls(reach, 2 * reach / max(size[0] - SIDES, 1), top / max(size[1] - 44, 1))


def _reach(points: _Points) -> float:
    return max(2.0, float(np.abs(points.x).max(initial=0.0)) * 1.08)


def _above(view: VolcanoView, points: _Points, rows: list[int], theme: Theme, scale: _Scale) -> list[dict[str, Any]]:
    """Write slanted names above capped points."""
    taken: list[float] = []
    notes = []
    for i in rows:
        x = float(points.x[i])
        width = text_width(str(view.genes[i]), NAME_SIZE) * SLANTED_SHARE * scale.x
        clear = all(abs(x - other) > SLANTED_PITCH * scale.x for other in taken)
        if len(taken) < MAX_NAMED_CAPPED and clear and x + width < scale.reach:
            taken.append(x)
            place = {"textangle": NAME_ANGLE, "xanchor": "left", "yanchor": "bottom"}
            notes.append(_note(view, points, i, theme, place))
    return notes


def _beside(view: VolcanoView, points: _Points, rows: list[int], theme: Theme, scale: _Scale) -> list[dict[str, Any]]:
    """Write names beside points below the cap, outwards where there is room; none over another name or a coloured point."""
    boxes: list[tuple[float, float, float]] = []
    notes: list[dict[str, Any]] = []
    for i in rows[:MAX_TRIED]:
        x, y = float(points.x[i]), float(points.y[i])
        width = (text_width(str(view.genes[i]), NAME_SIZE) + 8) * scale.x
        outwards = 1 if x > 0 else -1
        for side in (outwards, -outwards):
            start, end = (x, x + width) if side > 0 else (x - width, x)
            near = (view.direction != 0) & (np.abs(points.y - y) < NAME_REACH * scale.y)
            covered = int(
                np.count_nonzero(near & (points.x > start) & (points.x < end))
            )  # never the point itself, at an end
            clear = all(abs(y - at) > 2 * NAME_REACH * scale.y or start > b or end < a for a, b, at in boxes)
            if clear and not covered and max(-start, end) <= scale.reach and len(notes) < MAX_NAMED_BELOW:
                boxes.append((start, end, y))
                anchor = {"xanchor": "left" if side > 0 else "right", "yanchor": "middle", "xshift": 5 * side}
                notes.append(_note(view, points, i, theme, anchor))
                break
    return notes


def _note(view: VolcanoView, points: _Points, i: int, theme: Theme, place: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": escape(view.genes[i]),
        "x": float(points.x[i]),
        "y": float(points.y[i]),
        "font": {"size": NAME_SIZE, "color": TOKENS[theme]["text"]},
        "bgcolor": rgba(TOKENS[theme]["surface"], 0.0),
        **place,
    }
