"""The cells of one comparison: their expression over the genes that all their parts measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from build_bundle.cells.corpus import Corpus
from core.expression.recipe import Recipe

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
Block = tuple[sparse.csr_matrix, sparse.csr_matrix, Indices]
REPLICATE = "replicate"


@dataclass(frozen=True, eq=False)
class Sample:
    """What a method of differential expression is given.

    Parameters
    ----------
    counts : csr_matrix of float32, n x n_genes
        Values on linear scale in the source's unit; none negative, no stored zeros.
    lognorm : csr_matrix of float32, n x n_genes
        The same values as log1p of counts per 10,000 of all genes that the cell's part measured: the unit of a bundle's
        expression tables. Shares the counts' pattern.
    totals : ndarray of float64, n
        Sum over all genes that the cell's part measured, also those that are not among the columns.
    genes : ndarray of int64, n_genes
        Index of each column in ``corpus.genes``, ascending.
    in_group : ndarray of bool, n
        Cells of the type; the others are the background.
    replicates : ndarray of str, n
        Donor, animal or batch of each cell, "" where the source does not say.
    is_counts : bool
        Whether the source gives counts.
    """

    counts: sparse.csr_matrix
    lognorm: sparse.csr_matrix
    totals: Doubles
    genes: Indices
    in_group: Flags
    replicates: npt.NDArray[np.str_]
    is_counts: bool

    @property
    def molecule(self) -> float:
        """What one unit of the source is in counts per 10,000, in the typical cell."""
        return float(np.median(1e4 / np.maximum(self.totals, 1.0)))


def read_sample(corpus: Corpus, inside: Indices, outside: Indices) -> Sample:
    """Read the cells of a comparison.

    Parameters
    ----------
    corpus : Corpus
        Where they lie.
    inside, outside : ndarray of int64
        Rows of ``corpus.cells``; they do not overlap.

    Returns
    -------
    Sample
        Cells in the order of the corpus.
    """
    rows = np.sort(np.concatenate([inside, outside]))
    blocks, totals, units = [], [], set()
    for part, record in zip(corpus.parts, corpus.records, strict=False):
        first, last = np.searchsorted(rows, [record.first_row, record.first_row + record.n_obs])
        if first < last:
            matrix = corpus.part(part)
            block = sparse.csr_matrix(matrix.x[rows[first:last] - record.first_row])
            blocks.append((block, Recipe().lognorm(block), matrix.genes.astype(np.int64)))
            totals.append(np.asarray(block.sum(axis=1, dtype=np.float64)).ravel())
            units.add(matrix.unit)
    counts, lognorm, genes = _joined(blocks, len(corpus.genes))
    cells = corpus.cells
    named = cells[REPLICATE].to_numpy()[rows].astype(str) if REPLICATE in cells else np.full(len(rows), "")
    in_group = np.isin(rows, inside)
    return Sample(counts, lognorm, np.concatenate(totals), genes, in_group, named, units == {"counts"})


def _joined(blocks: list[Block], n_genes: int) -> Block:
    """Put the cells of several parts under each other, over the genes that all of them measured."""
    if len(blocks) == 1:
        return blocks[0]
    common = np.ones(n_genes, dtype=bool)
    for *_, genes in blocks:
        common &= np.bincount(genes, minlength=n_genes) > 0
    kept = [(x[:, common[genes]], y[:, common[genes]]) for x, y, genes in blocks]
    counts, lognorm = (sparse.csr_matrix(sparse.vstack(side, format="csr")) for side in zip(*kept, strict=True))
    return counts, lognorm, np.flatnonzero(common)
