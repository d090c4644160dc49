"""A search on its way: asks for its record, less often the longer it takes; cancel and retry."""

from __future__ import annotations

import time
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.browser import in_browser
from callbacks.opened import file_facts, own_job
from callbacks.services import services
from callbacks.session import current_owner
from core.errors import ScQueryError
from core.jobs import Job
from layouts import ids, links, rail, running

# Seconds a job has lasted, and how long to wait before the next question.
BACKOFF_MS: tuple[tuple[float, int], ...] = ((10, 400), (30, 1000), (120, 2000), (float("inf"), 5000))


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.RUNNING_TITLE, "children"),
        Output(ids.RUNNING_LINE, "children"),
        Output(ids.RUNNING_BAR, "value"),
        Output(ids.RUNNING_SHARE, "children"),
        Output(ids.RUNNING_STAGES, "children"),
        Output(ids.RUNNING_FINDINGS, "children"),
        Output(ids.RAIL_JOB, "children"),
        Output(ids.POLL, "interval"),
        Output(ids.JOB_NEWS, "data", allow_duplicate=True),
        Input(ids.POLL, "n_intervals"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(poll)
    app.callback(
        Output(ids.JOB_NEWS, "data", allow_duplicate=True),
        Input(ids.CANCEL, "n_clicks"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(cancel)
    app.callback(
        Output(ids.JOB_NEWS, "data", allow_duplicate=True),
        Input(ids.RETRY, "n_clicks"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(retry)
    app.callback(
        Output(ids.URL, "href", allow_duplicate=True),
        Input(ids.SEARCH_SOME, "n_clicks"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(search_some)
    app.callback(
        Output(ids.URL, "href", allow_duplicate=True),
        Input(ids.SEARCH_ANEW, "n_clicks"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(search_anew)
    # Several questions may be under way when a job ends; the page is drawn again for the first answer only.
    in_browser(
        app,
        "onlyNews",
        Output(ids.JOB_STATE, "data"),
        Input(ids.JOB_NEWS, "data"),
        State(ids.JOB_STATE, "data"),
        initially=False,
    )


def poll(n_intervals: int | None, pathname: str | None) -> tuple[Any, ...]:  # noqa: ARG001
    """Read the record of a job that is not finished.

    Parameters
    ----------
    n_intervals : int or None
        Ticks of the clock.
    pathname : str or None
        Path of the address.

    Returns
    -------
    tuple
        Values of the registered outputs; the state only once the job has ended, which redraws the page.
    """
    found = services()
    try:
        job = own_job(pathname, found)
    except ScQueryError:
        return (*[no_update] * 8, {"state": "gone"})
    now = time.time()
    at = running.progress(job, now=now, memory_limit=found.settings.job_memory_bytes)
    return (
        at.title,
        at.line,
        100 * at.share,
        running.share_line(at),
        running.stages(job, now),
        running.check(file_facts(job).findings),
        rail.status(job, now),
        interval_ms(job, now),
        no_update if job.is_open else _state(job),
    )


def interval_ms(job: Job, now: float) -> int:
    """Say when to ask again.

    Parameters
    ----------
    job : Job
        The job.
    now : float
        Seconds since 1970.

    Returns
    -------
    int
        Milliseconds, more for a job that has lasted long.
    """
    lasted = now - (job.started_at or job.queued_at or job.created_at)
    return next(wait for limit, wait in BACKOFF_MS if lasted < limit)


def cancel(n_clicks: int | None, pathname: str | None) -> dict[str, object]:
    """Stop the job of the address.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    pathname : str or None
        Path of the address.

    Returns
    -------
    dict
        Its new state, which redraws the page.
    """
    if not n_clicks:
        raise PreventUpdate
    found = services()
    job = own_job(pathname, found)
    return _state(found.store.cancel(job.token, current_owner()))


def retry(n_clicks: int | None, pathname: str | None) -> dict[str, object]:
    """Queue the job of the address again.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    pathname : str or None
        Path of the address.

    Returns
    -------
    dict
        Its new state, which redraws the page.
    """
    if not n_clicks:
        raise PreventUpdate
    found = services()
    job = own_job(pathname, found)
    return _state(found.store.retry(job.token, current_owner()))


def search_some(n_clicks: int | None, pathname: str | None) -> str:
    """Search as many cells of a file that is too large as fit, drawn at random.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    pathname : str or None
        Path of the address.

    Returns
    -------
    str
        Address of the new search.
    """
    if not n_clicks:
        raise PreventUpdate
    found = services()
    job = own_job(pathname, found)
    if job.message is None or not job.message.fits:
        raise PreventUpdate
    options = {**job.options, "draw": job.message.fits}
    return links.result(found.store.rerun(job.token, current_owner(), options).token)


def search_anew(n_clicks: int | None, pathname: str | None) -> str:
    """Search a file as before, in the reference that is served now; parameters and value as `search_some`."""
    if not n_clicks:
        raise PreventUpdate
    found = services()
    job = own_job(pathname, found)
    return links.result(found.store.rerun(job.token, current_owner(), job.options).token)


def _state(job: Job) -> dict[str, object]:
    return {"token": job.token, "state": job.state, "attempts": job.attempts}
