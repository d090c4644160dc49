"""Greedy pretraining: each layer in turn learns to undo noise, decoding with its own transposed weights (science 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from build_bundle.networks.body import Body
from build_bundle.networks.layers import tied_decoder_class, weights_of
from build_bundle.train.dataset import Dataset
from build_bundle.train.network import load_keras
from core.embedding.nets import Net, hidden

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

NOISE = 0.1  # standard deviation
WATCHING = 0.15  # share of the cells that only watch
PATIENCE = 2
MOST_EPOCHS = 10
RATE = 1e-3


def pretrain(body: Body, data: Dataset, *, batch_size: int, seed: int) -> list[dict[str, float]]:
    """Train the layers one after the other as denoising autoencoders.

    Parameters
    ----------
    body : Body
        Its layers are changed.
    data : Dataset
        All cells, labelled or not.
    batch_size : int
        Cells a step.
    seed : int
        Seed of the noise, of the cells that watch and of the order.

    Returns
    -------
    list of dict
        One row a layer and epoch: ``layer``, ``epoch``, ``loss``, ``val_loss``.

    Notes
    -----
    Mean squared error between the clean input and what the layer makes of the noisy one. The best epoch's weights are
    kept; a layer stops after 2 epochs without a better one. The decoder is linear, because z-scores have no bounds.
    """
    rng = np.random.default_rng([seed, 23])
    order = rng.permutation(len(data))
    watching, learning = np.split(order, [max(1, round(WATCHING * len(order)))])
    curve: list[dict[str, float]] = []
    below: Net = ()
    for number, layer in enumerate(body.layers):
        read = _reader(data, below)
        rows = _train_layer(layer, read, learning, watching, batch_size, rng)
        curve += [{"layer": float(number), **row} for row in rows]
        # Normalisation over the batch is not part of pretraining: it starts at its identity.
        below = (*below, layer.exported())
    return curve


def _reader(data: Dataset, below: Net) -> Callable[[Indices], Floats]:
    return lambda rows: hidden(below, data.dense(rows))


def _train_layer(
    layer: Any,  # noqa: ANN401 - Keras has no types
    read: Callable[[Indices], Floats],
    learning: Indices,
    watching: Indices,
    batch_size: int,
    rng: np.random.Generator,
) -> list[dict[str, float]]:
    keras = load_keras()
    model = tied_decoder_class()(layer.affine, layer.activation)
    model.compile(optimizer=keras.optimizers.AdamW(RATE, weight_decay=0.0), loss="mse")
    size = min(batch_size, len(learning))
    best: tuple[float, int, list[Floats]] = (np.inf, 0, weights_of(layer.affine))
    curve: list[dict[str, float]] = []
    for epoch in range(1, MOST_EPOCHS + 1):
        losses = []
        shuffled = rng.permutation(learning)
        for start in range(0, len(shuffled), size):
            clean = read(np.take(shuffled, np.arange(start, start + size), mode="wrap"))
            losses.append(float(model.train_on_batch(_noisy(clean, rng), clean)))
        watched = _watched(model, read, watching, size)
        curve.append({"epoch": float(epoch), "loss": float(np.mean(losses)), "val_loss": watched})
        if watched < best[0]:
            best = (watched, epoch, weights_of(layer.affine))
        if epoch - best[1] >= PATIENCE:
            break
    layer.affine.set_weights(best[2])
    return curve


def _watched(model: Any, read: Callable[[Indices], Floats], rows: Indices, size: int) -> float:  # noqa: ANN401
    """Return the error over the watching cells, always with the same noise."""
    rng = np.random.default_rng(29)
    total = 0.0
    for start in range(0, len(rows), size):
        clean = read(rows[start : start + size])
        back = np.asarray(model(_noisy(clean, rng)))
        total += float(np.mean((back - clean) ** 2, axis=1).sum())
    return total / len(rows)


def _noisy(clean: Floats, rng: np.random.Generator) -> Floats:
    return clean + np.float32(NOISE) * rng.standard_normal(clean.shape, dtype=np.float32)
