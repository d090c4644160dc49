"""Run a study: every model on every hold-out, each kept as soon as it is finished.

Kinds of hold-outs never mix: ``final`` are the test studies named in the configuration; ``inner`` leaves studies out of
what remains of a fold, and models are chosen by these alone; ``growth`` (`build_bundle.study.growth`) lets the reference grow.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.holdout import Holdout
from build_bundle.cells.stream import chunks
from build_bundle.evaluate.folds import inner_folds, study_folds
from build_bundle.evaluate.representations import (
    N_COMPONENTS,
    Logistic,
    Representation,
    as_searched,
    cosine,
    encoded,
    principal_components,
    raw,
)
from build_bundle.evaluate.settings import EvaluateSettings
from build_bundle.evaluate.trial import Trial, make_trial, score_labels, score_representation
from build_bundle.networks.spec import ModelSpec
from build_bundle.networks.training import GroupFiles, Workbench
from build_bundle.study.rivals import Rival
from build_bundle.study.settings import ALONE, IN_CONTEXT, TAUGHT, UNTAUGHT
from build_bundle.train.cells import training_cells
from build_bundle.train.encoder import TrainedEncoder, train_encoder
from build_bundle.train.settings import TrainSettings
from core.bundle.schema import ENCODER

Phase = Literal["final", "inner", "growth"]
CELL_FIELDS = ("n_vocabulary", "min_studies", "cells_per_type", "profile_cells")
"""Settings of ``[train]`` that change what every model sees, and so its result."""
_AS_TRAINED = {ENCODER, ALONE, IN_CONTEXT, UNTAUGHT, TAUGHT}  # all settings change what these give
Facts = dict[str, Any]
Outcome = tuple[pd.DataFrame, Facts]


@dataclass(frozen=True)
class StudyFold:
    """One hold-out of a study.

    Parameters
    ----------
    reference : str
        Name of the reference's configuration.
    phase : str
        "final", "inner" or "growth".
    held_out : tuple of str
        Studies no model may see.
    asked : tuple of str
        Those of them whose cells are the queries.
    """

    reference: str
    phase: Phase
    held_out: tuple[str, ...]
    asked: tuple[str, ...]

    @property
    def title(self) -> str:
        """Words for progress lines."""
        return f"{self.reference} without {', '.join(self.asked)}"

    @property
    def lacking(self) -> bool:
        """Whether cells are asked whose type the reference may lack."""
        return False

    def described(self, scored: pd.DataFrame) -> pd.DataFrame:
        """Add to scored cells what they say of their hold-out."""
        return scored.assign(reference=self.reference, phase=self.phase)

    def asks(self, cells: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Say which cells may be queries."""
        return Holdout(frozenset(self.asked)).covers(cells)

    def neighbours(self, usual: int) -> int:
        """Return how many neighbours count at most; `usual` is the setting of the reference."""
        return usual


@dataclass(frozen=True, eq=False)
class StudyReference:
    """One reference of a study.

    Parameters
    ----------
    name : str
        Of its configuration.
    corpus : Corpus
        Its cells.
    evaluate : EvaluateSettings
        Folds and k.
    train : TrainSettings
        How the bundle's encoder is trained; the vocabulary is the same for all models.
    groups : GroupFiles or None
        Gene groups.
    """

    name: str
    corpus: Corpus
    evaluate: EvaluateSettings
    train: TrainSettings
    groups: GroupFiles | None

    @property
    def shared(self) -> TrainSettings:
        """What all models but the default learn from: the reference and its profiles, without teachers."""
        return replace(self.train, teacher_cells=0)

    def folds(self, phase: Literal["final", "inner"], n_inner: int) -> Iterator[StudyFold]:
        """Yield the hold-outs of a phase."""
        for fold in study_folds(self.corpus, self.evaluate):
            if phase == "final":
                yield StudyFold(self.name, phase, fold, fold)
            else:
                for inner in inner_folds(self.corpus, fold, n_inner):
                    yield StudyFold(self.name, phase, (*fold, *inner), inner)


class FoldBench:
    """Everything the models of one hold-out share.

    Parameters
    ----------
    reference : StudyReference
        Where it is held out.
    fold : StudyFold
        What is held out.
    seed : int
        Seed of every random choice.
    """

    def __init__(self, reference: StudyReference, fold: StudyFold, seed: int) -> None:
        self.reference, self.fold, self.seed = reference, fold, seed
        self.holdout = Holdout(frozenset(fold.held_out))
        self.bench = Workbench(
            reference.corpus, reference.shared, seed=seed, holdout=self.holdout, groups=reference.groups
        )

    @cached_property
    def trial(self) -> Trial:
        """Reference cells and queries."""
        corpus = self.reference.corpus
        within = np.arange(len(corpus.cells)) < corpus.n_ref
        held = self.holdout.covers(corpus.cells)
        asked = self.fold.asks(corpus.cells)
        settings, lacking = self.reference.evaluate, self.fold.lacking
        return make_trial(corpus, within & ~held, within & asked, settings, seed=self.seed, lacking=lacking)

    @property
    def k(self) -> int:
        """Neighbours that count at most."""
        return self.fold.neighbours(self.reference.evaluate.k)

    def retrieved(self, name: str, representation: Representation) -> pd.DataFrame:
        """Score a representation."""
        inputs = self.bench.cells.inputs
        return score_representation(self.reference.corpus, self.trial, name, representation, inputs, k=self.k)

    def labelled(self, name: str, predicted: npt.NDArray[np.object_]) -> pd.DataFrame:
        """Score labels of the queries, in ascending order of their rows."""
        return score_labels(self.reference.corpus, self.trial, name, predicted)

    def model(self, spec: ModelSpec) -> Outcome:
        """Train a model and score it."""
        fitted = self.bench.fit(spec)
        frame = self.retrieved(spec.name, Representation(encoded(self.bench.encoder(fitted))))
        width = fitted.net[-1].kernel.shape[1]
        facts = {"settings": asdict(spec), "best_epoch": fitted.best_epoch, "width": width,
                 "curve": fitted.curve, "pretraining": fitted.pretraining, "train_seconds": fitted.seconds}  # fmt: skip
        return frame, facts

    def default(self) -> Outcome:
        """Train the bundle's own encoder and score it."""
        started = time.monotonic()
        trained = self._default
        seconds = time.monotonic() - started
        curve = [{"net": float(i), **row} for i, net in enumerate(trained.nets) for row in net.curve]
        return self._placed_by_default(ENCODER, as_searched(trained.encoder)), {
            "settings": asdict(self.reference.train), "width": trained.encoder.n_latent, "curve": curve,
            "train_seconds": seconds}  # fmt: skip

    @cached_property
    def _default(self) -> TrainedEncoder:
        return self._trained(self.reference.train)

    def _trained(self, settings: TrainSettings) -> TrainedEncoder:
        return train_encoder(self.reference.corpus, settings, seed=self.seed, holdout=self.holdout)

    def _placed_by_default(self, name: str, representation: Representation) -> pd.DataFrame:
        inputs = self._default.encoder.inputs  # may see more of a cell than the other models do
        return score_representation(self.reference.corpus, self.trial, name, representation, inputs, k=self.k)

    def baseline(self, name: str) -> Outcome:
        """Fit a baseline and score it."""
        started = time.monotonic()
        frame = self._baseline(name)
        return frame, {"train_seconds": time.monotonic() - started}

    def _baseline(self, name: str) -> pd.DataFrame:
        corpus, inputs = self.reference.corpus, self.bench.cells.inputs
        if name in {"pca_100", "pca_width"}:
            width = N_COMPONENTS if name == "pca_100" else reference_width(self.reference.train)
            base = principal_components(chunks(corpus, self.trial.reference, inputs), raw(inputs), width)
            return self.retrieved(name, Representation(base))
        if name == ALONE:
            return self._placed_by_default(name, Representation(encoded(self._default.encoder)))
        if name == UNTAUGHT:
            return self._placed_by_default(name, as_searched(self._trained(self.reference.shared).encoder))
        if name.startswith("logistic"):
            return self._logistic(name)
        return self.retrieved(name, Representation(cosine(inputs) if name == "cosine" else raw(inputs)))

    @cached_property
    def _regression(self) -> Logistic:
        return Logistic.of_rows(self.reference.corpus, self.bench.cells.inputs, self.bench.cells.rows)

    @cached_property
    def _taught_regression(self) -> Logistic:
        reference = self.reference
        data = training_cells(reference.corpus, reference.train, seed=self.seed, holdout=self.holdout).data
        labels = np.array(data.classes, dtype=object)[data.codes]
        return Logistic(data.inputs, data.dense(np.arange(len(data))), labels)

    def _logistic(self, name: str) -> pd.DataFrame:
        if name == TAUGHT:
            return self.retrieved(name, Representation(self._taught_regression.represent))
        if name != "logistic_labels":
            return self.retrieved(name, Representation(self._regression.represent, in_context=name == IN_CONTEXT))
        wanted = np.zeros(len(self.reference.corpus.cells), dtype=bool)
        wanted[np.concatenate(list(self.trial.queries.values()))] = True
        cells = chunks(self.reference.corpus, wanted, self.bench.cells.inputs)
        return self.labelled(name, np.concatenate([self._regression.labels(c.x, c.measured) for c in cells]))

    def rival(self, rival: Rival) -> Outcome:
        """Run a rival in its own environment and score what it answers."""
        started = time.monotonic()
        frame = rival.answer(self.reference.corpus, self.bench.cells.rows, self.trial, k=self.k)
        return frame, {"train_seconds": time.monotonic() - started, **rival.facts}


def reference_width(train: TrainSettings) -> int:
    """Return the width of the bundle's embedding: of the networks side by side, or what they are joined to."""
    return min(train.n_latent, train.n_nets * train.hidden[-1])


class StudyStore:
    """Finished runs in a folder, one table and one note a run.

    Parameters
    ----------
    folder : Path
        Made when the first run is kept.
    counted : collection of Path, optional
        Runs that `cells` and `notes` tell; all without it.
    """

    def __init__(self, folder: Path, counted: Collection[Path] | None = None) -> None:
        self.folder, self.counted = folder, counted

    def path(self, bench: FoldBench, name: str, settings: object) -> Path:
        """Return where a run is kept: named after everything that changes its result."""
        reference = bench.reference
        train = asdict(reference.train)
        facts = {
            "fold": asdict(bench.fold),
            "name": name,
            "settings": settings,
            "seed": bench.seed,
            "cells": train if name in _AS_TRAINED else {field: train[field] for field in CELL_FIELDS},
            "evaluate": [reference.evaluate.k, reference.evaluate.min_reference, reference.evaluate.max_queries],
            "parts": [asdict(record) for record in reference.corpus.records],
        }
        key = hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:16]
        return self.folder / f"{key}.parquet"

    def run(self, path: Path, bench: FoldBench, name: str, job: Callable[[], Outcome]) -> bool:
        """Run a job unless its result is there; return whether it ran."""
        if path.is_file():
            return False
        self.folder.mkdir(parents=True, exist_ok=True)
        started = time.monotonic()
        frame, facts = job()
        note = {"model": name, **asdict(bench.fold), "seconds": time.monotonic() - started, **facts}
        path.with_suffix(".json").write_text(json.dumps(note), encoding="utf-8")
        part = path.with_suffix(".part")
        bench.fold.described(frame).to_parquet(part)
        part.replace(path)  # last: a run is finished when its table is there
        return True

    def cells(self) -> pd.DataFrame:
        """Return the scored cells of all finished runs, with what `StudyFold.described` adds and all that was held out (``fold``)."""
        frames = [
            pd.read_parquet(path).assign(fold=", ".join(note["held_out"]))
            for path, note in zip(self._finished(), self.notes(), strict=True)
        ]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def notes(self) -> list[Mapping[str, Any]]:
        """Return the notes of all finished runs."""
        return [json.loads(path.with_suffix(".json").read_text(encoding="utf-8")) for path in self._finished()]

    def _finished(self) -> list[Path]:
        found = sorted(self.folder.glob("*.parquet"))
        return found if self.counted is None else [path for path in found if path in self.counted]
