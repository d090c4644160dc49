"""The build step that finds the genes that set each type apart (science 8).

Wilcoxon's test per type and study against the other types of the same study, then a combination over studies that keeps
only what agrees in all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from build_bundle.corpus import Corpus
from build_bundle.differential.combine import combined, kept_rows, one_per_study
from build_bundle.differential.compare import compare
from build_bundle.differential.groups import TypePlan, plan_types
from build_bundle.differential.settings import DifferentialSettings
from build_bundle.step import StepContext
from core.bundle.schema import DIFFERENTIAL, DIFFERENTIAL_BY_STUDY, TableSpec
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
    """Write ``differential.parquet`` and ``differential_by_study.parquet``.

    Parameters
    ----------
    context : StepContext
        `settings` a `DifferentialSettings`.

    Returns
    -------
    dict
        ``n_tests``, ``n_types`` tested, and ``notes``: types tested in an unusual way or not at all, by name.

    Notes
    -----
    One type is in memory at a time; what it gives is at most `max_rows` rows, times the number of studies.
    """
    settings: DifferentialSettings = context.settings
    over_studies: list[pa.RecordBatch] = []
    by_study: list[pa.RecordBatch] = []
    plans = list(plan_types(context.corpus, settings, seed=context.seed))
    for number, plan in enumerate(plans):
        context.progress(number / len(plans), context.corpus.names.get(plan.type_id, plan.type_id))
        if plan.comparisons:
            one, behind = analyse_type(context.corpus, plan, settings, seed=context.seed)
            over_studies.append(_batch(DIFFERENTIAL, one))
            by_study.append(_batch(DIFFERENTIAL_BY_STUDY, behind))
    write_table(context.out, DIFFERENTIAL, over_studies)
    write_table(context.out, DIFFERENTIAL_BY_STUDY, by_study)
    return {
        "n_tests": sum(len(plan.comparisons) for plan in plans),
        "n_types": len(over_studies),
        "notes": _notes(plans, context.corpus, settings),
    }


def analyse_type(
    corpus: Corpus, plan: TypePlan, settings: DifferentialSettings, *, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
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
    combined, by_study : pandas.DataFrame
        Columns of `core.bundle.schema.DIFFERENTIAL` and of `DIFFERENTIAL_BY_STUDY`, genes in the same order.
    """
    study_of = {record.part: record.study for record in corpus.records}
    tests = one_per_study({c.part: (study_of[c.part], compare(corpus, c)) for c in plan.comparisons})
    kept = kept_rows(combined(tests), settings, seed=seed)
    place = pd.Series(np.arange(len(kept)), index=kept["gene"])
    behind = tests[tests["gene"].isin(kept["gene"])]
    behind = behind.iloc[np.lexsort((behind["study"], place[behind["gene"]].to_numpy()))]
    return _finished(kept, plan.type_id, corpus, DIFFERENTIAL), _finished(
        behind, plan.type_id, corpus, DIFFERENTIAL_BY_STUDY
    )


def _finished(table: pd.DataFrame, type_id: str, corpus: Corpus, spec: TableSpec) -> pd.DataFrame:
    named = table.assign(gene_symbol=corpus.genes[table["gene"].to_numpy()], **{TYPE: type_id})
    return named[[column.name for column in spec.columns]]


def _batch(spec: TableSpec, frame: pd.DataFrame) -> pa.RecordBatch:
    """Pack the rows of one type: Arrow needs a fifth of what pandas takes for text."""
    arrays = [pa.array(frame[c.name], type=c.type, from_pandas=True) for c in spec.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=spec.arrow_schema)


def _notes(plans: list[TypePlan], corpus: Corpus, settings: DifferentialSettings) -> list[str]:
    notes = []
    for remark, sentence in _REMARKS.items():
        names = [corpus.names.get(plan.type_id, plan.type_id) for plan in plans if plan.remark == remark]
        if names:
            numbers = {"min_cells": settings.min_cells, "fewest_cells": settings.fewest_cells}
            notes.append(sentence.format(names=", ".join(names), **numbers))
    return notes
