"""Simulated training cells from bulk and pseudo-bulk profiles: types that no reference study has as cells."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from build_bundle.cells.corpus import Corpus, StudyMatrix
from build_bundle.cells.holdout import NOTHING, Holdout
from build_bundle.cells.stream import in_vocabulary
from build_bundle.train.statistics import Block
from core.bundle.schema import TYPE

NOISE_SD = 0.4  # of the logarithm of a gene's share, from cell to cell
SHALLOWEST, DEEPEST = 1_000, 8_000  # counts a simulated cell


def profile_blocks(
    corpus: Corpus, genes: npt.NDArray[np.int64], *, per_profile: int, seed: int, holdout: Holdout = NOTHING
) -> list[Block]:
    """Simulate cells from every profile.

    Parameters
    ----------
    corpus : Corpus
        With or without profiles.
    genes : ndarray of int64, n_vocab
        Vocabulary, as indices into ``corpus.genes``.
    per_profile : int
        Cells simulated from each profile.
    seed : int
        Seed of the simulation.
    holdout : Holdout
        Profiles that are left out.

    Returns
    -------
    list of Block
        One a part of profiles.

    Notes
    -----
    Counts are Poisson(depth * p): depth log-uniform in 1,000..8,000, p the profile's share times exp(0.4 N(0, 1)),
    brought back to a sum of one by the expected value of that factor. Only vocabulary genes are drawn.
    """
    if per_profile == 0:
        return []
    rng = np.random.default_rng([seed, 7])
    types = corpus.teaching[TYPE].to_numpy(dtype=object)
    held = holdout.covers(corpus.teaching)
    blocks = []
    for matrix in corpus.matrices("profile"):
        kept = np.flatnonzero(~held[matrix.rows])
        if len(kept):
            blocks.append(_simulate(matrix, kept, genes, types[matrix.rows][kept], per_profile, rng))
    return blocks


def _simulate(
    matrix: StudyMatrix,
    rows: npt.NDArray[np.int64],
    genes: npt.NDArray[np.int64],
    types: npt.NDArray[np.object_],
    per_profile: int,
    rng: np.random.Generator,
) -> Block:
    totals = np.asarray(matrix.x[rows].sum(axis=1, dtype=np.float64)).reshape(-1, 1)
    values, measured = in_vocabulary(matrix, rows, genes)
    shares = values.toarray() / np.maximum(totals, 1e-300) / np.exp(NOISE_SD**2 / 2)
    cells = []
    for share in shares:
        depth = np.exp(rng.uniform(np.log(SHALLOWEST), np.log(DEEPEST), (per_profile, 1)))
        noise = np.exp(NOISE_SD * rng.standard_normal((per_profile, len(genes))))
        cells.append(sparse.csr_matrix(rng.poisson(depth * share * noise).astype(np.float32)))
    return Block(
        matrix.part, matrix.study, sparse.csr_matrix(sparse.vstack(cells)), measured, np.repeat(types, per_profile)
    )
