"""The panel Difference by type of the tab Compare: plot or table, and the file of the table."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.compare import MIN_CELLS, Comparison
from core.ontology.text import short_name
from layouts import elements as el
from layouts import grid_theme, ids, states
from layouts.graphs import graph_config

FILE = "scquery-compare.csv"
GRAPH_CONFIG = graph_config("compare-types", can_zoom=False)
PLOT, TABLE = "plot", "table"
ROW_HEIGHT = HEADER_HEIGHT = 30
MAX_TABLE_HEIGHT = 420


def layout() -> Component:
    """Build the panel.

    Returns
    -------
    Component
        The panel, still empty.
    """
    switch = dmc.SegmentedControl(
        id=ids.COMPARE_VIEW,
        data=[{"value": PLOT, "label": "Plot"}, {"value": TABLE, "label": "Table"}],
        value=PLOT,
        size="xs",
    )
    save = el.button("Download table", id=ids.COMPARE_DOWNLOAD, symbol="download")
    return el.panel(
        "Difference by type",
        [html.Div(id=ids.COMPARE_TYPES), dcc.Download(id=ids.COMPARE_FILE)],
        name="compare-types",
        sub=html.Span(id=ids.COMPARE_TYPES_SUB),
        tools=[save, switch],
        message_id=ids.COMPARE_TYPES_MESSAGE,
        expandable=False,
    )


def line(view: Comparison, n_shown: int) -> str:
    """Say which types are drawn.

    Parameters
    ----------
    view : Comparison
        The comparison.
    n_shown : int
        Rows drawn.

    Returns
    -------
    str
        For the line beside the title.
    """
    few = len(view.table) - view.n_tested
    parts = [f"the {n_shown} of {view.n_tested} types with most cells"] if n_shown < view.n_tested else []
    if few:
        parts.append(
            f"{words.count(few, 'type')} with fewer than {MIN_CELLS} cells {'is' if few == 1 else 'are'} only in the table"
        )
    return "; ".join(parts)


def plot(figure: Any) -> Component:  # noqa: ANN401 - plotly figure
    """Hold the figure at its own height.

    Parameters
    ----------
    figure : plotly figure
        With ``layout.height`` and, in ``layout.meta``, its least width.

    Returns
    -------
    Component
        A graph that scrolls sideways where it is narrow.
    """
    size = {"height": f"{figure.layout.height}px", "minWidth": f"{figure.layout.meta['least_width']}px"}
    graph = dcc.Graph(figure=figure, config=GRAPH_CONFIG, style=size)
    return html.Div(graph, className="compare-plot")


def table(view: Comparison) -> Component:
    """Show all types as a table.

    Parameters
    ----------
    view : Comparison
        The comparison.

    Returns
    -------
    Component
        AG Grid.
    """
    grid = grid_theme.grid(
        _columns(view),
        rows(view),
        id=ids.COMPARE_TABLE,
        key="id",
        row_height=ROW_HEIGHT,
        suppressHeaderFilterButton=True,
    )
    height = min(MAX_TABLE_HEIGHT, HEADER_HEIGHT + ROW_HEIGHT * len(view.table) + 4)
    return html.Div(grid, className="compare-table", style={"height": f"{height}px"})


def rows(view: Comparison) -> list[dict[str, Any]]:
    """Turn the types into rows of the table.

    Parameters
    ----------
    view : Comparison
        The comparison.

    Returns
    -------
    list of dict
        JSON-able; None where a type was not tested.
    """
    return [
        {
            "id": row["type_id"],
            "name": short_name(row["type_name"]),
            **{
                key: None if pd.isna(row[key]) else float(row[key])
                for key in ("share_group", "share_against", "odds_ratio", "low", "high", "q_value")
            },
            "n_group": int(row["n_group"]),
            "n_against": int(row["n_against"]),
        }
        for row in view.table.to_dict("records")
    ]


def nothing_tested(view: Comparison) -> Component:
    """Say why no type is drawn.

    Parameters
    ----------
    view : Comparison
        Without a tested type.

    Returns
    -------
    Component
        Two lines.
    """
    if not min(view.n_group, view.n_against):
        return states.panel_empty(
            "One of the groups has no selected cell.", "Clear the selection, or choose other groups."
        )
    if len(view.table) == 1:
        return states.panel_empty(
            "All selected cells have one type.", "Clear the selection, or choose cells of several types."
        )
    return states.panel_empty(
        f"No type has {MIN_CELLS} cells in these groups together.", "Choose larger groups, or wider types with Detail."
    )


def _columns(view: Comparison) -> list[dict[str, Any]]:
    group, against = view.choice.group_name, view.choice.against_name
    percents = "params.value == null ? '–' : d3.format('.1f')(100 * params.value) + ' %'"
    q = "params.value == null ? 'not tested' : params.value < 0.001 ? '< 0.001' : d3.format('.3f')(params.value)"
    interval = f"params.data.low == null ? '–' : {_ratio('params.data.low')} + ' to ' + {_ratio('params.data.high')}"

    def numeric(field: str, name: str, form: str, definition: str) -> dict[str, Any]:
        return {
            "field": field, "headerName": name, "flex": 2, "minWidth": 84, "type": "rightAligned", "headerTooltip": definition,
            "valueFormatter": {"function": form}, "cellDataType": "number",
        }  # fmt: skip

    ratio = f"params.value == null ? '–' : {_ratio('params.value')}"
    count = "d3.format(',')(params.value)"
    return [
        {"field": "name", "headerName": "Type", "flex": 3, "minWidth": 130, "tooltipField": "name", "cellClass": "is-strong", "filter": "agTextColumnFilter"},
        numeric("n_against", f"Cells, {against}", count, f"Selected cells of {against} with this label"),
        numeric("share_against", f"Share, {against}", percents, f"Of the selected cells of {against}"),
        numeric("n_group", f"Cells, {group}", count, f"Selected cells of {group} with this label"),
        numeric("share_group", f"Share, {group}", percents, f"Of the selected cells of {group}"),
        numeric("odds_ratio", "Odds ratio", ratio, f"Odds of the type in {group} over its odds in {against}"),
        {**numeric("low", "95 % interval", interval, "Of the odds ratio"), "minWidth": 112},
        numeric("q_value", "q", q, "Benjamini-Hochberg over the tested types"),
    ]  # fmt: skip


def _ratio(of: str) -> str:
    """Write `core.words.ratio` for the grid."""
    most = words.LARGEST_RATIO
    return f"({of} > {most} ? '> 1,000' : {of} < {1 / most} ? '< 0.001' : d3.format({of} < 0.01 ? '.3f' : '.2f')({of}))"
