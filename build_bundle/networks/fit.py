"""Train one model: the same loop for all objectives.

An objective says what one step learns from and what is measured over the validation cells; the loop keeps the best epoch.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from build_bundle.networks.body import Body, build_body
from build_bundle.networks.groups import Mask
from build_bundle.networks.objectives import Classify, Metric, Pairwise, Triplets
from build_bundle.networks.pretraining import pretrain
from build_bundle.networks.spec import ModelSpec
from build_bundle.train.dataset import Dataset
from build_bundle.train.network import one_cycle
from core.embedding.nets import Net

Floats = npt.NDArray[np.float32]
Curve = list[dict[str, float]]
DECAY = 1e-6  # of the original's SGD, a step


class Objective(Protocol):
    """What a model is trained for."""

    model: Any

    def steps(self) -> Iterator[tuple[Any, Any]]:
        """Yield what one epoch's steps learn from: inputs and targets."""
        ...

    def watch(self) -> Metric:
        """Return the figures of the validation cells; empty without any."""
        ...

    @property
    def n_steps(self) -> int:
        """Return the steps of an epoch, about."""
        ...


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A trained model.

    Parameters
    ----------
    spec : ModelSpec
        What was asked for.
    net : tuple of Layer
        As the app runs it: masks and normalisations worked in.
    curve : list of dict
        One row an epoch: ``epoch``, ``loss`` and what the objective measures (``accuracy`` or ``active``; with validation
        cells ``val_loss`` and ``val_accuracy`` or ``val_active``).
    pretraining : list of dict
        One row a layer and epoch (`pretrain`); empty without pretraining.
    best_epoch : int
        The epoch whose weights these are, from 1.
    seconds : float
        Time the training took.
    """

    spec: ModelSpec
    net: Net
    curve: Curve
    pretraining: Curve
    best_epoch: int
    seconds: float


def fit_model(
    spec: ModelSpec,
    data: Dataset,
    validation: Dataset | None,
    similarity: Floats,
    *,
    masks: Sequence[Mask] = (),
    all_cells: Dataset | None = None,
    seed: int,
    progress: Callable[[int], None] = lambda _epoch: None,
) -> FittedModel:
    """Train one model.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    data : Dataset
        Labelled training cells.
    validation : Dataset or None
        Cells that choose the best epoch. Without them siamese and triplet networks keep the epoch with the
        fewest active pairs or anchors, classifiers the last.
    similarity : ndarray of float32, n_classes x n_classes
        Ontology similarity of ``data.classes``.
    masks : sequence of ndarray of float32
        Of the group layers (`layer_masks`).
    all_cells : Dataset, optional
        What pretraining learns from; `data` by default.
    seed : int
        Equal seeds give equal models on one machine.
    progress : callable
        Called with the number of finished epochs.

    Returns
    -------
    FittedModel
        Weights of the best epoch.
    """
    started = time.monotonic()
    body = build_body(spec, masks, data.inputs.n_vocab, seed=seed)
    told: Curve = []
    if spec.pretrain:
        told = pretrain(body, all_cells or data, batch_size=spec.batch_size, seed=seed)
    objective = _objective(spec, body, data, validation, similarity, seed)
    best = _Best(spec.patience)
    step, n_steps = 0, spec.epochs * objective.n_steps
    for epoch in range(1, spec.epochs + 1):
        totals: list[npt.NDArray[np.float64]] = []
        for inputs, targets in objective.steps():
            objective.model.optimizer.learning_rate.assign(_rate(spec, step, n_steps))
            totals.append(np.atleast_1d(np.asarray(objective.model.train_on_batch(inputs, targets), dtype=np.float64)))
            step += 1
        figures = np.mean(totals, axis=0) if totals else np.zeros(2)
        name = "accuracy" if spec.objective == "classify" else "active"
        row = {"epoch": float(epoch), "loss": float(figures[0]), name: float(figures[-1])}
        best.see({**row, **objective.watch()}, body)
        progress(epoch)
        if best.stale:
            break
    return FittedModel(spec, best.net, best.curve, told, best.epoch, time.monotonic() - started)


def _objective(
    spec: ModelSpec, body: Body, data: Dataset, validation: Dataset | None, similarity: Floats, seed: int
) -> Objective:
    if spec.objective == "classify":
        return Classify(spec, body, data, validation, similarity, seed)
    if spec.objective == "triplet":
        return Triplets(spec, body, data, validation, seed)
    return Pairwise(spec, body, data, validation, similarity, seed)


def _rate(spec: ModelSpec, step: int, n_steps: int) -> float:
    if spec.schedule == "cycle":
        return one_cycle(min(step, n_steps), n_steps, spec.rate)
    return spec.rate / (1 + DECAY * step) if spec.schedule == "decay" else spec.rate


@dataclass
class _Best:
    """The best epoch so far: smallest validation loss, else fewest active anchors or pairs, else the latest."""

    patience: int
    curve: Curve = field(default_factory=list)
    epoch: int = 0
    net: Net = ()

    def see(self, row: dict[str, float], body: Body) -> None:
        self.curve.append(row)
        worth = [self._worth(seen) for seen in self.curve]
        if worth[-1] <= min(worth):
            self.epoch, self.net = len(self.curve), body.net()

    @staticmethod
    def _worth(row: dict[str, float]) -> float:
        if "val_loss" in row:
            return row["val_loss"]
        return row.get("active", -row["epoch"])

    @property
    def stale(self) -> bool:
        return self.patience > 0 and len(self.curve) - self.epoch >= self.patience
