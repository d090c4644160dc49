"""The Reference page's table of all models of a network study, with intervals over its held-out studies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.bundle.schema import ENCODER
from core.bundle.schema_networks import METRICS
from layouts import elements as el
from layouts import grid_theme, ids, states

FILE = "scquery-models.csv"
ROW_HEIGHT = 38
NAMES: Mapping[str, str] = {
    ENCODER: "Encoder of this reference",
    "encoder_alone": "The same, each cell by itself",
    "encoder_untaught": "The same, without cells of another organism",
    "pca_100": "PCA, 100 components",
    "pca_width": "PCA, as wide as the encoder",
    "raw": "Raw expression",
    "cosine": "Raw expression, cosine",
    "logistic": "Logistic regression",
    "logistic_labels": "Logistic regression, its own labels",
    "logistic_in_context": "Logistic regression, cells in company",
    "logistic_taught": "Logistic regression, on all the encoder learns from",
    "celltypist": "CellTypist",
    "celltypist_labels": "CellTypist, its own labels",
    "celltypist_voting_labels": "CellTypist, labels agreed on by clusters",
    "singler_labels": "SingleR, its own labels",
    "centroid": "Nearest centroid",
}
FIGURES: Mapping[str, tuple[str, str]] = {
    "mafp_weighted": ("MAFP", "How near the retrieved cells' types are in the ontology, early ranks counting more; mean over cells"),
    "accuracy": ("Label right", "Share of the cells that got their own type as label"),
    "macro_f1": ("Macro F1", "F1 of each type, averaged over types: rare types count as much as frequent ones"),
    "near_accuracy": ("Label near", "Share of the cells whose label is their own type or one next to it in the ontology"),
}  # fmt: skip
_AT_LEAST = {"filter": "agNumberColumnFilter", "filterParams": {"defaultOption": "greaterThanOrEqual"}}
_FILTERED = "The field below keeps models with at least the number typed."


def panel(table: pd.DataFrame, names: Mapping[str, str]) -> Component:
    """Build the panel.

    Parameters
    ----------
    table : pandas.DataFrame
        The bundle's ``models`` table.
    names : mapping of str to str
        Models as a reader knows them.

    Returns
    -------
    Component
        The table, or how to get one.
    """
    title = "All models compared"
    if table.empty:
        empty = states.panel_empty(
            "This reference was built without a network study.",
            'The command "make study" compares over 100 networks, baselines and methods of others on held-out studies. Name '
            "the folder it wrote as study under [evaluate] in the builder's configuration, and build again.",
        )
        return el.panel(title, empty, name="all-models", expandable=False)
    grid = grid_theme.grid(
        columns(),
        rows(table, names),
        id=ids.ALL_MODELS,
        key="model",
        row_height=ROW_HEIGHT,
        floatingFilter=True,
        suppressHeaderFilterButton=True,
        suppressFloatingFilterButton=True,
    )
    save = el.button("Download table", id=ids.ALL_MODELS_DOWNLOAD, symbol="download")
    shown = html.Div(grid, className="all-models-table glyph-search", style={"--rows": len(table)})
    body = [shown, dcc.Download(id=ids.ALL_MODELS_FILE)]
    return el.panel(title, body, name="all-models", sub=_sub(table), tools=[save])


def _sub(table: pd.DataFrame) -> str:
    n_models, n_studies = words.count(len(table), "model", "models"), int(table["n_studies"].max())
    if not n_studies:
        return f"{n_models}; the held-out studies were not asked yet"
    studies = words.count(n_studies, "held-out study", "held-out studies")
    return f"{n_models} on the network study's own references, mean over {studies} with 95 % interval"


def columns() -> list[dict[str, Any]]:
    """Define the columns; each header's tooltip defines its number.

    Returns
    -------
    list of dict
        For ``columnDefs``.
    """
    return [
        {
            **_text("name", "Model", "Name in the study; hover a name for all its settings"),
            "cellRenderer": "ModelName", "tooltipField": "told", "flex": 3, "minWidth": 220, "pinned": "left",
        },
        {**_text("family", "Family", "What the network is trained for, and its layers"), "flex": 2, "minWidth": 120},
        {**_text("sizes", "Units", "Units of its dense layers"), "width": 96, "tooltipField": "sizes"},
        _number("width", "Width", 62, "Numbers in its embedding", "d3.format(',')(params.value)"),
        _number("train_seconds", "Seconds", 74, "Time of a training, mean over hold-outs", "d3.format(',.1f')(params.value)"),
        _number(
            "inner_mafp", "Chosen by", 84,
            "MAFP over studies left out inside the training studies. Models are chosen, and listed here, by this figure: "
            "the held-out studies only judge", "d3.format('.3f')(params.value)",
        ),
        *(_figure(metric) for metric in METRICS),
    ]  # fmt: skip


def rows(table: pd.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Turn the bundle's table into rows of the grid.

    Parameters
    ----------
    table : pandas.DataFrame
        The ``models`` table.
    names : mapping of str to str
        Models as a reader knows them.

    Returns
    -------
    list of dict
        JSON-able, in the table's order: best figure inside the training studies first.
    """
    plain = table.astype(object).where(table.notna(), None)
    return [_row(row, names) for row in plain.to_dict("records")]


def _row(row: Mapping[Any, Any], names: Mapping[str, str]) -> dict[str, Any]:
    is_default = row["model"] == ENCODER
    name = "Encoder" if is_default else names.get(row["model"], row["model"])
    told = f"{name}: {row['settings']}" if row["settings"] else name
    return {**row, "name": name, "told": told, "is_default": is_default}


def _text(field: str, name: str, definition: str) -> dict[str, Any]:
    return {"field": field, "headerName": name, "headerTooltip": definition, "filter": "agTextColumnFilter"}


def _number(field: str, name: str, width: int, definition: str, form: str) -> dict[str, Any]:
    return {
        "field": field, "headerName": name, "width": width, "headerTooltip": f"{definition}. {_FILTERED}", "type": "rightAligned",
        "cellDataType": "number", "valueFormatter": {"function": f"params.value == null ? '–' : {form}"}, **_AT_LEAST,
    }  # fmt: skip


def _figure(metric: str) -> dict[str, Any]:
    name, definition = FIGURES[metric]
    return {
        "field": metric, "headerName": name, "headerTooltip": f"{definition}. Line: 95 % interval, bootstrap over studies. {_FILTERED}",
        "cellRenderer": "FigureInterval", "cellDataType": "number", "flex": 2, "minWidth": 118, **_AT_LEAST,
    }  # fmt: skip
