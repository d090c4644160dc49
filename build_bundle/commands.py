"""What each command of the builder does. Not here: reading the command line (``cli``)."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from itertools import groupby

from build_bundle.builds.plan import make_plan
from build_bundle.builds.runner import BUILD, BuildResult, build
from build_bundle.builds.workshop import MISSING, Workshop
from build_bundle.configuration.config import Config
from build_bundle.configuration.reader import read_config
from build_bundle.diff import diff_bundles
from build_bundle.sources.fetch import Fetcher
from build_bundle.steps.progress import Watcher
from build_bundle.steps.store import StepStore
from build_bundle.steps.task import Finished
from build_bundle.study.command import listed_runs, open_references, run_study, train_one
from build_bundle.study.run import Phase
from build_bundle.study.settings import read_study
from build_bundle.study.tables import write_study
from core.bundle.reader import Bundle
from core.bundle.verify import verify_bundle
from core.engine import Engine
from core.errors import BundleError, ConfigError

GOOD, PROBLEMS = 0, 1


def run(options: argparse.Namespace) -> int:
    """Build and publish: commands ``run`` and ``demo``."""
    started = time.monotonic()
    watcher = Watcher(quiet=options.quiet)
    result = build(_workshop(options), options.out, watcher, resume=options.resume)
    for line in _build_lines(result, options, time.monotonic() - started):
        print(line)
    return GOOD


def _build_lines(result: BuildResult, options: argparse.Namespace, seconds: float) -> Iterator[str]:
    for study, reason in result.set_aside:
        yield f"Set aside, at least in part: {study}: {reason}"
    if not result.is_new:
        yield f"Nothing to do: {result.bundle} is up to date."
        return
    counts = Bundle.open(result.bundle).manifest.counts
    yield (
        f"Published {result.bundle} in {seconds:.0f} s: {counts.n_cells:,} cells, {counts.n_cell_types} types, "
        f"{counts.n_studies} studies, {counts.n_genes:,} genes; {counts.n_set_aside} studies set aside."
    )
    yield f"Report: {options.out / 'current' / 'report.html'}"


def verify(options: argparse.Namespace) -> int:
    """Check a bundle: command ``verify``."""
    if not options.bundle.exists():
        raise ConfigError(f"There is no folder {options.bundle}.", next_step="Name the folder of a bundle.")
    problems = verify_bundle(options.bundle, deep=options.deep)
    if not problems and options.deep:
        problems = _canary(options)
    for problem in problems:
        print(problem)
    found = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    print(f"{options.bundle}: {found}" if problems else f"{options.bundle} is good")
    return PROBLEMS if problems else GOOD


def _canary(options: argparse.Namespace) -> list[str]:
    try:
        engine = Engine.open([options.bundle])
        return [problem for name in engine.bundles for problem in engine.canary(name)]
    except BundleError as error:
        return [str(error)]


def diff(options: argparse.Namespace) -> int:
    """Compare two bundles: command ``diff``."""
    found = diff_bundles(Bundle.open(options.old), Bundle.open(options.new))
    for about, differences in groupby(found, key=lambda difference: difference.about):
        print(about)
        for difference in differences:
            print(f"  {difference.text}")
    if not found:
        print("The bundles answer alike.")
    return PROBLEMS if found else GOOD


def study(options: argparse.Namespace) -> int:
    """Run a study and write its tables and figures: command ``study``."""
    found = read_study(options.config, data=options.data)
    references = open_references(found, options.out, options.cache)
    phases: tuple[Phase, ...] = ("inner", "final") if options.phase == "both" else (options.phase,)
    done = run_study(found, references, options.out, phases=phases, python=options.rivals, minutes=options.minutes)
    names = {type_id: name for reference in references for type_id, name in reference.corpus.names.items()}
    for path in write_study(listed_runs(found, references, options.out), options.out, names, seed=found.seed):
        print(path)
    print("The study is complete." if done else "Not all is run yet: the same command goes on where it stopped.")
    return GOOD


def train(options: argparse.Namespace) -> int:
    """Train one model of a list on a whole reference: command ``train``."""
    found = read_study(options.config, data=options.data)
    if options.model is None:
        print("\n".join(spec.name for spec in found.models))
        return GOOD
    print(train_one(found, options.model, options.reference, options.out, options.cache))
    return GOOD


def plan(options: argparse.Namespace) -> int:
    """Print what a build would do: command ``plan``."""
    workshop = _workshop(options)
    config = workshop.config
    print(f"{config.name}: {config.title} ({config.organism}, seed {config.seed})")
    for line in [*_source_lines(workshop), *_step_lines(workshop, options)]:
        print(line)
    return GOOD


def _source_lines(workshop: Workshop) -> Iterator[str]:
    config: Config = workshop.config
    yield f"{len(config.study)} studies, {len(config.example)} examples; sources:"
    for file in config.files:
        if file.package:
            state = "kept" if workshop.fetcher.is_kept(file) else "to fetch"
        else:
            state = "missing" if workshop.digest(file) == MISSING else "here"
        yield f"  {state:<9} {file.words}"


def _step_lines(workshop: Workshop, options: argparse.Namespace) -> Iterator[str]:
    """Say of every step whether it is finished; after the first that is not, later ones may change."""
    store = StepStore(options.out / BUILD / "steps") if options.out else None
    done: dict[str, Finished] = {}
    tasks = make_plan(workshop)
    yield f"{len(tasks)} steps:"
    for number, task in enumerate(tasks, start=1):
        found = store.find(task, done) if store and all(name in done for name in task.needs) else None
        if found is not None:
            done[task.name] = found
        state = f"finished ({found.seconds:.1f} s)" if found else "to do"
        yield f"  {number:>3} {task.title:<40} {state}"


def _workshop(options: argparse.Namespace) -> Workshop:
    config = read_config(options.config, data=options.data)
    links = () if options.find_links is None else ("--no-index", "--find-links", str(options.find_links))
    return Workshop(config, Fetcher(config.packages, options.cache, links))
