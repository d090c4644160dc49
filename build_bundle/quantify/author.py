"""Matrices that authors processed, where there are no reads: unit found out, genes named, gaps filled, poor cells set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from build_bundle.cells.corpus import write_csr
from build_bundle.quantify.imputation import MAX_MISSING, NoCompleteGeneError, impute
from build_bundle.quantify.library import RETRY, file_state
from build_bundle.sources.reading import read_raw
from build_bundle.steps.task import ReportProgress, no_progress
from core.bundle.manifest import ORGANISMS
from core.errors import InputError, SourceError
from core.expression.doctor import Diagnosis, examine
from core.expression.genes import GeneNames

CELLS, GENES = "cells.parquet", "genes.parquet"
MAX_VALUES = 2_000_000_000  # cells x genes of one study held as float32: 8 GB

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class AuthorMatrix:
    """A file of processed values; `sample` is empty where it holds several samples of the study."""

    path: Path
    sample: str = ""


@dataclass(frozen=True)
class AuthorStudy:
    """A study and its processed matrices.

    Parameters
    ----------
    study : str
        Accession.
    organism : str
        "mouse" or "human".
    matrices : tuple of AuthorMatrix
        Its files.
    samples : mapping of str to str
        What a cell of a matrix may be called (accession, title), in lower case, to the sample it is.
    """

    study: str
    organism: str
    matrices: tuple[AuthorMatrix, ...]
    samples: Mapping[str, str] = field(default_factory=dict)

    @property
    def material(self) -> dict[str, Any]:
        """What the result depends on, as JSON values."""
        files = [[*file_state(matrix.path), matrix.sample] for matrix in self.matrices]
        return {"study": self.study, "organism": self.organism, "files": files, "samples": dict(self.samples)}


@dataclass(frozen=True, eq=False)
class _Part:
    """Cells of one matrix, linear, with their samples."""

    diagnosis: Diagnosis
    sample: str


def quantify_authors(
    study: AuthorStudy, symbols: Sequence[str], names: GeneNames, out: Path, progress: ReportProgress = no_progress
) -> dict[str, Any]:
    """Bring the processed matrices of a study to the genes of the reference.

    Parameters
    ----------
    study : AuthorStudy
        The study.
    symbols : sequence of str
        Genes of the reference, in its order.
    names : GeneNames
        Resolves ids and aliases to these symbols.
    out : Path
        Empty folder; gets the arrays of `corpus.write_csr` (cells x genes, linear, in the authors' unit),
        ``cells.parquet`` (cell, sample, n_missing) and ``genes.parquet`` (gene_symbol, n_imputed).
    progress : callable
        Progress.

    Returns
    -------
    dict
        ``reason`` (empty where cells came out), ``units``, ``findings`` by file, ``n_cells``, ``n_set_aside``,
        ``n_imputed`` (values).

    Notes
    -----
    A cell is set aside when 25 % of the reference's genes, or more, are missing from its file (science of the
    original); see `imputation.impute` for how gaps are filled.
    """
    if study.organism not in ORGANISMS:
        no_organism = "The organism is not known: say --organism mouse or human."
        return {"findings": {}, "units": [], **_refused(no_organism)}
    parts, findings = [], {}
    for number, matrix in enumerate(study.matrices):
        progress(number / len(study.matrices) / 2, matrix.path.name)
        try:
            raw = read_raw(matrix.path, out / f"scratch-{number}")
            diagnosis = examine(raw, names, organism=study.organism)
        except (SourceError, InputError) as error:
            findings[matrix.path.name] = [error.message]
            continue
        findings[matrix.path.name] = [finding.text for finding in diagnosis.findings]
        parts.append(_Part(diagnosis, matrix.sample))
    facts: dict[str, Any] = {"findings": findings, "units": sorted({part.diagnosis.scale for part in parts})}
    progress(0.5, "filling gaps")
    return facts | _written(study, parts, symbols, out)


def _written(study: AuthorStudy, parts: Sequence[_Part], symbols: Sequence[str], out: Path) -> dict[str, Any]:
    n_obs = sum(part.diagnosis.matrix.n_obs for part in parts)
    if not parts:
        return _refused("None of its matrices can be read as expression.")
    if len({part.diagnosis.scale for part in parts}) > 1:
        return _refused("Its matrices have different units.")
    if n_obs * len(symbols) > MAX_VALUES:
        return _refused(f"{n_obs:,} cells are too many to fill gaps in memory.")
    values = np.concatenate(list(_aligned(parts, symbols)))
    n_missing = np.isnan(values).sum(axis=1)
    try:
        found = impute(values)
    except NoCompleteGeneError:
        return _refused("No gene is measured in all of its cells.")
    n_kept = int(found.kept.sum())
    cells = [cell for part in parts for cell in _cells(part, study.samples)]
    kept = [cell for cell, keep in zip(cells, found.kept, strict=True) if keep]
    columns = {
        "cell": [name for name, _ in kept],
        "sample": [sample for _, sample in kept],
        "n_missing": n_missing[found.kept].astype(np.int32),
    }
    pq.write_table(pa.table(columns), out / CELLS)
    pq.write_table(pa.table({"gene_symbol": list(symbols), "n_imputed": found.filled.sum(axis=0)}), out / GENES)
    write_csr(out, sparse.csr_matrix(found.values))
    share = f"{100 * MAX_MISSING:g} %"
    reason = "" if n_kept else f"All of its {n_obs:,} cells miss {share} of the genes or more."
    return {
        "reason": reason,
        "n_cells": n_kept,
        "n_set_aside": int(n_obs - n_kept),
        "n_imputed": int(found.filled.sum()),
    }


def author_crashed(error: Exception) -> dict[str, Any]:
    """Return the facts of a study whose step raised something unforeseen."""
    return {"findings": {}, "units": [], RETRY: True} | _refused(f"{type(error).__name__}: {error}")


def _refused(reason: str) -> dict[str, Any]:
    return {"reason": reason, "n_cells": 0, "n_set_aside": 0, "n_imputed": 0}


def _aligned(parts: Sequence[_Part], symbols: Sequence[str]) -> Iterator[Floats]:
    """Give each matrix over all genes, NaN where its file does not have the gene."""
    place = {symbol: i for i, symbol in enumerate(symbols)}
    for part in parts:
        matrix = part.diagnosis.matrix
        known = [(place[name], j) for j, name in enumerate(matrix.var_names) if name in place]
        values = np.full((matrix.n_obs, len(symbols)), np.nan, dtype=np.float32)
        if known:
            columns, sources = (np.array(side, dtype=np.int64) for side in zip(*known, strict=True))
            values[:, columns] = matrix.x[:, sources].toarray()
        yield values


def _cells(part: _Part, samples: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in part.diagnosis.matrix.obs_names:
        yield str(name), part.sample or samples.get(str(name).strip().lower(), "")
