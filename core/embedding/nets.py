"""Dense networks as numpy: their layers, running them, and their weights as tensors of a file. A test holds this to Keras.

Not here: what becomes of the last layers (``core.embedding.encoder``), training (``build_bundle.train``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.vectors import unit_rows

Floats = npt.NDArray[np.float32]

LINEAR = "linear"
LAST_LINEAR = "-linear"
"""Ending of a manifest's activation whose last layer has none."""


def _sigmoid(values: Floats) -> Floats:
    half = np.float32(0.5)
    open_share: Floats = half * (np.float32(1) + np.tanh(half * values))  # cannot overflow, unlike 1 / (1 + exp(-x))
    return open_share


def _relu(values: Floats) -> Floats:
    return np.maximum(values, np.float32(0))


def _linear(values: Floats) -> Floats:
    return values


ACTIVATIONS: Mapping[str, Callable[[Floats], Floats]] = {
    "tanh": np.tanh,
    "sigmoid": _sigmoid,
    "relu": _relu,
    LINEAR: _linear,
}


@dataclass(frozen=True, eq=False)
class Layer:
    """One dense layer.

    Parameters
    ----------
    kernel : ndarray of float32, n_in x n_out
        Weights.
    bias : ndarray of float32, n_out
        Added before the activation.
    activation : str
        One of `ACTIVATIONS`.
    """

    kernel: Floats
    bias: Floats
    activation: str = "tanh"

    def __call__(self, values: Floats) -> Floats:
        """Run the layer, n x n_in to n x n_out."""
        return ACTIVATIONS[self.activation](values @ self.kernel + self.bias)


Net = tuple[Layer, ...]
JOIN = "join.kernel"
PLACE = "place.kernel"


def forward(nets: Sequence[Net], inputs: Floats) -> Floats:
    """Run the networks.

    Parameters
    ----------
    nets : sequence of tuple of Layer
        Each net's layers, input first. All nets read the same inputs.
    inputs : ndarray of float32, n x n_vocab
        As `core.expression.recipe.EncoderInputs.z_scores` makes them.

    Returns
    -------
    ndarray of float32, n x n_joined
        The nets' last layers, each of length 1, side by side over the square root of their number: rows of length 1 (shorter
        where no unit of a net answers to the cell).

    Raises
    ------
    ValueError
        When the inputs have another width than the first layer.
    """
    n_vocab = nets[0][0].kernel.shape[0]
    if inputs.ndim != 2 or inputs.shape[1] != n_vocab:
        raise ValueError(f"inputs have shape {inputs.shape}, the encoder reads {n_vocab} genes")
    share = np.float32(1 / np.sqrt(len(nets)))  # a product a net, since joining the first kernels would copy them
    return np.concatenate([unit_rows(hidden(net, inputs)) * share for net in nets], axis=1)


def hidden(net: Net, values: Floats) -> Floats:
    """Run layers one after the other, without scaling the rows; no layer at all leaves the values as they are."""
    for layer in net:
        values = layer(values)
    return values


def joined_width(nets: Sequence[Net]) -> int:
    """Return how many numbers the nets give side by side."""
    return sum(net[-1].kernel.shape[1] for net in nets)


def pack_nets(nets: Sequence[Net], join: Floats | None = None, place: Floats | None = None) -> dict[str, Floats]:
    """Name the weights for ``encoder.safetensors``.

    Parameters
    ----------
    nets : sequence of tuple of Layer
        The tanh layers of each net, without the softmax head.
    join, place : ndarray of float32, optional
        As in `core.embedding.encoder.Encoder`.

    Returns
    -------
    dict of str to ndarray of float32
        ``net{i}.layer{j}.kernel`` and ``net{i}.layer{j}.bias``; ``join.kernel`` and ``place.kernel`` where they are given.
    """
    tensors = {
        f"net{i}.layer{j}.{part}": np.ascontiguousarray(getattr(layer, part), dtype=np.float32)
        for i, net in enumerate(nets)
        for j, layer in enumerate(net)
        for part in ("kernel", "bias")
    }
    maps = {name: kernel for name, kernel in ((JOIN, join), (PLACE, place)) if kernel is not None}
    return tensors | {name: np.ascontiguousarray(kernel, dtype=np.float32) for name, kernel in maps.items()}


def unpack_nets(
    tensors: Mapping[str, Floats], n_nets: int, n_layers: int, activation: str = "tanh"
) -> tuple[tuple[Net, ...], Floats | None, Floats | None]:
    """Read what `pack_nets` wrote.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        Contents of ``encoder.safetensors``.
    n_nets, n_layers : int
        From the manifest.
    activation : str
        From the manifest: one of `ACTIVATIONS`, with "-linear" behind it where the last layer has none.

    Returns
    -------
    nets : tuple of tuple of Layer
        The nets.
    join, place : ndarray of float32 or None
        The two maps, where there are any.

    Raises
    ------
    ValueError
        When a tensor is missing or superfluous, or the shapes do not follow each other.
    """
    expected = {f"net{i}.layer{j}.{p}" for i in range(n_nets) for j in range(n_layers) for p in ("kernel", "bias")}
    given = {name for name in tensors if name not in {JOIN, PLACE}}
    if odd := sorted(expected ^ given):
        raise ValueError(f"the encoder's weights do not fit the manifest: {', '.join(odd[:4])}")
    acts = [activation.removesuffix(LAST_LINEAR)] * n_layers
    if activation.endswith(LAST_LINEAR):
        acts[-1] = LINEAR
    if not set(acts) <= set(ACTIVATIONS):
        raise ValueError(f"the activation {activation[:40]!r} is none of {', '.join(ACTIVATIONS)}")
    nets = tuple(
        tuple(
            Layer(tensors[f"net{i}.layer{j}.kernel"], tensors[f"net{i}.layer{j}.bias"], acts[j])
            for j in range(n_layers)
        )
        for i in range(n_nets)
    )
    for i, net in enumerate(nets):
        _check_shapes(i, net)
    if len({net[0].kernel.shape[0] for net in nets}) > 1:
        raise ValueError("the nets read different numbers of genes")
    return nets, tensors.get(JOIN), tensors.get(PLACE)


def _check_shapes(number: int, net: Net) -> None:
    width = net[0].kernel.shape[0]
    for j, layer in enumerate(net):
        fits = layer.kernel.ndim == 2 and layer.kernel.shape[0] == width and layer.bias.shape == layer.kernel.shape[1:]
        if not fits or not (np.isfinite(layer.kernel).all() and np.isfinite(layer.bias).all()):
            raise ValueError(f"net{number}.layer{j} has the wrong shape or numbers that are not finite")
        width = layer.kernel.shape[1]
