"""The losses of siamese and triplet networks (science 4), as Keras sees them: one number a pair or an anchor."""

from __future__ import annotations

from typing import Any

from build_bundle.train.network import load_keras

ACTIVE = 1e-5  # an anchor with a larger loss still teaches something
_FAR = 1e9
_TINY = 1e-12

Tensor = Any


def contrastive(similarity: Tensor, distance: Tensor, margin: float) -> Tensor:
    """Return the loss of each pair of embeddings.

    Parameters
    ----------
    similarity : tensor, n
        1 for cells of one type; for other pairs 0 (contrastive) or the ontology similarity below 1 (flexible).
    distance : tensor, n
        Euclidean distance of the embeddings.
    margin : float
        Distance that pairs without any similarity should keep.

    Returns
    -------
    tensor, n
        D^2/2 for one type, else max(0, (1 - s) m - D)^2/2.
    """
    ops = load_keras().ops
    short = ops.maximum(0.0, (1.0 - similarity) * margin - distance)
    return ops.where(similarity >= 1.0, distance * distance, short * short) / 2.0


def distances(a: Tensor, b: Tensor) -> Tensor:
    """Return the Euclidean distance of rows, with a gradient at 0 too."""
    ops = load_keras().ops
    return ops.sqrt(ops.sum((a - b) ** 2, axis=-1) + _TINY)


def batch_hard(codes: Tensor, embedding: Tensor, margin: float) -> Tensor:
    """Return the batch-hard triplet loss of each anchor.

    Parameters
    ----------
    codes : tensor of integers, n
        Type of each cell.
    embedding : tensor, n x d
        Embeddings.
    margin : float
        How much farther than the farthest cell of its type the nearest cell of another must be; 0: soft margin,
        softplus of the difference.

    Returns
    -------
    tensor, n
        max(0, farthest same - nearest other + margin), or softplus of that without a margin; 0 for an anchor without a
        partner or without a cell of another type in the batch.
    """
    ops = load_keras().ops
    codes = ops.reshape(codes, (-1,))
    squares = ops.sum(embedding * embedding, axis=1)
    squared = squares[:, None] + squares[None, :] - 2.0 * ops.matmul(embedding, ops.transpose(embedding))
    between = ops.sqrt(ops.maximum(squared, 0.0) + _TINY)
    same = codes[:, None] == codes[None, :]
    itself = ops.arange(codes.shape[0])[:, None] == ops.arange(codes.shape[0])[None, :]
    partner = ops.logical_and(same, ops.logical_not(itself))
    farthest = ops.max(ops.where(partner, between, -_FAR), axis=1)
    nearest = ops.min(ops.where(same, _FAR, between), axis=1)
    usable = ops.logical_and(ops.any(partner, axis=1), ops.logical_not(ops.all(same, axis=1)))
    gap = ops.where(usable, farthest - nearest, 0.0)
    loss = ops.maximum(0.0, gap + margin) if margin else ops.softplus(gap)
    return ops.where(usable, loss, 0.0)
