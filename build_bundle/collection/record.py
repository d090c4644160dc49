"""The record of a collection: one row a sample of the catalogue, with its label's and its reads' fate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from build_bundle.harvest.records import AUTHOR_LABELLED, EXCLUDED
from build_bundle.label.tables import read_labels
from core.errors import ConfigError

_NO_RUNS = pd.DataFrame(
    {"sample": pd.Series(dtype=str), "state": pd.Series(dtype=str), "protocol": pd.Series(dtype=str),
     "n_cells": pd.Series(dtype="Int64"), "n_reads": pd.Series(dtype="Int64"), "rate_overall": pd.Series(dtype=float),
     "rate_coding": pd.Series(dtype=float)}
)  # fmt: skip
_OF_SAMPLE = ["study_accession", "sample_accession", "available", "protocol_family", "n_cells", "state"]
_KIND_OF_STATE = {
    "ok": "usable",
    "author_only": "usable",  # author-processed data are data
    "low_alignment": "low_alignment",
    "no_raw": "no_data",
    "multi_cell_no_barcode": "no_data",
    "unmapped_label": "unmapped",
    "failed": "set_aside",
}


@dataclass(frozen=True)
class Record:
    """A collection.

    Parameters
    ----------
    samples : pandas.DataFrame
        One row a sample that was not excluded: study, sample, month (YYYY-MM or ""), kind (as in the ``collection`` table),
        n_cells, n_reads, rate_overall, rate_coding (missing where unknown), state.
    threshold : float
        Least alignment rate, 0 where nothing was quantified.
    measure : str
        ``overall`` or ``coding``: what the threshold is held against.
    """

    samples: pd.DataFrame
    threshold: float = 0.0
    measure: str = "overall"

    @property
    def studies(self) -> set[str]:
        """Accessions of the studies in it."""
        return set(self.samples["study"])


def read_record(catalogue: Path, labels: Path | None = None, quantified: Path | None = None) -> Record:
    """Join what harvest, label and quantify wrote.

    Parameters
    ----------
    catalogue : Path
        Folder of the harvest.
    labels, quantified : Path, optional
        Folders of the labels and the counts.

    Returns
    -------
    Record
        Samples in the order of the catalogue.

    Raises
    ------
    ConfigError
        Where a folder lacks its table.

    Notes
    -----
    A sample's kind is the state its reads ended in; without counts, data that are there are taken to be usable. A sample
    without a term is unmapped whatever its reads, unless it has no data at all; cells that bear their authors' terms are
    usable. A library counts its called cells, or those its repository lists, and one cell where none were called from a plate.
    """
    samples = _table(catalogue / "catalogue" / "samples.parquet", "harvest", _OF_SAMPLE)
    studies = _table(catalogue / "catalogue" / "studies.parquet", "harvest")
    samples = samples[samples["state"] != EXCLUDED]
    months = {
        s: f"{d:%Y-%m}"
        for s, d in zip(studies["study_accession"], studies["release_date"], strict=True)
        if not pd.isna(d)
    }
    runs = _NO_RUNS if quantified is None else _table(quantified / "runs.parquet", "quantify")
    joined = samples.drop(columns="state").rename(
        columns={"study_accession": "study", "sample_accession": "sample", "n_cells": "n_listed"}
    )
    joined = joined.merge(runs[list(_NO_RUNS.columns)], on="sample", how="left")
    named = None if labels is None else _labelled(labels)
    joined["month"] = [months.get(study, "") for study in joined["study"]]
    joined["kind"] = [_kind(row, named, quantified is not None) for row in joined.to_dict("records")]
    joined["n_cells"] = [_n_cells(row) for row in joined.to_dict("records")]
    settings = _settings(quantified)
    return Record(joined, float(settings.get("min_alignment_rate", 0.0)), str(settings.get("rate", "overall")))


def _kind(row: Mapping[Any, Any], named: set[str] | None, is_quantified: bool) -> str:  # noqa: FBT001 - one caller
    state = row["state"]
    if row["available"] == AUTHOR_LABELLED:
        return "usable"
    if isinstance(state, str):
        kind = _KIND_OF_STATE.get(state, "set_aside")
    elif row["available"] == "no_raw":
        kind = "no_data"
    else:
        kind = "set_aside" if is_quantified else "usable"
    is_unnamed = named is not None and row["sample"] not in named
    return "unmapped" if kind == "usable" and is_unnamed else kind


def _n_cells(row: Mapping[Any, Any]) -> int:
    for told in (row["n_cells"], row["n_listed"]):
        if isinstance(told, int | float) and not pd.isna(told) and told > 0:
            return int(told)
    return 1 if row["protocol_family"] == "plate" or row["protocol"] == "plate" else 0


def _labelled(folder: Path) -> set[str]:
    table = read_labels(folder)
    pairs = zip(table["sample_accession"].to_pylist(), table["label_term_ids"].to_pylist(), strict=True)
    return {sample for sample, terms in pairs if terms}


def _settings(quantified: Path | None) -> dict[str, Any]:
    if quantified is None or not (quantified / "quantify.json").is_file():
        return {}
    content = json.loads((quantified / "quantify.json").read_text(encoding="utf-8"))
    settings = content.get("settings", {})
    return settings if isinstance(settings, dict) else {}


def _table(path: Path, maker: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    try:
        lacking = sorted(set(columns or ()) - set(pq.read_schema(path).names))
        if lacking:
            raise ConfigError(
                f"{path} lacks {', '.join(lacking)}: an earlier version wrote it.",
                next_step=f"Run {maker} again: it writes its tables anew from what it has.",
            )
        table: pd.DataFrame = pq.read_table(path, columns=columns).to_pandas()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{path} cannot be read: {error}.", next_step=f"Give the folder that {maker} wrote."
        ) from error
    return table
