"""The Studies panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.browser import in_browser
from callbacks.opened import Shown, in_panel, open_shown
from core import words
from core.result import to_csv
from layouts import ids, studies


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.STUDIES, "rowData"),
        Output(ids.STUDIES_SUB, "children"),
        Output(ids.STUDIES_COUNT, "children"),
        Output(ids.STUDIES_MESSAGE, "children"),
        Input(ids.SELECTION, "data"),
        Input(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(update)
    app.callback(
        Output(ids.STUDIES_FILE, "data"),
        Input(ids.STUDIES_DOWNLOAD, "n_clicks"),
        State(ids.SELECTION, "data"),
        State(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(save)
    in_browser(app, "fitStudies", [], Input(ids.STUDIES, "rowData"))


def update(selection: str | None, detail: str | None, pathname: str | None) -> list[Any]:
    """Fill the panel for an address.

    Parameters
    ----------
    selection, detail : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    return in_panel(draw, 3, (pathname, selection, None, detail))


def save(n_clicks: int | None, selection: str | None, detail: str | None, pathname: str | None) -> dict[str, str]:
    """Give the studies of the selected cells as a file.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    selection, detail, pathname : str or None
        As in `update`.

    Returns
    -------
    dict
        For `dash.dcc.Download`: the columns of the result's ``studies.csv``.
    """
    if not n_clicks:
        raise PreventUpdate
    shown = open_shown(pathname, selection, None, detail)
    return {
        "content": to_csv(shown.engine.studies(shown.result, shown.mask)),
        "filename": studies.FILE,
        "type": "text/csv",
    }


def draw(shown: Shown) -> Sequence[Any]:
    """List the studies of the selected cells' neighbours.

    Parameters
    ----------
    shown : Shown
        Result and selection.

    Returns
    -------
    sequence
        Rows of the grid, the line beside the title, the number of studies.
    """
    table = shown.engine.studies(shown.result, shown.mask)
    n_hits = int(table["n_hits"].sum())
    n_with = int((table["n_hits"] > 0).sum())
    what = "all cells'" if shown.selection.kind == "all" else "the selected cells'"
    return (
        studies.rows(table),
        f"behind {what} {n_hits:,} neighbours",
        f"{n_with} of {words.count(len(table), 'study', 'studies')}",
    )
