"""Cells of a corpus in the encoder's gene order, streamed so that only one chunk is ever dense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from build_bundle.cells.corpus import Corpus, Role, StudyMatrix
from core.expression.recipe import EncoderInputs

Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

CHUNK = 2_048  # 24 MB of encoder inputs at 3,000 genes
_ROLES: tuple[Role, ...] = ("reference", "held_out")


def in_vocabulary(matrix: StudyMatrix, rows: Indices, genes: Indices) -> tuple[sparse.csr_matrix, Flags]:
    """Take rows of a part in vocabulary order.

    Parameters
    ----------
    matrix : StudyMatrix
        The part.
    rows : ndarray of int64
        Rows within the part.
    genes : ndarray of int64, n_vocab
        Vocabulary, as indices into ``corpus.genes``.

    Returns
    -------
    x : csr_matrix of float32, n x n_vocab
        Linear scale.
    measured : ndarray of bool, n_vocab
        Vocabulary genes the part measured.
    """
    place = np.searchsorted(matrix.genes, genes)
    place[place == len(matrix.genes)] = 0
    measured: Flags = matrix.genes[place] == genes if len(matrix.genes) else np.zeros(len(genes), bool)
    shown = np.flatnonzero(measured)
    picked = matrix.x[rows][:, place[shown]].tocoo()
    x = sparse.csr_matrix((picked.data, (picked.row, shown[picked.col])), shape=(picked.shape[0], len(genes)))
    return x, measured


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some cells of one part in vocabulary order.

    Parameters
    ----------
    rows : ndarray of int64, n
        Rows of ``corpus.cells``, ascending.
    x : csr_matrix of float32, n x n_vocab
        Linear scale.
    measured : ndarray of bool, n_vocab
        Genes the part measured.
    """

    rows: Indices
    x: sparse.csr_matrix
    measured: Flags


def chunks(corpus: Corpus, wanted: Flags, inputs: EncoderInputs, *, size: int = CHUNK) -> Iterator[Chunk]:
    """Stream cells in row order.

    Parameters
    ----------
    corpus : Corpus
        Reference and held-out parts.
    wanted : ndarray of bool, n_cells
        Which rows of ``corpus.cells``.
    inputs : EncoderInputs
        Gives the vocabulary.
    size : int
        Most cells in a chunk.

    Yields
    ------
    Chunk
        Cells of one part.
    """
    genes = np.searchsorted(corpus.genes.astype(str), inputs.genes.astype(str)).astype(np.int64)
    for role in _ROLES:
        for matrix in corpus.matrices(role):
            rows = np.flatnonzero(wanted[matrix.rows]).astype(np.int64)
            for start in range(0, len(rows), size):
                some = rows[start : start + size]
                x, measured = in_vocabulary(matrix, some, genes)
                yield Chunk(some + matrix.first_row, x, measured)
