"""The body of a model as Keras layers, and what the app runs of it: plain dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from build_bundle.networks.groups import Mask
from build_bundle.networks.layers import masked_dense_class, unit_length_class, weights_of
from build_bundle.networks.spec import ModelSpec
from build_bundle.train.network import load_keras
from core.embedding.nets import LINEAR, Layer, Net

Floats = npt.NDArray[np.float32]
NORM_EPSILON = 1e-3


@dataclass(frozen=True, eq=False)
class BodyLayer:
    """One layer of a body: the affine part, the normalisation over the batch if any, and the activation's name."""

    affine: Any
    norm: Any
    activation: str

    def exported(self) -> Layer:
        """Return the layer as one kernel and one bias, mask and normalisation worked in."""
        kernel, bias = weights_of(self.affine)
        if hasattr(self.affine, "mask"):
            kernel = kernel * self.affine.mask
        if self.norm is not None:
            gamma, beta, mean, variance = weights_of(self.norm)
            scale = gamma / np.sqrt(variance + np.float32(NORM_EPSILON))
            kernel, bias = kernel * scale, (bias - mean) * scale + beta
        return Layer(kernel, bias, self.activation)


@dataclass(frozen=True, eq=False)
class Body:
    """Layers that share weights wherever they are used.

    Parameters
    ----------
    layers : tuple of BodyLayer
        In order.
    model : keras.Model
        Inputs to the last hidden layer, not scaled.
    """

    layers: tuple[BodyLayer, ...]
    model: Any

    def net(self) -> Net:
        """Return the layers as the app runs them."""
        return tuple(layer.exported() for layer in self.layers)

    def unit(self) -> Any:  # noqa: ANN401 - Keras has no types
        """Return the model whose rows have length 1: the embedding."""
        keras = load_keras()
        return keras.Model(self.model.input, unit_length_class()()(self.model.output))


def build_body(spec: ModelSpec, masks: Sequence[Mask], n_vocab: int, *, seed: int) -> Body:
    """Build the layers of a model.

    Parameters
    ----------
    spec : ModelSpec
        Sizes, activation, normalisation.
    masks : sequence of ndarray of float32
        Of the group layers (`layer_masks`); empty for a dense body.
    n_vocab : int
        Genes read.
    seed : int
        Seed of the first weights.

    Returns
    -------
    Body
        Not trained.

    Notes
    -----
    Weights start uniform within 1/sqrt(number of inputs of the unit), which keeps the first activations out of the flat
    ends of tanh for inputs of length sqrt(n_vocab).
    """
    keras = load_keras()
    value = given = keras.Input((n_vocab,))
    affines = [masked_dense_class()(mask, 1_000 * seed + place) for place, mask in enumerate(masks)]
    affines += [_dense(units, 1_000 * seed + 500 + place) for place, units in enumerate(spec.hidden)]
    layers = []
    for place, affine in enumerate(affines):
        last = place == len(affines) - 1
        activation = LINEAR if last and spec.linear_last else spec.activation
        norm = keras.layers.BatchNormalization(epsilon=NORM_EPSILON) if spec.batch_norm else None
        value = affine(value)
        value = norm(value) if norm is not None else value
        value = keras.layers.Activation(activation)(value)
        layers.append(BodyLayer(affine, norm, activation))
    return Body(tuple(layers), keras.Model(given, value))


def _dense(units: int, seed: int) -> Any:  # noqa: ANN401 - Keras has no types
    keras = load_keras()
    start = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed=seed)
    return keras.layers.Dense(units, kernel_initializer=start)
