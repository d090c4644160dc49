"""The help of the header: the few words one needs to read the page."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from layouts import elements as el

WORDS: tuple[tuple[str, str], ...] = (
    (
        "Score",
        "Each cell is compared with its nearest labelled cells; one at distance D counts 1/(1+D). A type's share of the sum is its score.",
    ),
    (
        "Company",
        "One cell is measured with much noise. Each is therefore placed together with the 15 cells of your file most like it, and a label can change with the cells around it.",
    ),
    (
        "Label",
        "The type with the highest score for the cells it has: a type with 30 reference cells can only fill 30 of 100 places. So it need not be the type with the highest score in the heatmap.",
    ),
    ("Confident", "The label has at least the score set under Label only when confident."),
    ("Ambiguous", "It has less. The cell carries the narrowest wider type that reaches the level, if there is one."),
    ("Unknown", "The cell is farther from its nearest reference cells than almost all cells of known types are."),
    (
        "Selected",
        "Red, in every panel. Click a branch, type or row, draw on the map, or choose a group of your own metadata. The link in the address bar keeps it.",
    ),
    (
        "Compared",
        "Under Compare, two groups of your own metadata. Where a column names donors or samples, those are tested, each as one observation; cells of one donor are not independent.",
    ),
    (
        "Thin",
        "A type with few reference cells scores low beside more numerous ones and can lose against them.",
    ),
)


def button() -> Component:
    """Offer the help.

    Returns
    -------
    Component
        An icon button that opens a short list.
    """
    rows = [html.Div([html.Dt(word), html.Dd(text)]) for word, text in WORDS]
    body = [
        html.H2("How to read this page"),
        html.Dl(rows),
        html.P("What the reference holds and how well it answers stands under Reference."),
    ]
    shown: Component = dmc.Popover(
        [
            dmc.PopoverTarget(el.icon_button("help-circle", "How to read this page")),
            dmc.PopoverDropdown(html.Div(body, className="help")),
        ],
        width=380,
        position="bottom-end",
        trapFocus=True,
        returnFocus=True,
    )
    return shown
