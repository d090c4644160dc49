"""One gene by cell type: a dot plot of two columns, the selected query cells and the reference.

Colour is the mean log expression of a type's cells, area the share of them that have the gene.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from core.ontology.text import short_names, text_width
from core.words import percent
from layouts.figures.templates import bare_axis, figure
from layouts.figures.text import escape
from layouts.figures.tokens import SEQUENTIAL, TOKENS, Theme, colour_scale

MAX_ROWS = 60
ROW_PIXELS = 22
LARGEST_DOT, SMALLEST_DOT = 15.0, 2.5
LOWEST_TOP = 1.0
HEAD_PIXELS = 24
TEXT_AT = 0.62
LEFT = -0.22
WIDEST_NAME = 146
SIDES = (("query", "your cells"), ("reference", "reference"))


def gene_types_figure(table: pd.DataFrame, *, theme: Theme, symbol: str) -> go.Figure:
    """Draw a gene's mean and share by type.

    Parameters
    ----------
    table : pandas.DataFrame
        `core.explore.gene.GeneView.by_type`, the highest reference mean first; the first 60 rows are drawn.
    theme : {"light", "dark"}
        Colour scheme.
    symbol : str
        The gene, for the hover.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces ``query`` and ``reference``, and the shares in words; its height grows with the rows and is in ``layout.height``.
    """
    rows = table.head(MAX_ROWS)
    fig = figure(theme)
    top = scale_top(table)
    fig.add_trace(_leaders(rows, theme))
    for place, (side, _) in enumerate(SIDES):
        fig.add_trace(_dots(rows, side, place, top, theme, symbol))
        fig.add_trace(_shares(rows, side, place, theme))
    _lay_out(fig, rows, theme)
    return fig


def scale_top(table: pd.DataFrame) -> float:
    """Return the end of the colour scale: the largest mean, rounded up to a half, at least 1."""
    means = table[["mean_query", "mean_reference"]].to_numpy(dtype=np.float64)
    return max(LOWEST_TOP, float(np.ceil(2 * np.nanmax(means, initial=0.0)) / 2))


def height(n_rows: int) -> int:
    """Return the pixels a figure of so many rows needs."""
    return HEAD_PIXELS + 8 + ROW_PIXELS * min(max(n_rows, 1), MAX_ROWS)


def _leaders(rows: pd.DataFrame, theme: Theme) -> go.Scatter:
    """Lead the eye from a name to its dots: lines that stop where a share is written, as none may lie on words."""
    x: list[float | None] = []
    y: list[int | None] = []
    for row, is_in_query in enumerate(rows["share_query"].notna()):
        parts = ((LEFT, 0.0), (TEXT_AT + 0.04, 1.0)) if is_in_query else ((LEFT, 1.0),)
        for start, end in parts:
            x += [start, end, None]
            y += [row, row, None]
    return go.Scatter(
        name="leaders", x=x, y=y, mode="lines", hoverinfo="skip", line={"width": 1, "color": TOKENS[theme]["grid"]}
    )


def _dots(rows: pd.DataFrame, side: str, place: int, top: float, theme: Theme, symbol: str) -> go.Scatter:
    share, mean = (rows[f"{what}_{side}"].to_numpy(dtype=np.float64) for what in ("share", "mean"))
    there = np.flatnonzero(~np.isnan(share))
    n = rows[f"n_{side}"].to_numpy()[there]
    words = [percent(s, 1) for s in share[there]]
    names = [escape(name) for name in rows["cell_type"].to_numpy()[there]]
    whose = "your selected cells" if side == "query" else "reference cells"
    return go.Scatter(
        name=side,
        x=np.full(len(there), place, dtype=np.float32),
        y=there.astype(np.float32),
        mode="markers",
        text=words,
        marker={
            "size": _sizes(share[there]),
            "color": mean[there].astype(np.float32),
            "colorscale": colour_scale(SEQUENTIAL[theme][1:]),
            "cmin": 0,
            "cmax": top,
            "line": {"width": 0.8, "color": TOKENS[theme]["border2"]},
            "opacity": 1,
            "showscale": False,
        },
        customdata=[[name, f"{int(k):,}"] for name, k in zip(names, n, strict=True)],
        hovertemplate=(
            f"<b>{escape(symbol)}</b> in %{{customdata[0]}}<br>%{{customdata[1]}} {whose}<br>"
            "%{text} of them have it, mean log expression %{marker.color:.2f}<extra></extra>"
        ),
    )


def _shares(rows: pd.DataFrame, side: str, place: int, theme: Theme) -> go.Scatter:
    """Write the shares in a column of their own: beside the dots they would stand ragged."""
    share = rows[f"share_{side}"].to_numpy(dtype=np.float64)
    there = np.flatnonzero(~np.isnan(share))
    return go.Scatter(
        name=f"{side} share",
        x=np.full(len(there), place + TEXT_AT, dtype=np.float32),
        y=there.astype(np.float32),
        mode="text",
        text=[percent(s, 1) for s in share[there]],
        textposition="middle left",
        textfont={"size": 10.5, "color": TOKENS[theme]["text3"]},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _sizes(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Diameters whose areas are as the shares; nobody at all is a dot that can still be seen."""
    return np.maximum(np.sqrt(share) * LARGEST_DOT, SMALLEST_DOT).astype(np.float32)


def _lay_out(fig: go.Figure, rows: pd.DataFrame, theme: Theme) -> None:
    full = {str(name): str(name) for name in rows["cell_type"]}
    names = [_cut(name) for name in short_names(full).values()]
    longest = max((text_width(name, 11.5) for name in names), default=40)
    small = {"size": 11, "color": TOKENS[theme]["text3"]}
    heads = [
        {
            "text": words,
            "x": place + TEXT_AT / 2 - 0.06,
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "yshift": 4,
            "font": small,
        }
        for place, (_, words) in enumerate(SIDES)
    ]
    fig.update_layout(
        height=height(len(rows)),
        margin={"l": round(min(longest + 14, WIDEST_NAME)), "r": 6, "t": HEAD_PIXELS, "b": 8},
        dragmode=False,
        xaxis=bare_axis(range=[LEFT, 1.66]),
        yaxis={
            **bare_axis(range=[len(rows) - 0.5, -0.5]),
            "showticklabels": True,
            "tickmode": "array",
            "tickvals": list(range(len(rows))),
            "ticktext": [escape(name) for name in names],
            "tickfont": {"size": 11.5, "color": TOKENS[theme]["text2"]},
        },
        annotations=heads,
    )


def _cut(name: str) -> str:
    """Shorten a name that is wider than the margin; the hover has it whole."""
    if text_width(name, 11.5) <= WIDEST_NAME - 14:
        return name
    while name and text_width(name + "…", 11.5) > WIDEST_NAME - 14:
        name = name[:-1]
    return name.rstrip() + "…"
