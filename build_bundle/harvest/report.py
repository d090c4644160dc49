"""The page that shows what a harvest found: ``report.html`` beside the catalogue.

It is made from the catalogue alone and holds no time, so the same catalogue gives the same page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from build_bundle.harvest.catalogue import read_catalogue
from build_bundle.harvest.records import AUTHOR_LABELLED, DOWNLOADED, EXCLUDED, FAILED, KEPT, OK
from build_bundle.harvest.screening import (
    ARRAY,
    CONTROL,
    NOT_RNA,
    NOT_SINGLE_CELL,
    NOT_TRANSCRIPTOMIC,
    OTHER_ORGANISM,
    SMALL_RNA,
)
from build_bundle.report.charts import Bar
from build_bundle.report.rendering import render
from core.durable import write_durably

REPORT = "report.html"
_AVAILABLE = {
    "fastq": "reads (FASTQ)",
    "bam": "deposited alignments (BAM)",
    "sra": "reads (SRA archive file)",
    "author_only": "values by the authors only",
    AUTHOR_LABELLED: "values and labels by the authors",
    "no_raw": "nothing",
}
_EXCLUDED = {
    OTHER_ORGANISM: "another organism",
    ARRAY: "measured on an array",
    NOT_RNA: "another strategy than RNA-Seq",
    SMALL_RNA: "small or non-coding RNA",
    NOT_TRANSCRIPTOMIC: "not transcriptomic",
    NOT_SINGLE_CELL: "not of single cells",
    CONTROL: "control, or no sound single cell",
}
_MOST_ROWS = 2000  # a page stays readable; the tables hold all


def write_report(out: Path, problems: Sequence[str]) -> dict[str, int]:
    """Write the page, and count what could not be had.

    Parameters
    ----------
    out : Path
        A harvest's output folder, with its catalogue.
    problems : sequence of str
        Searches that could not be finished.

    Returns
    -------
    dict of str to int
        Studies, samples, runs and files that could not be had, or not whole.
    """
    catalogue = read_catalogue(out)
    studies, samples, runs, files = catalogue.studies, catalogue.samples, catalogue.runs, catalogue.files
    troubles = _troubles(studies, samples, runs, files)
    kept = samples[samples["is_scrna"]]
    text = render(
        Path(__file__).parent,
        "harvest_report.html.jinja",
        organism=catalogue.organism,
        problems=problems,
        counts=_counts(studies, samples, files),
        years=_bars(_years(kept), "sample"),
        technologies=_bars(kept["technology"].where(kept["technology"] != "", "not named"), "sample"),
        available=_bars(kept["available"].map(_AVAILABLE), "sample"),
        exclusions=_bars(samples.loc[~samples["is_scrna"], "excluded_code"].map(_EXCLUDED), "sample"),
        studies=_rows(studies),
        n_studies=len(studies),
        troubles=troubles[:_MOST_ROWS],
        excluded=_rows(samples[samples["state"] == EXCLUDED]),
        most_rows=_MOST_ROWS,
    )
    write_durably(out / REPORT, text.encode())
    return Counter(trouble["what"] for trouble in troubles)


def _counts(studies: pd.DataFrame, samples: pd.DataFrame, files: pd.DataFrame) -> dict[str, int]:
    return {
        "studies": len(studies),
        "kept_studies": int((studies["n_kept"] > 0).sum()),
        "samples": len(samples),
        "kept_samples": int(samples["is_scrna"].sum()),
        "files": len(files),
        "downloaded": int((files["state"] == DOWNLOADED).sum()),
        "failed": int((files["state"] == FAILED).sum()),
    }


def _years(samples: pd.DataFrame) -> pd.Series:
    return pd.Series([str(day.year) if day is not None else "no date" for day in samples["release_date"]], dtype=object)


def _bars(values: pd.Series, noun: str) -> list[Bar]:
    """Return one bar a value, the most frequent first (years in their order)."""
    counted = sorted(values.value_counts().items(), key=lambda item: (-item[1], str(item[0])))
    if all(str(value).isdigit() for value, _ in counted):
        counted.sort(key=lambda item: str(item[0]))
    return [Bar(str(value), count, f"{count:,} {noun}{'' if count == 1 else 's'}") for value, count in counted]


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.head(_MOST_ROWS).to_dict("records")]


def _troubles(*tables: pd.DataFrame) -> list[dict[str, str]]:
    """Return everything that could not be had, each with what it belongs to."""
    studies, samples, runs, files = tables
    return [
        *_of(studies[~studies["state"].isin([KEPT, EXCLUDED])], "study", "study_accession"),
        *_of(samples[~samples["state"].isin([KEPT, EXCLUDED])], "sample", "sample_accession"),
        *_of(runs[runs["state"] != OK], "run", "run_accession"),
        *_of(files[files["state"] == FAILED], "file", "name"),
    ]


def _of(table: pd.DataFrame, what: str, name: str) -> Iterable[dict[str, str]]:
    for row in table.to_dict("records"):
        yield {
            "what": what,
            "name": row[name],
            "study": row["study_accession"],
            "state": row["state"],
            "reason": row["reason"],
            "code": row["reason_code"],
        }
