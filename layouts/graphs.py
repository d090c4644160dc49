"""Places of figures, and what the buttons over a figure offer."""

from __future__ import annotations

from typing import Any

from dash import dcc
from dash.development.base_component import Component

BLANK: dict[str, Any] = {
    "data": [],
    "layout": {
        "xaxis": {"visible": False},
        "yaxis": {"visible": False},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
    },
}
"""Stands until a figure is drawn: plotly by itself would show axes of nothing."""


def graph(id: str, config: Any = None) -> Component:  # noqa: A002, ANN401 - dash types each key
    """Make the place of a figure that a callback draws and the reader may zoom and save.

    Parameters
    ----------
    id : str
        Component id; also names the saved file.
    config : dict, optional
        Of `graph_config`, where its usual is not meant.

    Returns
    -------
    Component
        `dash.dcc.Graph`.
    """
    return dcc.Graph(id=id, figure=BLANK, config=config or graph_config(id), className="graph", responsive=True)


def graph_config(saved_as: str, *, can_zoom: bool = True, can_select: bool = False) -> Any:  # noqa: ANN401 - dash types each key
    """Say what the buttons over a figure offer.

    Parameters
    ----------
    saved_as : str
        Ends the name of the saved file.
    can_zoom : bool
        Whether it can be zoomed and moved.
    can_select : bool
        Whether cells can be chosen by drawing on it.

    Returns
    -------
    dict
        For `dash.dcc.Graph`. ``assets/saving.js`` adds buttons that save as SVG and as PNG. Plotly's own buttons, one of which would
        send a figure to its cloud, are never there: data stay here.
    """
    unused = ["toImage", "autoScale2d", "zoomIn2d", "zoomOut2d"]
    unused += [] if can_select else ["lasso2d", "select2d"]
    unused += [] if can_zoom else ["zoom2d", "pan2d", "resetScale2d"]
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "responsive": True,
        "scrollZoom": False,
        "showSendToCloud": False,
        "modeBarButtonsToRemove": unused,
        "toImageButtonOptions": {"filename": f"scquery-{saved_as}"},
    }
