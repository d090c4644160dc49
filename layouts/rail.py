"""The rail: the user's cells, what was found in the file, the settings that matter, the state of the job."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from core import words
from core.explore.own_table import OwnTable
from core.jobs import Job
from layouts import elements as el
from layouts import ids, links, own_table, states

MIN_K, MAX_K, STEP_K = 10, 200, 5
SHOWN_TITLES = frozenset({"Scale", "Genes"})
"""Findings worth a line even when all is well; the others are told where something was repaired or is doubtful."""
DEFINITION_K = "How many labelled cells each of your cells is compared with. Takes effect with Search again."
DEFINITION_CONFIDENCE = "Share of the neighbours' weight that a label needs. Below it a cell is ambiguous and carries a wider type. Takes effect at once."
DEFINITION_LEAVE_OUT = "Studies whose cells are not searched, for example your own. Takes effect with Search again."


@dataclass(frozen=True)
class FileFacts:
    """What is known about the upload.

    Parameters
    ----------
    n_cells, n_genes : int or None
        As read; None before that.
    findings : sequence of mapping
        ``title``, ``level``, ``text``.
    table : OwnTable or None
        Table of the cells that the user brought to the result.
    """

    n_cells: int | None
    n_genes: int | None
    findings: Sequence[Mapping[str, str]]
    table: OwnTable | None = None


AT_ONCE_S = 0.1  # an example that somebody asked for before takes no search


def layout(
    job: Job, facts: FileFacts, studies: Sequence[tuple[str, str]], *, threshold: float, now: float
) -> list[Component]:
    """Build the rail of a search.

    Parameters
    ----------
    job : Job
        Any state.
    facts : FileFacts
        What is known about the upload.
    studies : sequence of (str, str)
        Key and label of the studies that can be left out.
    threshold : float
        Confidence level shown, 0..1.
    now : float
        Seconds since 1970.

    Returns
    -------
    list of Component
        Sections from top to bottom.
    """
    found = [_found(facts.findings)] if job.state == "done" and facts.findings else []
    return [
        el.section(
            "Your cells", [cells(job, facts), *([own_table.layout(facts.table)] if job.state == "done" else [])]
        ),
        *found,
        _settings(job, studies, threshold),
        el.section("Job", [html.Div(status(job, now), id=ids.RAIL_JOB), _delete()]),
        html.P([el.icon("lock"), html.Span("Your data stays on this server.")], className="rail-privacy"),
        _check(facts.findings),
    ]


def cells(job: Job, facts: FileFacts) -> Component:
    """Name the file and its size.

    Parameters
    ----------
    job : Job
        For the file's name.
    facts : FileFacts
        Counts, once known.

    Returns
    -------
    Component
        The card of the file.
    """
    parts = [words.size(job.size_bytes)]
    if facts.n_cells is not None and facts.n_genes is not None:
        parts.insert(0, f"{facts.n_cells:,} cells × {facts.n_genes:,} genes")
    replace = html.Button("Replace", className="link", type="button", **el.attributes(data_upload="choose"))
    actions = html.Div([replace, " · ", el.link("Try an example", links.home(job.bundle))], className="file-actions")
    name = html.Div(
        [el.icon("file"), html.Span(job.filename, className="file-name", title=job.filename)], className="file-head"
    )
    return html.Div(
        [name, html.Div(", ".join(parts), className="file-size"), actions], id=ids.RAIL_CELLS, className="file"
    )


def status(job: Job, now: float) -> list[Component]:
    """Say where the job stands.

    Parameters
    ----------
    job : Job
        Any state.
    now : float
        Seconds since 1970.

    Returns
    -------
    list of Component
        A pill, and for a finished job how long it is kept.
    """
    match job.state:
        case "done":
            took = (job.finished_at or now) - (job.started_at or now)
            pill = el.pill(
                f"Done in {words.seconds(took)}" if took > AT_ONCE_S else "Done, answered before",
                "ok",
                definition="From the start of the search to the last panel.",
            )
        case "failed":
            pill = el.pill("Not searched", "error")
        case "cancelled":
            pill = el.pill("Cancelled", "plain", symbol="x")
        case "running":
            pill = el.pill("Searching", "accent", symbol="search")
        case _:
            pill = el.pill("Waiting", "plain", symbol="clock")
    kept = html.Div(
        f"Kept for {words.remaining(job.expires_at - now)} more, for this browser only.",
        className="kept",
        tabIndex=0,
        **el.attributes(data_until=f"{job.expires_at:.0f}"),
    )
    return [pill, el.tip(kept, "Then the upload and everything computed from it are removed.")]


def _delete() -> Component:
    menu: Component = dmc.Menu(
        [
            dmc.MenuTarget(html.Button("Delete now", id=ids.DELETE, className="link", type="button")),
            dmc.MenuDropdown(
                [
                    dmc.MenuLabel("The upload and everything computed from it are removed at once."),
                    dmc.MenuItem("Delete file and result", id=ids.DELETE_CONFIRM, color="red"),
                ]
            ),
        ],
        position="right-end",
        width=250,
    )
    return menu


def _found(findings: Sequence[Mapping[str, str]]) -> Component:
    rows = [
        html.Li(
            [el.icon(states.LEVEL_ICONS.get(row["level"], "info-circle")), html.Span(_short(row))],
            className=f"is-{row['level']}",
            title=row["text"],
        )
        for row in findings
        if row["level"] != "ok" or row["title"] in SHOWN_TITLES
    ]
    more = html.Button("See the full check", id=ids.CHECK_OPEN, className="link", type="button")
    return el.section("What we found", [html.Ul(rows, className="found"), more])


def _short(finding: Mapping[str, str]) -> str:
    """Keep the first statement of what is well; of the rest the reason must be seen too."""
    text = finding["text"]
    return re.split(r"[.;] ", text, maxsplit=1)[0].rstrip(".") if finding["level"] in {"ok", "info"} else text


def _check(findings: Sequence[Mapping[str, str]]) -> Component:
    drawer: Component = dmc.Drawer(
        states.findings(findings),
        id=ids.CHECK_DRAWER,
        title="What we found in your file",
        position="left",
        size=520,
        overlayProps={"backgroundOpacity": 0.35},
    )
    return drawer


def _settings(job: Job, studies: Sequence[tuple[str, str]], threshold: float) -> Component:
    k = int(job.options.get("k", 100))
    left_out = list(job.options.get("leave_out", []))
    done = job.state == "done"
    leave_out = dmc.MultiSelect(
        id=ids.LEAVE_OUT,
        label=el.tip(html.Span("Leave studies out", tabIndex=0), DEFINITION_LEAVE_OUT),
        data=[{"value": key, "label": label} for key, label in studies],
        value=left_out,
        placeholder="None left out",
        searchable=True,
        clearable=True,
        hidePickedOptions=True,
        maxDropdownHeight=260,
        disabled=job.is_open,
    )
    return el.section(
        "Settings",
        [
            _slider(
                "Neighbours per cell (k)", DEFINITION_K, ids.K, ids.K_VALUE, f"{k}", _k_range(k), disabled=job.is_open
            ),
            _slider(
                "Label only when confident",
                DEFINITION_CONFIDENCE,
                ids.CONFIDENCE,
                ids.CONFIDENCE_VALUE,
                words.score(float(job.options.get("threshold", threshold))),
                {"min": 0.0, "max": 0.95, "step": 0.05, "value": threshold},
                disabled=not done,
            ),
            leave_out,
            el.button(
                "Search again",
                id=ids.SEARCH_AGAIN,
                symbol="search",
                disabled=job.is_open,
                **el.attributes(data_k=f"{k}", data_left_out=",".join(sorted(left_out))),
            ),
            html.Div(id=ids.SEARCH_PENDING, className="rail-pending", role="status"),
            html.Div(id=ids.SEARCH_AGAIN_MESSAGE, className="rail-message", role="status"),
        ],
        class_name="settings",
    )


def _k_range(k: int) -> dict[str, Any]:
    return {"min": min(MIN_K, k), "max": max(MAX_K, k), "step": STEP_K if k % STEP_K == 0 else 1, "value": k}


def _slider(
    words_: str, definition: str, slider_id: str, value_id: str, value: str, scale: dict[str, Any], *, disabled: bool
) -> Component:
    head = html.Div(
        [
            el.tip(html.Span(words_, tabIndex=0), definition),
            html.Span(value, id=value_id, className="slider-value", **el.attributes(data_made=value)),
        ],
        className="slider-head",
    )
    slider = dmc.Slider(
        id=slider_id,
        **scale,
        label=None,
        size=6,
        thumbSize=12,
        updatemode="mouseup",
        disabled=disabled,
        thumbLabel=words_,
    )
    return html.Div([head, slider], className="slider")
