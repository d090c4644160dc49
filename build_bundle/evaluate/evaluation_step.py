"""The build step of the retrieval test: hold out, retrain, retrieve, summarise; and learn the distance threshold.

Finished hold-outs are kept in a folder, so that a killed run goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.holdout import Holdout
from build_bundle.cells.step_context import StepContext
from build_bundle.evaluate.calibration import calibration_table
from build_bundle.evaluate.confidence import learn_confidence
from build_bundle.evaluate.folds import held_out_pairs, study_folds, types_left_out
from build_bundle.evaluate.settings import EvaluateSettings
from build_bundle.evaluate.summary import evaluation_table
from build_bundle.evaluate.trial import make_trial, run_trial
from build_bundle.evaluate.trust import trust_rows
from build_bundle.steps.task import ReportProgress, no_progress
from build_bundle.train.encoder import TrainedEncoder, train_encoder
from build_bundle.train.settings import TrainSettings
from build_bundle.train.training_step import SEEN, read_encoder
from core.bundle.schema import ALL, CALIBRATION, ENCODER, EVALUATION, TYPE
from core.bundle.writer import write_table

STUDY, PAIR, TYPES = "study", "pair", "types"
TRUST = ".trust.parquet"


@dataclass(frozen=True)
class HoldoutRun:
    """One hold-out of the test.

    Parameters
    ----------
    split : str
        "study", "pair", or "types" (a study and some types, for the measure of trust only).
    title : str
        For the progress line.
    holdout : Holdout
        What is held out of training and reference.
    """

    split: str
    title: str
    holdout: Holdout


def planned(corpus: Corpus, settings: EvaluateSettings) -> tuple[HoldoutRun, ...]:
    """List the hold-outs that need a training of their own.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    settings : EvaluateSettings
        Folds and splits.

    Returns
    -------
    tuple of HoldoutRun
        Study folds first.
    """
    folds = study_folds(corpus, settings)
    runs = [HoldoutRun(STUDY, f"without {', '.join(fold)}", Holdout(frozenset(fold))) for fold in folds]
    for number, fold in enumerate(folds if settings.types_left_out else ()):
        lacking = types_left_out(corpus, fold, settings.types_left_out, number)
        if lacking:
            title = f"without {', '.join(fold)} and {len({name for name, _ in lacking})} types"
            runs.append(HoldoutRun(TYPES, title, Holdout(frozenset(fold), lacking)))
    pairs = held_out_pairs(corpus.cells.iloc[: corpus.n_ref]) if settings.pair else frozenset()
    if pairs:
        runs.append(HoldoutRun(PAIR, f"without {len(pairs)} type-study pairs", Holdout(pairs=pairs)))
    return tuple(runs)


def evaluate(
    corpus: Corpus,
    settings: EvaluateSettings,
    train: TrainSettings,
    *,
    seed: int,
    store: Path,
    progress: ReportProgress = no_progress,
) -> pd.DataFrame:
    """Run every planned hold-out.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    settings : EvaluateSettings
        What to hold out and compare.
    train : TrainSettings
        How the networks are trained: as for the bundle.
    seed : int
        Seed of training and choices.
    store : Path
        Folder for finished hold-outs; made if absent. One of equal inputs is read instead of run.
    progress : callable
        Told the fraction done.

    Returns
    -------
    pandas.DataFrame
        Rows of `run_trial` with a column ``split``; empty where nothing can be held out.
    """
    runs = planned(corpus, settings)
    store.mkdir(parents=True, exist_ok=True)
    frames = []
    for number, run_ in enumerate(runs):
        path = store / f"{_key(corpus, run_, settings, train, seed)}.parquet"

        def report(fraction: float, detail: str, *, done: int = number, title: str = run_.title) -> None:
            progress((done + 0.8 * fraction) / len(runs), f"{title}: {detail}")

        if not path.exists() or (run_.split != PAIR and not path.with_suffix(TRUST).exists()):
            frame = _one(corpus, run_, settings, train, seed, path, report)
            part = path.with_suffix(".part")
            frame.to_parquet(part)
            part.replace(path)
        if run_.split != TYPES:
            frames.append(pd.read_parquet(path).assign(split=run_.split))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=["split"])


def trust_of(
    corpus: Corpus, settings: EvaluateSettings, train: TrainSettings, *, seed: int, store: Path
) -> pd.DataFrame:
    """Return what the hold-outs that `evaluate` finished say about right and wrong answers.

    Returns
    -------
    pandas.DataFrame
        Rows of `trust_rows` with columns ``run`` and ``split``; empty where nothing was held out.
    """
    runs = [run_ for run_ in planned(corpus, settings) if run_.split != PAIR]
    paths = [store / f"{_key(corpus, run_, settings, train, seed)}{TRUST}" for run_ in runs]
    frames = [frame for frame in map(pd.read_parquet, paths) if len(frame)]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def run(context: StepContext) -> dict[str, Any]:
    """Evaluate the encoder and write ``evaluation.parquet`` and ``calibration.parquet``.

    Parameters
    ----------
    context : StepContext
        `settings` an `EvaluateSettings`, `all_settings["train"]` a `TrainSettings`, `inputs["train"]` the encoder.

    Returns
    -------
    dict
        ``confidence`` (manifest), ``notes``, ``headline`` (the mean figures over all held-out studies).

    Notes
    -----
    Held-out studies of the configuration are put to the bundle's own encoder, which never saw them; reference studies
    to networks retrained without them.
    """
    settings: EvaluateSettings = context.settings
    train: TrainSettings = context.all_settings["train"]
    encoder = read_encoder(context.inputs["train"], dict(context.facts["train"]))
    store = (context.scratch or context.out) / "trials"
    cells = evaluate(context.corpus, settings, train, seed=context.seed, store=store, progress=context.progress)
    mine = cells[(cells["split"] == STUDY) & (cells["model"] == ENCODER)] if len(cells) else cells
    confidence = learn_confidence(context.corpus, mine, encoder, quantile=settings.quantile, seed=context.seed)
    trust = trust_of(context.corpus, settings, train, seed=context.seed, store=store)
    calibration = calibration_table(trust, confidence["unknown_distance"])
    write_table(context.out, CALIBRATION, calibration)
    rows = np.flatnonzero(np.load(context.inputs["train"] / SEEN)).astype(np.int64)
    unseen = _unseen(context, settings, TrainedEncoder(encoder, (), tuple(context.facts["train"]["classes"]), rows))
    scored = [frame for frame in (cells, unseen) if len(frame)]
    everything = pd.concat(scored, ignore_index=True) if scored else pd.DataFrame()
    table = evaluation_table(everything, n_bootstrap=settings.bootstrap, seed=context.seed)
    write_table(context.out, EVALUATION, table)
    return {"confidence": confidence, "notes": _notes(context.corpus, cells, unseen), "headline": headline(table)}


def headline(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the figures over all held-out studies as plain rows, for logs and reports."""
    chosen = table[(table["held_out"] == ALL) & (table[TYPE] == ALL)]
    columns = ["split", "model", "metric", "value", "ci_low", "ci_high"]
    kept = chosen[columns].astype(object)
    plain = kept.where(kept.notna(), None)
    return [dict(zip(columns, row, strict=True)) for row in plain.itertuples(index=False)]


def _one(
    corpus: Corpus,
    run_: HoldoutRun,
    settings: EvaluateSettings,
    train: TrainSettings,
    seed: int,
    path: Path,
    progress: ReportProgress,
) -> pd.DataFrame:
    held = _in_reference(corpus) & run_.holdout.covers(corpus.cells)
    trial = make_trial(corpus, _in_reference(corpus) & ~held, held, settings, seed=seed)
    trained = train_encoder(corpus, train, seed=seed, holdout=run_.holdout, progress=progress)
    if run_.split != PAIR:
        trust = trust_rows(corpus, run_.holdout, run_.holdout.studies, trained, k=settings.k, seed=seed)
        trust.assign(run=path.stem, split=run_.split).to_parquet(path.with_suffix(TRUST))
    if run_.split == TYPES:
        return pd.DataFrame(columns=["held_out", "model"])
    return run_trial(corpus, trial, trained, settings)


def _unseen(context: StepContext, settings: EvaluateSettings, trained: TrainedEncoder) -> pd.DataFrame:
    """Put the configuration's held-out studies to the bundle's encoder and reference."""
    reference = _in_reference(context.corpus)
    if reference.all():
        return pd.DataFrame()
    trial = make_trial(context.corpus, reference, ~reference, settings, seed=context.seed)
    return run_trial(context.corpus, trial, trained, settings).assign(split=STUDY)


def _in_reference(corpus: Corpus) -> npt.NDArray[np.bool_]:
    return np.asarray(np.arange(len(corpus.cells)) < corpus.n_ref)


def _notes(corpus: Corpus, retrained: pd.DataFrame, unseen: pd.DataFrame) -> list[str]:
    notes = ["The bundle's encoder was trained on all reference studies."]
    if len(retrained):
        notes.append(
            "Figures for reference studies come from networks retrained without the study (or pair) they are tested on."
        )
    if len(unseen):
        named = ", ".join(sorted(set(unseen["held_out"])))
        notes.append(f"Figures for {named} come from the bundle's own encoder; these studies are not in the bundle.")
    if not len(retrained) and not len(unseen):
        notes.append(f"No study could be held out: {len(corpus.reference)} in the reference, no type in two of them.")
    return notes


def _key(corpus: Corpus, run_: HoldoutRun, settings: EvaluateSettings, train: TrainSettings, seed: int) -> str:
    """Name a hold-out after everything that changes its result."""
    facts = {
        "split": run_.split,
        "studies": sorted(run_.holdout.studies),
        "pairs": sorted(run_.holdout.pairs),
        "evaluate": {k: v for k, v in asdict(settings).items() if k in {"models", "k", "min_reference", "max_queries"}},
        "train": asdict(train),
        "seed": seed,
        "parts": [asdict(record) for record in corpus.records],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
