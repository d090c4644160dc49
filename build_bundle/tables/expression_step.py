"""Write the expression of the reference in the bundle's unit, once for reading cells and once for reading genes.

Memory stays bounded whatever the size of the reference: cells are streamed, and genes are gathered in as many passes over
the corpus as it takes to hold only `BLOCK_VALUES` values at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import sparse

from build_bundle.cells.corpus import Corpus
from build_bundle.steps.task import ReportProgress, no_progress
from core.bundle.schema import EXPRESSION_BY_CELL, EXPRESSION_BY_GENE
from core.bundle.writer import expression_batch, write_table
from core.expression.recipe import Recipe

BLOCK_VALUES = 32_000_000  # 12 bytes each, and as much again while they are sorted
_BLOCK_ROWS = 1024


def write_expression(
    out: Path,
    corpus: Corpus,
    recipe: Recipe,
    *,
    block_values: int = BLOCK_VALUES,
    progress: ReportProgress = no_progress,
) -> npt.NDArray[np.int64]:
    """Write both expression tables.

    Parameters
    ----------
    out : Path
        Folder for the two files.
    corpus : Corpus
        The reference.
    recipe : Recipe
        Gives the unit, log1p of counts per 10,000.
    block_values : int
        Values of the by-gene table held at a time.
    progress : callable
        Progress of this step.

    Returns
    -------
    ndarray of int64, n_genes
        Cells with a value above 0, by gene.
    """
    n_cells_of_gene = np.zeros(len(corpus.genes), dtype=np.int64)

    def cells() -> Iterator[pa.RecordBatch]:
        for first, block in _blocks(corpus, recipe):
            n_cells_of_gene[:] += np.bincount(block.indices, minlength=len(n_cells_of_gene))
            progress(0.4 * first / corpus.n_ref, f"{first:,} of {corpus.n_ref:,} cells")
            yield expression_batch(EXPRESSION_BY_CELL, block.indptr, block.indices, block.data)

    write_table(out, EXPRESSION_BY_CELL, cells())
    bounds = _bounds(n_cells_of_gene, block_values)

    def genes() -> Iterator[pa.RecordBatch]:
        for start, stop in bounds:
            progress(0.4 + 0.6 * start / len(corpus.genes), f"{start:,} of {len(corpus.genes):,} genes")
            columns = _gather(corpus, recipe, start, stop, int(n_cells_of_gene[start:stop].sum()))
            yield expression_batch(EXPRESSION_BY_GENE, columns.indptr, columns.indices, columns.data)

    write_table(out, EXPRESSION_BY_GENE, genes())
    return n_cells_of_gene


def _blocks(corpus: Corpus, recipe: Recipe) -> Iterator[tuple[int, sparse.csr_matrix]]:
    """Yield the reference in blocks of rows, in the bundle's unit and gene order, with the first row of each."""
    for part in corpus.matrices():
        for start in range(0, part.x.shape[0], _BLOCK_ROWS):
            block = recipe.lognorm(sparse.csr_matrix(part.x[start : start + _BLOCK_ROWS]))
            indices = part.genes[block.indices]
            shape = (block.shape[0], len(corpus.genes))
            yield part.first_row + start, sparse.csr_matrix((block.data, indices, block.indptr), shape=shape)


def _bounds(n_cells_of_gene: npt.NDArray[np.int64], block_values: int) -> list[tuple[int, int]]:
    """Cut the genes into runs of at most `block_values` values (or a single gene)."""
    bounds, start, held = [], 0, 0
    for gene, n in enumerate(n_cells_of_gene.tolist()):
        if held + n > block_values and gene > start:
            bounds.append((start, gene))
            start, held = gene, 0
        held += n
    return [*bounds, (start, len(n_cells_of_gene))]


def _gather(corpus: Corpus, recipe: Recipe, start: int, stop: int, nnz: int) -> sparse.csr_matrix:
    """Collect the values of genes start..stop-1 of all cells, as genes x cells."""
    genes = np.empty(nnz, dtype=np.int32)
    cells = np.empty(nnz, dtype=np.int32)
    values = np.empty(nnz, dtype=np.float32)
    at = 0
    for first, block in _blocks(corpus, recipe):
        wanted = (block.indices >= start) & (block.indices < stop)
        n = int(np.count_nonzero(wanted))
        rows = np.repeat(np.arange(block.shape[0], dtype=np.int32), np.diff(block.indptr))
        genes[at : at + n] = block.indices[wanted] - start
        cells[at : at + n] = rows[wanted] + first
        values[at : at + n] = block.data[wanted]
        at += n
    gathered = sparse.coo_matrix((values, (genes, cells)), shape=(stop - start, corpus.n_ref))
    columns = sparse.csr_matrix(gathered)
    columns.sort_indices()
    return columns
