"""What the build report says, gathered from the finished steps; a report without training is possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from build_bundle.cells.corpus import Corpus
from build_bundle.configuration.config import Config
from build_bundle.report.charts import Bar, Line
from build_bundle.report.contrasts import gather_contrasts
from build_bundle.sources.part import USED
from build_bundle.steps.task import Finished
from build_bundle.tables.study_facts import StudyOutcome, outcomes
from core.bundle.manifest import IndexFacts
from core.bundle.schema import ALL, CELL_TYPES, ENCODER, EVALUATION, TRAINING, TYPE
from core.search.index import way_of_search

METRICS = ("mafp_weighted", "mafp", "map", "accuracy", "macro_f1", "near_accuracy")
_MODELS = {ENCODER: 0, "pca_100": 1, "raw": 2, "cosine": 3}
_SPLITS = {"study": "Whole studies held out", "pair": "One type of one study held out"}


def gather(config: Config, done: Mapping[str, Finished]) -> dict[str, Any]:
    """Return everything the template shows.

    Parameters
    ----------
    config : Config
        The configuration.
    done : mapping of str to Finished
        The steps that are finished; at least those that read.

    Returns
    -------
    dict
        Names used by ``report.html.jinja``; what later steps would give is None or empty without them.
    """
    found = outcomes(config, done)
    index = done["index"].facts["index"] if "index" in done else None
    return {
        "config": config,
        "studies": [_study(outcome) for outcome in found],
        "unused_words": [row for outcome in found for row in _unused_words(outcome)],
        "findings": [row for outcome in found for row in _findings(outcome)],
        "counts": done["tables"].facts["counts"] if "tables" in done else None,
        "types": _types(done),
        "study_bars": [_study_bar(outcome) for outcome in found],
        "curve": _curve(done),
        "accuracy": _accuracy(done),
        "accuracy_by_type": _accuracy_by_type(done),
        "train": done["train"].facts if "train" in done else None,
        "contrasts": gather_contrasts(done),
        "index": index,
        "way_of_search": way_of_search(IndexFacts(**index)) if index else "",
        "confidence": done["evaluate"].facts.get("confidence") if "evaluate" in done else None,
        "selection": config.selection,
    }


def _study(outcome: StudyOutcome) -> dict[str, Any]:
    study = outcome.study
    return {
        "config": study,
        "status": "training only" if not outcome.has_cells and outcome.n_teaching else outcome.status,
        "n_teaching": outcome.n_teaching,
        "reason": outcome.reason,
        "unit": ", ".join(dict.fromkeys(str(p["unit"]) for p in outcome.used)),
        "n_cells": outcome.total("n_cells"),
        "n_offered": outcome.total("n_offered"),
        "n_taken": outcome.total("n_taken"),
        "n_genes": max((int(p["n_genes"]) for p in outcome.used), default=0),
        "n_types": len({label for p in outcome.used for label in p["labels"]}),
        "origin": study.origin or ", ".join(dict.fromkeys(p.source.words for p in study.parts)),
    }


def _study_bar(outcome: StudyOutcome) -> Bar:
    n, offered = outcome.total("n_cells"), outcome.total("n_offered")
    if not outcome.used:
        return Bar(
            outcome.study.study, 0, f"{outcome.n_teaching:,} for training" if outcome.n_teaching else "set aside"
        )
    return Bar(outcome.study.study, n, f"{n:,} of {offered:,}")


def _unused_words(outcome: StudyOutcome) -> list[dict[str, Any]]:
    words = [word for part in outcome.used for word in part["words"] if word["fate"] != USED]
    return [{"study": outcome.study.study, **word} for word in words]


def _findings(outcome: StudyOutcome) -> list[dict[str, str]]:
    return [
        {"part": part.part, **finding}
        for part, facts in zip(outcome.study.parts, outcome.parts, strict=True)
        for finding in facts.get("findings", ())
    ]


def _types(done: Mapping[str, Finished]) -> list[Bar]:
    if "tables" not in done:
        return []
    table = pq.read_table(done["tables"].folder / CELL_TYPES.file).to_pandas()
    rows = table.sort_values(["n_cells", TYPE], ascending=[False, True]).to_dict("records")
    return [
        Bar(row["cell_type"], row["n_cells"], f"{row['n_cells']:,} cells, {row['n_studies']} {_plural(row['n_studies'])}",
            faint=not row["in_training"])
        for row in rows
    ]  # fmt: skip


def _plural(n: int) -> str:
    return "study" if n == 1 else "studies"


def _curve(done: Mapping[str, Finished]) -> list[Line]:
    """Return the loss of every network, on training and on validation cells."""
    if "train" not in done:
        return []
    rows = pq.read_table(done["train"].folder / TRAINING.file).to_pandas()
    found = []
    for network, group in rows.groupby("network", sort=True):
        for column, name, dashed in (("loss", "training", False), ("validation_loss", "validation", True)):
            if group[column].notna().all():
                points = list(zip(group["epoch"].astype(float), group[column].astype(float), strict=True))
                found.append(Line(f"network {network}, {name}", points, f"line{(network - 1) % 3}", dashed))
    return found


def _evaluation(done: Mapping[str, Finished]) -> pd.DataFrame:
    if "evaluate" not in done:
        return pd.DataFrame(columns=[c.name for c in EVALUATION.columns])
    table: pd.DataFrame = pq.read_table(done["evaluate"].folder / EVALUATION.file).to_pandas()
    return table


def _accuracy(done: Mapping[str, Finished]) -> list[dict[str, Any]]:
    """Return one table a split: rows are held-out studies (or all) and models, columns are metrics."""
    table = _evaluation(done)
    whole = table[table[TYPE] == ALL]
    return [
        {"title": _SPLITS[str(split)], "rows": _accuracy_rows(group)}
        for split, group in sorted(whole.groupby("split"), key=lambda item: list(_SPLITS).index(str(item[0])))
    ]


def _accuracy_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for (held_out, model), group in table.groupby(["held_out", "model"], sort=False):
        by_metric = {row["metric"]: row for row in group.to_dict("records")}
        first = group.iloc[0]
        values = [_shown(by_metric.get(metric)) for metric in METRICS]
        rows.append({"held_out": held_out, "model": model, "n_query": int(first["n_query"]), "values": values})
    return sorted(rows, key=lambda row: (row["held_out"] != ALL, row["held_out"], _MODELS.get(row["model"], 9)))


def _shown(row: Mapping[Any, Any] | None) -> str:
    if row is None:
        return ""
    interval = "" if pd.isna(row["ci_low"]) else f" ({row['ci_low']:.2f} to {row['ci_high']:.2f})"
    return f"{row['value']:.3f}{interval}"


def _accuracy_by_type(done: Mapping[str, Finished]) -> list[dict[str, Any]]:
    table = _evaluation(done)
    names = Corpus.open(done["corpus"].folder).names if "corpus" in done else {}
    chosen = table[(table[TYPE] != ALL) & (table["held_out"] == ALL) & (table["model"] == ENCODER)]
    rows = []
    for (split, type_id), group in chosen.groupby(["split", TYPE]):
        by_metric = {row["metric"]: row for row in group.to_dict("records")}
        rows.append(
            {
                "split": _SPLITS[str(split)],
                "type": names.get(str(type_id), f"{type_id} types"),
                "n_query": int(group["n_query"].max()),
                "accuracy": _shown(by_metric.get("accuracy")),
                "mafp": _shown(by_metric.get("mafp") or by_metric.get("mafp_weighted")),
            }
        )
    return rows
