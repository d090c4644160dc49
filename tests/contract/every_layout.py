"""Every page and state of the layout, filled from the planted world: what the browser can ever see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from dash import html

from core.engine import Engine, Selection
from core.errors import InputError
from core.explore.own_groups import OwnColumn, OwnGroup
from core.explore.reference import chip
from core.explore.thin import ThinPair
from core.jobs import Job, JobMessage
from core.jobs.records import JobFolder
from layouts import (
    card_genes,
    compare,
    compare_genes,
    compare_types,
    composition,
    first_visit,
    gene_list,
    genes,
    ids,
    page,
    rail,
    reference,
    results,
    running,
    states,
    thin,
    type_card,
)
from layouts.figures.volcano import volcano_figure

B_CELL = "CL:0000236"
THIN = ThinPair("The reference is thin here: a few.", (B_CELL, "B cell", 30), ("CL:0000084", "T cell", 300), 9)
NOW = 1_800_000_000.0


def job(folder: Path, state: str, **changes) -> Job:
    """Make a record that no store has seen."""
    plain = {
        "token": "t" * 22, "owner": "ann", "bundle": "planted", "filename": "query.h5ad", "size_bytes": 94_000,
        "options": {"k": 100, "leave_out": [], "threshold": 0.5}, "state": state, "folder": JobFolder(folder),
        "created_at": NOW - 10, "started_at": NOW - 4, "finished_at": NOW, "expires_at": NOW + 86_000,
    }  # fmt: skip
    return Job(**{**plain, **changes})


def every_layout(bundle: Path, query: Path, folder: Path) -> html.Div:
    """Build all of them side by side."""
    engine = Engine.open([bundle])
    result = engine.annotate(query, out=folder / "result")
    done = job(folder, "done")
    facts = rail.FileFacts(110, 300, result.report["findings"])
    choice = page.ReferenceChoice("planted", "Planted world", chip(engine.bundles[engine.default].manifest))
    view = engine.reference_view(engine.default)
    refused = JobMessage(
        "unknown-genes", "No gene is known.", "Choose another file.", tuple(result.report["findings"]), fits=60
    )
    return html.Div(
        [
            page.layout([choice], "planted"),
            page.chip(choice, [choice], "home"),
            html.Div(page.tabs("result", "t", "planted")),
            first_visit.layout(
                view,
                engine.bundles[engine.default].examples,
                [done],
                first_visit.Limits(1, 2, 3),
                bundle="planted",
                now=NOW,
            ),
            html.Div(rail.layout(done, facts, [("a", "b")], threshold=0.5, now=NOW)),
            running.layout(job(folder, "running", stage="embed"), facts.findings, now=NOW, memory_limit=4 * 1024**3),
            states.failed(job(folder, "failed", message=refused, retryable=True)),
            states.nowhere(),
            states.cannot_be_drawn(done, InputError("This result was made with another version.")),
            reference.layout(view, bundle="planted", fingerprint="abcd 1234"),
            *answer(engine, result, done),
        ]
    )


def answer(engine: Engine, result, done: Job) -> list:
    """Build the panels, the selection bar and a card for one selected type."""
    chosen = Selection.parse(f"type:{B_CELL}")
    mask = engine.selection_mask(result, chosen)
    ranks = engine.type_ranks(result)
    volcano = engine.volcano(result, B_CELL)
    card = engine.type_card(result, B_CELL, mask)
    everything = np.ones(result.n_query, dtype=bool)
    return [
        results.frame(
            done,
            [results.warnings([]), results.panels(n_clusters=9, space="embedding")],
            card=True,
            types_by_level=(6, 4),
            level=0,
            own=(OwnColumn("donor", (OwnGroup("obs:donor=a", "a", 1),)),),
            selection="all",
        ),
        results.frame(
            done,
            [results.warnings([]), compare.layout()],
            card=False,
            types_by_level=(6,),
            level=0,
            own=(),
            selection="all",
            answer_id=ids.COMPARE_ANSWER,
        ),
        html.Div(
            compare_genes.body(
                engine.gene_difference(result, everything, engine.compared(result)), engine.compared(result), {}
            )
        ),
        compare.nothing_to_compare(),
        compare_types.table(engine.comparison(result, everything, engine.compared(result))),
        genes.layout(),
        html.Div(results.answer(engine.summary(result, everything))),
        html.Div(results.selection_bar(engine.describe(result, chosen), agrees_on=(B_CELL, "B cell"), thin=True)),
        html.Div(thin.band([THIN], lambda *_: (1, "lymphocyte"))),
        html.Div(
            composition.rows(engine.composition(result, mask), ranks, chosen=str(chosen), thin=frozenset({B_CELL}))
        ),
        type_card.layout(
            card,
            swatch=composition.colour(B_CELL, ranks),
            chosen="all",
            ontology_release="Cell Ontology",
        ),
        html.Div(gene_list.fits(engine.genes(result).fits(["MS4A1", "CD79A", "CD19"]))),
        html.Div(gene_list.sets(None, None, name="")),
        card_genes.plot(ids.volcano("card"), volcano_figure(volcano, name="B cell", theme="light"), saved_as="volcano"),
        card_genes.plot(ids.GENES, {}, saved_as="genes"),
        html.Div(card_genes.forest(engine.genes(result).effects(B_CELL, "MS4A1"), {})),
    ]
