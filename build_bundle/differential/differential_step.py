"""The build step that finds the genes that set each type apart (science 8).

A test per term, background and study, then a combination over studies that keeps only what agrees in all of them.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from build_bundle.cells.step_context import StepContext
from build_bundle.differential.by_type import write_expression_by_type
from build_bundle.differential.groups import TermPlan
from build_bundle.differential.jobs import Bench, Job, runner
from build_bundle.differential.kept import Outcome, read_outcomes, read_rows, write_rows
from build_bundle.differential.pieces import PIECES, Tested, pieces_of
from build_bundle.differential.remarks import Remarks
from build_bundle.differential.settings import DifferentialSettings
from core.bundle.schema import MARKERS_BY_GENE, TYPE
from core.bundle.writer import write_table


def run(context: StepContext) -> dict[str, Any]:
    """Write the gene tables of `core.bundle.schema_differential`.

    Parameters
    ----------
    context : StepContext
        `settings` a `DifferentialSettings`.

    Returns
    -------
    dict
        ``n_tests``, ``n_types`` (labels) and ``n_wider`` (wider terms) tested, ``method``, and ``notes``: what was tested in
        an unusual way or not at all, by name.

    Notes
    -----
    Jobs run in several processes; a finished job is kept in the scratch folder, so a killed build takes up where it was.
    """
    settings: DifferentialSettings = context.settings
    with _scratch(context) as scratch:
        bench = Bench(context.corpus, settings, context.seed, scratch)
        plans = bench.planner.plans()
        fallbacks = _test_all(context, bench, [plan for plan in plans if plan.comparisons])
        _join(context.out, scratch, plans)
    context.progress(0.97, "expression by type")
    write_expression_by_type(context.out, context.corpus)
    tested = [plan.term for plan in plans if plan.comparisons]
    n_labels = sum(term in bench.planner.lineage.labels for term in tested)
    remarks = Remarks(context.corpus.names, settings)
    return {
        "n_tests": sum(len(plan.comparisons) for plan in plans),
        "n_types": n_labels,
        "n_wider": len(tested) - n_labels,
        "method": settings.method,
        "notes": [*remarks.of_plans(plans), *remarks.of_fallbacks(fallbacks)],
    }


@contextmanager
def _scratch(context: StepContext) -> Iterator[Path]:
    if context.scratch is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    else:
        context.scratch.mkdir(parents=True, exist_ok=True)
        yield context.scratch


def _test_all(context: StepContext, bench: Bench, plans: Sequence[TermPlan]) -> Counter[tuple[str, str]]:
    """Test term after term and keep the rows of each; return how often which part fell back, and why."""
    jobs = {plan.term: _jobs(plan) for plan in plans if not _is_done(bench.scratch, plan)}
    todo = [job for several in jobs.values() for job in several]
    with runner(bench, todo, context.corpus, context.settings, context.seed) as running:
        for number, plan in enumerate(plans):
            context.progress(0.95 * number / len(plans), context.corpus.names.get(plan.term, plan.term))
            if plan.term in jobs:
                running.finish(jobs[plan.term])
                _combine(context, bench, plan, jobs[plan.term])
    fallbacks: Counter[tuple[str, str]] = Counter()
    for plan in plans:
        contrasts = read_rows(_piece(bench.scratch, plan, "fallbacks"))
        for part, reason in zip(*(contrasts.column(n).to_pylist() for n in ("part", "reason")), strict=True):
            fallbacks[part, reason] += 1
    return fallbacks


def _jobs(plan: TermPlan) -> list[Job]:
    return [Job(plan.term, part, tuple(c for c in plan.comparisons if c.part == part)) for part in plan.parts]


def _combine(context: StepContext, bench: Bench, plan: TermPlan, jobs: Sequence[Job]) -> None:
    """Turn the tests of a term into the rows of the tables; its last file makes it done, then the jobs' files go."""
    outcomes = [(job.part, outcome) for job in jobs for outcome in read_outcomes(bench.path(job))]
    against: dict[str, set[str]] = {}
    for comparison in plan.comparisons:
        against.setdefault(comparison.background, set()).update(comparison.against)
    tested = {b: Tested([o.test for _, o in outcomes if o.background == b], tuple(sorted(against[b]))) for b in against}
    found = pieces_of(plan.term, tested, context.corpus.genes, context.settings, seed=context.seed)
    for name, table in found.items():
        write_rows(_piece(bench.scratch, plan, name), table)
    write_rows(_piece(bench.scratch, plan, "fallbacks"), _fallbacks(outcomes))
    for job in jobs:
        bench.path(job).unlink()


def _fallbacks(outcomes: Sequence[tuple[str, Outcome]]) -> pa.Table:
    rows = sorted({(part, outcome.reason) for part, outcome in outcomes if outcome.reason})
    return pa.table(
        {"part": pa.array([r[0] for r in rows], pa.string()), "reason": pa.array([r[1] for r in rows], pa.string())}
    )


def _is_done(scratch: Path, plan: TermPlan) -> bool:
    return _piece(scratch, plan, "fallbacks").exists()


def _piece(scratch: Path, plan: TermPlan, name: str) -> Path:
    return scratch / f"{plan.term.replace(':', '_')}.{name}.arrow"


def _join(out: Path, scratch: Path, plans: Sequence[TermPlan]) -> None:
    """Put the rows of all terms together, in the order of the tables."""
    for spec in PIECES:
        tables = [read_rows(_piece(scratch, plan, spec.name)) for plan in plans if plan.comparisons]
        joined = pa.concat_tables(tables) if tables else spec.arrow_schema.empty_table()
        if spec is MARKERS_BY_GENE:
            joined = joined.sort_by(
                [(name, "ascending") for name in ("gene_symbol", "background", "p_value_adj", TYPE)]
            )
        write_table(out, spec, joined)
