"""The Studies panel: which published data the nearest cells come from."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import html
from dash.development.base_component import Component

from layouts import elements as el
from layouts import grid_theme, ids, links

ROW_HEIGHT = 38


def layout() -> Component:
    """Build the panel.

    Returns
    -------
    Component
        The panel, still empty.
    """
    grid = grid_theme.grid(columns(), [], id=ids.STUDIES, key="study", row_height=ROW_HEIGHT)
    return el.panel(
        "Studies",
        grid,
        name="studies",
        sub=html.Span(id=ids.STUDIES_SUB),
        tools=[html.Span(id=ids.STUDIES_COUNT, className="quiet")],
        message_id=ids.STUDIES_MESSAGE,
    )


def columns() -> list[dict[str, Any]]:
    """Define the columns; each header's tooltip defines its number.

    Returns
    -------
    list of dict
        For ``columnDefs``.
    """
    return [
        {
            "field": "title",
            "headerName": "Title, accession",
            "headerTooltip": "Title of the publication, with its PubMed entry; below it accession, technology and year",
            "cellRenderer": "StudyTitle",
            "autoHeight": True,
            "flex": 1,
            "minWidth": 160,
            "tooltipField": "title",
            "filter": "agTextColumnFilter",
        },
        _number(
            "similarity",
            "Simil.",
            62,
            "Mean of 1/(1+D) over the hits, D the distance to the neighbour; 1 is identical",
            "score",
        ),
        _number("n_hits", "Hits", 84, "Neighbours of the selected cells that come from this study", "count"),
        _number("share", "Share", 60, "Share of all hits", "percent"),
        {**_number("n_types", "Types", 58, "Different types among the hits", "count"), "tooltipField": "types"},
    ]


def rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn the studies' table into rows of the grid.

    Parameters
    ----------
    table : pandas.DataFrame
        `core.explore.studies.studies`.

    Returns
    -------
    list of dict
        JSON-able; links are made here, never in the browser.
    """
    out = []
    for row in table.to_dict("records"):
        accession = _text(row["accession"])
        pubmed_id = _text(row["pubmed_id"])
        year = "" if row["year"] is None or pd.isna(row["year"]) else str(int(row["year"]))
        out.append(
            {
                "study": row["study"],
                "title": row["title"],
                "href": links.pubmed(pubmed_id) if pubmed_id else links.accession(accession),
                "accession": accession or "no accession",
                "detail": " · ".join(part for part in (row["technology"], year) if part),
                "similarity": None if pd.isna(row["similarity"]) else round(float(row["similarity"]), 4),
                "n_hits": int(row["n_hits"]),
                "share": round(float(row["share"]), 4),
                "n_types": int(row["n_types"]),
                "types": row["types"],
            }
        )
    return out


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(field: str, name: str, width: int, definition: str, form: str) -> dict[str, Any]:
    forms = {
        "score": "params.value == null ? '–' : d3.format('.2f')(params.value)",
        "count": "d3.format(',')(params.value)",
        "percent": "params.value > 0 && params.value < 0.005 ? '< 1 %' : d3.format('.0f')(100 * params.value) + ' %'",
    }
    return {
        "field": field,
        "headerName": name,
        "width": width,
        "type": "rightAligned",
        "headerTooltip": definition,
        "valueFormatter": {"function": forms[form]},
        "cellDataType": "number",
    }
