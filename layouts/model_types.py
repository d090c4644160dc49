"""The Reference page's heatmap of models and cell types: how near the retrieved cells' types are, type by type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from core import words
from core.ontology.text import short_name
from layouts import elements as el
from layouts import grid_theme, states

STRONGEST = 55  # per cent of the accent at 1: text stays readable on it in both themes
ROW_HEIGHT = 30
NOT_MODELS = ("type_id", "type_name", "n_query", "n_studies")


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
        A table to sort, whose cells are coloured by their value.
    """
    title = "Retrieval by type and model"
    if table.empty:
        empty = states.panel_empty("No type was compared.", "No study of this reference could be held out.")
        return el.panel(title, empty, name="model-types", expandable=False)
    models = [column for column in table.columns if column not in NOT_MODELS]
    grid = grid_theme.grid(columns(models, names), rows(table, models), key="type_id", row_height=ROW_HEIGHT)
    shown = html.Div(grid, className="model-types-table", style={"--rows": len(table)})
    sub = f"MAFP of {words.count(len(table), 'type', 'types')}, mean over held-out studies"
    return el.panel(title, shown, name="model-types", sub=sub)


def columns(models: Sequence[str], names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Define the columns: type, held-out cells, and one a model, coloured by its value.

    Parameters
    ----------
    models : sequence of str
        In drawing order.
    names : mapping of str to str
        Models as a reader knows them.

    Returns
    -------
    list of dict
        For ``columnDefs``.
    """
    wide = {"flex": 1, "minWidth": 96}
    return [*type_columns(), *({**heat(model, names.get(model, model)), **wide} for model in models)]


def type_columns() -> list[dict[str, Any]]:
    """Define the columns before the models: type and held-out cells."""
    return [
        {"field": "name", "headerName": "Type", "tooltipField": "told", "flex": 2, "minWidth": 170, "pinned": "left"},
        {
            "field": "n_query", "headerName": "Held-out cells", "width": 110, "type": "rightAligned",
            "valueFormatter": {"function": "d3.format(',')(params.value)"},
        },
    ]  # fmt: skip


def heat(field: str, name: str) -> dict[str, Any]:
    """Define the column of a model.

    Parameters
    ----------
    field : str
        Field of a row: 0..1, or None.
    name : str
        The model's name.

    Returns
    -------
    dict
        Coloured by its value, the best of a row bold; without a width.
    """
    ground = f"'color-mix(in srgb, var(--accent) ' + {STRONGEST} * params.value + '%, transparent)'"
    return {
        "field": field, "headerName": name, "headerTooltip": f"{name}: sort by a click",
        "cellDataType": "number", "cellClass": "is-heat", "headerClass": "is-centred",
        "valueFormatter": {"function": "params.value == null ? '–' : d3.format('.2f')(params.value)"},
        "cellStyle": {"function": f"params.value == null ? null : {{background: {ground}}}"},
        "cellClassRules": {"is-best": "params.value != null && params.value === params.data.best"},
    }  # fmt: skip


def rows(table: pd.DataFrame, models: Sequence[str]) -> list[dict[str, Any]]:
    """Turn the table into rows of the grid.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `core.explore.model_types.model_types`.
    models : sequence of str
        Its columns of models.

    Returns
    -------
    list of dict
        JSON-able, most held-out cells first; ``best`` is the largest value of the row.
    """
    return [_row(row, models) for row in table.to_dict("records")]


def _row(row: Mapping[Any, Any], models: Sequence[str]) -> dict[str, Any]:
    values = {model: None if pd.isna(row[model]) else float(row[model]) for model in models}
    return {
        "type_id": row["type_id"],
        "name": short_name(row["type_name"]),
        "told": f"{row['type_name']}, {row['type_id']}",
        "n_query": int(row["n_query"]),
        **values,
        "best": max((value for value in values.values() if value is not None), default=None),
    }
