"""The training cells as sparse blocks, made dense one batch at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from build_bundle.train.statistics import Block
from core.expression.recipe import EncoderInputs

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
View = Callable[[sparse.csr_matrix, npt.NDArray[np.bool_]], Floats]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Cells of several parts behind one numbering.

    Parameters
    ----------
    inputs : EncoderInputs
        Vocabulary and statistics.
    blocks : sequence of Block
        Cells by part, in vocabulary order.
    classes : tuple of str
        Types in the order of the softmax head; every type of the blocks is among them.
    """

    inputs: EncoderInputs
    blocks: Sequence[Block]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.codes)

    @cached_property
    def codes(self) -> Indices:
        """Class of each cell, index into `classes`."""
        place = {name: i for i, name in enumerate(self.classes)}
        return np.array([place[name] for block in self.blocks for name in block.types], dtype=np.int64)

    @cached_property
    def studies(self) -> Indices:
        """Study of each cell, numbered in alphabetical order."""
        _, numbers = np.unique([block.study for block in self.blocks], return_inverse=True)
        return np.asarray(numbers[self._block_of], dtype=np.int64)

    @cached_property
    def _block_of(self) -> Indices:
        return np.repeat(np.arange(len(self.blocks)), [block.x.shape[0] for block in self.blocks])

    @cached_property
    def _x(self) -> sparse.csr_matrix:
        return sparse.csr_matrix(sparse.vstack([block.x for block in self.blocks], format="csr"))

    def dense(self, rows: Indices) -> Floats:
        """Return what the networks see of some cells.

        Parameters
        ----------
        rows : ndarray of int64, n
            Cells, in any order.

        Returns
        -------
        ndarray of float32, n x n_vocab
            As `EncoderInputs.z_scores` gives them.
        """
        return self._filled(rows, self.inputs.n_vocab, self.inputs.z_scores)

    def inputs_of(self, rows: Indices) -> Floats:
        """Return all an encoder sees of some cells, n x n_inputs, as `EncoderInputs.transform` gives it."""
        return self._filled(rows, self.inputs.n_inputs, self.inputs.transform)

    def _filled(self, rows: Indices, width: int, view: View) -> Floats:
        out = np.empty((len(rows), width), dtype=np.float32)
        owner = self._block_of[rows]
        for i in np.unique(owner):
            mine = np.flatnonzero(owner == i)
            out[mine] = view(self._x[rows[mine]], self.blocks[i].measured)
        return out

    def batches(self, size: int, rng: np.random.Generator) -> Iterator[Indices]:
        """Yield shuffled rows, every batch of the same size; the last one is filled up from the start."""
        order = rng.permutation(len(self))
        size = min(size, len(order))
        for start in range(0, len(order), size):
            yield np.take(order, np.arange(start, start + size), mode="wrap")
