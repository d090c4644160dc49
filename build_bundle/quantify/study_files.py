"""Quantified libraries joined to files: one .h5ad a study, a table of all libraries, a record of how."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from build_bundle.cells.corpus import read_csr
from build_bundle.quantify.alignment import rpkm
from build_bundle.quantify.count_file import CountFile, write_count_file
from build_bundle.quantify.library import COUNTED, OK, STATES, UNMAPPED, Library
from build_bundle.quantify.library_step import CELLS
from build_bundle.quantify.reference import Reference
from build_bundle.quantify.settings import QuantifySettings
from build_bundle.steps.task import Finished
from core.durable import write_durably

RUNS, RECORD = "runs.parquet", "quantify.json"
_RUNS_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("study", "sample", "run", "protocol", "layout", "state")),
        ("reason_code", pa.string()), ("reason", pa.string()), ("n_cells", pa.int64()), ("n_reads", pa.int64()),
        ("rate_overall", pa.float64()), ("rate_coding", pa.float64()), ("n_genes", pa.float64()),
    ]
)  # fmt: skip


@dataclass(frozen=True)
class Quantified:
    """A library and what became of it.

    Parameters
    ----------
    library : Library
        As it went in.
    step : Finished
        Its facts and, for state "ok", its counts.
    state, reason_code, reason : str
        Its state after labels were looked at.
    """

    library: Library
    step: Finished
    state: str
    reason_code: str
    reason: str

    @classmethod
    def of(cls, library: Library, step: Finished, *, is_labelled: bool) -> Quantified:
        """Join the two; a good library without a label is `unmapped_label`, and its counts are kept."""
        facts = step.facts
        if facts["state"] == OK and not is_labelled:
            return cls(library, step, UNMAPPED, "unmapped_label", "No ontology term was found for it.")
        return cls(library, step, facts["state"], facts["reason_code"], facts["reason"])


def write_outputs(
    out: Path,
    found: Sequence[Quantified],
    reference: Reference,
    settings: QuantifySettings,
    about: Mapping[str, Any],
    author_files: Sequence[str] = (),
) -> dict[str, int]:
    """Write the files of all studies, the table of libraries and the record.

    Parameters
    ----------
    out : Path
        Folder; files of the same name are replaced, each at once, and those that an earlier run wrote for studies which
        have no cells any more are removed: whoever collects the folder would take them for results.
    found : sequence of Quantified
        All libraries.
    reference : Reference
        What they were counted on.
    settings : QuantifySettings
        How.
    about : mapping
        Further facts for ``quantify.json``: programs and versions, engine.
    author_files : sequence of str
        Names of the files that were written beside these.

    Returns
    -------
    dict of str to int
        Libraries by state, all states in order.
    """
    studies: dict[str, list[Quantified]] = {}
    for item in found:
        studies.setdefault(item.library.study, []).append(item)
    rows, files = [], list(author_files)
    for study, items in sorted(studies.items()):
        counted = [item for item in items if item.state in COUNTED]
        n_genes = {}
        if counted:
            file = _study_file(counted, reference, settings)
            n_genes = file.obs.groupby("sample")["n_genes"].median().to_dict()
            write_count_file(out / study_file(study), file)
            files.append(study_file(study))
        rows += [_row(item, n_genes.get(item.library.sample)) for item in items]
    _replace_table(out / RUNS, rows)
    states = {state: sum(item.state == state for item in found) for state in STATES}
    record = {
        "settings": asdict(settings),
        "rpkm": settings.rpkm_words,
        "reference": {key: value for key, value in reference.manifest.items() if key != "files"},
        "states": states,
        "n_cells": int(sum(row["n_cells"] for row in rows if row["state"] in COUNTED)),
        "files": sorted(files),
        **about,
    }
    _remove_stale(out, files)
    write_durably(out / RECORD, json.dumps(record, indent=1).encode())
    return states


def _remove_stale(out: Path, files: Sequence[str]) -> None:
    try:
        before = json.loads((out / RECORD).read_text(encoding="utf-8")).get("files", [])
    except (OSError, ValueError):
        return
    for name in {Path(str(name)).name for name in before} - set(files):
        (out / name).unlink(missing_ok=True)


def study_file(study: str) -> str:
    """Return the name of a study's file."""
    return f"{file_name(study)}.h5ad"


def file_name(study: str) -> str:
    """Return a study's accession as a file name."""
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in study).lstrip(".") or "study"


def _study_file(items: Sequence[Quantified], reference: Reference, settings: QuantifySettings) -> CountFile:
    blocks, names, tables = [], [], []
    for item in items:
        x = read_csr(item.step.folder, len(reference.genes)).copy()  # a process may map some 65,000 files at a time
        barcodes = pq.read_table(item.step.folder / CELLS)["barcode"].to_pylist()
        sample = item.library.sample
        names += [f"{sample}_{barcode}" if barcode else sample for barcode in barcodes]
        blocks.append(x)
        tables.append(_obs(item, x))
    counts = sparse.csr_matrix(sparse.vstack(blocks), dtype=np.float32)
    obs = pd.concat(tables, ignore_index=True)
    layers = {}
    if (obs["protocol"] == "plate").all():
        layers["rpkm"] = _rpkm_layer(counts, items, reference, settings)
    genes = reference.genes
    var = genes[["gene_id", "gene_symbol", "chrom", "strand", "length"]]
    uns = {"rpkm": settings.rpkm_words, "reference": reference.digest, "source": str(reference.manifest["source"])}
    return CountFile(counts, names, genes["name"].tolist(), obs, var, layers, uns)


def _obs(item: Quantified, x: sparse.csr_matrix) -> pd.DataFrame:
    facts = item.step.facts
    missing = float("nan")
    return pd.DataFrame(
        {
            "study": item.library.study,
            "sample": item.library.sample,
            "run": item.library.runs,
            "protocol": facts["protocol"],
            "layout": facts["layout"],
            "state": item.state,
            "n_reads": np.int64(facts["n_reads"]),
            "n_aligned": missing if facts["n_aligned"] is None else float(facts["n_aligned"]),
            "rate_overall": missing if facts["rate_overall"] is None else float(facts["rate_overall"]),
            "rate_coding": missing if facts["rate_coding"] is None else float(facts["rate_coding"]),
            "n_counts": np.asarray(x.sum(axis=1, dtype=np.float64)).ravel(),
            "n_genes": np.diff(x.indptr).astype(np.int64),
        },
        index=range(x.shape[0]),
    )


def _rpkm_layer(
    counts: sparse.csr_matrix, items: Sequence[Quantified], reference: Reference, settings: QuantifySettings
) -> sparse.csr_matrix:
    """Return RPKM of plates, a row a library, with the sparsity of the counts."""
    lengths = reference.genes["length"].to_numpy(dtype=np.float64)
    data = np.empty(counts.nnz, dtype=np.float32)
    for row, item in enumerate(items):
        place = slice(counts.indptr[row], counts.indptr[row + 1])
        values = counts.data[place].astype(np.float64)
        total = values.sum() if settings.rpkm_total == "assigned" else float(item.step.facts["n_aligned"])
        data[place] = rpkm(values, lengths[counts.indices[place]], float(total))
    return sparse.csr_matrix((data, counts.indices.copy(), counts.indptr.copy()), shape=counts.shape)


def _row(item: Quantified, n_genes: float | None) -> dict[str, Any]:
    facts = item.step.facts
    return {
        "study": item.library.study,
        "sample": item.library.sample,
        "run": item.library.runs,
        "protocol": facts["protocol"],
        "layout": facts["layout"],
        "state": item.state,
        "reason_code": item.reason_code,
        "reason": item.reason,
        "n_cells": facts["n_cells"],
        "n_reads": facts["n_reads"],
        "rate_overall": facts["rate_overall"],
        "rate_coding": facts["rate_coding"],
        "n_genes": n_genes,
    }


def _replace_table(path: Path, rows: list[dict[str, Any]]) -> None:
    part = path.with_name(f".{path.name}.part")
    pq.write_table(pa.Table.from_pylist(rows, schema=_RUNS_SCHEMA), part)
    part.replace(path)
