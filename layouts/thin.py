"""The band that says where the reference is thin, with the numbers and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dash import html
from dash.development.base_component import Component

from core.explore.thin import ThinPair
from layouts import elements as el

SHOWN = 2
ADVICE = "A label between types of so different numbers is less sure. Read it together with the runner-up."
Joining = Callable[[str, str], tuple[int, str] | None]
"""Gives the finest level of detail at which two types are one, and its name."""


def band(pairs: Sequence[ThinPair], joining: Joining) -> list[Component]:
    """Warn where the reference is thin.

    Parameters
    ----------
    pairs : sequence of ThinPair
        Most cells first.
    joining : callable
        For the button that rolls types up.

    Returns
    -------
    list of Component
        A band, or nothing.
    """
    if not pairs:
        return []
    hidden = len(pairs) - SHOWN
    more = (
        " The same holds for one more." if hidden == 1 else f" The same holds for {hidden} more." if hidden > 1 else ""
    )
    first, *rest = pairs[:SHOWN]
    text = [
        html.Strong(first.sentence),
        *[html.P(pair.sentence) for pair in rest],
        html.P(ADVICE + more),
        html.Div(
            [*_roll_up(first, joining), *[_behind(pair) for pair in pairs[:SHOWN] if pair.n_behind]],
            className="band-actions",
        ),
    ]
    return [
        html.Section(
            [
                el.icon("alert-triangle", class_name="band-icon"),
                html.Div(text, className="band-text"),
                _numbers(pairs[:SHOWN]),
            ],
            className="band is-warn",
            role="note",
        )
    ]


def _roll_up(pair: ThinPair, joining: Joining) -> list[Component]:
    found = joining(pair.few[0], pair.many[0])
    if found is None:
        return []
    level, name = found
    return [
        html.Button(f"Roll up to {name}", type="button", className="button is-default", **el.goes(detail=str(level)))
    ]


def _behind(pair: ThinPair) -> Component:
    type_id, name, _ = pair.few
    cells = "the cell" if pair.n_behind == 1 else f"the {pair.n_behind:,} cells"
    return html.Button(
        f"Show {cells} with {name} as runner-up",
        type="button",
        className="button is-default",
        **el.goes(sel=f"rival:{type_id}"),
    )


def _numbers(pairs: Sequence[ThinPair]) -> Component:
    """Show the reference's cells of every type as bars."""
    sizes = {name: n for pair in pairs for _, name, n in (pair.few, pair.many)}
    largest = max(sizes.values())
    rows = [
        html.Div(
            [
                html.Span(name),
                html.Span(className="thin-bar", style={"--share": f"{100 * n / largest:.1f}%"}),
                html.Span(f"{n:,}"),
            ],
            className="thin-count",
        )
        for name, n in sorted(sizes.items(), key=lambda item: item[1])
    ]
    return html.Div([html.P("Cells in the reference", className="quiet"), *rows], className="thin-numbers")
