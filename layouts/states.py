"""Empty, loading, failed and unknown: what the page says when there is no answer to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from dash import html
from dash.development.base_component import Component

from core.errors import ScQueryError
from core.jobs import Job, JobMessage
from layouts import elements as el
from layouts import ids, links

LEVEL_ICONS = {"ok": "check", "info": "info-circle", "warning": "alert-triangle", "error": "x"}

# Refusals whose message carries the number; the headline says what it means. Any other message is its own headline.
HEADLINES = {
    "unknown-genes": "the gene names are not known here",
    "few-genes": "too few of their genes are in the reference",
    "wrong-species": "they are of another species",
    "two-species": "two species are mixed in the file",
    "scaled": "the values are scaled",
    "negative": "there are negative values",
    "not-finite": "some values are no numbers",
    "no-cells-left": "every cell is empty",
    "not-expression": "this is not an expression matrix",
}

ADVICE: dict[str, tuple[str, ...]] = {
    "unknown-genes": (
        "Names that work: gene symbols (CD79A), Ensembl ids (ENSG00000105369), NCBI gene ids.",
        "Microarray probes have to be translated to genes first. This reference holds single cells; bulk arrays get misleading types.",
    ),
    "few-genes": (
        "If they are all in the file, look at their names: gene symbols, Ensembl ids and NCBI gene ids work.",
    ),
    "wrong-species": ("This server's references are named at the top of the first page; whoever runs it can add one.",),
    "scaled": ("Values after normalisation are fine, with or without log; only scaling to mean 0 cannot be undone.",),
    "negative": ("Values after normalisation are fine, with or without log; only scaling to mean 0 cannot be undone.",),
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
    message = job.message or JobMessage(
        "", "The search was cancelled.", "Your upload is kept; search it again when you like."
    )
    headline, sentence = _headline(message)
    band = html.Section(
        [
            el.icon("alert-triangle" if job.message else "info-circle", class_name="band-icon"),
            html.Div([html.H1(headline), html.P(sentence), _actions(job)], className="band-text"),
        ],
        className=f"band {'is-error' if job.message else 'is-plain'}",
        role="alert",
    )
    return html.Div([band, html.Div(_evidence(message), className="grid")], className="failed")


def cannot_be_drawn(job: Job, error: ScQueryError) -> Component:
    """Say that a result cannot be drawn: its reference or scQuery has another version now, or its files are gone.

    Parameters
    ----------
    job : Job
        In state ``done``.
    error : ScQueryError
        What stopped it.

    Returns
    -------
    Component
        The main column: once, and not in every panel.
    """
    lost = error.code == "no-result"
    title = "The files of this result are gone" if lost else error.message.rstrip(".")
    what = "They were removed, or cannot be read." if lost else "It can no longer be drawn."
    taken_along = "" if lost else "; what was found before can still be taken along"
    sentence = f"{what} The same file can be searched in the reference of today{taken_along}."
    downloads = [
        el.download("Download labels", links.download(job.token, "labels.csv")),
        el.download("Everything (zip)", links.download(job.token, "all.zip")),
    ]
    anew = el.button("Search again", id=ids.SEARCH_ANEW, symbol="search", look="filled")
    actions = html.Div([anew] if lost else [anew, *downloads], className="band-actions")
    text = [html.H1(title), html.P(sentence), actions]
    band = html.Section(
        [el.icon("alert-triangle", class_name="band-icon"), html.Div(text, className="band-text")],
        className="band is-warn is-page",
        role="alert",
    )
    return html.Div(band, className="failed")


def _headline(message: JobMessage) -> tuple[str, str]:
    if message.code in HEADLINES:
        return f"These cells were not searched: {HEADLINES[message.code]}", message.message
    return message.message.rstrip("."), message.next_step


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


def no_types(n_unknown: int) -> Component:
    """Say why a panel of types is empty although there are cells.

    Parameters
    ----------
    n_unknown : int
        Cells the panel is about; all resemble nothing in the reference.

    Returns
    -------
    Component
        Two lines.
    """
    why = "It resembles" if n_unknown == 1 else f"All {n_unknown:,} resemble"
    return panel_empty("No cell has a type to show.", f"{why} nothing in the reference.")


def _actions(job: Job) -> Component:
    again = [el.button("Search again", id=ids.RETRY, symbol="refresh", look="filled")] if job.can_retry else []
    if job.message and job.message.fits:
        some = f"Search {job.message.fits:,} cells at random"
        again.append(el.button(some, id=ids.SEARCH_SOME, symbol="search", look="filled"))
    look: Literal["default", "filled"] = "default" if again else "filled"
    other = el.choose_file("Choose another file", look=look)
    start = el.link("Back to the examples", links.home(job.bundle))
    return html.Div([*again, other, start], className="band-actions")


def _evidence(message: JobMessage) -> list[Component]:
    panels = [_found(message.findings)] if message.findings else []
    if message.code in ADVICE:
        steps = [message.next_step, *ADVICE[message.code]]
        body = html.Ol([html.Li(step) for step in steps if step], className="steps")
        panels.append(el.panel("What to do next", body, name="steps", expandable=False))
    return panels


def _found(found: Sequence[Mapping[str, str]]) -> Component:
    n_problems = sum(row["level"] == "error" for row in found)
    problem = el.pill("1 problem" if n_problems == 1 else f"{n_problems} problems", "error")
    kept = "Kept for this browser only, until it expires or you delete it at the left."
    rows = [*found, {"title": "Your file", "level": "none", "text": kept}]
    tools = [problem] if n_problems else []
    return el.panel("What we found in your file", findings(rows), name="findings", tools=tools, expandable=False)


def _empty_page(sentence: str, action: str) -> Component:
    buttons = [el.choose_file("Choose a file"), el.link("To the first page", links.HOME)]
    return html.Section(
        [html.H1(sentence), html.P(action, className="lead"), html.Div(buttons, className="band-actions")],
        className="lost",
    )
