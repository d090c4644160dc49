"""The rail: search again with other settings, delete, the full check."""

from __future__ import annotations

import math
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.browser import in_browser
from callbacks.opened import own_job, own_table_of
from callbacks.services import services
from callbacks.session import current_owner
from core.engine import QueryOptions
from core.errors import InputError, ScQueryError
from layouts import ids, links, own_table


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.URL, "href", allow_duplicate=True),
        Output(ids.SEARCH_AGAIN_MESSAGE, "children"),
        Input(ids.SEARCH_AGAIN, "n_clicks"),
        State(ids.URL, "pathname"),
        State(ids.K, "value"),
        State(ids.CONFIDENCE, "value"),
        State(ids.LEAVE_OUT, "value"),
        prevent_initial_call=True,
    )(search_again)
    app.callback(
        Output(ids.URL, "href", allow_duplicate=True),
        Output(ids.LAST_RESULT, "data", allow_duplicate=True),
        Input(ids.DELETE_CONFIRM, "n_clicks"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(delete)
    app.callback(
        Output(ids.CELL_TABLE_TOLD, "children"),
        Input(ids.CELL_TABLE_STATE, "data"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(tell_table)
    in_browser(app, "showValue", Output(ids.K_VALUE, "children"), Input(ids.K, "value"))
    in_browser(app, "showValue", Output(ids.CONFIDENCE_VALUE, "children"), Input(ids.CONFIDENCE, "value"))
    in_browser(
        app,
        "tellPending",
        [Output(ids.SEARCH_PENDING, "children"), Output(ids.SEARCH_AGAIN, "className")],
        Input(ids.K, "value"),
        Input(ids.LEAVE_OUT, "value"),
    )
    in_browser(
        app, "openDrawer", Output(ids.CHECK_DRAWER, "opened"), Input(ids.CHECK_OPEN, "n_clicks"), initially=False
    )


def search_again(
    n_clicks: int | None, pathname: str | None, k: object, threshold: object, leave_out: object
) -> tuple[Any, Any]:
    """Search the same upload with the settings of the rail.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    pathname : str or None
        Path of the address.
    k, threshold, leave_out : object
        Values of the controls, not yet checked.

    Returns
    -------
    tuple
        Address of the new search and an empty message, or why there is none.
    """
    if not n_clicks:
        raise PreventUpdate
    found = services()
    try:
        job = own_job(pathname, found)
        options = {**read_options(k, threshold, leave_out), "draw": job.options.get("draw", 0)}
        return links.result(found.store.rerun(job.token, current_owner(), options).token), ""
    except ScQueryError as error:
        return no_update, str(error)


def read_options(k: object, threshold: object, leave_out: object) -> dict[str, object]:
    """Check the values of the controls.

    Parameters
    ----------
    k : object
        Neighbours per cell.
    threshold : object
        Confidence level, 0..1.
    leave_out : object
        Keys of studies.

    Returns
    -------
    dict
        Query options as plain JSON values.

    Raises
    ------
    InputError
        When one is out of its range.
    """
    studies = leave_out if isinstance(leave_out, list) else []
    sound = _whole(k) and _finite(threshold) and all(isinstance(s, str) for s in studies)
    if not sound:
        raise InputError("These settings cannot be read.", next_step="Reload the page.", code="options")
    options = QueryOptions(k=int(k), leave_out=tuple(studies), threshold=float(threshold))  # type: ignore[call-overload,arg-type]
    return {"k": options.k, "leave_out": list(options.leave_out), "threshold": options.threshold}


def delete(n_clicks: int | None, pathname: str | None) -> tuple[str, str]:
    """Remove the job of the address with its upload and result.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the entry has just appeared.
    pathname : str or None
        Path of the address.

    Returns
    -------
    tuple of str
        The first page, and no result to come back to.
    """
    if not n_clicks:
        raise PreventUpdate
    found = services()
    job = own_job(pathname, found)
    found.store.delete(job.token, current_owner())
    return links.home(job.bundle), ""


def tell_table(news: object, pathname: str | None) -> list[Component]:
    """Say why a table of cells was not taken; after one that was, the page is loaded anew.

    Parameters
    ----------
    news : object
        What the page's script says of the file.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list of Component
        What is known of the table before, and the reason.
    """
    if not news:
        raise PreventUpdate
    try:
        job = own_job(pathname, services())
    except ScQueryError as error:
        raise PreventUpdate from error
    return own_table.told(own_table_of(job), news)


def _whole(value: object) -> bool:
    return _finite(value) and float(value).is_integer()  # type: ignore[arg-type]


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
