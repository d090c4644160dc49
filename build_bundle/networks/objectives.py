"""The objectives: a softmax head over the types, pairs of cells, or triplets found inside a batch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from build_bundle.networks.body import Body
from build_bundle.networks.losses import ACTIVE, batch_hard, contrastive, distances
from build_bundle.networks.sampling import Pairs, draw_pairs, pk_batches
from build_bundle.networks.spec import ModelSpec
from build_bundle.train.augment import cut_panels
from build_bundle.train.dataset import Dataset
from build_bundle.train.network import load_keras
from build_bundle.train.targets import spread_targets

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Metric = dict[str, float]

VALIDATION_PAIRS = 100  # of one type


def _optimizer(spec: ModelSpec) -> Any:  # noqa: ANN401 - Keras has no types
    keras = load_keras()
    if spec.optimizer == "sgd":
        return keras.optimizers.SGD(spec.rate, momentum=spec.momentum)
    return keras.optimizers.AdamW(spec.rate, weight_decay=spec.weight_decay)


class _Cells:
    """Training and validation cells as batches of encoder inputs."""

    def __init__(self, spec: ModelSpec, data: Dataset, validation: Dataset | None, seed: int) -> None:
        self.spec, self.data, self.validation = spec, data, validation
        self.rng = np.random.default_rng([seed, 1])
        self._panels = np.array([block.measured for block in data.blocks])

    def cut(self, rows: Indices) -> Floats:
        """Return training cells, some of them cut to a random gene panel."""
        return cut_panels(self.data.dense(rows), self._panels, self.spec.panel_augmentation, self.rng)


class Classify:
    """A softmax head over the types, dropped after training."""

    def __init__(
        self, spec: ModelSpec, body: Body, data: Dataset, validation: Dataset | None, similarity: Floats, seed: int
    ) -> None:
        keras = load_keras()
        self._cells = _Cells(spec, data, validation, seed)
        self._targets = spread_targets(similarity, spec.soft_targets)
        start = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed=1_000 * seed + 900)
        head = keras.layers.Dense(len(data.classes), kernel_initializer=start)
        self.model = keras.Model(body.model.input, head(body.model.output))
        self.model.compile(
            optimizer=_optimizer(spec),
            loss=keras.losses.CategoricalCrossentropy(from_logits=True),
            metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        )

    @property
    def n_steps(self) -> int:
        """Steps of an epoch, about."""
        n = len(self._cells.data)
        return math.ceil(n / min(self._cells.spec.batch_size, n))

    def steps(self) -> Iterator[tuple[Floats, Floats]]:
        """Yield inputs and targets of the steps of one epoch."""
        cells = self._cells
        for rows in cells.data.batches(cells.spec.batch_size, cells.rng):
            yield cells.cut(rows), self._targets[cells.data.codes[rows]]

    def watch(self) -> Metric:
        """Return the figures of the validation cells."""
        watching = self._cells.validation
        if watching is None:
            return {}
        loss = hits = 0.0
        for rows in _slices(len(watching), self._cells.spec.batch_size):
            logits = np.asarray(self.model(watching.dense(rows)), dtype=np.float64)
            logits -= logits.max(axis=1, keepdims=True)
            log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            loss -= float((self._targets[watching.codes[rows]] * log_p).sum())
            hits += float(np.count_nonzero(logits.argmax(axis=1) == watching.codes[rows]))
        return {"val_loss": loss / len(watching), "val_accuracy": hits / len(watching)}


class Pairwise:
    """Pairs of cells whose embeddings should lie together or apart."""

    def __init__(
        self, spec: ModelSpec, body: Body, data: Dataset, validation: Dataset | None, similarity: Floats, seed: int
    ) -> None:
        keras = load_keras()
        self._cells = _Cells(spec, data, validation, seed)
        self._similarity = similarity
        self._unit = body.unit()
        left, right = keras.Input((data.inputs.n_vocab,)), keras.Input((data.inputs.n_vocab,))
        both = keras.layers.Concatenate()([self._unit(left), self._unit(right)])
        self.model = keras.Model([left, right], both)
        self.model.compile(optimizer=_optimizer(spec), loss=self._loss, metrics=[self._active])
        self._watching = None if validation is None else self._pairs(validation, VALIDATION_PAIRS, seed)

    def _each(self, worth: Any, both: Any) -> Any:  # noqa: ANN401 - Keras has no types
        width = both.shape[-1] // 2
        return contrastive(worth[:, 0], distances(both[:, :width], both[:, width:]), self._cells.spec.margin)

    def _loss(self, worth: Any, both: Any) -> Any:  # noqa: ANN401
        return self._each(worth, both)

    def _active(self, worth: Any, both: Any) -> Any:  # noqa: ANN401
        return load_keras().ops.cast(self._each(worth, both) > ACTIVE, "float32")

    def _pairs(self, data: Dataset, per_type: int, seed: int) -> Pairs:
        return self._draw(data, per_type, np.random.default_rng([seed, 31]))

    def _draw(self, data: Dataset, per_type: int, rng: np.random.Generator) -> Pairs:
        spec = self._cells.spec
        graded = spec.objective == "flexible"
        return draw_pairs(data.codes, self._similarity, per_type=per_type, even=spec.even_pairs, graded=graded, rng=rng)

    @property
    def n_steps(self) -> int:
        """Steps of an epoch, about."""
        sizes = np.bincount(self._cells.data.codes).astype(np.int64)
        of_one_type = int(np.minimum(sizes * (sizes - 1) // 2, self._cells.spec.pairs_per_type).sum())
        return max(1, math.ceil(3 * of_one_type / self._cells.spec.batch_size))

    def steps(self) -> Iterator[tuple[list[Floats], Floats]]:
        """Yield inputs and targets of the steps of one epoch."""
        cells = self._cells
        pairs = self._draw(cells.data, cells.spec.pairs_per_type, cells.rng)
        n = len(pairs.a)
        size = min(cells.spec.batch_size, n)
        for start in range(0, n, max(size, 1)):
            some = np.arange(start, start + size) % n
            yield [cells.cut(pairs.a[some]), cells.cut(pairs.b[some])], pairs.similarity[some, np.newaxis]

    def watch(self) -> Metric:
        """Return the figures of the validation cells."""
        watching, pairs = self._cells.validation, self._watching
        if watching is None or pairs is None or not len(pairs.a):
            return {}
        losses = []
        for some in _slices(len(pairs.a), self._cells.spec.batch_size):
            ends = [np.asarray(self._unit(watching.dense(rows[some]))) for rows in (pairs.a, pairs.b)]
            both = np.concatenate(ends, axis=1)
            losses.append(np.asarray(self._each(pairs.similarity[some, np.newaxis], both)))
        each = np.concatenate(losses)
        return {"val_loss": float(each.mean()), "val_active": float((each > ACTIVE).mean())}


class Triplets:
    """Batches of P types with K cells; each anchor against its hardest partner and its hardest stranger."""

    def __init__(self, spec: ModelSpec, body: Body, data: Dataset, validation: Dataset | None, seed: int) -> None:
        self._cells = _Cells(spec, data, validation, seed)
        self.model = body.unit()
        self.model.compile(optimizer=_optimizer(spec), loss=self._loss, metrics=[self._active])
        self._seed = seed

    def _each(self, codes: Any, embedding: Any) -> Any:  # noqa: ANN401 - Keras has no types
        return batch_hard(codes, embedding, self._cells.spec.margin)

    def _loss(self, codes: Any, embedding: Any) -> Any:  # noqa: ANN401
        return self._each(codes, embedding)

    def _active(self, codes: Any, embedding: Any) -> Any:  # noqa: ANN401
        return load_keras().ops.cast(self._each(codes, embedding) > self._threshold, "float32")

    @property
    def _threshold(self) -> float:
        """Loss of an anchor that has nothing left to learn: with a soft margin that of equal distances."""
        return ACTIVE if self._cells.spec.margin else math.log(2) - ACTIVE

    def _batches(self, data: Dataset, rng: np.random.Generator) -> Iterator[Indices]:
        spec = self._cells.spec
        return pk_batches(data.codes, n_types=spec.n_types, n_cells=spec.n_cells_of_type, rng=rng)

    @property
    def n_steps(self) -> int:
        """Steps of an epoch, about."""
        spec, codes = self._cells.spec, self._cells.data.codes
        n_types = int(np.count_nonzero(np.bincount(codes) >= 2))
        return max(1, round(len(codes) / (min(spec.n_types, max(n_types, 1)) * spec.n_cells_of_type)))

    def steps(self) -> Iterator[tuple[Floats, Indices]]:
        """Yield inputs and targets of the steps of one epoch."""
        cells = self._cells
        for rows in self._batches(cells.data, cells.rng):
            yield cells.cut(rows), cells.data.codes[rows, np.newaxis]

    def watch(self) -> Metric:
        """Return the figures of the validation cells."""
        watching = self._cells.validation
        if watching is None:
            return {}
        rng = np.random.default_rng([self._seed, 31])
        batches = list(self._batches(watching, rng))
        if not batches:
            return {}
        each = np.concatenate(
            [np.asarray(self._each(watching.codes[rows], self.model(watching.dense(rows)))) for rows in batches]
        )
        return {"val_loss": float(each.mean()), "val_active": float((each > self._threshold).mean())}


def _slices(n: int, size: int) -> Iterator[Indices]:
    for start in range(0, n, size):
        yield np.arange(start, min(start + size, n))
