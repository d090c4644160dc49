"""The Reference page's panel about trust: promises and probabilities, held to studies that were left out."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from core import words
from core.explore.trust import TrustView
from layouts import elements as el
from layouts import ids, states
from layouts.graphs import graph


def panel(view: TrustView) -> Component:
    """Build the panel.

    Parameters
    ----------
    view : TrustView
        Of one reference.

    Returns
    -------
    Component
        Says why where nothing could be learned.
    """
    title, sub = "How far to trust a label", "judged on studies it was not learned from"
    if view.coverage.empty:
        empty = states.panel_empty(
            "Probabilities could not be learned.",
            "That takes three studies whose cell types other studies of the reference have too.",
        )
        return el.panel(title, empty, name="trust", expandable=False)
    blocks = [html.P(_lead(view), className="quiet"), _scale("promised", "kept"), *_promises(view)]
    if view.unknown_auroc is not None:
        blocks.append(html.P(_unknown(view), className="quiet"))
    body = html.Div(
        [html.Div(blocks, className="dots is-scrolling"), graph(ids.RELIABILITY)], className="trust-columns"
    )
    return el.panel(title, body, name="trust", sub=sub, expandable=False)


def _lead(view: TrustView) -> str:
    learned = f"Learned from {words.count(view.n_cells, 'cell', 'cells')} of {view.n_studies} studies, each left out in turn. "
    if view.calibration_error is None:
        return learned
    return learned + (
        f"The probability of a label is off by {100 * view.calibration_error:.0f} points on average. Here how often the "
        "narrowest safe term was right (line: from the worst to the best study); beside it how often labels were, by what was "
        "said: larger discs are more cells, and below the dashed line too much was promised."
    )


def _unknown(view: TrustView) -> str:
    flagged, alarms = (100 * (value or 0.0) for value in (view.unknown_flagged, view.false_alarms))
    return (
        f"Cells of types the reference lacks: {flagged:.0f} % are called unknown, and so are {alarms:.1f} % of the others; "
        f"by distance alone such a cell lies farther away than a known one {100 * (view.unknown_auroc or 0.0):.0f} times of 100."
    )


def _scale(left: str, right: str) -> Component:
    marks = html.Div(
        [html.Span(f"{v} %", style={"left": f"{v}%"}) for v in (0, 25, 50, 75, 100)], className="dot-scale"
    )
    return html.Div(
        [html.Span(left, className="bar-name"), marks, html.Span(right, className="dot-n")], className="dot-row is-axis"
    )


def _promises(view: TrustView) -> list[Component]:
    return [
        _row(
            f"right in {_percent(row['promised'])}",
            row["kept"],
            _percent(row["kept"]),
            f"Promised {_percent(row['promised'])}, kept {_percent(row['kept'])}; "
            f"studies from {_percent(row['lowest'])} to {_percent(row['highest'])}",
            (row["lowest"], row["highest"]),
        )
        for row in view.coverage.to_dict("records")
    ]


def _row(name: str, value: Any, number: str, hint: str, spread: tuple[Any, Any]) -> Component:  # noqa: ANN401
    low, high = (100 * float(end) for end in spread)
    marks = [
        html.Span(className="dot-interval", style={"left": f"{low:.1f}%", "width": f"{max(high - low, 0.5):.1f}%"}),
        html.Span(className="dot-mark", style={"left": f"{100 * float(value):.1f}%"}),
    ]
    return html.Div(
        [
            html.Span(name, className="bar-name"),
            html.Span(marks, className="dot-plot"),
            html.Span(number, className="dot-n"),
        ],
        className="dot-row",
        title=hint,
    )


def _percent(share: Any) -> str:  # noqa: ANN401 - a number of a table
    return "–" if pd.isna(share) else words.percent(float(share), 1)
