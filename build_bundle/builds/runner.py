"""Run a build: take up finished steps, run the others, publish the bundle.

Not here: what the steps are (``plan``) and how they are kept (`build_bundle.steps.store`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from build_bundle import __version__
from build_bundle.builds.plan import PUBLISHED, library_versions, make_plan
from build_bundle.builds.workshop import Workshop
from build_bundle.cells.corpus_step import SET_ASIDE
from build_bundle.configuration.config import Config
from build_bundle.report import write_report
from build_bundle.steps.progress import Watcher
from build_bundle.steps.store import RECORD, StepStore, code_digest
from build_bundle.steps.task import Finished, Task
from build_bundle.tables.study_facts import outcomes
from core.bundle import manifest as contract
from core.bundle.files import CURRENT
from core.bundle.publish import build_lock, new_stage, publish
from core.bundle.schema import EXAMPLES, REPORT, REQUIRED_FILES, SCHEMA_VERSION
from core.bundle.strict_json import fit
from core.bundle.verify import verify_bundle
from core.durable import write_durably
from core.errors import ConfigError, ScQueryError

BUILD = ".build"
PUBLISHED_RECORD = "published.json"

_Facts = TypeVar("_Facts")


class TooManySetAsideError(ScQueryError):
    """More studies were set aside than the configuration allows; nothing was published."""

    default_code = "too-many-set-aside"


@dataclass(frozen=True)
class BuildResult:
    """What a build did.

    Parameters
    ----------
    bundle : Path
        The published bundle.
    is_new : bool
        False where the published bundle was up to date and nothing ran.
    set_aside : tuple of (study, reason)
        Studies that could not be used, or not in all their parts.
    seconds : mapping of str to float
        Time of every step that ran in this build, by title.
    """

    bundle: Path
    is_new: bool
    set_aside: tuple[tuple[str, str], ...]
    seconds: Mapping[str, float]


def build(workshop: Workshop, out: Path, watcher: Watcher, *, resume: bool) -> BuildResult:
    """Build and publish a bundle.

    Parameters
    ----------
    workshop : Workshop
        Configuration and shared tools.
    out : Path
        Folder of builds: gets ``<bundle_id>/``, ``current`` and ``.build/``.
    watcher : Watcher
        Shows progress.
    resume : bool
        Take up finished steps of an earlier build; otherwise every step runs. A bundle that is up to date is
        never built again.

    Returns
    -------
    BuildResult
        Where the bundle is, and what it took.

    Raises
    ------
    BuildLockedError
        When another build holds `out`.
    TooManySetAsideError
        When more studies had to be set aside than allowed; ``.build/report.html`` says why.
    ConfigError
        When something else stands where the link to the newest bundle goes.
    """
    current = out / CURRENT
    if current.exists() and not current.is_symlink():
        raise ConfigError(f"{current} is no link to a bundle.", next_step="Move it away, or choose another folder.")
    with build_lock(out):
        plan = make_plan(workshop)
        plan_digest = _plan_digest(plan)
        newest = _up_to_date(out, plan_digest)
        if newest is not None:
            return BuildResult(newest, is_new=False, set_aside=(), seconds={})
        store = StepStore(out / BUILD / "steps")
        if not resume:
            store.clear()
        done, seconds = _run_all(plan, store, watcher, workshop.config, out / BUILD)
        watcher.say("Publish the bundle")
        bundle = publish(_stage(out, done), out, _manifest(workshop, done))
        store.prune(done.values())
        record = {"plan": plan_digest, "bundle_id": bundle.name}
        write_durably(out / BUILD / PUBLISHED_RECORD, json.dumps(record).encode())
        return BuildResult(bundle, is_new=True, set_aside=_set_aside(workshop.config, done), seconds=seconds)


def build_corpus(workshop: Workshop, out: Path, watcher: Watcher) -> Path:
    """Read and join the studies of a configuration without building anything on top of them.

    Parameters
    ----------
    workshop : Workshop
        Configuration and shared tools.
    out : Path
        Folder of builds: finished steps are taken up from its ``.build/`` and left there.
    watcher : Watcher
        Shows progress.

    Returns
    -------
    Path
        Folder that `build_bundle.cells.corpus.Corpus.open` reads.

    Raises
    ------
    BuildLockedError, TooManySetAsideError
        As `build`.
    """
    with build_lock(out):
        plan = make_plan(workshop)
        wanted = 1 + next(i for i, task in enumerate(plan) if task.name == "corpus")
        store = StepStore(out / BUILD / "steps")
        done, _ = _run_all(plan[:wanted], store, watcher, workshop.config, out / BUILD)
        return done["corpus"].folder


def _run_all(
    plan: Sequence[Task], store: StepStore, watcher: Watcher, config: Config, scratch: Path
) -> tuple[dict[str, Finished], dict[str, float]]:
    done: dict[str, Finished] = {}
    seconds: dict[str, float] = {}
    for number, task in enumerate(plan, start=1):
        if task.name == "corpus":
            _check_set_aside(config, done, scratch)
        found = store.find(task, done)
        if found is None or SET_ASIDE in found.facts:
            with watcher.step(number, len(plan), task.title) as progress:
                found = store.run(task, done, progress)
            seconds[task.title] = found.seconds
        else:
            watcher.skip(number, len(plan), task.title)
        done[task.name] = found
    return done, seconds


def _check_set_aside(config: Config, done: Mapping[str, Finished], scratch: Path) -> None:
    found = outcomes(config, done)
    failed = [outcome for outcome in found if outcome.is_set_aside]
    is_empty = not any(outcome.is_reference for outcome in found)
    if is_empty or len(failed) > config.max_set_aside * len(config.study):
        write_report(scratch, config, done)
        listed = "".join(f"\n  - {outcome.study.study}: {outcome.reason}" for outcome in failed)
        left = " and no reference study is left" if is_empty else ""
        raise TooManySetAsideError(
            f"{len(failed)} of {len(config.study)} studies could not be used{left}:{listed}\n",
            next_step=f"Nothing was published; see {scratch / REPORT}. Correct the sources or raise max_set_aside.",
        )


def _set_aside(config: Config, done: Mapping[str, Finished]) -> tuple[tuple[str, str], ...]:
    return tuple((o.study.study, o.reason) for o in outcomes(config, done) if o.reason)


def _plan_digest(plan: Sequence[Task]) -> str:
    content = [[t.name, t.needs, t.material, code_digest(t.modules)] for t in plan]
    return hashlib.sha256(json.dumps([__version__, content], sort_keys=True).encode()).hexdigest()


def _up_to_date(out: Path, plan_digest: str) -> Path | None:
    """Return the published bundle if it was made by this very plan and is whole.

    The record is written without waiting for the disk: one that a power cut left torn counts as none.
    """
    bundle = (out / CURRENT).resolve()
    try:
        record = json.loads((out / BUILD / PUBLISHED_RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    if record != {"plan": plan_digest, "bundle_id": bundle.name} or not bundle.is_dir():
        return None
    return None if verify_bundle(bundle) else bundle


def _stage(out: Path, done: Mapping[str, Finished]) -> Path:
    """Collect the bundle's files from the steps' folders as hard links."""
    stage = new_stage(out)
    (stage / EXAMPLES).mkdir()
    wanted = set(REQUIRED_FILES)
    for name in PUBLISHED:
        for path in sorted(done[name].folder.rglob("*")):
            place = path.relative_to(done[name].folder)
            if place.name != RECORD and (place.as_posix() in wanted or place.parent.name == EXAMPLES):
                os.link(path, stage / place)
    if not any((stage / EXAMPLES).iterdir()):
        (stage / EXAMPLES).rmdir()
    return stage


def _manifest(workshop: Workshop, done: Mapping[str, Finished]) -> contract.Manifest:
    config = workshop.config
    train = done["train"].facts
    ontology = config.ontology
    return contract.Manifest(
        schema_version=SCHEMA_VERSION,
        bundle_id="",
        name=config.name,
        title=config.title,
        organism=config.organism,
        organism_ontology_term_id=contract.ORGANISMS[config.organism],
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
        builder_version=__version__,
        files={},
        recipe=dict(train["recipe"]),
        encoder=_fitted(contract.EncoderFacts, train["encoder"]),
        index=_fitted(contract.IndexFacts, done["index"].facts["index"]),
        confidence=_fitted(contract.ConfidenceFacts, done["evaluate"].facts["confidence"]),
        ontology=contract.OntologyFacts(ontology.name, ontology.release, ontology.source),
        sources=_sources(workshop, done),
        libraries=library_versions(),
        seed=config.seed,
        counts=_fitted(contract.Counts, done["tables"].facts["counts"]),
        projection=_fitted(
            contract.ProjectionFacts, {"explained_variance": done["projection"].facts["explained_variance"]}
        ),
        notes=config.notes,
    )


def _fitted(kind: type[_Facts], facts: object) -> _Facts:
    problems: list[str] = []
    found: _Facts = fit(kind, _rounded(facts), "", problems)
    if problems:
        raise ValueError(f"{kind.__name__}: {' '.join(problems)}")
    return found


def _rounded(value: object) -> object:
    """Round to 6 digits: the last ones of sums over threads differ from run to run, and nobody needs them."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, Mapping):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def _sources(workshop: Workshop, done: Mapping[str, Finished]) -> tuple[contract.SourceFacts, ...]:
    """Return every file whose values went into the bundle."""
    found = []
    for study in workshop.config.study:
        for part in study.parts:
            if SET_ASIDE not in done[f"read-{part.part}"].facts:
                sha256 = "" if workshop.path(part.source).is_dir() else workshop.digest(part.source)
                found.append(contract.SourceFacts(study.study, part.source.words, study.licence, sha256))
    return tuple(found)
