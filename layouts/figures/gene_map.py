"""One gene on the map: query cells or reference cells, coloured by log expression.

==================  =====================================================================  ===========================================
trace name          what                                                                   customdata of a point
==================  =====================================================================  ===========================================
``ground``          the cells that are not asked about, in grey                            none
``without``         cells asked about that do not have the gene                            row of the cell in the query (int32)
``with``            cells asked about that have it, highest on top, with a colour bar      row of the cell in the query (int32)
==================  =====================================================================  ===========================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.explore.gene import GeneMapView
from core.explore.query import Mask
from layouts.figures.map_axes import LookedAt, axis_titles
from layouts.figures.templates import figure
from layouts.figures.text import escape
from layouts.figures.tokens import SEQUENTIAL, TOKENS, Theme, colour_scale

Side = Literal["query", "reference"]
MAX_POINTS = 25_000
LOWEST_TOP, TOP_QUANTILE = 1.0, 0.995
FIRST_SHADE = 2
PADDING = 0.04
Rows = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class GeneWindow:
    """How the map is shown.

    Parameters
    ----------
    side : {"query", "reference"}
        Whose cells are coloured.
    dragmode : str or bool
        What moving over the map does, as in `layouts.figures.scatter.Window`.
    looked_at : LookedAt, optional
        What the user zoomed to: it stays with another gene.
    """

    side: Side = "query"
    dragmode: str | bool = "lasso"
    looked_at: LookedAt | None = None


def gene_map_figure(view: GeneMapView, *, theme: Theme, selected: Mask, window: GeneWindow = GeneWindow()) -> go.Figure:
    """Draw a gene's values on the map.

    Parameters
    ----------
    view : GeneMapView
        Points and values.
    theme : {"light", "dark"}
        Colour scheme.
    selected : numpy.ndarray of bool, shape (n_query,)
        Query cells asked about; the others lie in the ground.
    window : GeneWindow
        Whose cells are coloured, and how the map is looked at.

    Returns
    -------
    plotly.graph_objects.Figure
        Points as float32; at most 25,000 coloured ones. Without values: the ground alone.
    """
    fig = figure(theme)
    on_query = window.side == "query"
    xy = view.query_xy if on_query else view.reference_xy
    values = view.query_values if on_query else view.reference_values
    ground = view.reference_xy if on_query else view.reference_xy[np.isnan(view.reference_values)]
    fig.add_trace(_ground(ground, theme))
    if on_query and not selected.all():
        fig.add_trace(_ground(_thinned(view.query_xy[~selected]), theme, symbol="triangle-down"))
    if values is not None:
        asked = np.flatnonzero(selected if on_query else ~np.isnan(values))
        asked = _thinned(asked)
        has = values[asked] > 0
        top = _top(values[asked][has])
        fig.add_trace(_without(xy, asked[~has], theme, on_query=on_query))
        strongest_last = asked[has][np.argsort(values[asked[has]], kind="stable")]
        fig.add_trace(_with(view.symbol, xy, strongest_last, values, top, theme, on_query=on_query))
    _lay_out(fig, view, window)
    return fig


def _thinned(rows: Any) -> Any:  # noqa: ANN401 - rows or points
    """Take at most 25,000, spread evenly."""
    if len(rows) <= MAX_POINTS:
        return rows
    return rows[np.linspace(0, len(rows) - 1, MAX_POINTS).astype(np.intp)]


def _top(values: Floats) -> float:
    """Return the end of the colour scale: nearly the largest value, rounded up to a half."""
    high = float(np.quantile(values, TOP_QUANTILE)) if len(values) else 0.0
    return max(LOWEST_TOP, float(np.ceil(2 * high) / 2))


def _ground(xy: Floats, theme: Theme, symbol: str = "circle") -> go.Scattergl:
    return go.Scattergl(
        name="ground",
        x=xy[:, 0],
        y=xy[:, 1],
        mode="markers",
        marker={"size": 3, "color": TOKENS[theme]["ghost"], "opacity": 0.45, "symbol": symbol, "line": {"width": 0}},
        hoverinfo="skip",
        **_undimmed(0.45),
    )


def _without(xy: Floats, rows: Rows, theme: Theme, *, on_query: bool) -> go.Scattergl:
    return go.Scattergl(
        name="without",
        x=xy[rows, 0],
        y=xy[rows, 1],
        mode="markers",
        marker={**_shape(on_query=on_query), "color": TOKENS[theme]["border2"], "opacity": 0.5},
        hoverinfo="skip",
        **({"customdata": rows.astype(np.int32)} if on_query else {}),
        **_undimmed(0.5),
    )


def _with(
    symbol: str, xy: Floats, rows: Rows, values: Floats, top: float, theme: Theme, *, on_query: bool
) -> go.Scattergl:
    marker = {
        **_shape(on_query=on_query),
        "color": values[rows].astype(np.float32),
        # The palest shades are the ground's: a cell that has the gene must stand out from it.
        "colorscale": colour_scale(SEQUENTIAL[theme][FIRST_SHADE:]),
        "cmin": 0,
        "cmax": top,
        "opacity": 0.9,
        "showscale": bool(len(rows)),
        "colorbar": _colour_bar(top, theme),
    }
    return go.Scattergl(
        name="with",
        x=xy[rows, 0],
        y=xy[rows, 1],
        mode="markers",
        marker=marker,
        hovertemplate=f"<b>{escape(symbol)}</b><br>log expression %{{marker.color:.2f}}<extra></extra>",
        **({"customdata": rows.astype(np.int32)} if on_query else {}),
        **_undimmed(0.9),
    )


def _shape(*, on_query: bool) -> dict[str, Any]:
    return {"size": 6 if on_query else 4.5, "symbol": "triangle-down" if on_query else "circle", "line": {"width": 0}}


def _colour_bar(top: float, theme: Theme) -> dict[str, Any]:
    small = {"size": 10.5, "color": TOKENS[theme]["text3"]}
    return {
        "title": {"text": "log expr.", "font": small, "side": "top"},
        "tickvals": [0, top / 2, top],
        "tickfont": small,
        "thickness": 6,
        "len": 0.4,
        "x": 1.01,
        "xanchor": "left",
        "y": 1.0,
        "yanchor": "top",
        "outlinewidth": 0,
        "ticks": "",
        "xpad": 0,
        "ypad": 0,
    }


def _undimmed(opacity: float) -> dict[str, dict[str, dict[str, float]]]:
    """Keep points as they are while a box or lasso is open."""
    return {"selected": {"marker": {"opacity": opacity}}, "unselected": {"marker": {"opacity": opacity}}}


def _lay_out(fig: go.Figure, view: GeneMapView, window: GeneWindow) -> None:
    across, up = axis_titles(view.space, view.explained_variance)
    points = [xy for xy in (view.reference_xy, view.query_xy) if len(xy)]
    low = np.min([xy.min(axis=0) for xy in points], axis=0) if points else np.array([-1.0, -1.0])
    high = np.max([xy.max(axis=0) for xy in points], axis=0) if points else np.array([1.0, 1.0])
    pad = np.where(high > low, (high - low) * PADDING, 1.0)
    (x0, y0), (x1, y1) = low - pad, high + pad
    revision = f"gene map {view.space}"
    zoom = window.looked_at
    x, y = (zoom.x, zoom.y) if zoom and zoom.of == revision else ((float(x0), float(x1)), (float(y0), float(y1)))
    fig.update_layout(
        margin={"l": 44, "r": 54, "t": 8, "b": 36},
        dragmode=window.dragmode,
        xaxis={"title": {"text": across}, "range": list(x), "nticks": 5},
        yaxis={"title": {"text": up}, "range": list(y), "nticks": 7},
        uirevision=revision,
        meta={"space": view.space},
    )
