"""How the encoder's networks were trained: loss by epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from layouts.figures.templates import figure
from layouts.figures.tokens import CATEGORICAL, TOKENS, Theme

DASH = "5px,4px"
FALLS_FAR = 8
_CELLS = {"loss": ("training", "accuracy", None), "validation_loss": ("validation", "validation_accuracy", DASH)}


def training_figure(table: pd.DataFrame, *, theme: Theme) -> go.Figure:
    """Draw the loss of every network over the epochs, with a ring at the epoch whose weights were kept.

    Parameters
    ----------
    table : pandas.DataFrame
        The bundle's ``training`` table.
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.Figure
        A colour a network; solid over training cells, dashed over validation cells where there are any. The ring is on the
        dashed line where there is one, since the validation loss chooses the epoch.
    """
    fig = figure(theme)
    for _, rows in table.groupby("network", sort=True):
        colour = CATEGORICAL[theme][(rows["network"].iloc[0] - 1) % len(CATEGORICAL[theme])]
        shown = [column for column in _CELLS if rows[column].notna().all()]
        for column in shown:
            fig.add_trace(_line(rows, column, colour))
        fig.add_trace(_kept(rows[rows["kept"]], shown[-1], colour, TOKENS[theme]["surface"]))
    last = int(table["epoch"].max()) if len(table) else 1
    fig.update_layout(
        dragmode="zoom",
        margin={"l": 52, "r": 16, "t": 8, "b": 40},
        xaxis={
            "title": {"text": "epoch"},
            "range": [0.5, last + 0.5],
            "showgrid": False,
            "nticks": 8,
            "tickformat": "d",
        },
        yaxis={"title": {"text": "loss (cross-entropy)"}, **_scale(table)},
    )
    return fig


def _scale(table: pd.DataFrame) -> dict[str, Any]:
    """Choose the axis: logarithmic where the loss falls so far that its end would be a flat line."""
    losses = table[list(_CELLS)].to_numpy(dtype=float)
    known = losses[np.isfinite(losses)]
    if len(known) and 0 < FALLS_FAR * known.min() <= known.max():
        return {"type": "log", "dtick": "D2", "tickformat": "~g"}
    return {"rangemode": "tozero", "nticks": 6}


def _line(rows: pd.DataFrame, column: str, colour: str) -> go.Scatter:
    cells, accuracy, dash = _CELLS[column]
    return go.Scatter(
        name=f"network {rows['network'].iloc[0]}, {cells} cells",
        x=rows["epoch"],
        y=rows[column],
        customdata=100 * rows[accuracy],
        mode="lines+markers",
        line={"color": colour, "width": 1.8, "dash": dash},
        marker={"size": 4, "color": colour},
        hovertemplate="<b>%{fullData.name}</b><br>epoch %{x}: loss %{y:.3f}, %{customdata:.1f} % right<extra></extra>",
    )


def _kept(rows: pd.DataFrame, column: str, colour: str, ground: str) -> go.Scatter:
    return go.Scatter(
        name="kept",
        x=rows["epoch"],
        y=rows[column],
        mode="markers",
        marker={"size": 11, "color": ground, "line": {"color": colour, "width": 2.4}},
        hovertemplate=f"<b>network {rows['network'].iloc[0]}: weights of epoch %{{x}} kept</b><br>loss %{{y:.3f}}<extra></extra>",
    )
