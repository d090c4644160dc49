"""A query's normalised expression on disk, gene by gene: what the panels read one gene at a time.

Three plain arrays in column order (CSC) that are memory-mapped: opening costs nothing, a gene costs its own values.
Written in one pass over chunks of cells, so that 100,000 cells never need a second copy of the matrix in memory.

Not here: the reference's expression (``core.bundle``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from core.expression.columns import row_blocks
from core.expression.matrix import ExpressionMatrix
from core.expression.recipe import Recipe

Floats = npt.NDArray[np.float32]
Progress = Callable[[float], None]

_GENES, _STARTS, _CELLS, _VALUES = "genes.json", "indptr.npy", "indices.npy", "values.npy"


def write_by_gene(
    folder: Path, matrix: ExpressionMatrix, recipe: Recipe, keep: Container[str], progress: Progress | None = None
) -> None:
    """Normalise a matrix and write it gene by gene.

    Parameters
    ----------
    folder : Path
        Created; must not exist.
    matrix : ExpressionMatrix
        Linear scale; `var_names` are unique symbols.
    recipe : Recipe
        The bundle's. Cells are normalised over all genes of `matrix`, kept or not.
    keep : container of str
        Symbols to store; others are left out.
    progress : callable, optional
        Called with the share done, 0..1.
    """
    folder.mkdir(parents=True)
    kept = [j for j, name in enumerate(matrix.var_names) if name in keep]
    place = np.full(matrix.n_vars, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    counts = np.zeros(len(kept), dtype=np.int64)
    for rows in row_blocks(matrix.x.indptr):
        found = place[matrix.x.indices[matrix.x.indptr[rows.start] : matrix.x.indptr[rows.stop]]]
        counts += np.bincount(found[found >= 0], minlength=len(kept))
    starts = np.concatenate(([0], np.cumsum(counts)))
    np.save(folder / _STARTS, starts)
    (folder / _GENES).write_text(json.dumps([matrix.var_names[j] for j in kept]), encoding="utf-8")
    cells, values = (_new_array(folder / name, kind, int(starts[-1])) for name, kind in _COLUMNS.items())
    fill = starts[:-1].copy()
    for rows in row_blocks(matrix.x.indptr):
        part = recipe.lognorm(matrix.x[rows])[:, kept].tocsc()
        lengths = np.diff(part.indptr)
        target = np.repeat(fill - part.indptr[:-1], lengths) + np.arange(part.nnz)
        cells[target] = part.indices + rows.start
        values[target] = part.data
        fill += lengths
        if progress is not None:
            progress(rows.stop / matrix.n_obs)


_COLUMNS = {_CELLS: np.dtype(np.int32), _VALUES: np.dtype(np.float32)}


def _new_array(path: Path, kind: np.dtype[np.generic], length: int) -> npt.NDArray[np.generic]:
    if length == 0:  # an empty file cannot be mapped
        np.save(path, np.zeros(0, dtype=kind))
        return np.zeros(0, dtype=kind)
    array: npt.NDArray[np.generic] = np.lib.format.open_memmap(path, mode="w+", dtype=kind, shape=(length,))
    return array


class ByGene:
    """Reads what `write_by_gene` wrote.

    Parameters
    ----------
    folder : Path
        The folder.
    n_obs : int
        Number of cells.
    """

    def __init__(self, folder: Path, n_obs: int) -> None:
        self._folder = folder
        self._n_obs = n_obs

    @cached_property
    def genes(self) -> list[str]:
        """Symbols that were measured and are in the reference."""
        genes: list[str] = json.loads((self._folder / _GENES).read_text(encoding="utf-8"))
        return genes

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {gene: j for j, gene in enumerate(self.genes)}

    def __contains__(self, gene: object) -> bool:
        """Whether the gene was measured."""
        return gene in self._rows

    def expression(self, gene: str) -> Floats:
        """Return one gene in all cells.

        Parameters
        ----------
        gene : str
            Symbol.

        Returns
        -------
        ndarray of float32, n_obs
            log1p of counts per 10,000.

        Raises
        ------
        KeyError
            When the gene was not measured.
        """
        start, stop = self._starts[(j := self._rows[gene])], self._starts[j + 1]
        dense = np.zeros(self._n_obs, dtype=np.float32)
        dense[self._cells[start:stop]] = self._values[start:stop]
        return dense

    def expression_of(self, genes: Sequence[str], rows: npt.NDArray[np.intp]) -> Floats:
        """Return several genes in some cells.

        Parameters
        ----------
        genes : sequence of str
            Symbols; one that was not measured gives zeros.
        rows : ndarray of int
            Cells, in any order.

        Returns
        -------
        ndarray of float32, len(rows) x len(genes)
            log1p of counts per 10,000.
        """
        found = np.zeros((len(rows), len(genes)), dtype=np.float32)
        for column, gene in enumerate(genes):
            if gene in self:
                found[:, column] = self.expression(gene)[rows]
        return found

    def cells(self, rows: npt.NDArray[np.intp]) -> sparse.csr_matrix:
        """Return all genes in some cells.

        Parameters
        ----------
        rows : ndarray of int
            Cells, ascending, each once.

        Returns
        -------
        csr_matrix of float32, len(rows) x n_genes
            log1p of counts per 10,000. Read in blocks of genes, so that no more than the chosen cells stays in memory.
        """
        place = np.full(self._n_obs, -1, dtype=np.int32)
        place[rows] = np.arange(len(rows), dtype=np.int32)
        parts = [self._block(part, place, len(rows)) for part in row_blocks(self._starts)]
        return (
            sparse.hstack(parts, format="csr")
            if parts
            else sparse.csr_matrix(np.zeros((len(rows), 0), dtype=np.float32))
        )

    @property
    def n_bytes(self) -> int:
        """Size of the values and their places."""
        return self._cells.nbytes + self._values.nbytes

    def arrays(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Floats]:
        """Return the whole matrix as CSC: starts of the genes, cells and values, the last two memory-mapped."""
        return self._starts, self._cells, self._values

    def _block(self, genes: slice, place: npt.NDArray[np.int32], n_rows: int) -> sparse.csc_matrix:
        starts = self._starts[genes.start : genes.stop + 1]
        cells = place[self._cells[starts[0] : starts[-1]]]
        kept = cells >= 0
        ends = np.concatenate(([0], np.cumsum(kept)))[starts - starts[0]]
        values = self._values[starts[0] : starts[-1]][kept]
        return sparse.csc_matrix((values, cells[kept], ends), shape=(n_rows, len(starts) - 1))

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        starts: npt.NDArray[np.int64] = np.load(self._folder / _STARTS, allow_pickle=False)
        return starts

    @cached_property
    def _cells(self) -> npt.NDArray[np.int32]:
        return _mapped(self._folder / _CELLS)

    @cached_property
    def _values(self) -> Floats:
        return _mapped(self._folder / _VALUES)


def _mapped(path: Path) -> npt.NDArray[Any]:
    array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
