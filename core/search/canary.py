"""The canary: a few cells whose embedding and neighbours are known, tried before a bundle answers anybody.

A bundle can be complete and still wrong together, for example weights of one build beside statistics of another. The
builder writes encoder inputs with what came out at build time (`canary_tensors`), the engine asks for the same again
(`check_canary`).

Layout of ``canary.safetensors``
    ``x``          float32, n x n_inputs: encoder inputs, after `core.expression.recipe.EncoderInputs.transform`
    ``embedding``  float32, n x n_latent: what the encoder made of them
    ``neighbors``  int32, n x min(10, n_ref): exact nearest reference cells of that embedding

Not here: hashes of files (``core.bundle.verify``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from core.search.exact import exact_search
from core.search.index import NeighborIndex

Floats = npt.NDArray[np.float32]
Array = npt.NDArray[Any]
Encode = Callable[[Floats], Floats]

K = 10
MAX_DIFFERENCE = 1e-4  # of one number of the embedding: another CPU adds up in another order
MIN_RECALL = 0.8  # over all canaries: the index is approximate, but a wrong one finds next to nothing


def canary_tensors(encode: Encode, embedding: Floats, inputs: Floats) -> dict[str, Array]:
    """Record what encoder and exact search make of a few cells.

    Parameters
    ----------
    encode : callable
        Encoder inputs (n x n_inputs) to embedding (n x n_latent), for example ``Encoder.forward``.
    embedding : ndarray of float32, n_ref x n_latent
        The reference.
    inputs : ndarray of float32, n x n_inputs
        Encoder inputs of some cells; 8 are plenty.

    Returns
    -------
    dict of str to ndarray
        For ``canary.safetensors``, layout above.
    """
    x = np.ascontiguousarray(inputs, dtype=np.float32)
    expected = encode(x)
    return {"x": x, "embedding": expected, "neighbors": exact_search(embedding, expected, K).ids}


def check_canary(encode: Encode, index: NeighborIndex, tensors: Mapping[str, Array]) -> list[str]:
    """Ask encoder and index again.

    Parameters
    ----------
    encode : callable
        As in `canary_tensors`.
    index : NeighborIndex
        The opened index.
    tensors : mapping of str to ndarray
        Contents of ``canary.safetensors``.

    Returns
    -------
    list of str
        Problems, one sentence each; empty where all is well.
    """
    missing = sorted({"x", "embedding", "neighbors"} - set(tensors))
    if missing:
        return [f"The canary lacks {', '.join(missing)}."]
    expected = tensors["embedding"]
    try:
        found = encode(np.asarray(tensors["x"], dtype=np.float32))
    except ValueError as error:
        return [f"The encoder cannot read the canary's cells: {error}."]
    if found.shape != expected.shape:
        return [f"The canary's embedding has shape {expected.shape}, the encoder gives {found.shape}."]
    largest = float(np.abs(found - expected).max(initial=0))
    if not largest <= MAX_DIFFERENCE:
        return [f"The encoder gives other numbers than at build time: they differ by {largest:.2g}."]
    return _check_neighbors(found, index, tensors["neighbors"])


def _check_neighbors(queries: Floats, index: NeighborIndex, expected: npt.NDArray[np.int32]) -> list[str]:
    answered = index.search(queries, K)
    if answered.ids.shape != expected.shape:
        return [f"The canary holds {expected.shape} neighbours, the index gives {answered.ids.shape}."]
    if expected.size == 0 or expected.min() < 0 or expected.max() >= index.n_ref:
        return ["The canary names cells that are not in the reference."]
    apart = index.embedding[expected] - queries[:, np.newaxis]
    furthest = np.sqrt(np.einsum("ijk,ijk->ij", apart, apart)).max(axis=1, keepdims=True)
    recall = float(np.mean(answered.distances <= furthest + MAX_DIFFERENCE))  # by distance: equal cells may swap
    if recall < MIN_RECALL:
        return [f"The index finds {recall:.0%} of the canary's true neighbours."]
    return []
