"""The build step that finds the genes that set each type apart (science 8).

A test per type and study, then a combination over studies that keeps only what agrees in all of them.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from build_bundle.corpus import Corpus
from build_bundle.differential.by_type import write_expression_by_type
from build_bundle.differential.combine import StudyTest
from build_bundle.differential.compare import compare
from build_bundle.differential.groups import Comparison, TypePlan, plan_types
from build_bundle.differential.methods import method_named
from build_bundle.differential.pieces import PIECES, Tested, pieces_of
from build_bundle.differential.sample import read_sample
from build_bundle.differential.settings import DifferentialSettings
from build_bundle.step import StepContext
from core.bundle.schema import MARKERS_BY_GENE
from core.bundle.writer import write_table

TYPE = "cell_type_ontology_term_id"
_REMARKS = {
    "few cells": "No study has {min_cells} cells of these types; they were tested with fewer in their largest study: {names}.",
    "other studies as background": "Their study has no other type, so these types were tested against cells of other "
    "studies; differences between the studies are in the result: {names}.",
    "too few cells": "Not tested for differential expression, under {fewest_cells} cells in every study: {names}.",
    "no background": "Not tested for differential expression, no cells to compare with: {names}.",
}


def run(context: StepContext) -> dict[str, Any]:
    """Write the gene tables of `core.bundle.schema_differential`.

    Parameters
    ----------
    context : StepContext
        `settings` a `DifferentialSettings`.

    Returns
    -------
    dict
        ``n_tests``, ``n_types`` tested, and ``notes``: types tested in an unusual way or not at all, by name.
    """
    settings: DifferentialSettings = context.settings
    plans = list(plan_types(context.corpus, settings, seed=context.seed))
    pieces: dict[str, list[pa.Table]] = {spec.name: [] for spec in PIECES}
    for number, plan in enumerate(plans):
        context.progress(number / len(plans), context.corpus.names.get(plan.type_id, plan.type_id))
        if plan.comparisons:
            found = analyse_type(context.corpus, plan, settings, seed=context.seed)
            for name, table in found.items():
                pieces[name].append(table)
    for spec in PIECES:
        joined = pa.concat_tables(pieces[spec.name]) if pieces[spec.name] else spec.arrow_schema.empty_table()
        if spec is MARKERS_BY_GENE:
            joined = joined.sort_by(
                [(name, "ascending") for name in ("gene_symbol", "background", "p_value_adj", TYPE)]
            )
        write_table(context.out, spec, joined)
    write_expression_by_type(context.out, context.corpus)
    return {
        "n_tests": sum(len(plan.comparisons) for plan in plans),
        "n_types": sum(bool(plan.comparisons) for plan in plans),
        "notes": _notes(plans, context.corpus, settings),
    }


def analyse_type(corpus: Corpus, plan: TypePlan, settings: DifferentialSettings, *, seed: int) -> dict[str, pa.Table]:
    """Test one type in all its studies.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    plan : TypePlan
        With at least one comparison.
    settings : DifferentialSettings
        Rows to keep.
    seed : int
        Seed of the sample of genes that are not significant.

    Returns
    -------
    dict of str to pyarrow.Table
        Of `pieces.pieces_of`.
    """
    labels = corpus.cells[TYPE].to_numpy()
    tests = [_tested(corpus, comparison) for comparison in plan.comparisons]
    against = sorted({str(label) for c in plan.comparisons for label in set(labels[c.outside])})
    return pieces_of(plan.type_id, {"others": Tested(tests, tuple(against))}, corpus.genes, settings, seed=seed)


def _tested(corpus: Corpus, comparison: Comparison) -> StudyTest:
    method = method_named("wilcoxon")
    study = next(record.study for record in corpus.records if record.part == comparison.part)
    table = compare(read_sample(corpus, comparison.inside, comparison.outside), method)
    n_in, n_out = len(comparison.inside), len(comparison.outside)
    return StudyTest(study, table, n_in, n_out, not comparison.foreign, method.name)


def _notes(plans: list[TypePlan], corpus: Corpus, settings: DifferentialSettings) -> list[str]:
    notes = []
    for remark, sentence in _REMARKS.items():
        names = [corpus.names.get(plan.type_id, plan.type_id) for plan in plans if plan.remark == remark]
        if names:
            numbers = {"min_cells": settings.min_cells, "fewest_cells": settings.fewest_cells}
            notes.append(sentence.format(names=", ".join(names), **numbers))
    return notes
