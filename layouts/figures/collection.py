"""The collection's statistics: cells and studies by month, reads by study, alignment rates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from layouts.figures.templates import figure
from layouts.figures.text import escape
from layouts.figures.tokens import CATEGORICAL, TOKENS, Theme

KINDS: tuple[tuple[str, str], ...] = (
    ("usable", "usable"),
    ("low_alignment", "below the alignment threshold"),
    ("no_data", "neither raw nor author-processed data"),
    ("unmapped", "unmapped to ontology terms"),
    ("set_aside", "set aside in the build"),
)
"""Kinds of the ``collection`` table in drawing order, with their words."""
MAX_NAMED_STUDIES = 14
FEW_STUDIES = 4  # with fewer in a month, ticks would else stand at halves of a study
UNKNOWN_MONTH = "no date"
_PLOT_LEFT = 58


def kind_colours(theme: Theme) -> dict[str, str]:
    """Return the colour of each kind: blue, cyan, grey, orange and a darker grey of the theme."""
    named = CATEGORICAL[theme]
    tokens = TOKENS[theme]
    colours = (named[0], named[2], tokens["ghost"], named[1], tokens["text3"])
    return {kind: colour for (kind, _), colour in zip(KINDS, colours, strict=True)}


def months_figure(table: pd.DataFrame, *, theme: Theme) -> go.Figure:
    """Draw cells (above) and studies (below) by month of release, stacked by kind.

    Parameters
    ----------
    table : pandas.DataFrame
        The bundle's ``collection`` table: month, kind, n_studies, n_cells.
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.Figure
        Two plots over one axis of months, which has no gaps; what has no month stands at the right end.
    """
    fig = figure(theme)
    months = _months(table["month"])
    colours = kind_colours(theme)
    for column, unit, axis in (("n_cells", "cells", "y"), ("n_studies", "studies", "y2")):
        for kind, words in KINDS:
            rows = table[table["kind"] == kind].groupby("month")[column].sum()
            if rows.empty:
                continue
            fig.add_trace(
                go.Bar(
                    name=words,
                    x=[_word(month) for month in months],
                    y=[int(rows.get(month, 0)) for month in months],
                    yaxis=axis,
                    marker={"color": colours[kind], "line": {"width": 0}},
                    hovertemplate=f"%{{x}}<br>%{{y:,}} {unit} {words}<extra></extra>",
                )
            )
    most = int(table.groupby("month")["n_studies"].sum().max()) if len(table) else 0
    _lay_out_months(fig, [_word(month) for month in months], most)
    return fig


def _months(found: pd.Series) -> list[str]:
    """Return every month from the first to the last, then the unknown one."""
    known = sorted(month for month in set(found) if month)
    months = [str(m) for m in pd.period_range(known[0], known[-1], freq="M")] if known else []
    return [*months, *([""] if (found == "").any() else [])]


def _word(month: str) -> str:
    return month or UNKNOWN_MONTH


def _lay_out_months(fig: go.Figure, months: Sequence[str], most_studies: int) -> None:
    years = [m for m in months if m.endswith("-01")]
    ticks = years if len(years) > 1 else [months[0], months[-1]] if months else []
    if UNKNOWN_MONTH in months:
        ticks = [*dict.fromkeys([*ticks, UNKNOWN_MONTH])]
    fig.update_layout(
        barmode="stack",
        bargap=0.15,
        dragmode="zoom",
        margin={"l": _PLOT_LEFT, "r": 22, "t": 8, "b": 26},
        xaxis={
            "type": "category", "categoryorder": "array", "categoryarray": list(months), "anchor": "y2", "showgrid": False,
            "tickvals": ticks, "ticktext": [t[:4] if t in years and len(years) > 1 else t for t in ticks],
        },
        yaxis={"domain": [0.44, 1.0], "title": {"text": "cells"}, "rangemode": "tozero", "tickformat": "~s", "nticks": 5},
        yaxis2={
            "domain": [0.0, 0.34], "title": {"text": "studies"}, "rangemode": "tozero", "tickformat": "~s", "nticks": 4,
            "dtick": 1 if most_studies < FEW_STUDIES else None,
        },
    )  # fmt: skip


def reads_figure(table: pd.DataFrame, *, theme: Theme) -> go.Figure:
    """Draw the reads a library of every study: median and quartiles, the deepest on top.

    Parameters
    ----------
    table : pandas.DataFrame
        The bundle's ``reads_by_study`` table.
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.Figure
        One row a study on a logarithmic axis; more than `MAX_NAMED_STUDIES` are not named beside the axis but in the hover.
    """
    fig = figure(theme)
    rows = table.sort_values(["reads_median", "study"], ignore_index=True)
    places = np.arange(len(rows))
    is_named = len(rows) <= MAX_NAMED_STUDIES
    middle = np.maximum(rows["reads_median"].to_numpy(dtype=float), 1)
    low, high = (np.maximum(rows[c].to_numpy(dtype=float), 1) for c in ("reads_q1", "reads_q3"))
    facts = [
        [escape(s), n, total] for s, n, total in zip(rows["study"], rows["n_libraries"], rows["n_reads"], strict=True)
    ]
    fig.add_trace(
        go.Scatter(
            x=middle,
            y=places,
            mode="markers",
            marker={"size": 8 if is_named else 5, "color": CATEGORICAL[theme][0]},
            error_x={
                "type": "data", "symmetric": False, "array": high - middle, "arrayminus": middle - low, "width": 0,
                "thickness": 2 if is_named else 1, "color": CATEGORICAL[theme][0],
            },
            customdata=facts,
            hovertemplate="<b>%{customdata[0]}</b><br>median %{x:,.0f} reads a library<br>%{customdata[1]:,} libraries, "
            "%{customdata[2]:,} reads<extra></extra>",
        )
    )  # fmt: skip
    names = [escape(study) for study in rows["study"]] if is_named else []
    fig.update_layout(
        dragmode="zoom",
        margin={"l": 92 if is_named else _PLOT_LEFT, "r": 16, "t": 8, "b": 40},
        xaxis={"type": "log", "title": {"text": "reads a library: median and quartiles"}, "tickformat": "~s", "dtick": 1},
        yaxis={
            "showgrid": False, "range": [-0.6, len(rows) - 0.4], "tickvals": list(range(len(names))), "ticktext": names,
            "title": {"text": "" if is_named else f"{len(rows)} studies"},
        },
    )  # fmt: skip
    return fig


def rates_figure(table: pd.DataFrame, *, theme: Theme) -> go.Figure:
    """Draw the histogram of alignment rates, what the rule set aside in another colour, with the threshold.

    Parameters
    ----------
    table : pandas.DataFrame
        The bundle's ``alignment_rates`` table, rows of one measure.
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.Figure
        Stacked bars over 0 to 100 %, and a dashed line at the threshold where the rule looks at this measure.
    """
    fig = figure(theme)
    colours = kind_colours(theme)
    low, high = (100 * table[c].to_numpy(dtype=float) for c in ("low", "high"))
    for column, words, kind in (("n_kept", "kept", "usable"), ("n_below", "set aside by the rule", "low_alignment")):
        fig.add_trace(
            go.Bar(
                name=words,
                x=(low + high) / 2,
                width=(high - low) * 0.92,
                y=table[column].to_numpy(),
                customdata=np.stack([low, high], axis=1),
                marker={"color": colours[kind], "line": {"width": 0}},
                hovertemplate=f"%{{customdata[0]:.1f}} to %{{customdata[1]:.1f}} % aligned<br>%{{y:,}} libraries {words}<extra></extra>",
            )
        )
    threshold = 100 * float(table["threshold"].max()) if len(table) else 0.0
    line = {"color": TOKENS[theme]["text2"], "width": 1, "dash": "4px,3px"}
    fig.update_layout(
        barmode="stack",
        dragmode="zoom",
        margin={"l": _PLOT_LEFT, "r": 16, "t": 18, "b": 40},
        xaxis={
            "range": [0, 100],
            "ticksuffix": " %",
            "title": {"text": "share of reads that align"},
            "showgrid": False,
        },
        yaxis={"title": {"text": "libraries"}, "rangemode": "tozero", "tickformat": "~s", "nticks": 5},
    )
    if threshold:
        fig.add_shape(type="line", x0=threshold, x1=threshold, y0=0, y1=1, yref="y domain", line=line)
        fig.add_annotation(x=threshold, y=1, yref="y domain", yanchor="bottom", text=f"threshold {threshold:.0f} %")
    return fig
