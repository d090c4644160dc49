"""One gene study by study: its fold change in each study with the interval, and the mean over studies (a forest plot)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from core.explore.contrast import StudyEffects
from core.explore.markers import Q_SIGNIFICANT
from core.ontology.text import text_width
from core.words import percent
from layouts.figures.templates import bare_axis, figure
from layouts.figures.text import escape
from layouts.figures.tokens import CATEGORICAL, TOKENS, Theme

MAX_STUDIES = 16
SMALLEST, LARGEST = 6.0, 13.0
WIDEST_NAME = 116
LEAST_REACH = 1.0
LEAST_ROWS = 7


def forest_figure(view: StudyEffects, *, theme: Theme) -> go.Figure:
    """Draw the effects of a gene.

    Parameters
    ----------
    view : StudyEffects
        At least one study; the 16 with most cells are drawn.
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces ``intervals`` (lines), ``sure`` and ``not sure`` (squares, filled where q < 0.05, their area as the cells of the
        type) and, with two studies or more, ``mean`` (a diamond as wide as its interval).
    """
    fig = figure(theme)
    rows = view.studies.head(MAX_STUDIES)
    colour = CATEGORICAL[theme][1 if (view.log2_fold_change or 0) >= 0 else 0]
    fig.add_trace(_intervals(rows, colour))
    sure = (rows["p_value_adj"] < Q_SIGNIFICANT).to_numpy()
    for name, chosen in (("sure", sure), ("not sure", ~sure)):
        fig.add_trace(_squares(rows, np.flatnonzero(chosen), name, colour, theme))
    joined = len(rows) > 1 and view.log2_fold_change is not None
    if joined:
        fig.add_trace(_mean(view, len(rows), theme))
    _lay_out(fig, view, rows, theme, joined=joined)
    return fig


def _intervals(rows: pd.DataFrame, colour: str) -> go.Scatter:
    x = np.column_stack([rows["low"], rows["high"], np.full(len(rows), np.nan)]).ravel().astype(np.float32)
    y = np.repeat(np.arange(len(rows), dtype=np.float32), 3)
    return go.Scatter(name="intervals", x=x, y=y, mode="lines", line={"width": 1.6, "color": colour}, hoverinfo="skip")


def _squares(rows: pd.DataFrame, chosen: npt.NDArray[np.intp], name: str, colour: str, theme: Theme) -> go.Scatter:
    size = np.sqrt(rows["n_in"].to_numpy(dtype=np.float64) / max(float(rows["n_in"].max()), 1.0))
    part = rows.iloc[chosen]
    return go.Scatter(
        name=name,
        x=part["log2_fold_change"].to_numpy(dtype=np.float32),
        y=chosen.astype(np.float32),
        mode="markers",
        marker={
            "symbol": "square",
            "size": (SMALLEST + (LARGEST - SMALLEST) * size[chosen]).astype(np.float32),
            "color": colour if name == "sure" else TOKENS[theme]["surface"],
            "line": {"width": 1.6, "color": colour},
            "opacity": 1,
        },
        text=[_hover(row) for row in part.to_dict("records")],
        hovertemplate="%{text}<extra></extra>",
    )


def _hover(row: Mapping[Hashable, Any]) -> str:
    own, other = (percent(row[name], 1) for name in ("pct_in", "pct_out"))
    q = row["p_value_adj"]
    background = "" if row["same_study"] else "<br>background from other studies"
    return (
        f"<b>{escape(row['accession'])}</b><br>log2 fold change {row['log2_fold_change']:.2f} "
        f"({row['low']:.2f} to {row['high']:.2f})<br>"
        f"in {own} of {row['n_in']:,} cells, else in {other} of {row['n_out']:,}<br>q {q:.2g}{background}"
    )


def _mean(view: StudyEffects, at: int, theme: Theme) -> go.Scatter:
    middle, low, high = (float(v) if v is not None else np.nan for v in (view.log2_fold_change, view.low, view.high))
    return go.Scatter(
        name="mean",
        x=[low, middle, high, middle, low],
        y=[at, at - 0.22, at, at + 0.22, at],
        mode="lines",
        fill="toself",
        fillcolor=TOKENS[theme]["text"],
        line={"width": 1, "color": TOKENS[theme]["text"]},
        hoveron="fills",
        text=f"mean {middle:.2f} ({low:.2f} to {high:.2f})",
        hoverinfo="text",
    )


def _lay_out(fig: go.Figure, view: StudyEffects, rows: pd.DataFrame, theme: Theme, *, joined: bool) -> None:
    names = [_cut(str(name)) for name in rows["accession"]] + (["mean"] if joined else [])
    longest = max(text_width(name, 11.5) for name in names)
    ends = [rows["low"].min(), rows["high"].max(), 0.0]
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    pad = max(0.08 * (high - low), LEAST_REACH / 4)
    small = {"size": 10.5, "color": TOKENS[theme]["text3"]}
    cells = [
        {"text": f"{int(n):,}", "x": 1, "xref": "paper", "xanchor": "left", "xshift": 8, "y": i, "font": small}
        for i, n in enumerate(rows["n_in"])
    ]
    head = {
        "text": "cells",
        "x": 1,
        "xref": "paper",
        "xanchor": "left",
        "xshift": 8,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "font": small,
    }
    fig.update_layout(
        margin={"l": round(longest + 16), "r": 52, "t": 16, "b": 40},
        dragmode=False,
        xaxis={
            "title": {"text": f"log2 fold change of {escape(view.symbol)}, 95 % interval"},
            "range": [low - pad, high + pad],
            "nticks": 6,
            "fixedrange": True,
        },
        yaxis={
            **bare_axis(range=[max(len(names), LEAST_ROWS) - 0.3, -0.7]),
            "showticklabels": True,
            "tickmode": "array",
            "tickvals": list(range(len(names))),
            "ticktext": [escape(name) for name in names],
            "tickfont": {"size": 11.5, "color": TOKENS[theme]["text2"]},
        },
        annotations=[*cells, head],
        shapes=[
            {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "y domain", "layer": "below",
             "line": {"color": TOKENS[theme]["border2"], "width": 1, "dash": "2px,3px"}},
        ],
    )  # fmt: skip


def _cut(name: str) -> str:
    while text_width(name, 11.5) > WIDEST_NAME:
        name = name[:-2].rstrip() + "…"
    return name
