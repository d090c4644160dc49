"""Commands ``study`` and ``train``: run a list of models, or train one of them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from build_bundle.builds.runner import build_corpus
from build_bundle.builds.workshop import Workshop
from build_bundle.cells.corpus import Corpus
from build_bundle.configuration.config import Config
from build_bundle.evaluate.settings import EvaluateSettings
from build_bundle.networks.training import GroupFiles, Workbench, write_model
from build_bundle.sources.fetch import Fetcher
from build_bundle.steps.progress import Watcher
from build_bundle.study.growth import GROWTH, growth_folds
from build_bundle.study.growth import MODELS as GROWN
from build_bundle.study.rivals import Rival, RivalFailedError
from build_bundle.study.run import FoldBench, Outcome, Phase, StudyReference, StudyStore
from build_bundle.study.settings import StudyList
from core.bundle.schema import ENCODER
from core.errors import ConfigError

RUNS, REFERENCES = "runs", "references"


@dataclass(frozen=True)
class Job:
    """One run: its name in the tables, the settings it is kept under, and what computes it."""

    name: str
    settings: object
    compute: Callable[[FoldBench], Outcome]


def open_references(study: StudyList, out: Path, cache: Path) -> tuple[StudyReference, ...]:
    """Read and join the studies of every reference.

    Parameters
    ----------
    study : StudyList
        The list.
    out : Path
        Folder of the study: finished steps are kept there.
    cache : Path
        Where fetched files are kept.

    Returns
    -------
    tuple of StudyReference
        In the order of the list.
    """
    return tuple(_reference(config, study, out, cache) for config in study.configs)


def _reference(config: Config, study: StudyList, out: Path, cache: Path) -> StudyReference:
    folder = out / REFERENCES / config.name
    workshop = Workshop(config, Fetcher(config.packages, cache, ()))
    corpus = Corpus.open(build_corpus(workshop, folder, Watcher(quiet=True)))
    groups = None
    if study.gene_groups is not None or any(spec.body != "dense" for spec in study.models):
        groups = GroupFiles.made(study.gene_groups, config.organism, folder / "gene_groups")
    evaluate: EvaluateSettings = config.steps["evaluate"]
    return StudyReference(config.name, corpus, evaluate, config.steps["train"], groups)


def run_study(
    study: StudyList,
    references: Sequence[StudyReference],
    out: Path,
    *,
    phases: Sequence[Phase],
    python: Path | None,
    minutes: float,
) -> bool:
    """Run what is missing of a study.

    Parameters
    ----------
    study : StudyList
        The list.
    references : sequence of StudyReference
        Of `open_references`.
    out : Path
        Folder of the study.
    phases : sequence of str
        Of "final", "inner" and "growth".
    python : Path or None
        Interpreter of the rivals' environment; without it rivals are left out.
    minutes : float
        Start no run after so many minutes; 0: no limit.

    Returns
    -------
    bool
        Whether everything is done. A run is kept as soon as it is finished, so a killed study goes on where it stopped.

    Notes
    -----
    Model after model, so that whatever was run is complete over all hold-outs; baselines come first. The curves of
    "growth" go step after step, with few models.
    """
    store = StudyStore(out / RUNS)
    started = time.monotonic()
    jobs = list(_jobs(study, python))
    for bench, job in _turns(study, references, phases, jobs):
        if minutes and time.monotonic() - started > 60 * minutes:
            return False
        _run(store, bench, job, f"[{jobs.index(job) + 1}/{len(jobs)}] {job.name}, {bench.fold.title}")
    return True


def listed_runs(study: StudyList, references: Sequence[StudyReference], out: Path) -> StudyStore:
    """Return the finished runs that the list asks for as it stands, rivals included.

    Parameters
    ----------
    study : StudyList
        The list.
    references : sequence of StudyReference
        Of `open_references`.
    out : Path
        Folder of the study.

    Returns
    -------
    StudyStore
        Without runs of earlier settings or hold-outs: a model's name can be the same in both.
    """
    store = StudyStore(out / RUNS)
    jobs = list(_jobs(study, python=Path(sys.executable)))  # names the runs of rivals; nothing is run
    turns = _turns(study, references, ("final", "inner", GROWTH), jobs)
    return StudyStore(store.folder, {store.path(bench, job.name, job.settings) for bench, job in turns})


def _turns(
    study: StudyList, references: Sequence[StudyReference], phases: Sequence[Phase], jobs: Sequence[Job]
) -> Iterator[tuple[FoldBench, Job]]:
    benches = [
        FoldBench(reference, fold, study.seed)
        for phase in phases
        if phase != GROWTH
        for reference in references
        for fold in reference.folds(phase, study.inner)
    ]
    yield from ((bench, job) for job in jobs for bench in benches)
    for reference in references if GROWTH in phases else ():
        for fold in growth_folds(reference):
            bench = FoldBench(reference, fold, study.seed)
            yield from ((bench, job) for job in jobs if job.name in GROWN)


def _jobs(study: StudyList, python: Path | None) -> Iterator[Job]:
    yield Job(ENCODER, "train", lambda bench: bench.default())
    for name in study.baselines:
        yield Job(name, name, lambda bench, name=name: bench.baseline(name))  # type: ignore[misc]
    if python is not None:
        for name in study.rivals:
            rival = Rival(name, python)
            yield Job(name, "rival", lambda bench, rival=rival: bench.rival(rival))  # type: ignore[misc]
    for spec in study.models:
        settings = asdict(replace(spec, label=""))
        yield Job(spec.name, settings, lambda bench, spec=spec: bench.model(spec))  # type: ignore[misc]


def _run(store: StudyStore, bench: FoldBench, job: Job, title: str) -> None:
    path = store.path(bench, job.name, job.settings)
    started = time.monotonic()
    try:
        ran = store.run(path, bench, job.name, lambda: job.compute(bench))
    except RivalFailedError as error:
        print(f"{title}: {error}", file=sys.stderr, flush=True)  # noqa: T201
        return
    if ran:
        print(f"{title}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)  # noqa: T201


def train_one(study: StudyList, name: str, reference: str, out: Path, cache: Path) -> Path:
    """Train one model of the list on a whole reference and write it.

    Parameters
    ----------
    study : StudyList
        The list.
    name : str
        Of the model.
    reference : str
        Name of the reference; the first one if empty.
    out : Path
        Folder for the model; the joined studies are kept in its ``.build``.
    cache : Path
        Where fetched files are kept.

    Returns
    -------
    Path
        ``model.json`` (`write_model`).

    Raises
    ------
    ConfigError
        When the list lacks the model or the reference.
    """
    spec = study.model(name)
    names = [config.name for config in study.configs]
    if reference and reference not in names:
        raise ConfigError(f"The list has no reference {reference!r}.", next_step=f"It has {', '.join(names)}.")
    chosen = study.configs[names.index(reference) if reference else 0]
    found = _reference(chosen, replace(study, models=(spec,)), out / ".build", cache)
    bench = Workbench(found.corpus, found.shared, seed=study.seed, groups=found.groups)
    return write_model(out, bench, bench.fit(spec, lambda epoch: _tell(epoch, spec.epochs)))


def _tell(epoch: int, epochs: int) -> None:
    print(f"\repoch {epoch} of {epochs}", end="" if epoch < epochs else "\n", file=sys.stderr, flush=True)  # noqa: T201
