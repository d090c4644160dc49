"""The Reference page's heatmap of all models of a network study and the cell types they were asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.bundle.schema import ENCODER
from layouts import elements as el
from layouts import grid_theme, ids, model_types, states

FILE = "scquery-models-by-type.csv"
ROW_HEIGHT = 26
HEADER_HEIGHT = 190
COLUMN_WIDTH = 38
READING = (
    "The default and the baselines stand first, then the networks in the order of the table above: by studies left out inside "
    "the training studies, never by the held-out studies shown here. Types are sorted by their mean over models; a click on a "
    "model sorts them by it. The best model of a type is bold."
)
_TOLD = (
    "params.value == null ? params.colDef.headerName + ' was not asked for ' + params.data.told"
    " : params.colDef.headerName + ', ' + params.data.told + ': MAFP ' + d3.format('.3f')(params.value) + ', '"
    " + params.data.asked"
)


def panel(tables: Mapping[str, pd.DataFrame], names: Mapping[str, str]) -> Component:
    """Build the panel.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Of `core.explore.models_by_type.models_by_type`, by reference of the study.
    names : mapping of str to str
        Models as a reader knows them.

    Returns
    -------
    Component
        The heatmap of the first reference, and a choice where there are more.
    """
    title = "All models by type"
    if not tables:
        empty = states.panel_empty(
            "No model was compared by type.",
            'The figures come with the table of all models, once "make study" has asked the held-out studies.',
        )
        return el.panel(title, empty, name="models-by-type", expandable=False)
    first = next(iter(tables))
    place = html.Div(heatmap(tables[first], names), id=ids.MODELS_BY_TYPE, className="models-by-type")
    body = [place, dcc.Download(id=ids.MODELS_BY_TYPE_FILE)]
    save = el.button("Download table", id=ids.MODELS_BY_TYPE_DOWNLOAD, symbol="download")
    sub = "MAFP on the network study's own references, mean over a type's cells in all held-out studies"
    return el.panel(title, body, name="models-by-type", sub=sub, tools=[*_switch(list(tables)), save])


def _switch(references: Sequence[str]) -> list[Component]:
    if len(references) == 1:
        return []
    data = [{"value": name, "label": name[:1].upper() + name[1:]} for name in references]
    return [dmc.SegmentedControl(id=ids.STUDY_SWITCH, data=data, value=references[0], size="xs")]


def heatmap(table: pd.DataFrame, names: Mapping[str, str]) -> list[Component]:
    """Draw one reference of the study.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `core.explore.models_by_type.models_by_type`.
    names : mapping of str to str
        Models as a reader knows them.

    Returns
    -------
    list of Component
        How to read it, and a table to sort whose cells are coloured by their value.
    """
    models = list(table.columns[len(model_types.NOT_MODELS) :])
    # Fields are numbered: AG Grid takes a dot in a name ("margin 0.2") for a path, and long names for every cell are many bytes.
    fields = {model: f"m{i}" for i, model in enumerate(models)}
    shown = grid_theme.grid(
        columns({field: _shown_name(model, names) for model, field in fields.items()}),
        rows(table.rename(columns=fields), list(fields.values())),
        key="type_id",
        row_height=ROW_HEIGHT,
        header_height=HEADER_HEIGHT,
    )
    size = f"{words.count(len(table), 'type', 'types')}, {words.count(len(models), 'model', 'models')}."
    return [
        html.P(f"{size} {READING}", className="quiet"),
        html.Div(shown, className="models-by-type-table", style={"--rows": len(table)}),
    ]


def _shown_name(model: str, names: Mapping[str, str]) -> str:
    return "Encoder, the default" if model == ENCODER else names.get(model, model)


def columns(fields: Mapping[str, str]) -> list[dict[str, Any]]:
    """Define the columns: type, its cells, and a narrow one for every model with its name upright.

    Parameters
    ----------
    fields : mapping of str to str
        Field of a row to the model's name, in drawing order.

    Returns
    -------
    list of dict
        For ``columnDefs``.
    """
    told = {
        "tooltipValueGetter": {"function": _TOLD},
        "width": COLUMN_WIDTH,
        "headerClass": "is-upright",
        "resizable": False,
    }
    kind, n_cells = model_types.type_columns()
    return [
        kind,
        {**n_cells, "width": 74, "wrapHeaderText": True},
        *({**model_types.heat(field, name), **told} for field, name in fields.items()),
    ]


def rows(table: pd.DataFrame, fields: Sequence[str]) -> list[dict[str, Any]]:
    """Turn the table into rows of the grid.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `core.explore.models_by_type.models_by_type`, columns of models named by their fields.
    fields : sequence of str
        These columns.

    Returns
    -------
    list of dict
        As of `layouts.model_types.rows`, and ``asked``: how many cells of how many studies.
    """
    asked = [
        f"{words.count(int(n_cells), 'cell', 'cells')} of {words.count(int(n_studies), 'study', 'studies')}"
        for n_cells, n_studies in zip(table["n_query"], table["n_studies"], strict=True)
    ]
    drawn = model_types.rows(table, fields)
    return [{**row, "asked": text} for row, text in zip(drawn, asked, strict=True)]
