"""Why this label: the share of cells with each telling gene, in the query and in the reference's two types."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from core.explore.evidence import Driver, EvidenceView
from core.ontology.text import short_name, text_width
from core.words import percent
from layouts.figures.templates import bare_axis, figure
from layouts.figures.text import escape
from layouts.figures.tokens import CATEGORICAL, TOKENS, Theme

ROW_PIXELS = 19
GAP_ROWS = 1.25
EDGE_PIXELS = 34


def evidence_figure(view: EvidenceView, *, theme: Theme) -> go.Figure:
    """Draw the evidence.

    Parameters
    ----------
    view : EvidenceView
        At least one driver.
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces ``spans`` (lines between the two types), ``label`` (circles), ``rival`` (open diamonds) and ``cells`` (red triangles);
        its height grows with the genes and is in ``layout.height``.
    """
    fig = figure(theme)
    places = _places(view.drivers)
    spans = np.array([[d.share_label, d.share_rival, np.nan] for d in view.drivers], dtype=np.float32) * 100
    quiet = {"width": 2, "color": TOKENS[theme]["border"]}
    fig.add_trace(
        go.Scatter(name="spans", x=spans.ravel(), y=np.repeat(places, 3), mode="lines", line=quiet, hoverinfo="skip")
    )
    label, rival = (CATEGORICAL[theme][i] for i in (1, 0))
    surface = TOKENS[theme]["surface"]
    looks = (
        ("label", [d.share_label for d in view.drivers], {"symbol": "circle", "size": 8, "color": label}),
        (
            "rival",
            [d.share_rival for d in view.drivers],
            {"symbol": "diamond", "size": 8, "color": surface, "line": {"width": 1.6, "color": rival}},
        ),
        (
            "cells",
            [d.share for d in view.drivers],
            {
                "symbol": "triangle-down", "size": 11, "color": TOKENS[theme]["selection"],
                "line": {"width": 1, "color": surface},
            },
        ),
    )  # fmt: skip
    hover = [_hover(view, driver) for driver in view.drivers]
    for name, shares, marker in looks:
        x = 100 * np.array(shares, dtype=np.float32)
        fig.add_trace(
            go.Scatter(
                name=name, x=x, y=places, mode="markers", marker={"opacity": 1, **marker}, text=hover,
                hovertemplate="%{text}<extra></extra>",
            )
        )  # fmt: skip
    _lay_out(fig, view, places, theme)
    return fig


def height(n_drivers: int) -> int:
    """Return the pixels a figure of so many genes needs."""
    return round(ROW_PIXELS * (n_drivers + 2 * GAP_ROWS)) + EDGE_PIXELS


def _places(drivers: tuple[Driver, ...]) -> np.ndarray:
    """Give each gene its row; a heading stands above the genes of each type."""
    n_label = sum(driver.of_label for driver in drivers)
    rows = np.arange(len(drivers), dtype=np.float32) + 1
    rows[n_label:] += GAP_ROWS if 0 < n_label < len(drivers) else 0
    return rows


def _hover(view: EvidenceView, driver: Driver) -> str:
    rival = view.rival[1] if view.rival else "all other types"
    return (
        f"<b>{escape(driver.symbol)}</b><br>in {percent(driver.share, 1)} of these cells<br>"
        f"in {percent(driver.share_label, 1)} of {escape(view.label[1])} in the reference<br>"
        f"in {percent(driver.share_rival, 1)} of {escape(rival)}<br>(at the depth of these cells)"
    )


def _lay_out(fig: go.Figure, view: EvidenceView, places: np.ndarray, theme: Theme) -> None:
    n_label = sum(driver.of_label for driver in view.drivers)
    rival = short_name(view.rival[1]) if view.rival else "all other types"
    heads = []
    if n_label:
        heads.append((f"Genes of {short_name(view.label[1])}", float(places[0])))
    if n_label < len(view.drivers):
        heads.append((f"Genes of {rival}", float(places[n_label])))
    longest = max(text_width(driver.symbol, 11.5) for driver in view.drivers)
    margin = round(longest + 14)
    fig.update_layout(
        height=height(len(view.drivers)),
        margin={"l": margin, "r": 12, "t": 2, "b": EDGE_PIXELS},
        dragmode=False,
        xaxis={
            "title": {"text": "% of cells with the gene"},
            "range": [-3, 103],
            "tickvals": [0, 25, 50, 75, 100],
            "fixedrange": True,
        },
        yaxis={
            **bare_axis(range=[float(places[-1]) + 0.7, float(places[0]) - 1 - 0.4]),
            "showticklabels": True,
            "tickmode": "array",
            "tickvals": places.tolist(),
            "ticktext": [escape(driver.symbol) for driver in view.drivers],
            "tickfont": {"size": 11.5, "color": TOKENS[theme]["text"]},
        },
        annotations=[
            {"text": escape(text), "x": 0, "xref": "paper", "xanchor": "left", "xshift": -margin + 4, "y": y - 0.95,
             "font": {"size": 11, "color": TOKENS[theme]["text3"]}}
            for text, y in heads
        ],
    )  # fmt: skip
