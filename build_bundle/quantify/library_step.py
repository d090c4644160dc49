"""One library from files to counts, ending in one state with a reason; nothing that is wrong with it stops the others."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from build_bundle.cells.corpus import write_csr
from build_bundle.quantify.alignment import CellCounts, Reads, count_cell
from build_bundle.quantify.droplets import DropletCounts, DropletReads, count_droplets
from build_bundle.quantify.library import (
    AUTHOR_ONLY,
    FAILED,
    LOW_ALIGNMENT,
    NO_BARCODE,
    NO_RAW,
    OK,
    RETRY,
    Library,
    LibraryFaultError,
)
from build_bundle.quantify.programs import ProgramError
from build_bundle.quantify.reads import NoBarcodesError, prepare_reads
from build_bundle.quantify.reference import Reference
from build_bundle.quantify.settings import QuantifySettings
from build_bundle.steps.task import Finished, ReportProgress, no_progress
from core.errors import ScQueryError

CELLS = "cells.parquet"


@dataclass(frozen=True)
class LibraryJob:
    """A library and what it is quantified with."""

    library: Library
    reference: Reference
    settings: QuantifySettings


def quantify_library(job: LibraryJob, out: Path, progress: ReportProgress = no_progress) -> dict[str, Any]:
    """Quantify one library.

    Parameters
    ----------
    job : LibraryJob
        The library, the reference, the settings.
    out : Path
        Empty folder. For state "ok" it gets the arrays of `corpus.write_csr` (cells x genes, counts) and
        ``cells.parquet`` (``barcode``, empty for a plate).
    progress : callable
        Progress.

    Returns
    -------
    dict
        ``state``, ``reason_code``, ``reason``, ``protocol``, ``layout``, ``n_cells``, ``n_reads``, ``n_aligned``,
        ``rate_overall``, ``rate_coding`` (None where unknown) and `RETRY`.

    Raises
    ------
    ConfigError
        Where the machine or the reference cannot do it for any library.
    """
    library = job.library
    if any(library.fault):
        return _ended(library, FAILED, library.fault[0], library.fault[1])
    if not library.files:
        if library.has_author_matrix:
            return _ended(library, AUTHOR_ONLY, "author_only", "Only values processed by its authors are there.")
        return _ended(library, NO_RAW, "no_raw", "Neither reads nor processed values are there.")
    scratch = Path(tempfile.mkdtemp(dir=out, prefix="scratch-"))
    try:
        return _counted(job, out, scratch, progress)
    except (LibraryFaultError, ProgramError, OSError) as error:
        return _fault(library, error)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _fault(library: Library, error: LibraryFaultError | ProgramError | OSError) -> dict[str, Any]:
    """Say what went wrong. Files stay wrong until they change; anything else is worth another try."""
    if isinstance(error, OSError):
        place = f"{Path(str(error.filename)).name}: " if error.filename else ""
        return _ended(library, FAILED, "os_error", f"{place}{error.strerror or error}.") | {RETRY: True}
    state = NO_BARCODE if isinstance(error, NoBarcodesError) else FAILED
    retry = {RETRY: True} if isinstance(error, ProgramError) else {}
    return _ended(library, state, error.code, error.message) | retry


def crashed(library: Library, error: Exception) -> dict[str, Any]:
    """Return the facts of a library whose step raised something unforeseen; the next run tries it again."""
    if isinstance(error, ScQueryError):
        return _ended(library, FAILED, error.code, str(error)) | {RETRY: True}
    return _ended(library, FAILED, "crashed", f"{type(error).__name__}: {error}") | {RETRY: True}


def missing(library: Library, folder: Path) -> Finished:
    """Return a stand-in for a library whose job did not end; the next run tries it again."""
    facts = _ended(library, FAILED, "no_result", "Its job ended without a result.") | {RETRY: True}
    return Finished(library.key, folder, facts, "", 0.0)


def _counted(job: LibraryJob, out: Path, scratch: Path, progress: ReportProgress) -> dict[str, Any]:
    progress(0.0, "reading")
    prepared = prepare_reads(job.library, scratch, job.settings)
    progress(0.3, "aligning")
    if isinstance(prepared.reads, DropletReads):
        droplets = count_droplets(prepared.reads, job.reference, job.settings, scratch)
        return _droplet_facts(job, out, droplets)
    cell = count_cell(prepared.reads, job.reference, job.settings, scratch)
    return _cell_facts(job, out, cell, prepared.reads)


def _cell_facts(job: LibraryJob, out: Path, cell: CellCounts, reads: Reads) -> dict[str, Any]:
    facts = {
        "protocol": "plate",
        "layout": "PAIRED" if reads.is_paired else "SINGLE",
        "n_reads": cell.n_fragments,
        "n_aligned": cell.n_aligned,
        "rate_overall": round(cell.rate_overall, 6),
        "rate_coding": round(cell.rate_coding, 6),
    }
    counts = sparse.csr_matrix(cell.counts[None, :].astype(np.float32))
    return _judged(job, facts, lambda: _write(out, counts, [""]), n_cells=int(counts.nnz > 0))


def _droplet_facts(job: LibraryJob, out: Path, found: DropletCounts) -> dict[str, Any]:
    facts = {
        "protocol": "droplet",
        "layout": "PAIRED",
        "n_reads": found.n_reads,
        "n_aligned": None,
        "rate_overall": round(found.rate_overall, 6),
        "rate_coding": round(found.rate_coding, 6),
    }
    return _judged(job, facts, lambda: _write(out, found.counts, found.barcodes.tolist()), n_cells=len(found.barcodes))


def _judged(job: LibraryJob, facts: dict[str, Any], write: Callable[[], None], *, n_cells: int) -> dict[str, Any]:
    """Apply the alignment-rate rule; only what passes is written."""
    settings = job.settings
    rate = facts[f"rate_{settings.rate}"]
    if rate < settings.min_alignment_rate:
        words = "align" if settings.rate == "overall" else "lie in coding intervals of one gene"
        reason = f"{100 * rate:.1f} % of its reads {words}, below {100 * settings.min_alignment_rate:g} %."
        return _ended(job.library, LOW_ALIGNMENT, "low_alignment", reason) | facts
    if n_cells == 0:
        why = (
            "No barcode has enough molecules for a cell." if facts["protocol"] == "droplet" else "No read is in a gene."
        )
        return _ended(job.library, FAILED, "no_cells", why) | facts
    write()
    return _ended(job.library, OK, "", "") | facts | {"n_cells": n_cells}


def _write(out: Path, counts: sparse.csr_matrix, barcodes: list[str]) -> None:
    write_csr(out, counts)
    pq.write_table(pa.table({"barcode": pa.array(barcodes, pa.string())}), out / CELLS)


def _ended(library: Library, state: str, code: str, reason: str) -> dict[str, Any]:
    return {
        "state": state,
        "reason_code": code,
        "reason": reason,
        "protocol": library.protocol,
        "layout": library.layout,
        "n_cells": 0,
        "n_reads": None,
        "n_aligned": None,
        "rate_overall": None,
        "rate_coding": None,
    }
