"""Read one part of a study: check it as a user's upload is checked, name its genes, label its cells, keep it on disk.

One part is in memory at a time. Not here: joining parts (`build_bundle.cells.corpus_step`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from build_bundle.cells.corpus import write_csr_blocks
from build_bundle.cells.selection import TermRules
from build_bundle.configuration.study_config import ExampleConfig, Labels, PartConfig
from build_bundle.genes.orthologs import Orthologs
from build_bundle.label.mapping import split_ids
from build_bundle.label.overrides import Override
from build_bundle.sources.examples import take_examples
from build_bundle.sources.labels import label_words, metadata_column, selected
from build_bundle.sources.reading import read_raw
from build_bundle.steps.task import ReportProgress, no_progress
from core.errors import InputError, SourceError
from core.expression.doctor import Diagnosis, examine
from core.expression.genes import GeneNames
from core.expression.matrix import ExpressionMatrix

USED, NO_LABEL, LEFT_OUT, GENERAL, UNMAPPED = "used", "no label", "left out", "too general", "unmapped"
_BLOCK_ROWS = 2_000

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class PartRequest:
    """What to read.

    Parameters
    ----------
    part : PartConfig
        The configuration's part; it has labels.
    organism : str
        Organism of the cells.
    matrix : Path
        Local file.
    label_table : Path, optional
        Local file of labels.
    mapping : mapping of str to tuple of str, optional
        Words to term ids; None where the column holds ids.
    examples : sequence of ExampleConfig
        Examples that take cells away from this part.
    seed : int
        Seed of the build.
    overrides : sequence of Override
        The curator's corrections that can be about the study.
    spoken : mapping of str to tuple of str
        Further names of a word, by which a correction may mean it.
    orthologs : Orthologs, optional
        Where the organism is not the bundle's: what its genes are called there.
    """

    part: PartConfig
    organism: str
    matrix: Path
    label_table: Path | None = None
    mapping: Mapping[str, tuple[str, ...]] | None = None
    examples: Sequence[ExampleConfig] = ()
    seed: int = 0
    overrides: Sequence[Override] = ()
    spoken: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    orthologs: Orthologs | None = None


@dataclass(frozen=True)
class Fate:
    """What became of a word that labels cells: used, or why not, the terms kept, and whether a curator said so."""

    kind: str
    terms: tuple[str, ...]
    is_corrected: bool = False


def read_part(
    request: PartRequest, names: GeneNames, rules: TermRules, out: Path, progress: ReportProgress = no_progress
) -> dict[str, Any]:
    """Read one part into a folder.

    Parameters
    ----------
    request : PartRequest
        What to read.
    names : GeneNames
        Names of the genes of the bundle's organism.
    rules : TermRules
        Which terms label cells.
    out : Path
        Empty folder. Gets the arrays of `corpus.write_csr` (columns sorted by symbol), ``symbols.parquet``,
        ``cells.parquet`` (``name``, ``word``, ``terms``, ``label``, ``replicate``, ``n_genes``, ``total``) and one ``.h5ad`` an example.
    progress : callable
        Progress of this step.

    Returns
    -------
    dict
        Facts for the tables and the report: unit, findings, counts, and what became of every word.

    Raises
    ------
    SourceError
        Where the part cannot be used, with the reason.
    """
    progress(0.0, "reading")
    diagnosis, words = _examined(request, names, out)
    matrix = diagnosis.matrix
    progress(0.6, "labelling")
    fates = {word: _fate(word, request, rules) for word in sorted(set(words))}
    chosen = selected(matrix, request.part.select).to_numpy()
    labelled = words.map(lambda word: bool(fates[word].terms)).to_numpy(dtype=bool)
    usable = chosen & labelled & (np.diff(matrix.x.indptr) > 0)
    taken, examples = take_examples(request.examples, matrix, words, usable, out, seed=request.seed)
    kept = np.flatnonzero(usable & ~taken)
    if len(kept) == 0:
        raise SourceError(f"None of its {matrix.n_obs:,} cells has a label that stands for an ontology term.")
    progress(0.8, "writing")
    _write_matrix(matrix, kept, out)
    kept_fates = [fates[word] for word in words.iloc[kept]]
    labels = [rules.label(fate.terms) for fate in kept_fates]
    told = pd.DataFrame({
        "word": words.iloc[kept].tolist(),
        "terms": [list(fate.terms) for fate in kept_fates],
        "label": labels,
        "replicate": _replicates(request.part, matrix).iloc[kept].tolist(),
    })  # fmt: skip
    _write_cells(out, matrix, kept, told)
    used = sorted({term for fate in kept_fates for term in fate.terms})
    return {
        "unit": diagnosis.scale,
        "findings": [{"title": f.title, "level": f.level, "text": f.text} for f in diagnosis.findings],
        "n_offered": int(matrix.n_obs),
        "n_cells": len(kept),
        "n_taken": int(taken.sum()),
        "examples": examples,
        "n_genes": int(matrix.n_vars),
        "n_genes_file": int(diagnosis.n_genes_file),
        "labels": sorted(set(labels)),
        "names": {term: rules.graph.name(term) for term in used},
        "words": _word_facts(words[chosen], fates),
    }


def _examined(request: PartRequest, names: GeneNames, out: Path) -> tuple[Diagnosis, pd.Series]:
    raw = read_raw(request.matrix, out / "scratch", request.part.scale)
    orthologs = request.orthologs
    try:
        diagnosis = examine(raw, orthologs.names if orthologs else names, organism=request.organism)
    except InputError as error:
        raise SourceError(error.message, next_step=error.next_step) from error
    if orthologs:
        diagnosis = replace(diagnosis, matrix=orthologs.renamed(diagnosis.matrix))
    labels = request.part.labels or Labels(column="")
    return diagnosis, label_words(labels, request.label_table, raw, diagnosis.matrix)


def _fate(word: str, request: PartRequest, rules: TermRules) -> Fate:
    correction = next((o for o in request.overrides if o.fits((word, *request.spoken.get(word, ())))), None)
    given: tuple[str, ...] | None
    if correction is not None:
        given = correction.term_ids
    else:
        given = split_ids(word) if request.mapping is None else request.mapping.get(word)
    terms = rules.keep(given or ())
    return Fate(USED if terms else _why_not(word, given, rules), terms, correction is not None)


def _why_not(word: str, given: tuple[str, ...] | None, rules: TermRules) -> str:
    if not word:
        return NO_LABEL
    if given is None:
        return UNMAPPED
    if not given:
        return LEFT_OUT
    return GENERAL if any(rules.is_general(term) for term in given) else UNMAPPED


def _word_facts(words: pd.Series, fates: Mapping[str, Fate]) -> list[dict[str, Any]]:
    counts = sorted(Counter(words.tolist()).items(), key=lambda item: (-item[1], item[0]))
    return [
        {"word": w, "n_cells": n, "fate": f.kind, "terms": list(f.terms), "is_corrected": f.is_corrected}
        for w, n, f in ((w, n, fates[w]) for w, n in counts)
    ]


def _write_matrix(matrix: ExpressionMatrix, rows: Rows, out: Path) -> None:
    order = np.argsort(matrix.var_names.astype(str), kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    nnz = sum(int(np.count_nonzero(block.data)) for block in _blocks(matrix, rows))
    write_csr_blocks(out, (_ordered(b, place) for b in _blocks(matrix, rows)), nnz=nnz, n_vars=matrix.n_vars)
    pq.write_table(pa.table({"gene_symbol": matrix.var_names[order].tolist()}), out / "symbols.parquet")


def _blocks(matrix: ExpressionMatrix, rows: Rows) -> Iterator[sparse.csr_matrix]:
    for start in range(0, len(rows), _BLOCK_ROWS):
        yield sparse.csr_matrix(matrix.x[rows[start : start + _BLOCK_ROWS]])


def _ordered(block: sparse.csr_matrix, place: Rows) -> sparse.csr_matrix:
    """Move the columns to their place, drop stored zeros, sort."""
    moved = sparse.csr_matrix((block.data, place[block.indices], block.indptr), shape=block.shape)
    moved.eliminate_zeros()
    moved.sort_indices()
    return moved


def _replicates(part: PartConfig, matrix: ExpressionMatrix) -> pd.Series:
    """Return the donor, animal or batch of every cell, "" where the configuration names no column or the cell has none."""
    if not part.replicate:
        return pd.Series("", index=range(matrix.n_obs), dtype=object)
    return metadata_column(matrix, part.replicate)


def _write_cells(out: Path, matrix: ExpressionMatrix, rows: Rows, told: pd.DataFrame) -> None:
    """Write the table of cells: what the source told of each, and what its values add up to."""
    blocks = list(_blocks_of_totals(matrix, rows))
    columns = {
        "name": matrix.obs_names[rows].tolist(),
        **{name: told[name].tolist() for name in told.columns},
        "n_genes": np.concatenate([n for n, _ in blocks]).astype(np.int32),
        "total": np.concatenate([total for _, total in blocks]).astype(np.float32),
    }
    pq.write_table(pa.table(columns), out / "cells.parquet")


def _blocks_of_totals(matrix: ExpressionMatrix, rows: Rows) -> Iterator[tuple[Rows, npt.NDArray[np.float64]]]:
    for block in _blocks(matrix, rows):
        yield block.getnnz(axis=1), np.asarray(block.sum(axis=1, dtype=np.float64)).ravel()
