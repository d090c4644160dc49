"""A search on its way: stages with their times, what the check found, and the panels' places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.jobs import Job
from layouts import elements as el
from layouts import ids, states

STAGE_NAMES: dict[str, tuple[str, str]] = {
    "read": ("Read the file", "Reading the file"),
    "check": ("Check the matrix", "Checking the matrix"),
    "normalise": ("Normalise", "Normalising"),
    "embed": ("Embed", "Embedding"),
    "compare": ("Compare the cells with one another", "Comparing the cells"),
    "neighbours": ("Find neighbours", "Finding neighbours"),
    "score": ("Score types and confidence", "Scoring types"),
    "draw": ("Cluster and draw", "Clustering"),
}
# Share of the whole time a stage usually takes; only the bar's evenness depends on it.
WEIGHTS: dict[str, float] = {
    "read": 0.30, "check": 0.10, "normalise": 0.05, "embed": 0.17, "compare": 0.05, "neighbours": 0.13, "score": 0.05, "draw": 0.15,
}  # fmt: skip
FIRST_INTERVAL_MS = 400
MIN_GUESS_S = 1.5
MIN_GUESS_SHARE = 0.15


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Parameters
    ----------
    title, line : str
        Heading and the line under it.
    share : float
        Done of the whole, 0..1.
    times : str
        Time so far, time left, memory.
    """

    title: str
    line: str
    share: float
    times: str


def layout(job: Job, found: Sequence[Mapping[str, str]], *, now: float, memory_limit: int) -> Component:
    """Build the page of a job that is not finished.

    Parameters
    ----------
    job : Job
        Queued, uploading or running.
    found : sequence of mapping
        Findings of the check, empty before it.
    now : float
        Seconds since 1970.
    memory_limit : int
        Bytes a job may use.

    Returns
    -------
    Component
        The main column with its clock.
    """
    at = progress(job, now=now, memory_limit=memory_limit)
    head = html.Div(
        [
            html.Div([html.H1(at.title, id=ids.RUNNING_TITLE), html.P(at.line, id=ids.RUNNING_LINE)], **_live()),
            el.button("Cancel", id=ids.CANCEL, symbol="x"),
        ],
        className="answer-head",
    )
    bar = dmc.Progress(
        id=ids.RUNNING_BAR, value=100 * at.share, size=8, radius=2, **el.attributes(aria_label="Search progress")
    )
    share = html.Div(share_line(at), id=ids.RUNNING_SHARE, className="running-share")
    panels = [
        el.panel("Stages", html.Div(stages(job, now), id=ids.RUNNING_STAGES), name="stages", expandable=False),
        el.panel(
            "What we found in your file",
            html.Div(check(found), id=ids.RUNNING_FINDINGS),
            name="findings",
            expandable=False,
        ),
        *[
            _place(title, name)
            for title, name in (("Scores", "heatmap"), ("Map", "scatter"), ("Composition", "composition"))
        ],
    ]
    poll = dcc.Interval(id=ids.POLL, interval=FIRST_INTERVAL_MS)
    return html.Div([head, bar, share, html.Div(panels, className="grid"), poll], className="running")


def progress(job: Job, *, now: float, memory_limit: int) -> Progress:
    """Put the state of a job into words.

    Parameters
    ----------
    job : Job
        Any job.
    now : float
        Seconds since 1970.
    memory_limit : int
        Bytes a job may use.

    Returns
    -------
    Progress
        Words and the share done.
    """
    if job.state == "queued":
        before = (
            f"{words.count(job.position - 1, 'search', 'searches')} before this one"
            if job.position > 1
            else "Next in line"
        )
        return Progress("Waiting for a free place", f"{before}. You can close this page: {_KEEPS}", 0.0, "")
    if job.state == "uploading":
        return Progress(f"Waiting for the upload of {job.filename}", "Bring the file again to go on with it.", 0.0, "")
    names = list(STAGE_NAMES)
    place = names.index(job.stage) if job.stage in names else 0
    share = share_done(job)
    elapsed = max(now - (job.started_at or now), 0.0)
    line = f"Stage {place + 1} of {len(names)}. You can close this page: {_KEEPS}"
    return Progress(
        f"{STAGE_NAMES[names[place]][1]}: {job.filename}", line, share, _times(job, elapsed, share, memory_limit)
    )


_KEEPS = "the link in the address bar keeps working."


def share_done(job: Job) -> float:
    """Estimate how much of a job's time is over.

    Parameters
    ----------
    job : Job
        Any job.

    Returns
    -------
    float
        0..1.
    """
    if job.state == "done":
        return 1.0
    names = list(STAGE_NAMES)
    if job.state != "running" or job.stage not in names:
        return 0.0
    before = sum(WEIGHTS[name] for name in names[: names.index(job.stage)])
    return min(before + WEIGHTS[job.stage] * job.fraction, 0.99)


def share_line(at: Progress) -> list[Component]:
    """Write the line under the bar.

    Parameters
    ----------
    at : Progress
        Of the job.

    Returns
    -------
    list of Component
        Percent at the left, times at the right.
    """
    return [html.Span(f"{100 * at.share:.0f} %"), html.Span(at.times)]


def stages(job: Job, now: float) -> Component:
    """List the stages with their times.

    Parameters
    ----------
    job : Job
        Any job.
    now : float
        Seconds since 1970.

    Returns
    -------
    Component
        An ordered list.
    """
    names = list(STAGE_NAMES)
    before = 0 if job.state == "running" else -1  # a worker that has not said anything yet begins with the first
    current = names.index(job.stage) if job.stage in names else before
    spent = sum(job.timings.values())
    rows = []
    for i, name in enumerate(names):
        state: Literal["done", "now", "next"] = "done" if i < current else "now" if i == current else "next"
        running = max(now - (job.started_at or now) - spent, 0.0) if state == "now" else None
        rows.append(_stage(name, state, job, job.timings.get(name, running)))
    return html.Ol(rows, className="stages")


def check(found: Sequence[Mapping[str, str]]) -> Component:
    """Show the findings of the check, or that it is still to come.

    Parameters
    ----------
    found : sequence of mapping
        Findings, empty before the check.

    Returns
    -------
    Component
        Body of the panel.
    """
    if found:
        return states.findings(found)
    return html.Div(
        "Orientation, scale, gene names and species are found out here, before anything is searched.", className="quiet"
    )


def _stage(name: str, state: Literal["done", "now", "next"], job: Job, s: float | None) -> Component:
    symbol = {"done": el.icon("check"), "now": html.Span(className="spinner"), "next": html.Span(className="dot")}[
        state
    ]
    detail = job.detail if state == "now" else ""
    text = html.Span(
        [html.Span(STAGE_NAMES[name][0], className="stage-name"), html.Span(detail, className="stage-detail")]
    )
    time = html.Span(words.seconds(s) if s is not None else "", className="stage-time")
    return html.Li([symbol, text, time], className=f"stage is-{state}")


def _times(job: Job, elapsed: float, share: float, memory_limit: int) -> str:
    parts = [f"{words.seconds(elapsed)} so far"]
    if share >= MIN_GUESS_SHARE and elapsed >= MIN_GUESS_S:
        parts.append(f"about {words.seconds(max(round(elapsed * (1 - share) / share), 1))} left".replace(".0 s", " s"))
    if job.memory_bytes:
        parts.append(f"{words.memory(job.memory_bytes)} of {words.memory(memory_limit)} memory")
    return " · ".join(parts)


def _place(title: str, name: str) -> Component:
    return html.Section(
        [
            html.Header(html.H2(title, className="panel-title"), className="panel-header"),
            html.Div(el.skeleton(), className="panel-body"),
        ],
        className=f"panel panel-{name} is-waiting",
        **el.attributes(aria_hidden="true"),
    )


def _live() -> dict[str, Any]:
    return {"role": "status", **el.attributes(aria_live="polite")}
