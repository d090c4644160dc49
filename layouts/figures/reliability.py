"""Whether probabilities say what they mean: the share of labels that were right, over what was said of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from layouts.figures.templates import figure
from layouts.figures.tokens import TOKENS, Theme

LARGEST, SMALLEST = 22.0, 5.0  # pixels across, of the most cells and of the fewest


def reliability_figure(table: pd.DataFrame, *, theme: Theme) -> go.Figure:
    """Draw the reliability diagram.

    Parameters
    ----------
    table : pandas.DataFrame
        said, right (shares 0..1), n_cells (`core.explore.trust.TrustView`).
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.Figure
        A disc a group of cells, its area in proportion to them; on the dashed diagonal probabilities are true, below it
        they promise too much.
    """
    fig = figure(theme)
    said, right = (100 * table[column].to_numpy(dtype=float) for column in ("said", "right"))
    n_cells = table["n_cells"].to_numpy(dtype=float)
    sizes = np.maximum(SMALLEST, LARGEST * np.sqrt(n_cells / max(n_cells.max(initial=1.0), 1.0)))
    fig.add_trace(
        go.Scatter(
            x=said,
            y=right,
            customdata=table["n_cells"],
            mode="markers",
            marker={"size": sizes, "color": TOKENS[theme]["accent"], "opacity": 0.85, "line": {"width": 0}},
            hovertemplate="<b>said %{x:.0f} %, right %{y:.0f} %</b><br>%{customdata:,} cells<extra></extra>",
        )
    )
    dash = {"color": TOKENS[theme]["text3"], "width": 1, "dash": "4px,3px"}
    # A little beyond 0 and 100, so that discs at the ends can be hovered.
    axis = {"range": [-4, 104], "dtick": 25, "ticksuffix": " %"}
    fig.update_layout(
        dragmode="zoom",
        margin={"l": 62, "r": 18, "t": 14, "b": 40},
        xaxis={**axis, "title": {"text": "probability said"}},
        yaxis={**axis, "title": {"text": "labels that were right"}},
        shapes=[{"type": "line", "x0": 0, "x1": 100, "y0": 0, "y1": 100, "line": dash, "layer": "below"}],
    )
    return fig
