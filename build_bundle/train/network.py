"""One dense network with a softmax head, trained with Keras; the only place that loads Keras.

What leaves this module are plain arrays: the server never sees Keras.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from build_bundle.train.augment import cut_panels
from build_bundle.train.dataset import Dataset
from build_bundle.train.settings import TrainSettings
from core.embedding.nets import Layer, Net
from core.errors import ConfigError
from core.settings import set_default_environment

Floats = npt.NDArray[np.float32]
Curve = list[dict[str, float]]

WARM_UP = 0.3  # share of the steps in which the learning rate rises
FIRST_RATE = 1 / 25  # of the peak
LAST_RATE = 1e-4 / 25


@dataclass(frozen=True, eq=False)
class TrainedNet:
    """Weights of one trained network.

    Parameters
    ----------
    net : tuple of Layer
        The tanh layers in order.
    head : Layer
        The softmax layer; not part of a bundle.
    curve : list of dict
        One row an epoch: ``epoch``, ``loss``, ``accuracy`` and, with validation cells, ``val_loss``, ``val_accuracy``.
    best_epoch : int
        The epoch whose weights these are, from 1.
    """

    net: Net
    head: Layer
    curve: Curve
    best_epoch: int


def load_keras() -> Any:  # noqa: ANN401 - Keras has no types
    """Import Keras on the JAX backend; costs seconds, so nobody pays who does not train."""
    set_default_environment("KERAS_BACKEND", "jax")
    return importlib.import_module("keras")


def one_cycle(step: int, n_steps: int, peak: float) -> float:
    """Return the learning rate of a step.

    Parameters
    ----------
    step : int
        From 0.
    n_steps : int
        Steps of the whole training.
    peak : float
        Largest rate.

    Returns
    -------
    float
        Cosine from peak/25 up to the peak in the first 30 % of the steps, then down to almost 0.

    Examples
    --------
    >>> [round(one_cycle(step, 10, 1.0), 3) for step in (0, 3, 10)]
    [0.04, 1.0, 0.0]
    """
    top = max(1, round(WARM_UP * n_steps))
    if step <= top:
        return peak * _between(FIRST_RATE, 1.0, step / top)
    return peak * _between(1.0, LAST_RATE, (step - top) / max(1, n_steps - top))


def _between(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * min(1.0, share))) / 2


def train_net(
    data: Dataset,
    validation: Dataset | None,
    targets: Floats,
    settings: TrainSettings,
    *,
    seed: int,
    progress: Callable[[int], None],
) -> TrainedNet:
    """Train one network.

    Parameters
    ----------
    data : Dataset
        Training cells.
    validation : Dataset or None
        Cells that choose the best epoch; without them the last epoch is kept.
    targets : ndarray of float32, n_classes x n_classes
        `class_targets`.
    settings : TrainSettings
        Sizes and schedule.
    seed : int
        Seed of weights, shuffling and augmentation; equal seeds give equal networks on one machine.
    progress : callable
        Called with the number of finished epochs.

    Returns
    -------
    TrainedNet
        Weights of the best epoch.

    Raises
    ------
    ConfigError
        Where the learning rate is so large that the loss is no number any more.

    Notes
    -----
    AdamW with decoupled weight decay, one-cycle learning rate, batches of one size so that the step compiles once.
    """
    rng = np.random.default_rng([seed, 1])
    model = _build(data, settings, seed)
    per_epoch = math.ceil(len(data) / min(settings.batch_size, len(data)))
    n_steps = settings.epochs * per_epoch
    panels = np.array([block.measured for block in data.blocks])
    best = _Best(settings.patience)
    for epoch in range(1, settings.epochs + 1):
        totals, n_batches = np.zeros(2), 0
        for rows in data.batches(settings.batch_size, rng):
            z = cut_panels(data.dense(rows), panels, settings.panel_augmentation, rng)
            step = (epoch - 1) * per_epoch + n_batches
            model.optimizer.learning_rate.assign(one_cycle(step, n_steps, settings.peak_rate))
            totals += [float(value) for value in model.train_on_batch(z, targets[data.codes[rows]])]
            n_batches += 1
        loss, accuracy = totals / n_batches
        if not np.isfinite(loss):
            raise ConfigError("[train] a network came apart: its loss is no number.", next_step="Lower peak_rate.")
        row = {"epoch": float(epoch), "loss": float(loss), "accuracy": float(accuracy)}
        best.see({**row, **_validate(model, validation, targets, settings)}, model)
        progress(epoch)
        if best.stale:
            break
    return best.trained(n_hidden=len(settings.hidden))


def _build(data: Dataset, settings: TrainSettings, seed: int) -> Any:  # noqa: ANN401 - Keras has no types
    keras = load_keras()
    model = keras.Sequential([keras.Input((data.inputs.n_vocab,))])
    for place, units in enumerate((*settings.hidden, len(data.classes))):
        # A limit of 1/sqrt(n_in) keeps the first activations out of tanh's flat ends at inputs of length sqrt(n_in).
        start = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed=1_000 * seed + place)
        last = place == len(settings.hidden)
        model.add(keras.layers.Dense(units, activation=None if last else "tanh", kernel_initializer=start))
    model.compile(
        optimizer=keras.optimizers.AdamW(settings.peak_rate, weight_decay=settings.weight_decay),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
    )
    return model


def _validate(model: Any, data: Dataset | None, targets: Floats, settings: TrainSettings) -> dict[str, float]:  # noqa: ANN401 - Keras has no types
    """Return loss and accuracy over the validation cells, batch by batch."""
    if data is None:
        return {}
    loss = hits = 0.0
    for start in range(0, len(data), settings.batch_size):
        rows = np.arange(start, min(start + settings.batch_size, len(data)))
        logits = np.asarray(model(data.dense(rows)), dtype=np.float64)
        logits -= logits.max(axis=1, keepdims=True)
        log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        loss -= float((targets[data.codes[rows]] * log_p).sum())
        hits += float(np.count_nonzero(logits.argmax(axis=1) == data.codes[rows]))
    return {"val_loss": loss / len(data), "val_accuracy": hits / len(data)}


@dataclass
class _Best:
    """The best epoch so far: by validation loss where there is one, else the latest."""

    patience: int
    curve: Curve = field(default_factory=list)
    epoch: int = 0
    weights: list[Floats] = field(default_factory=list)

    def see(self, row: dict[str, float], model: Any) -> None:  # noqa: ANN401 - Keras has no types
        self.curve.append(row)
        losses = [seen.get("val_loss", -seen["epoch"]) for seen in self.curve]
        if losses[-1] == min(losses):
            self.epoch = len(self.curve)
            self.weights = [np.array(variable.value, dtype=np.float32) for variable in model.weights]

    @property
    def stale(self) -> bool:
        return self.patience > 0 and len(self.curve) - self.epoch >= self.patience

    def trained(self, n_hidden: int) -> TrainedNet:
        layers = tuple(Layer(self.weights[2 * i], self.weights[2 * i + 1]) for i in range(n_hidden + 1))
        return TrainedNet(layers[:-1], layers[-1], self.curve, self.epoch)
