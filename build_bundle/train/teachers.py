"""Cells that only teach, mostly of another organism, under the genes of their counterparts (`build_bundle.genes.orthologs`).

They know types of which the reference has few cells, measured by technologies it lacks. They are no cells of the bundle, so
none can be found by a search.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.holdout import NOTHING, Holdout
from build_bundle.cells.stream import in_vocabulary
from build_bundle.train.rows import at_most
from build_bundle.train.statistics import Block
from core.bundle.schema import TYPE


def teacher_blocks(
    corpus: Corpus, genes: npt.NDArray[np.int64], *, per_type: int, seed: int, holdout: Holdout = NOTHING
) -> list[Block]:
    """Choose at most `per_type` cells of every type in every teacher.

    Parameters
    ----------
    corpus : Corpus
        With or without teachers.
    genes : ndarray of int64, n_vocab
        Vocabulary, as indices into ``corpus.genes``.
    per_type : int
        Most cells taken of one (type, part); 0 takes none.
    seed : int
        Seed of the choice.
    holdout : Holdout
        What is left out.

    Returns
    -------
    list of Block
        One a part that has a cell left.
    """
    rng = np.random.default_rng([seed, 13])
    types = corpus.teaching[TYPE].to_numpy(dtype=object)
    free = ~holdout.covers(corpus.teaching)
    blocks = []
    for matrix in corpus.matrices("teacher"):
        mine = types[matrix.rows]
        chosen = [
            at_most(np.flatnonzero(free[matrix.rows] & (mine == name)), per_type, rng) for name in sorted(set(mine))
        ]
        rows = np.sort(np.concatenate(chosen)).astype(np.int64)
        if len(rows):
            x, measured = in_vocabulary(matrix, rows, genes)
            blocks.append(Block(matrix.part, matrix.study, x, measured, mine[rows]))
    return blocks
