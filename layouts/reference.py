"""About this reference: what is in it, how well it answers on studies it never saw, how it was built."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_ag_grid as dag
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.bundle.schema import ENCODER
from core.explore.reference import ReferenceView
from layouts import (
    all_models,
    collection,
    grid_theme,
    held_out,
    ids,
    links,
    model_types,
    models_by_type,
    reference_types,
    states,
    training,
    trust,
)
from layouts import elements as el

METRICS: tuple[tuple[str, str, str], ...] = (
    ("accuracy", "Cells right", "Held-out cells that are given their own type."),
    ("macro_f1", "Macro F1", "F1 of each type, averaged over types: rare types count as much as frequent ones."),
    (
        "mafp_weighted",
        "MAFP",
        "How near the retrieved cells' types are in the ontology, early ranks counting more; mean over cells.",
    ),
    ("mafp", "MAFP, types", "The same, averaged over types."),
)
COMPARED = (
    "Which network answers here was decided by these tables. A model turns a cell into numbers or into a label; models were asked for the"
    " cells of studies they never saw. MAFP, 0 to 1, says how near the types of the cells found are to the cell's own type in the Cell"
    " Ontology, the first found counting more. Names tell how a network was built (layers, what it learns from); baselines are simpler"
    " methods, rivals are those of others. The fields under the headings keep the models that have a word or reach a number."
)
BASELINES = (
    "Encoder: the network that answers here. The others are the same search without a trained network, for comparison."
)
FEWEST_HELD_OUT = 200  # below it the share that is right says little; the tables still show it
TOO_FEW = "Too few cells of types that come from two studies were held out to tell how often labels are right."
STATUS_WORDS = {"used": "used", "held_out": "held out for the test", "set_aside": "set aside"}
SPLIT_WORDS = {
    "study": "whole studies held out: the search never saw them",
    "pair": "one type of one study held out at a time",
}


def layout(view: ReferenceView, *, bundle: str, fingerprint: str) -> Component:
    """Build the page.

    Parameters
    ----------
    view : ReferenceView
        Of one reference.
    bundle : str
        Its name, for the link to the build report.
    fingerprint : str
        Hash of its contents.

    Returns
    -------
    Component
        The main column.
    """
    lead = (
        f"Built {view.built_on} from {words.count(view.n_studies, 'study', 'studies')}. Every cell carries a Cell Ontology term;"
        " accuracy is measured on studies left out as a whole."
    )
    head = html.Div(
        [
            html.Div([html.H1(view.title), html.P(lead)], className="answer"),
            html.Div(_tools(bundle), className="answer-tools"),
        ],
        className="answer-head",
    )
    grid = html.Div(
        [
            collection.months(view),
            reference_types.types(view),
            held_out.panel(view, _few_held_out(view)),
            _models(view),
            _compared(view),
            trust.panel(view.trust),
            training.panel(view.training),
            *_reads(view),
            _facts(view),
            _studies(view),
        ],
        className="grid reference-grid",
    )
    return html.Div([head, _stats(view, fingerprint), grid], id=ids.REFERENCE, className="reference")


def _tools(bundle: str) -> list[Component]:
    """Offer what one needs to use the reference in a paper, and the whole story of its build."""
    cite = el.button(
        "Cite", id=ids.CITE, symbol="file", title="BibTeX of the studies in this reference, and of the method"
    )
    licences = html.A(
        [el.icon("info-circle"), html.Span("Licences")],
        href=f"#{ids.LICENCES}",
        className="button is-default",
        title="Licence of every study, in the table at the end of this page",
    )
    report = html.A(
        [el.icon("file-text"), html.Span("Build report")],
        href=links.build_report(bundle),
        target="_blank",
        rel="noopener",
        className="button is-filled",
    )
    return [cite, dcc.Download(id=ids.CITE_FILE), licences, report]


def _compared(view: ReferenceView) -> Component:
    """Fold away the long tables of models: they tell how the encoder was chosen, not how to use it."""
    n_models = f"{words.count(len(view.models), 'model', 'models')}, " if len(view.models) else ""
    summary = html.Summary(
        [
            html.Span("How models were compared", className="panel-title"),
            html.Span(f"{n_models}over all cells and type by type", className="panel-sub"),
        ]
    )
    tables = [
        html.P(COMPARED, className="quiet"),
        all_models.panel(view.models, all_models.NAMES),
        models_by_type.panel(view.study_types, all_models.NAMES),
        model_types.panel(view.model_types, all_models.NAMES),
    ]
    return html.Details([summary, html.Div(tables, className="grid")], className="compared-models")


def _stats(view: ReferenceView, fingerprint: str) -> Component:
    years = [int(y) for y in view.studies["year"].dropna()]
    span = f"studies, {min(years)} to {max(years)}" if years and min(years) != max(years) else "studies"
    figures = [
        el.stat(words.count(view.n_cells), "cells with a label", "Cells that are searched."),
        el.stat(words.count(view.n_types), "types", "Different labels among them."),
        el.stat(words.count(view.n_studies), span, "Data sets that went in."),
        el.stat(words.count(view.n_genes), "genes", "Measured by at least one study."),
        *_right(view),
        el.stat(fingerprint, "fingerprint", "Hash of the contents. The same fingerprint means the same reference."),
    ]
    return html.Section(figures, className="panel stats-strip")


def _right(view: ReferenceView) -> list[Component]:
    found = _value(view.evaluation, ENCODER, "accuracy")
    if found is None:
        return []
    if found["n_query"] < FEWEST_HELD_OUT:
        return [el.stat("–", f"accuracy: only {words.count(int(found['n_query']))} held-out cells", TOO_FEW)]
    definition = f"Share of {int(found['n_query']):,} held-out cells that got their own type, {SPLIT_WORDS.get(found['split'], found['split'])}."
    return [el.stat(f"{100 * found['value']:.0f} %", f"right of {int(found['n_query']):,} held-out cells", definition)]


def _few_held_out(view: ReferenceView) -> list[Component]:
    """Mark figures of the held-out test that rest on too few cells to be read as accuracy."""
    found = _value(view.evaluation, ENCODER, "accuracy")
    if found is None or found["n_query"] >= FEWEST_HELD_OUT:
        return []
    return [el.pill(f"only {words.count(int(found['n_query']), 'cell')}: tells little", "warn", definition=TOO_FEW)]


def _reads(view: ReferenceView) -> list[Component]:
    """Show what was counted from reads; a reference built from matrices has no such panels."""
    return [] if view.reads.empty and view.rates.empty else [collection.reads(view), collection.rates(view)]


def _models(view: ReferenceView) -> Component:
    table = view.evaluation
    if table.empty:
        body: Component = states.panel_empty("No model was compared.", "The build report says why.")
        return el.panel("Trained models", body, name="models", expandable=False)
    splits = [s for s in ("study", "pair") if (table["split"] == s).any()]
    blocks = [_model_block(table[table["split"] == s], s) for s in splits]
    n_models = table["model"].nunique()
    return el.panel(
        "Trained models",
        html.Div(blocks),
        name="models",
        sub=f"{n_models} compared in the same run",
        tools=_few_held_out(view),
        expandable=False,
    )


def _model_block(table: pd.DataFrame, split: str) -> Component:
    shown = [m for m in METRICS if (table["metric"] == m[0]).any()]
    header = html.Tr(
        [
            html.Th("Model"),
            *[html.Th(el.tip(html.Span(n, tabIndex=0), d), className="right") for _, n, d in shown],
            html.Th("p"),
        ]
    )
    order = sorted(table["model"].unique(), key=lambda m: (m != ENCODER, str(m)))
    body = [_model_row(table[table["model"] == model], str(model), [m[0] for m in shown]) for model in order]
    caption = html.Caption(
        f"{BASELINES} {SPLIT_WORDS.get(split, split).capitalize()}. p: paired t-test against PCA over cells, {METRICS[2][1]}."
    )
    return html.Table([caption, html.Thead(header), html.Tbody(body)], className="models")


def _model_row(table: pd.DataFrame, model: str, metrics: Sequence[str]) -> Component:
    cells = []
    p = "–"
    for metric in metrics:
        row = _value(table, model, metric)
        cells.append(html.Td(_with_interval(row), className="right"))
        if metric == "mafp_weighted" and row is not None and not pd.isna(row["p_value"]):
            p = words.p_value(float(row["p_value"]))
    used = [el.pill("in use", "accent", symbol="")] if model == ENCODER else []
    name = html.Td([html.Span(all_models.NAMES.get(model, model)), *used])
    return html.Tr([name, *cells, html.Td(p, className="right")], className="is-used" if used else "")


def _with_interval(row: dict[str, Any] | None) -> list[Any]:
    if row is None:
        return ["–"]
    if pd.isna(row["ci_low"]) or pd.isna(row["ci_high"]):
        return [f"{row['value']:.3f}"]
    return [f"{row['value']:.3f}", html.Div(f"{row['ci_low']:.2f} to {row['ci_high']:.2f}", className="interval")]


def _value(table: pd.DataFrame, model: str, metric: str) -> dict[str, Any] | None:
    rows = table[(table["model"] == model) & (table["metric"] == metric)]
    if rows.empty:
        return None
    first = rows.sort_values("split", ascending=False).iloc[0]
    return {str(column): first[column] for column in rows.columns}


def _facts(view: ReferenceView) -> Component:
    rows = [html.Div([html.Dt(name), html.Dd(text)]) for name, text in view.facts]
    return el.panel("How it was built", html.Dl(rows, className="facts"), name="facts", expandable=False)


def _studies(view: ReferenceView) -> Component:
    aside = int((view.studies["status"] == "set_aside").sum())
    grid = dag.AgGrid(
        columnDefs=_columns(),
        rowData=_rows(view.studies),
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "suppressHeaderMenuButton": True,
            "wrapText": True,
            "autoHeight": True,
        },
        id=ids.LICENCES,
        dashGridOptions=grid_theme.options(row_height=38, domLayout="autoHeight"),
        className="grid-table",
        style={"width": "100%"},
    )
    tools = (
        [
            el.pill(
                f"{aside} set aside",
                "warn",
                definition="Offered to the build and not used; the reason stands in the row.",
            )
        ]
        if aside
        else []
    )
    return el.panel(
        "Studies and licences",
        grid,
        name="all-studies",
        sub=words.count(len(view.studies), "study", "studies"),
        tools=tools,
        expandable=False,
    )


def _columns() -> list[dict[str, Any]]:
    return [
        {
            "field": "title",
            "headerName": "Title, accession",
            "cellRenderer": "StudyTitle",
            "flex": 5,
            "minWidth": 240,
            "tooltipField": "title",
        },
        {"field": "tissue", "headerName": "Tissue", "flex": 2, "minWidth": 130, "tooltipField": "tissue"},
        {
            "field": "n_cells",
            "headerName": "Cells",
            "width": 84,
            "type": "rightAligned",
            "valueFormatter": {"function": "d3.format(',')(params.value)"},
        },
        {
            "field": "n_genes",
            "headerName": "Genes",
            "width": 84,
            "type": "rightAligned",
            "valueFormatter": {"function": "d3.format(',')(params.value)"},
        },
        {"field": "n_types", "headerName": "Types", "width": 70, "type": "rightAligned"},
        {"field": "status", "headerName": "Use", "flex": 2, "minWidth": 140, "tooltipField": "status"},
        {"field": "licence", "headerName": "Licence", "flex": 2, "minWidth": 140, "tooltipField": "licence"},
    ]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    out = []
    for row in table.to_dict("records"):
        pubmed_id = row["pubmed_id"] if isinstance(row["pubmed_id"], str) else ""
        accession = row["accession"] if isinstance(row["accession"], str) else ""
        year = "" if pd.isna(row["year"]) else str(int(row["year"]))
        status = STATUS_WORDS.get(row["status"], row["status"])
        out.append(
            {
                "title": row["title"],
                "href": links.pubmed(pubmed_id) if pubmed_id else links.accession(accession),
                "accession": accession or "no accession",
                "detail": " · ".join(x for x in (row["technology"], year) if x),
                "tissue": row["tissue"],
                "n_cells": int(row["n_cells"]),
                "n_genes": int(row["n_genes"]),
                "n_types": int(row["n_types"]),
                "status": f"{status}: {row['reason']}" if row["reason"] else status,
                "licence": row["licence"],
            }
        )
    return out
