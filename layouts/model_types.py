"""The Reference page's heatmap of models and cell types: how near the retrieved cells' types are, type by type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from core.ontology.text import short_name
from layouts import elements as el
from layouts import states, words

STRONGEST = 55  # per cent of the accent at 1: text stays readable on it in both themes
NOT_MODELS = ("type_id", "type_name", "n_query")


def panel(table: pd.DataFrame, names: Mapping[str, str]) -> Component:
    """Build the panel.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `core.explore.model_types.model_types`.
    names : mapping of str to str
        Models as a reader knows them.

    Returns
    -------
    Component
        A table whose cells are coloured by their value.
    """
    title = "Retrieval by type and model"
    if table.empty:
        empty = states.panel_empty("No type was compared.", "No study of this reference could be held out.")
        return el.panel(title, empty, name="model-types", expandable=False)
    models = [column for column in table.columns if column not in NOT_MODELS]
    head = html.Tr(
        [html.Th("Type"), html.Th("Held-out cells", className="right"), *(html.Th(names.get(m, m)) for m in models)]
    )
    body = [_row(row, models) for row in table.to_dict("records")]
    shown = html.Div(
        html.Table([html.Thead(head), html.Tbody(body)], className="models heat"), className="is-scrolling"
    )
    sub = f"MAFP of {words.count(len(table), 'type', 'types')}, mean over held-out studies"
    return el.panel(title, shown, name="model-types", sub=sub, expandable=False)


def _row(row: dict[Any, Any], models: list[str]) -> Component:
    best = max((row[m] for m in models if pd.notna(row[m])), default=None)
    cells = [_cell(row[m], is_best=pd.notna(row[m]) and row[m] == best) for m in models]
    name = html.Td(short_name(row["type_name"]), title=f"{row['type_name']}, {row['type_id']}")
    return html.Tr([name, html.Td(f"{int(row['n_query']):,}", className="right"), *cells])


def _cell(value: Any, *, is_best: bool) -> Component:  # noqa: ANN401 - a number of a table, or missing
    if pd.isna(value):
        return html.Td("–")
    share = STRONGEST * float(value)
    number = html.Strong(f"{value:.2f}") if is_best else f"{value:.2f}"
    return html.Td(number, style={"background": f"color-mix(in srgb, var(--accent) {share:.0f}%, transparent)"})
