"""A catalogue of eight samples, written as the harvest writes it, and an ontology file with the terms of ``conftest``."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from build_bundle.ontology.files import OntologySource

SAMPLES = [
    # study, sample, title, source, characteristics, state
    ("GSE1", "GSM1", "cell 1", "lung", {"cell type": "Macrophage"}, "kept"),
    ("GSE1", "GSM2", "cell 2", "lung", {"cell type": "Macrophage"}, "kept"),
    ("GSE1", "GSM3", "cell 3", "lung", {"cell type": "K562"}, "incomplete"),
    ("GSE1", "GSM4", "bulk", "lung", {"cell type": "fibroblast"}, "excluded"),
    ("GSE2", "GSM5", "alpha 1", "Pancreas", {"cell type": "acinar"}, "kept"),
    ("GSE2", "GSM6", "beta 1", "Pancreas", {"cell type": "beta"}, "kept"),
    ("GSE2", "GSM7", "xy", "dish", {}, "kept"),
    ("GSE2", "GSM8", '<b>T cells</b> & "more"', "blood </script>", {"strain": "Muscle"}, "kept"),
]  # fmt: skip


def write_catalogue(folder: Path) -> Path:
    (folder / "catalogue").mkdir(parents=True)
    rows = [
        {
            "study_accession": study, "sample_accession": sample, "title": title, "source_name": source, "description": "",
            "characteristics": [{"name": name, "value": value} for name, value in said.items()], "state": state,
            "organism": "Mus musculus", "available": "fastq",
        }
        for study, sample, title, source, said, state in SAMPLES
    ]  # fmt: skip
    pair = pa.struct([("name", pa.string()), ("value", pa.string())])
    table = pa.Table.from_pylist(rows)
    place = table.schema.get_field_index("characteristics")
    said = pa.array([row["characteristics"] for row in rows], pa.list_(pair))
    pq.write_table(table.set_column(place, "characteristics", said), folder / "catalogue" / "samples.parquet")
    return folder


def write_ontology(path: Path, source: OntologySource) -> Path:
    terms = {
        term_id: {
            "name": term.name,
            "def": term.definition,
            "synonyms": [[text, "EXACT"] for text in term.synonyms] + [list(pair) for pair in term.loose_synonyms],
            "is_a": [parent for child, parent, _ in source.edges if child == term_id],
        }
        for term_id, term in source.terms.items()
    }
    path.write_text(json.dumps({"terms": terms}), encoding="utf-8")
    return path
