"""How often cells of a type got it back when their study was held out, beside the methods the encoder was compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.reference import ReferenceView
from core.ontology.text import short_name
from layouts import all_models, ids, states
from layouts import elements as el

FILE = "scquery-held-out-accuracy.csv"
MARKS = ("diamond", "ring", "square", "cross")
"""Marks of the baselines, told apart by shape alone; a method beyond the fourth stands in the row's hover."""


def measured_types(view: ReferenceView) -> pd.DataFrame:
    """Return the types whose held-out accuracy was measured, the highest first.

    Parameters
    ----------
    view : ReferenceView
        The reference.

    Returns
    -------
    pandas.DataFrame
        Rows of the view's types, and a column ``accuracy_MODEL`` a baseline: 0..1, missing where it was not asked.
    """
    types = view.types[view.types["accuracy"].notna()].sort_values("accuracy", ascending=False)
    wide = view.baselines.pivot_table(index="type_id", columns="model", values="accuracy")
    return types.join(wide.add_prefix("accuracy_"), on="type_id")


def panel(view: ReferenceView, doubt: Sequence[Component]) -> Component:
    """Show dots with intervals, the baselines as open marks, or a sentence where nothing was measured.

    Parameters
    ----------
    view : ReferenceView
        The reference.
    doubt : sequence of Component
        Stand in the header where the figures tell little.

    Returns
    -------
    Component
        The panel.
    """
    measured = measured_types(view)
    title, sub = "Held-out accuracy by type", "cells right when their study is held out, 95 % interval"
    if measured.empty:
        nothing = states.panel_empty("Accuracy was not measured.", "No study of this reference could be held out.")
        return el.panel(title, nothing, name="accuracy", sub=sub, tools=doubt, expandable=False)
    marks = dict(zip(sorted(view.baselines["model"].unique()), MARKS, strict=False))
    asked = dict(iter(view.baselines.groupby("type_id")))
    none = view.baselines.head(0)
    rows = [_row(row, asked.get(row["type_id"], none), marks) for row in measured.to_dict("records")]
    dots = html.Div([_axis(), *rows, *_not_measured(view.n_types - len(measured))], className="dots")
    save = el.icon_button("download", "Download table", id=ids.ACCURACY_DOWNLOAD)
    return el.panel(
        title,
        [dots, dcc.Download(id=ids.ACCURACY_FILE)],
        name="accuracy",
        sub=sub,
        tools=[*doubt, save],
        legend=_legend(marks) if marks else None,
        expandable=False,
    )


def _legend(marks: Mapping[str, str]) -> Component:
    keys = [("filled", "this reference"), *((mark, _name(model)) for model, mark in marks.items())]
    items = [
        html.Span([html.Span(className=f"dot-mark is-{mark}"), text], className="legend-item") for mark, text in keys
    ]
    return html.Div(items, className="legend is-of-dots")


def _name(model: str) -> str:
    return all_models.NAMES.get(model, model)


def _axis() -> Component:
    scale = html.Div(
        [html.Span(f"{v} %", style={"left": f"{v}%"}) for v in (0, 25, 50, 75, 100)], className="dot-scale"
    )
    return html.Div(
        [html.Span(className="dot-n"), scale, html.Span("held-out cells", className="dot-n")],
        className="dot-row is-axis",
    )


def _not_measured(n_types: int) -> list[Component]:
    if not n_types:
        return []
    which = words.count(n_types, "type", "types")
    rule = "A type is measured where a study with it is held out and another study has it too."
    return [html.P(f"{which} not measured. {rule}", className="quiet")]


def _row(row: Mapping[Any, Any], baselines: pd.DataFrame, marks: Mapping[str, str]) -> Component:
    others = baselines.to_dict("records")
    told = [f"{row['type_name']}: {_told(row)}", *(f"{_name(other['model'])}: {_told(other)}" for other in others)]
    drawn = [_mark(100 * other["accuracy"], marks[other["model"]]) for other in others if other["model"] in marks]
    plot = html.Span([*_interval(row), *drawn, _mark(100 * row["accuracy"], "filled")], className="dot-plot")
    return html.Div(
        [
            html.Span(short_name(row["type_name"]), className="bar-name"),
            plot,
            html.Span(f"{int(row['n_query']):,}", className="dot-n"),
        ],
        className="dot-row is-compared" if len(baselines) else "dot-row",
        **el.attributes(data_tip="\n".join(told)),
    )


def _mark(percent: float, kind: str) -> Component:
    return html.Span(className=f"dot-mark is-{kind}", style={"left": f"{percent:.1f}%"})


def _interval(row: Mapping[Any, Any]) -> list[Component]:
    if pd.isna(row["ci_low"]):
        return []
    low, high = 100 * row["ci_low"], 100 * row["ci_high"]
    return [html.Span(className="dot-interval", style={"left": f"{low:.1f}%", "width": f"{max(high - low, 0.5):.1f}%"})]


def _told(row: Mapping[Any, Any]) -> str:
    interval = "" if pd.isna(row["ci_low"]) else f" ({100 * row['ci_low']:.0f} to {100 * row['ci_high']:.0f} %)"
    return f"{100 * row['accuracy']:.0f} %{interval}"
