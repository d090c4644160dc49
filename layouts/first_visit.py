"""The first page: a place to drop cells, examples, what was searched lately, and what cells are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.reference import ReferenceView
from core.jobs import Job
from core.ontology.text import short_name
from core.search.labelling import ENOUGH_CELLS
from layouts import elements as el
from layouts import ids, links

FORMATS = (".h5ad", "10x .h5", ".csv", ".tsv", ".mtx + genes (.zip)", ".loom")
SHOWN_TYPES = 7
SHOWN_THIN = 4
SHOWN_RECENT = 3


@dataclass(frozen=True)
class Limits:
    """What the server takes.

    Parameters
    ----------
    cells : int
        Largest number of cells of one query.
    upload_bytes : int
        Largest upload.
    keep_hours : int
        Hours an upload and its result are kept.
    """

    cells: int
    upload_bytes: int
    keep_hours: int


def layout(
    reference: ReferenceView, examples: pd.DataFrame, recent: Sequence[Job], limits: Limits, *, bundle: str, now: float
) -> Component:
    """Build the first page.

    Parameters
    ----------
    reference : ReferenceView
        What cells are compared with.
    examples : pandas.DataFrame
        Table ``example_queries`` of the bundle.
    recent : sequence of Job
        Searches of this browser, newest first.
    limits : Limits
        What the server takes.
    bundle : str
        Name of the reference.
    now : float
        Seconds since 1970.

    Returns
    -------
    Component
        The main column.
    """
    lead = (
        f"Drop single-cell RNA-seq data. Each cell is compared with {reference.n_cells:,} labelled cells from"
        f" {words.count(reference.n_studies, 'published study', 'published studies')} and given a type, a confidence and the"
        " evidence for it."
    )
    privacy = f"Nothing leaves this server. Results are kept for {limits.keep_hours} hours, for this browser only, or until you delete them."
    return html.Div(
        [
            html.H1("What cells are these?", className="display"),
            html.P(lead, className="lead"),
            html.Div([_drop_zone(limits), _beside(examples, recent, now)], className="start"),
            _compared_with(reference, bundle),
            html.P([el.icon("lock"), html.Span(privacy)], className="privacy"),
        ],
        className="first-visit",
    )


def _drop_zone(limits: Limits) -> Component:
    attributes: dict[str, Any] = {
        "role": "button",
        "tabIndex": 0,
        **el.attributes(aria_label="Choose a file with single-cell expression data"),
    }
    fine_print = [
        html.Div("Genes × cells or cells × genes, counts or normalised."),
        html.Div(
            f"Up to {limits.cells:,} cells, {words.memory(limits.upload_bytes)}."
            f" Of more cells, {limits.cells:,} drawn at random can be searched."
        ),
    ]
    return html.Div(
        [
            el.icon("upload", size="large"),
            html.Div("Drop a file here", className="drop-title"),
            html.Div(["or ", html.Span("choose a file", className="link"), " from this computer"], className="drop-or"),
            html.Div([html.Span(f, className="pill is-plain") for f in FORMATS], className="drop-formats"),
            html.Div(fine_print, className="drop-fine"),
        ],
        id=ids.UPLOAD_DROP,
        className="drop",
        **attributes,
    )


def _beside(examples: pd.DataFrame, recent: Sequence[Job], now: float) -> Component:
    parts: list[Any] = []
    if len(examples):
        parts.append(html.H2("Or open an example", className="section-head"))
        parts += [_example(row) for row in examples.to_dict("records")]
    parts.append(html.Div(_recent(recent, now), id=ids.RECENT, className="recent"))
    return html.Div(parts, className="beside")


def _example(row: dict[Any, Any]) -> Component:
    text = html.Div(
        [
            html.Div(row["title"], className="example-title"),
            html.Div(row["detail"], className="example-detail"),
        ]
    )
    mark = html.Span(el.icon("lasso"), className="example-mark")
    size = html.Span(words.count(int(row["n_cells"]), "cell"), className="example-size")
    parts = [mark, text, size, el.icon("chevron-right")]
    return html.Button(
        parts, className="example", type="button", title=row["source"], **el.attributes(data_example=row["example"])
    )


def _recent(jobs: Sequence[Job], now: float) -> list[Component]:
    rows = [
        html.Li(
            [
                dcc.Link(job.filename, href=job.url, className="link"),
                html.Span(_recent_state(job, now), className="recent-state"),
            ]
        )
        for job in jobs
        if job.state != "uploading"
    ]
    if not rows:
        return []
    head = html.H2([el.icon("clock"), "Recent on this browser"], className="recent-head")
    older = rows[SHOWN_RECENT:]
    more = [html.Details([html.Summary(f"{len(older)} more"), html.Ul(older)])] if older else []
    return [head, html.Ul(rows[:SHOWN_RECENT]), *more]


def _recent_state(job: Job, now: float) -> str:
    if job.is_open:
        return "is being searched"
    if job.state != "done":
        return "was not searched" if job.state == "failed" else "was cancelled"
    asked = words.remaining(now - job.created_at)
    return f"{asked} ago, kept for {words.remaining(job.expires_at - now)} more"


def _compared_with(reference: ReferenceView, bundle: str) -> Component:
    years = [int(y) for y in reference.studies["year"].dropna()]
    span = f", {min(years)} to {max(years)}" if years and min(years) != max(years) else ""
    stats = [
        el.stat(words.count(reference.n_cells), "cells with a label", "Reference cells that carry one cell type."),
        el.stat(
            words.count(reference.n_types), "cell types, Cell Ontology", "Different labels among the reference cells."
        ),
        el.stat(
            words.count(reference.n_studies), f"studies{span}", "Published data sets the reference cells come from."
        ),
        el.stat(words.count(reference.n_genes), "genes", "Genes measured by at least one study of the reference."),
    ]
    head = html.Header(
        [html.H2("What your cells are compared with"), el.link("About this reference", links.reference(bundle))],
        className="compared-head",
    )
    columns = [
        html.Div(stats, className="compared-stats"),
        html.Div([html.H3("Types with most cells"), _bars(reference.types)], className="compared-bars"),
        html.Div([html.H3("Thin: read these with care"), *_thin(reference.types)], className="compared-thin"),
    ]
    return html.Section([head, html.Div(columns, className="compared-columns")], className="panel compared")


def _bars(types: pd.DataFrame) -> Component:
    top = types.head(SHOWN_TYPES)
    most = max(int(top["n_cells"].max()), 1) if len(top) else 1
    rows = [
        html.Div(
            [
                html.Span(short_name(name), className="bar-name", title=name),
                html.Span(
                    html.Span(className="bar-fill", style={"width": f"{100 * n / most:.1f}%"}), className="bar-track"
                ),
                html.Span(f"{n:,}", className="bar-value"),
            ],
            className="bar-row",
        )
        for name, n in zip(top["type_name"], top["n_cells"], strict=True)
    ]
    return html.Div(rows, className="bars")


def _thin(types: pd.DataFrame) -> list[Component]:
    thin = types[types["thin"]].sort_values("n_cells")
    rows: list[Component] = [
        html.Div(
            [
                el.icon("alert-triangle"),
                html.Span(short_name(row["type_name"]), className="thin-name", title=row["type_name"]),
                html.Span(words.count(int(row["n_cells"]), "cell")),
            ],
            className="thin-row",
        )
        for row in thin.head(SHOWN_THIN).to_dict("records")
    ]
    more = len(thin) - SHOWN_THIN
    note = f"Fewer than {ENOUGH_CELLS} cells." if len(thin) else f"Every type has {ENOUGH_CELLS} cells or more."
    return [*rows, html.Div(note + (f" {more} more." if more > 0 else ""), className="thin-note")]
