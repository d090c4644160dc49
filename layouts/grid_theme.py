"""The look of AG Grid tables, from the tokens: dark follows by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_ag_grid as dag

_PARAMS = ", ".join(
    (
        "backgroundColor: 'var(--surface)'",
        "oddRowBackgroundColor: 'var(--surface)'",
        "headerBackgroundColor: 'var(--surface)'",
        "foregroundColor: 'var(--text)'",
        "headerTextColor: 'var(--text3)'",
        "headerFontSize: 11",
        "headerFontWeight: 600",
        "fontFamily: 'Inter, system-ui, sans-serif'",
        "fontSize: 12",
        "borderColor: 'var(--border)'",
        "rowHoverColor: 'var(--surface2)'",
        "selectedRowBackgroundColor: 'var(--accent-soft)'",
        "accentColor: 'var(--accent)'",
        "browserColorScheme: 'inherit'",
        "wrapperBorder: false",
        "columnBorder: false",
        "headerColumnResizeHandleColor: 'transparent'",
        "spacing: 5",
        "cellHorizontalPadding: 8",
        "headerHeight: 30",
    )
)


def grid(
    columns: Sequence[Mapping[str, Any]],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: str,
    row_height: int,
    id: str | None = None,  # noqa: A002
    choosing: bool = False,
    header_height: int | None = None,
    **column_defaults: object,
) -> dag.AgGrid:
    """Make a table that fills its panel.

    Parameters
    ----------
    columns : sequence of mapping
        AG Grid's column definitions.
    rows : sequence of mapping
        One a row; empty where a callback fills it.
    key : str
        Field whose value names a row.
    row_height : int
        Pixels.
    id : str, optional
        Component id.
    choosing : bool
        Whether a click chooses a row.
    header_height : int, optional
        Pixels; None: one line.
    **column_defaults
        What all columns do beside sorting and changing their width.

    Returns
    -------
    dash_ag_grid.AgGrid
        The table.
    """
    more: dict[str, Any] = {}
    if choosing:
        more["rowSelection"] = {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True}
    if header_height is not None:
        more["headerHeight"] = header_height
    return dag.AgGrid(
        **({} if id is None else {"id": id}),
        columnDefs=list(columns),
        rowData=list(rows),
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "suppressHeaderMenuButton": True,
            "sortingOrder": ["desc", "asc", None],
            **column_defaults,
        },
        dashGridOptions=options(row_height=row_height, **more),
        getRowId=f"params.data.{key}",
        className="grid-table",
        style={"height": "100%", "width": "100%"},
    )


def options(*, row_height: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Give the options all tables share.

    Parameters
    ----------
    row_height : int
        Pixels.
    **more
        Further options of the grid.

    Returns
    -------
    dict
        For ``dashGridOptions``.
    """
    return {
        "theme": {"function": f"themeQuartz.withParams({{{_PARAMS}}})"},
        "rowHeight": row_height,
        "suppressCellFocus": False,
        "suppressMovableColumns": True,
        "enableCellTextSelection": True,
        "tooltipShowDelay": 300,
        "animateRows": False,
        **more,
    }
