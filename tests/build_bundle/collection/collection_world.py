"""A small collection as harvest, label and quantify leave it: two studies, seven samples, every kind."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from build_bundle.label.tables import EVIDENCE, EVIDENCE_SCHEMA, LABELS_SCHEMA

# sample, study, state, family, available, term, run state, cells, reads, overall rate
SAMPLES = [
    ("GSM1", "GSE1", "kept", "plate", "fastq", "CL:1", "ok", 1, 1000, 0.91),
    ("GSM2", "GSE1", "kept", "plate", "fastq", "CL:1", "low_alignment", 0, 3000, 0.1),
    ("GSM3", "GSE1", "kept", "plate", "fastq", "", "unmapped_label", 1, 2000, 0.8),
    ("GSM4", "GSE1", "excluded", "plate", "fastq", "", None, 0, None, None),
    ("GSM5", "GSE2", "kept", "droplet", "fastq", "CL:2", "ok", 250, 90_000, 1.0),
    ("GSM6", "GSE2", "kept", "droplet", "no_raw", "CL:2", "no_raw", 0, None, None),
    ("GSM7", "GSE2", "kept", "plate", "author_only", "CL:2", "author_only", 40, None, None),
    ("GSM8", "GSE2", "kept", "plate", "fastq", "CL:2", None, 0, None, None),
]  # fmt: skip
NAMES = {"CL:1": "one cell", "CL:2": "other cell"}
COLUMNS = ["sample", "study", "state", "family", "available", "term", "run_state", "n_cells", "n_reads", "rate"]


def write_collection(folder: Path) -> tuple[Path, Path, Path]:
    """Write the three folders and return them: harvested, labels, counts."""
    harvested, labels, counts = (folder / name for name in ("harvested", "labels", "counts"))
    for path in (harvested / "catalogue", labels, counts):
        path.mkdir(parents=True)
    rows = pd.DataFrame(SAMPLES, columns=COLUMNS)
    _write_catalogue(harvested / "catalogue", rows)
    kept = rows[rows["state"] != "excluded"]
    _write_labels(labels, kept)
    _write_runs(counts, kept[kept["run_state"].notna()])
    return harvested, labels, counts


def _write_catalogue(folder: Path, rows: pd.DataFrame) -> None:
    pq.write_table(pa.table({
        "sample_accession": rows["sample"], "study_accession": rows["study"], "state": rows["state"],
        "protocol_family": rows["family"], "available": rows["available"], "technology": ["Smart-seq2"] * len(rows),
        "title": [f"title of {s}" for s in rows["sample"]], "source_name": ["lung"] * len(rows),
        "organism": ["Mus musculus"] * len(rows), "n_cells": pa.nulls(len(rows), pa.int64()),
    }), folder / "samples.parquet")  # fmt: skip
    pq.write_table(pa.table({
        "study_accession": ["GSE1", "GSE2"], "title": ['One "quoted" study', "Another\nstudy"], "repository": ["geo", "geo"],
        "release_date": pa.array([dt.date(2016, 3, 5), None], pa.date32()), "pubmed_ids": [["11", "12"], []],
        "state": ["kept", "kept"],
    }), folder / "studies.parquet")  # fmt: skip


def _write_labels(folder: Path, rows: pd.DataFrame) -> None:
    labels = [
        {
            "study_accession": row.study, "sample_accession": row.sample, "title": "", "said": f"said {row.term}",
            "status": "mapped" if row.term else "unmapped", "term_ids": [row.term] if row.term else [],
            "label_term_ids": [row.term] if row.term else [], "label_names": [NAMES[row.term]] if row.term else [], "confidence": 1.0, "comment": "",
        }
        for row in rows.itertuples()
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(labels, LABELS_SCHEMA), folder / "labels.parquet")
    pq.write_table(pa.Table.from_pylist([], EVIDENCE_SCHEMA), folder / EVIDENCE)


def _write_runs(folder: Path, rows: pd.DataFrame) -> None:
    pq.write_table(pa.table({
        "study": rows["study"].tolist(), "sample": rows["sample"].tolist(), "state": rows["run_state"].tolist(),
        "protocol": rows["family"].tolist(), "reason": [""] * len(rows), "n_cells": pa.array(rows["n_cells"].tolist(), pa.int64()),
        "n_reads": pa.array([None if pd.isna(n) else int(n) for n in rows["n_reads"]], pa.int64()),
        "rate_overall": pa.array([None if pd.isna(r) else r for r in rows["rate"]], pa.float64()),
        "rate_coding": pa.array([None] * len(rows), pa.float64()),
    }), folder / "runs.parquet")  # fmt: skip
    record = {"settings": {"min_alignment_rate": 0.4, "rate": "overall"}}
    (folder / "quantify.json").write_text(json.dumps(record), encoding="utf-8")
