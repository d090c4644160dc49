"""Two groups of cells by type: their shares (dumbbells) and the odds ratio with its interval, on one axis of types."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from core.explore.compare import Comparison
from core.explore.markers import Q_SIGNIFICANT
from core.ontology.text import clip_text, short_name, text_width
from core.words import p_value, ratio
from layouts.figures.templates import bare_axis, figure
from layouts.figures.text import escape
from layouts.figures.tokens import CATEGORICAL, TOKENS, Theme

MAX_ROWS = 40
ROW_HEIGHT = 34
TOP, BOTTOM = 30, 46
WIDEST_NAME = 170
WIDEST_GROUP = 104
SHARES, RATIOS = (0.0, 0.56), (0.63, 1.0)
LEAST_AXES = 420
"""Pixels for both axes; more where what stands over them needs it."""
HEADS = ("Share of the cells", "Odds ratio, 95 % interval")
HEAD_SIZE = 11
MARKS = "●◆■□"
"""Of the group compared with, the group, a sure ratio and one that is not: as letters, in what stands over the axes."""
EDGE = 8
"""Pixels right of the numbers: a saved picture may be shown in a wider face than the page's."""
NUMBER_GAP = 18
"""Pixels between the columns of numbers, which stand in the right margin: there they keep their width in a narrow window."""
LEAST_REACH, WIDEST_REACH = 2.0, 7.0
"""Of the odds ratio's axis, in powers of 2."""


def compare_figure(view: Comparison, *, theme: Theme) -> go.Figure:
    """Draw the tested types of a comparison, so that a saved picture can be read without its page.

    Parameters
    ----------
    view : Comparison
        With at least one tested type; the 40 with most cells are drawn, the highest odds ratio first.
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces ``difference`` (lines), ``against`` (circles) and ``group`` (diamonds) on the first x axis, in percent; ``interval``
        (lines), ``sure`` (filled squares, q < .05) and ``not sure`` (open ones) on the second, as powers of 2; what lies beyond it is an
        arrow at its edge, ends of intervals as ``beyond``. As high as its rows.
    """
    rows = shown_rows(view)
    fig = figure(theme)
    _shares(fig, view, rows, theme)
    _ratios(fig, rows, theme)
    _lay_out(fig, view, rows, theme)
    return fig


def shown_rows(view: Comparison) -> pd.DataFrame:
    """Return the tested types that are drawn, in their order."""
    tested = view.table[view.table["q_value"].notna()]
    most = (tested["n_group"] + tested["n_against"]).nlargest(MAX_ROWS).index
    return tested.loc[sorted(most)].reset_index(drop=True)


def _shares(fig: go.Figure, view: Comparison, rows: pd.DataFrame, theme: Theme) -> None:
    y = np.arange(len(rows))
    gap = np.full(len(rows), np.nan)
    ends = np.column_stack([100 * rows["share_against"], 100 * rows["share_group"], gap]).ravel()
    line = {"width": 2, "color": TOKENS[theme]["border2"]}
    fig.add_scatter(name="difference", x=ends, y=np.repeat(y, 3), mode="lines", line=line, hoverinfo="skip")
    texts = [_hover(row, view) for row in rows.to_dict("records")]
    for name, symbol, colour in (("against", "circle", 0), ("group", "diamond", 1)):
        fig.add_scatter(
            name=name, x=100 * rows[f"share_{name}"], y=y, mode="markers", text=texts, hovertemplate="%{text}<extra></extra>",
            marker={"symbol": symbol, "size": 10, "color": CATEGORICAL[theme][colour], "opacity": 1},
        )  # fmt: skip


def _ratios(fig: go.Figure, rows: pd.DataFrame, theme: Theme) -> None:
    y = np.arange(len(rows))
    low, middle, high = (_powers(rows[name]) for name in ("low", "odds_ratio", "high"))
    gap = np.full(len(rows), np.nan)
    sure = (rows["q_value"] < Q_SIGNIFICANT).to_numpy()
    colours = {True: TOKENS[theme]["text"], False: TOKENS[theme]["text3"]}
    of_rows = np.array([colours[bool(is_sure)] for is_sure in sure], dtype=object)
    _beyond(fig, np.concatenate([low, high]), np.concatenate([y, y]), np.concatenate([of_rows, of_rows]))
    for is_sure, name in ((True, "sure"), (False, "not sure")):
        at = np.flatnonzero(sure == is_sure)
        ends = np.column_stack([low, high, gap])[at].ravel()
        line = {"width": 1.5, "color": colours[is_sure]}
        fig.add_scatter(
            name="interval", x=ends, y=np.repeat(y[at], 3), mode="lines", line=line, hoverinfo="skip", xaxis="x2"
        )
        fig.add_scatter(
            name=name, x=middle[at], y=y[at], mode="markers", xaxis="x2", cliponaxis=False, hovertemplate="%{text}<extra></extra>",
            text=[_ratio_hover(rows.iloc[i]) for i in at],
            marker={
                "symbol": [_symbol(power) for power in middle[at]], "size": 9, "opacity": 1, "line": {"width": 1.5, "color": colours[is_sure]},
                "color": colours[is_sure] if is_sure else TOKENS[theme]["surface"],
            },
        )  # fmt: skip


def _beyond(
    fig: go.Figure, ends: npt.NDArray[np.float64], rows: npt.NDArray[np.intp], colours: npt.NDArray[Any]
) -> None:
    """Put an arrow at every end of an interval that the axis cuts off; `rows` and `colours` are those of the ends."""
    cut = np.abs(ends) == WIDEST_REACH
    fig.add_scatter(
        name="beyond", x=ends[cut], y=rows[cut], mode="markers", hoverinfo="skip", xaxis="x2", cliponaxis=False,
        marker={"symbol": [_symbol(power) for power in ends[cut]], "size": 7, "opacity": 1, "color": colours[cut]},
    )  # fmt: skip


def _symbol(power: float) -> str:
    """Choose the mark of a ratio: an arrow where it lies beyond the axis."""
    return "square" if abs(power) < WIDEST_REACH else "triangle-right" if power > 0 else "triangle-left"


def _powers(ratios: pd.Series) -> npt.NDArray[np.float64]:
    powers: npt.NDArray[np.float64] = np.log2(ratios.to_numpy(dtype=np.float64))
    return powers.clip(-WIDEST_REACH, WIDEST_REACH)


def _name(row: Mapping[Hashable, Any] | pd.Series) -> str:
    return short_name(str(row["type_name"]))


def _hover(row: Mapping[Hashable, Any], view: Comparison) -> str:
    sides = (
        f"{escape(words)}: {row[f'n_{side}']:,} of {total:,} cells ({100 * row[f'share_{side}']:.1f} %)"
        for words, side, total in (
            (view.choice.group_name, "group", view.n_group),
            (view.choice.against_name, "against", view.n_against),
        )
    )
    return f"<b>{escape(_name(row))}</b><br>" + "<br>".join(sides)


def _ratio_hover(row: pd.Series) -> str:
    return (
        f"<b>{escape(_name(row))}</b><br>odds ratio {escape(ratio(row['odds_ratio']))} "
        f"({escape(ratio(row['low']))} to {escape(ratio(row['high']))})"
        f"<br>p {p_value(row['p_value'])}, q {p_value(row['q_value'])}"
    )


def _lay_out(fig: go.Figure, view: Comparison, rows: pd.DataFrame, theme: Theme) -> None:
    names = [clip_text(_name(row), WIDEST_NAME, 12) for row in rows.to_dict("records")]
    columns = _columns(view, rows)
    reach = np.concatenate([_powers(rows["low"]), _powers(rows["high"]), [-LEAST_REACH, LEAST_REACH]])
    low, high = float(reach.min()) - 0.2, float(reach.max()) + 0.2
    ticks = [t for t in range(-7, 8) if low <= t <= high and (high - low < 7 or t % 2 == 0)]
    top = 100 * float(rows[["share_group", "share_against"]].to_numpy().max())
    line = {"type": "line", "line": {"color": TOKENS[theme]["grid"], "width": 1}, "layer": "below", "xref": "paper"}
    left, right = round(max(text_width(name, 12) for name in names) + 18), round(sum(c.width for c in columns)) + EDGE
    separators = [
        {**line, "y0": i + 0.5, "y1": i + 0.5, **ends}
        for i in range(len(rows))
        for ends in ({"x0": 0, "x1": 1}, {"xsizemode": "pixel", "xanchor": 1, "x0": 0, "x1": right})
    ]
    one = {
        "type": "line", "xref": "x2", "x0": 0, "x1": 0, "yref": "y domain", "y0": 0, "y1": 1, "layer": "below",
        "line": {"color": TOKENS[theme]["text3"], "width": 1, "dash": "2px,3px"},
    }  # fmt: skip
    fig.update_layout(
        height=TOP + BOTTOM + ROW_HEIGHT * len(rows),
        margin={"l": left, "r": right, "t": TOP, "b": BOTTOM},
        meta={"least_width": left + right + max(LEAST_AXES, round(_heads_width(view)))},
        paper_bgcolor=TOKENS[theme]["surface"],
        xaxis={"domain": list(SHARES), "range": [-0.03 * top, 1.05 * top], "nticks": 7, "ticksuffix": " %", "fixedrange": True},
        xaxis2={
            "domain": list(RATIOS), "range": [low, high], "tickvals": ticks, "ticktext": [_tick(t) for t in ticks], "fixedrange": True,
        },
        yaxis={
            **bare_axis(range=[len(rows) - 0.5, -0.5]), "showticklabels": True, "tickmode": "array",
            "tickvals": list(range(len(rows))), "ticktext": [escape(name) for name in names],
            "tickfont": {"size": 12, "color": TOKENS[theme]["text"]},
        },
        annotations=[*_heads(view, theme), *_numbers(columns, rows, theme)],
        shapes=[*separators, one],
    )  # fmt: skip


def _tick(power: int) -> str:
    return f"{2**power}" if power >= 0 else {-1: "½", -2: "¼", -3: "⅛"}.get(power, f"1/{2**-power}")


def _heads(view: Comparison, theme: Theme) -> list[dict[str, Any]]:
    """Say what the axes show and which mark is which group; groups are named in full on hover."""
    group, against = _clipped(view)
    blue, orange = CATEGORICAL[theme][:2]
    marks = f"{_mark(MARKS[0], blue)} {escape(against)}  {_mark(MARKS[1], orange)} {escape(group)}"
    full = f"{MARKS[0]} {escape(view.choice.against_name)}<br>{MARKS[1]} {escape(view.choice.group_name)}"
    sure = f"{_mark(MARKS[2], TOKENS[theme]['text'])} q &lt; {Q_SIGNIFICANT}  {MARKS[3]} q ≥ {Q_SIGNIFICANT}"
    font = {"size": HEAD_SIZE, "color": TOKENS[theme]["text3"]}
    above = {"xref": "paper", "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 8, "font": font}
    below = {"xref": "paper", "yref": "paper", "y": 0, "yanchor": "top", "yshift": -24, "font": font}
    more = f"An odds ratio above 1: more in {escape(view.choice.group_name)} than in {escape(view.choice.against_name)}"
    return [
        {**above, "text": f"{HEADS[0]}  {marks}", "x": SHARES[0], "xanchor": "left", "hovertext": full},
        {**above, "text": f"{HEADS[1]}  {sure}", "x": RATIOS[1], "xanchor": "right"},
        {**below, "text": "← fewer", "x": RATIOS[0], "xanchor": "left"},
        {**below, "text": f"more in {escape(group)} →", "x": RATIOS[1], "xanchor": "right", "hovertext": more},
    ]  # fmt: skip


def _clipped(view: Comparison) -> list[str]:
    return [clip_text(name, WIDEST_GROUP, HEAD_SIZE) for name in (view.choice.group_name, view.choice.against_name)]


def _mark(mark: str, colour: str) -> str:
    return f'<span style="color:{colour}">{mark}</span>'


def _heads_width(view: Comparison) -> float:
    """Return the least pixels between which the words over both axes do not touch."""
    words = (*HEADS, *_clipped(view), *MARKS, "q < 0.05", "q ≥ 0.05", " " * 12)
    return sum(text_width(text, HEAD_SIZE) for text in words)


@dataclass(frozen=True)
class _Column:
    """A column of numbers; the width holds the gap before it."""

    name: str
    definition: str
    texts: list[str]

    @property
    def width(self) -> float:
        return NUMBER_GAP + max(text_width(text, 12, bold=True) for text in (self.name, *self.texts))


def _columns(view: Comparison, rows: pd.DataFrame) -> list[_Column]:
    group, against = escape(view.choice.group_name), escape(view.choice.against_name)
    cells = [f"{a:,} → {g:,}" for a, g in zip(rows["n_against"], rows["n_group"], strict=True)]
    return [
        _Column("ratio", f"Odds of the type in {group}<br>over its odds in {against}", [ratio(r) for r in rows["odds_ratio"]]),
        _Column("cells", f"Cells of the type in {against} → in {group}", cells),
        _Column("q", "Benjamini-Hochberg over the tested types", [p_value(q) for q in rows["q_value"]]),
    ]  # fmt: skip


def _numbers(columns: list[_Column], rows: pd.DataFrame, theme: Theme) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    end = 0.0
    for column in columns:
        end += column.width
        place = {"xref": "paper", "x": 1, "xanchor": "right", "xshift": round(end)}
        found.append({
            **place, "text": column.name, "yref": "paper", "y": 1, "yanchor": "bottom", "yshift": 8,
            "font": {"size": HEAD_SIZE, "color": TOKENS[theme]["text3"]}, "hovertext": column.definition,
        })  # fmt: skip
        for i, (text, q) in enumerate(zip(column.texts, rows["q_value"], strict=True)):
            sure = q < Q_SIGNIFICANT
            found.append({
                **place, "text": f"<b>{escape(text)}</b>" if sure and column.name != "cells" else escape(text), "y": i,
                "yanchor": "middle", "font": {"size": 12, "color": TOKENS[theme]["text" if sure else "text2"]},
            })  # fmt: skip
    return found
