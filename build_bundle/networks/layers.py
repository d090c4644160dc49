"""The Keras layers of the families; made when first asked for, because Keras costs seconds to import."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from build_bundle.train.network import load_keras

Floats = npt.NDArray[np.float32]


def weights_of(layer: Any) -> list[Floats]:  # noqa: ANN401 - Keras has no types
    """Return copies of a layer's weights."""
    return [np.array(variable.value, dtype=np.float32) for variable in layer.weights]


@cache
def _mask_parts() -> tuple[Any, Any]:
    """Return the types that keep a variable masked and that draw masked first weights."""
    keras = load_keras()

    class Masked(keras.constraints.Constraint):  # type: ignore[misc,name-defined]
        """Multiplies a variable by its mask after every optimiser step."""

        def __init__(self, mask: Floats) -> None:
            self.mask = mask

        def __call__(self, value: Any) -> Any:  # noqa: ANN401
            return value * self.mask

    class MaskedStart(keras.initializers.Initializer):  # type: ignore[misc,name-defined]
        """Draws the first weights, masked, with the limit that each unit's own number of inputs asks for."""

        def __init__(self, mask: Floats, seed: int) -> None:
            self.mask, self.seed = mask, seed

        def __call__(self, shape: tuple[int, ...], dtype: Any = None) -> Any:  # noqa: ANN401
            limit = 1 / np.sqrt(np.maximum(self.mask.sum(axis=0), 1.0))
            drawn = np.random.default_rng(self.seed).uniform(-1, 1, shape) * limit * self.mask
            return keras.ops.convert_to_tensor(drawn.astype(np.float32), dtype=dtype)

    return Masked, MaskedStart


@cache
def masked_dense_class() -> Any:  # noqa: ANN401 - Keras has no types
    """Return the layer type act(x (A * W) + b), with A a mask of zeros and ones.

    Returns
    -------
    type
        Constructor ``MaskedDense(mask, initializer)``: no activation of its own. W is masked at initialisation, in every
        forward step (so a masked weight has no gradient) and after every optimiser step; the bias of a unit without any
        connection stays 0.
    """
    keras = load_keras()
    masked, masked_start = _mask_parts()

    class MaskedDense(keras.layers.Layer):  # type: ignore[misc,name-defined]
        """A dense layer of which only the masked-in connections exist."""

        def __init__(self, mask: Floats, seed: int, **options: Any) -> None:  # noqa: ANN401
            super().__init__(**options)
            self.mask, self.seed = mask, seed

        def build(self, input_shape: tuple[int, ...]) -> None:
            alive = self.mask.any(axis=0).astype(np.float32)
            shape = (input_shape[-1], self.mask.shape[1])
            start = masked_start(self.mask, self.seed)
            self.kernel = self.add_weight(shape=shape, initializer=start, constraint=masked(self.mask), name="kernel")
            self.bias = self.add_weight(shape=shape[1:], initializer="zeros", constraint=masked(alive), name="bias")

        def call(self, inputs: Any) -> Any:  # noqa: ANN401
            return keras.ops.matmul(inputs, self.kernel * self.mask) + self.bias

        def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
            return (*input_shape[:-1], self.mask.shape[1])

    return MaskedDense


@cache
def unit_length_class() -> Any:  # noqa: ANN401 - Keras has no types
    """Return the layer type that scales each row to length 1, with a gradient at 0 too."""
    keras = load_keras()

    class UnitLength(keras.layers.Layer):  # type: ignore[misc,name-defined]
        """x / |x|."""

        def call(self, inputs: Any) -> Any:  # noqa: ANN401
            return inputs * keras.ops.rsqrt(keras.ops.sum(inputs * inputs, axis=-1, keepdims=True) + 1e-12)

    return UnitLength


@cache
def tied_decoder_class() -> Any:  # noqa: ANN401 - Keras has no types
    """Return the model type that decodes a layer's output with the transpose of the layer's own kernel."""
    keras = load_keras()

    class Tied(keras.Model):  # type: ignore[misc,name-defined]
        """Encode with a layer and its activation, decode with the transposed kernel and a bias of its own."""

        def __init__(self, layer: Any, activation: str) -> None:  # noqa: ANN401
            super().__init__()
            self.layer, self.act = layer, keras.activations.get(activation)
            self.back = self.add_weight(shape=(layer.kernel.shape[0],), initializer="zeros", name="back")

        def call(self, inputs: Any) -> Any:  # noqa: ANN401
            mask = getattr(self.layer, "mask", np.float32(1))
            return (
                keras.ops.matmul(self.act(self.layer(inputs)), keras.ops.transpose(self.layer.kernel * mask))
                + self.back
            )

    return Tied
