"""Training the encoder: vocabulary, input statistics, networks (Keras on JAX, loaded only here)."""

from build_bundle.train.training_step import run

__all__ = ["run"]
