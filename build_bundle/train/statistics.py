"""Input statistics of the encoder: mean profile, and mean and standard deviation of every gene, pooled over parts.

The query is normalised with these numbers and never with its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from core.expression.recipe import EncoderInputs, Recipe

WIDE_PANEL = 0.6  # share of the vocabulary a part must have measured to speak for the mean profile
MOST_CELLS = 500  # a part's weight stops growing here
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Block:
    """The training cells of one part, in vocabulary order.

    Parameters
    ----------
    part, study : str
        Where the cells come from.
    x : csr_matrix of float32, n x n_vocab
        Linear scale.
    measured : ndarray of bool, n_vocab
        Genes the part measured.
    types : array of str, n
        Label of each cell.
    """

    part: str
    study: str
    x: sparse.csr_matrix
    measured: Flags
    types: npt.NDArray[np.object_]


def encoder_inputs(genes: npt.NDArray[np.object_], blocks: Sequence[Block], recipe: Recipe) -> EncoderInputs:
    """Measure the statistics of the encoder's inputs.

    Parameters
    ----------
    genes : array of str, n_vocab
        The vocabulary.
    blocks : sequence of Block
        Real training cells, one block a part.
    recipe : Recipe
        Normalisation.

    Returns
    -------
    EncoderInputs
        Genes with mean, sd, profile and how often they are found.

    Notes
    -----
    The profile is the mean share of each gene over the parts that measured more than 60 % of the vocabulary (all parts
    where none did). Mean, sd and found share pool over parts with weight min(n, 500); the variance is within plus between parts. A
    gene without any spread keeps sd 0 and the recipe's offset. One part is in memory at a time beside the sparse blocks.
    """
    profile = _profile(blocks).astype(np.float32)
    flat = np.zeros(len(genes), dtype=np.float32)
    unit = EncoderInputs(recipe, genes, flat, flat, profile, flat)
    moments = [_moments(block, unit) for block in blocks]
    weights = np.array([block.measured * _weight(block) for block in blocks], dtype=float)
    total = np.maximum(weights.sum(axis=0), 1.0)
    mean = sum(w * m for w, (m, _) in zip(weights, moments, strict=True)) / total
    variance = sum(w * (v + (m - mean) ** 2) for w, (m, v) in zip(weights, moments, strict=True)) / total
    found = sum(w * _found(block) for w, block in zip(weights, blocks, strict=True)) / total
    return EncoderInputs(recipe, genes, _float32(mean), _float32(np.sqrt(variance)), profile, _float32(found))


def _found(block: Block) -> Doubles:
    """Return the share of a part's cells in which each gene was found."""
    share: Doubles = np.asarray((block.x > 0).sum(axis=0), dtype=np.float64).ravel() / block.x.shape[0]
    return share


def _weight(block: Block) -> int:
    return min(block.x.shape[0], MOST_CELLS)


def _float32(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def _profile(blocks: Sequence[Block]) -> Doubles:
    wide = [block for block in blocks if block.measured.mean() > WIDE_PANEL] or list(blocks)
    total, weight_sum = np.zeros(len(blocks[0].measured)), np.zeros(len(blocks[0].measured))
    for block in wide:
        weight = _weight(block)
        total += weight * _mean_share(block.x)
        weight_sum += weight * block.measured
    profile = np.divide(total, weight_sum, out=np.zeros(len(total)), where=weight_sum > 0)
    unseen = ~np.logical_or.reduce([block.measured for block in wide])
    if unseen.any() and profile.sum() > 0:
        # Measured by narrow panels only: an average share keeps a panel of such genes from having S_m = 0.
        profile[unseen] = profile[~unseen].mean()
    return profile / profile.sum() if profile.sum() > 0 else np.full(len(profile), 1 / len(profile))


def _mean_share(x: sparse.csr_matrix) -> Doubles:
    totals = np.asarray(x.sum(axis=1, dtype=np.float64)).ravel()
    weights = np.divide(1.0, totals, out=np.zeros(len(totals)), where=totals > 0)
    share: Doubles = x.T.astype(np.float64) @ weights / max(np.count_nonzero(totals), 1)
    return share


def _moments(block: Block, unit: EncoderInputs) -> tuple[Doubles, Doubles]:
    """Return mean and variance of v over the cells of a part, without making the part dense."""
    v = unit.log_shares(block.x, block.measured).astype(np.float64)
    n = v.shape[0]
    mean = np.asarray(v.sum(axis=0)).ravel() / n
    square = np.asarray(v.multiply(v).sum(axis=0)).ravel() / n
    return mean, np.maximum(square - mean**2, 0.0)
