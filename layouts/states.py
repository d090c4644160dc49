"""Empty, loading, failed and unknown: what the page says when there is no answer to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from dash import html
from dash.development.base_component import Component

from core.errors import ScQueryError
from core.jobs import Job
from layouts import elements as el
from layouts import ids, links

LEVEL_ICONS = {"ok": "check", "info": "info-circle", "warning": "alert-triangle", "error": "x"}

HEADLINES = {
    "unknown-genes": "These cells were not searched: the gene names are not known here",
    "few-genes": "These cells were not searched: too few of their genes are in the reference",
    "wrong-species": "These cells were not searched: they are of another species",
    "two-species": "These cells were not searched: two species are mixed in the file",
    "scaled": "These cells were not searched: the values are scaled",
    "negative": "These cells were not searched: there are negative values",
    "not-finite": "These cells were not searched: there are values that are no numbers",
    "empty": "These cells were not searched: the file holds no expression values",
    "no-cells-left": "These cells were not searched: every cell is empty",
    "not-expression": "These cells were not searched: this is not an expression matrix",
    "file-format": "The file could not be read",
    "limit": "The file is too large for this server",
    "job-memory": "The search ran out of memory",
    "job-timeout": "The search took too long",
    "job-died": "The search stopped",
    "internal": "The search stopped",
}

ADVICE: dict[str, tuple[str, ...]] = {
    "unknown-genes": (
        "Export the matrix again with gene symbols (CD79A) or Ensembl ids (ENSG00000105369) as names.",
        "Microarray probes have to be translated to genes first.",
    ),
    "few-genes": ("Upload all measured genes, not a list of selected ones.",),
    "wrong-species": ("Choose a reference of the same species at the top of the page, if this server has one.",),
    "scaled": ("Upload counts, or values after normalisation but before scaling.",),
    "negative": ("Upload counts, or values after normalisation but before scaling.",),
}


def findings(rows: Sequence[Mapping[str, str]]) -> Component:
    """List what the check of a file found.

    Parameters
    ----------
    rows : sequence of mapping
        ``title``, ``level`` and ``text`` of each finding.

    Returns
    -------
    Component
        A description list; the level is an icon and a word for screen readers.
    """
    items = [
        html.Div(
            [
                html.Dt([el.icon(LEVEL_ICONS.get(row["level"], "info-circle")), html.Span(row["title"])]),
                html.Dd(row["text"]),
            ],
            className=f"finding is-{row['level']}",
        )
        for row in rows
    ]
    return html.Dl(items, className="findings")


def failed(job: Job) -> Component:
    """Say why a search gave no answer, what was found, and what to do.

    Parameters
    ----------
    job : Job
        In state ``failed`` or ``cancelled``.

    Returns
    -------
    Component
        The main column.
    """
    message = job.message
    code = message.code if message else "cancelled"
    cancelled = job.state == "cancelled"
    headline = "The search was cancelled" if cancelled else HEADLINES.get(code, "These cells were not searched")
    sentence = (
        message.message if message else "Nothing was computed. Your upload is kept; search it again when you like."
    )
    band = html.Section(
        [
            el.icon("alert-triangle", class_name="band-icon"),
            html.Div([html.H1(headline), html.P(sentence), _actions(job)], className="band-text"),
        ],
        className=f"band {'is-plain' if cancelled else 'is-error'}",
        role="alert",
    )
    found = message.findings if message else ()
    return html.Div([band, html.Div(_evidence(job, found, code), className="grid")], className="failed")


def unknown(error: ScQueryError) -> Component:
    """Say that an address leads to no search of this browser.

    Parameters
    ----------
    error : ScQueryError
        What the store answered.

    Returns
    -------
    Component
        The main column.
    """
    return _empty_page(error.message, error.next_step)


def nowhere() -> Component:
    """Say that an address is not part of this page.

    Returns
    -------
    Component
        The main column.
    """
    return _empty_page("There is no such page.", "The address may be incomplete.")


def panel_sentence(error: Exception) -> Component:
    """Say inside a panel why it has nothing to show; the other panels live on.

    Parameters
    ----------
    error : Exception
        What stopped it. Only errors raised on purpose are quoted.

    Returns
    -------
    Component
        Two lines in the panel's body.
    """
    if isinstance(error, ScQueryError):
        return panel_empty(error.message, error.next_step, tone="error")
    return panel_empty(
        "This panel could not be drawn.", "The other panels are not affected. Reload to try again.", tone="error"
    )


def panel_empty(sentence: str, action: str = "", *, tone: str = "plain") -> Component:
    """Say inside a panel what would be there.

    Parameters
    ----------
    sentence : str
        What there is not.
    action : str
        What fills it.
    tone : str
        ``plain`` or ``error``.

    Returns
    -------
    Component
        Two lines in the middle of the panel.
    """
    name = "alert-triangle" if tone == "error" else "info-circle"
    lines: list[Any] = [html.P(sentence, className="panel-sentence")]
    if action:
        lines.append(html.P(action))
    return html.Div([el.icon(name), html.Div(lines)], className=f"panel-empty is-{tone}", role="status")


def _actions(job: Job) -> Component:
    again = [el.button("Search again", id=ids.RETRY, symbol="refresh", look="filled")] if job.can_retry else []
    look: Literal["default", "filled"] = "default" if again else "filled"
    other = el.choose_file("Choose another file", look=look)
    start = el.link("Back to the examples", links.home(job.bundle))
    return html.Div([*again, other, start], className="band-actions")


def _evidence(job: Job, found: Sequence[Mapping[str, str]], code: str) -> list[Component]:
    n_problems = sum(row["level"] == "error" for row in found)
    problem = el.pill(f"{n_problems} problem" + ("s" if n_problems > 1 else ""), "error")
    file_row = {
        "title": "Your file",
        "level": "none",
        "text": "Kept for this browser only, until it expires or you delete it at the left.",
    }
    panels = []
    if found:
        panels.append(
            el.panel(
                "What we found in your file",
                findings([*found, file_row]),
                name="findings",
                tools=[problem] if n_problems else [],
                expandable=False,
            )
        )
    steps = [job.message.next_step] if job.message and job.message.next_step else []
    steps += [a for a in ADVICE.get(code, ()) if a not in steps]
    if steps:
        body = html.Ol([html.Li(step) for step in steps], className="steps")
        panels.append(el.panel("What to do next", body, name="steps", expandable=False))
    return panels


def _empty_page(sentence: str, action: str) -> Component:
    buttons = [el.choose_file("Choose a file"), el.link("To the first page", links.HOME)]
    return html.Section(
        [html.H1(sentence), html.P(action, className="lead"), html.Div(buttons, className="band-actions")],
        className="lost",
    )
