"""The report's sections on the collection: what was found by month, reads, alignment; and the table of labels."""

from __future__ import annotations

import glob
from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from build_bundle.configuration.config import Config
from build_bundle.label.review import Review, ReviewRow, make_review
from build_bundle.label.tables import EVIDENCE, read_labels
from build_bundle.report.charts import Bar
from build_bundle.report.columns import Column
from build_bundle.sources.part import USED
from build_bundle.steps.task import Finished
from build_bundle.tables.study_facts import StudyOutcome
from core.bundle.schema_collection import ALIGNMENT_RATES, COLLECTION, READS_BY_STUDY

KINDS = {
    "usable": "usable",
    "low_alignment": "below the alignment threshold",
    "no_data": "neither raw nor author-processed data",
    "unmapped": "unmapped to ontology terms",
    "set_aside": "set aside in the build",
}
_MAX_LABELS = 14
_MAX_STUDIES = 40
_SHOWN_EVIDENCE = ("field", "text", "term_id", "scope", "why")
_LEAD = "What each study's source calls its cells, and the terms that came of it; what has no term comes first."


def collection_facts(done: Mapping[str, Finished]) -> dict[str, Any]:
    """Return what the template shows of the collection; empty without the step of the tables.

    Parameters
    ----------
    done : mapping of str to Finished
        The steps that are finished.

    Returns
    -------
    dict
        ``kinds`` (key, words), ``cells_by_month`` and ``studies_by_month`` (columns), ``reads`` (bars), ``rates`` (measure and
        columns), ``n_reads_left_out``.
    """
    if "tables" not in done:
        return {
            "kinds": [],
            "cells_by_month": [],
            "studies_by_month": [],
            "reads": [],
            "rates": [],
            "n_reads_left_out": 0,
        }
    folder = done["tables"].folder
    months, reads, rates = (
        pq.read_table(folder / spec.file).to_pandas() for spec in (COLLECTION, READS_BY_STUDY, ALIGNMENT_RATES)
    )
    kinds = [(key, words) for key, words in KINDS.items() if (months["kind"] == key).any()]
    keys = [key for key, _ in kinds]
    deepest = reads.sort_values("reads_median", ascending=False)
    return {
        "kinds": kinds,
        "cells_by_month": _by_month(months, keys, "n_cells", "cells"),
        "studies_by_month": _by_month(months, keys, "n_studies", "studies"),
        "reads": [_reads_bar(row) for row in deepest.head(_MAX_STUDIES).to_dict("records")],
        "n_reads_left_out": max(0, len(deepest) - _MAX_STUDIES),
        "rates": [(measure, _rate_columns(group)) for measure, group in rates.groupby("measure", sort=False)],
    }


def _by_month(table: pd.DataFrame, kinds: list[str], column: str, unit: str) -> list[Column]:
    counts = table.pivot_table(index="month", columns="kind", values=column, aggfunc="sum", fill_value=0)
    counts = counts.reindex(columns=kinds, fill_value=0)
    every = max(1, -(-len(counts) // _MAX_LABELS))
    return [
        Column(
            (str(month) or "unknown") if i % every == 0 else "",
            f"{month or 'month unknown'}: " + ", ".join(f"{n:,} {unit} {KINDS[str(k)]}" for k, n in row.items() if n),
            tuple(float(n) for n in row),
        )
        for i, (month, row) in enumerate(counts.iterrows())
    ]


def _reads_bar(row: Mapping[Any, Any]) -> Bar:
    spread = f"{row['reads_q1']:,.0f} to {row['reads_q3']:,.0f}"
    return Bar(
        row["study"], row["reads_median"], f"{row['reads_median']:,.0f} ({spread}), {row['n_libraries']:,} libraries"
    )


def _rate_columns(table: pd.DataFrame) -> list[Column]:
    return [
        Column(
            f"{100 * row['low']:.0f} %" if i % 8 == 0 else "",
            f"{100 * row['low']:.1f} to {100 * row['high']:.1f} %: {row['n_kept']:,} kept, {row['n_below']:,} set aside",
            (float(row["n_kept"]), float(row["n_below"])),
        )
        for i, row in enumerate(table.to_dict("records"))
    ]


def label_review(config: Config, found: list[StudyOutcome], names: Mapping[str, str]) -> Review:
    """Return the table of labels of a build.

    Parameters
    ----------
    config : Config
        Names the folder of labels, where there is one: its evidence is shown.
    found : list of StudyOutcome
        What became of every study.
    names : mapping of str to str
        Names of the ontology's terms.

    Returns
    -------
    Review
        One row for each word of a study; samples of a catalogue that say the same share one.
    """
    evidence = _Evidence(config)
    rows: dict[tuple[str, str, tuple[str, ...], str], ReviewRow] = {}
    for outcome in found:
        for word in (word for part in outcome.used for word in part["words"]):
            row = evidence.row(outcome, word)
            key = (row.study, row.said, row.ids, row.status)
            known = rows.get(key)
            rows[key] = row if known is None else _joined(known, row)
    return make_review(list(rows.values()), names, unit="Cells", lead=_LEAD)


def _joined(first: ReviewRow, second: ReviewRow) -> ReviewRow:
    return ReviewRow(**{**first.__dict__, "n": first.n + second.n})


class _Evidence:
    """What labelling found, by sample; nothing where the configuration names no labels."""

    def __init__(self, config: Config) -> None:
        self._said: dict[str, tuple[str, float]] = {}
        self._hits: dict[str, list[dict[str, Any]]] = {}
        if config.collection.labels:
            folder = config.path(config.collection.labels)
            for row in read_labels(folder).to_pylist():
                self._said[row["sample_accession"]] = (row["said"], row["confidence"])
            for row in pq.read_table(folder / EVIDENCE).to_pylist():
                self._hits.setdefault(row["sample_accession"], []).append(row)

    def row(self, outcome: StudyOutcome, word: Mapping[str, Any]) -> ReviewRow:
        said, confidence = self._said.get(word["word"], (word["word"], 0.0))
        status = word["fate"] if not word.get("is_corrected") else "overridden" if word["fate"] == USED else "dropped"
        hits = self._hits.get(word["word"], [])
        fields = tuple((hit["field"], hit["text"]) for hit in hits)
        shown = tuple(
            {"place": i, "start": 0, "end": len(hit["text"]), **{n: hit[n] for n in _SHOWN_EVIDENCE}}
            for i, hit in enumerate(hits)
        )
        return ReviewRow(
            outcome.study.study, said, glob.escape(said), int(word["n_cells"]), tuple(word["terms"]), status, confidence,
            fields, shown,
        )  # fmt: skip
