"""The Studies panel: which published data the nearest cells come from."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from layouts import elements as el
from layouts import grid_theme, ids, links

ROW_HEIGHT = 38
FILE = "scquery-selected-studies.csv"


def layout() -> Component:
    """Build the panel.

    Returns
    -------
    Component
        The panel, still empty.
    """
    grid = grid_theme.grid(columns(), [], id=ids.STUDIES, key="study", row_height=ROW_HEIGHT)
    save = el.icon_button("download", "Download the studies of the selected cells (CSV)", id=ids.STUDIES_DOWNLOAD)
    return el.panel(
        "Studies",
        [grid, dcc.Download(id=ids.STUDIES_FILE)],
        name="studies",
        sub=html.Span(id=ids.STUDIES_SUB),
        tools=[html.Span(id=ids.STUDIES_COUNT, className="quiet"), save],
        message_id=ids.STUDIES_MESSAGE,
    )


def columns() -> list[dict[str, Any]]:
    """Define the columns; each header's tooltip defines its number.

    ``fitStudies`` of ``assets/scquery.js`` shows those that the panel has room for: the hidden ones stand below the title else.

    Returns
    -------
    list of dict
        For ``columnDefs``.
    """
    return [
        {
            "field": "title",
            "headerName": "Study",
            "headerTooltip": "Title of the publication, with its PubMed entry; below it accession, technology and year",
            "cellRenderer": "StudyTitle",
            "autoHeight": True,
            "flex": 1,
            "minWidth": 160,
            "tooltipField": "title",
            "filter": "agTextColumnFilter",
        },
        _fact("accession", "Accession", 126, "Of the data, in GEO, SRA or ArrayExpress", cellClass="mono"),
        _fact("technology", "Technology", 150, "How the cells were sequenced"),
        _fact("year", "Year", 84, "Of release", filter="agNumberColumnFilter", cellDataType="number"),
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
        {
            "colId": "leave_out",
            "headerName": "",
            "headerTooltip": "Leave a study out of the next search",
            "cellRenderer": "LeaveOut",
            "width": 38,
            "sortable": False,
            "resizable": False,
        },
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
        year = None if row["year"] is None or pd.isna(row["year"]) else int(row["year"])
        out.append(
            {
                "study": row["study"],
                "title": row["title"],
                "href": links.pubmed(pubmed_id) if pubmed_id else links.accession(accession),
                "accession": accession or "no accession",
                "detail": " · ".join(str(part) for part in (row["technology"], year) if part),
                "technology": row["technology"],
                "year": year,
                "similarity": None if pd.isna(row["similarity"]) else round(float(row["similarity"]), 4),
                "n_hits": int(row["n_hits"]),
                "share": round(float(row["share"]), 4),
                "n_types": int(row["n_types"]),
                "types": row["types"],
            }
        )
    return out


def _fact(field: str, name: str, width: int, definition: str, **more: str) -> dict[str, Any]:
    """Define a column that is shown where the panel is wide enough."""
    return {
        "field": field,
        "headerName": name,
        "headerTooltip": definition,
        "width": width,
        "hide": True,
        "filter": "agTextColumnFilter",
        **more,
    }


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
