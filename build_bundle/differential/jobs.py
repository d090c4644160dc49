"""The tests of a build as jobs of one term and part: run side by side, kept on disk, taken up after a kill.

::

    SCRATCH/<term>@<part>.arrow    the tests of one job (``kept``)

Not here: what is compared (``groups``), what becomes of the tests (``pieces``).
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Protocol

from build_bundle.cells.corpus import Corpus
from build_bundle.differential.combine import StudyTest
from build_bundle.differential.compare import compare
from build_bundle.differential.groups import Comparison, Planner
from build_bundle.differential.kept import Outcome, write_outcomes
from build_bundle.differential.methods import Method, NotApplicableError, method_named
from build_bundle.differential.sample import read_sample
from build_bundle.differential.settings import DifferentialSettings

FALLBACK = "wilcoxon"
MOST_WORKERS = 8  # unless the settings say more: each holds about 0.4 GB
SMALL = 100_000  # cells read by all jobs together, below which starting processes takes longer than it saves


@dataclass(frozen=True)
class Job:
    """All comparisons of one term in one part.

    Parameters
    ----------
    term, part : str
        Which.
    comparisons : tuple of Comparison
        One a background.
    """

    term: str
    part: str
    comparisons: tuple[Comparison, ...]

    @property
    def file(self) -> str:
        """Name of the file that holds its tests."""
        return f"{self.term.replace(':', '_')}@{self.part}.arrow"


class Bench:
    """Everything a process needs to run jobs.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    settings : DifferentialSettings
        Method and numbers of cells.
    seed : int
        Seed of the samples.
    scratch : Path
        Existing folder for the jobs' files.
    """

    def __init__(self, corpus: Corpus, settings: DifferentialSettings, seed: int, scratch: Path) -> None:
        self._corpus = corpus
        self._planner = Planner(corpus, settings, seed=seed)
        self._method = method_named(settings.method)
        self._fallback = method_named(FALLBACK)
        self.scratch = scratch
        self._study = {record.part: record.study for record in corpus.records}

    @property
    def planner(self) -> Planner:
        """The planner of these settings."""
        return self._planner

    def path(self, job: Job) -> Path:
        """Return where the tests of a job are kept."""
        return self.scratch / job.file

    def n_cells(self, jobs: Sequence[Job]) -> int:
        """Return how many cells jobs read, all together."""
        return sum(self._planner.n_cells(comparison) for job in jobs for comparison in job.comparisons)

    def run(self, job: Job) -> None:
        """Run a job and keep its tests, unless a killed build has left them."""
        if not self.path(job).exists():
            write_outcomes(self.path(job), [self._outcome(comparison) for comparison in job.comparisons])

    def _outcome(self, comparison: Comparison) -> Outcome:
        inside, outside = self._planner.cells_of(comparison)
        sample = read_sample(self._corpus, inside, outside)
        method: Method = self._method
        reason = ""
        try:
            table = compare(sample, method)
        except NotApplicableError as error:
            method, reason = self._fallback, str(error)
            table = compare(sample, method)
        test = StudyTest(
            self._study[comparison.part], table, len(inside), len(outside), comparison.same_study, method.name
        )
        return Outcome(comparison.background, test, reason)


class Runner(Protocol):
    """Runs jobs, here or in other processes."""

    def finish(self, jobs: Sequence[Job]) -> None:
        """Return when these jobs are done; raise what one of them raised."""
        ...


class _Here:
    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def finish(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._bench.run(job)


class _Elsewhere:
    def __init__(self, futures: Mapping[str, Future[None]]) -> None:
        self._futures = futures

    def finish(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._futures[job.file].result()


@contextmanager
def runner(
    bench: Bench, jobs: Sequence[Job], corpus: Corpus, settings: DifferentialSettings, seed: int
) -> Iterator[Runner]:
    """Start the jobs.

    Parameters
    ----------
    bench : Bench
        For jobs of this process; names the scratch folder.
    jobs : sequence of Job
        All that are to be done, in the order in which they will be waited for.
    corpus : Corpus
        The reference.
    settings : DifferentialSettings
        Workers and numbers of cells.
    seed : int
        Seed of the samples.

    Yields
    ------
    Runner
        With one worker, or little to do, the jobs run in this process when they are waited for.

    Notes
    -----
    Processes are spawned, not forked: this one may hold threads of the training library.
    """
    n_workers = min(settings.workers or min(os.cpu_count() or 1, MOST_WORKERS), len(jobs))
    if n_workers < 2 or bench.n_cells(jobs) < SMALL:
        yield _Here(bench)
        return
    context = multiprocessing.get_context("spawn")
    arguments = (corpus.folder, settings, seed, bench.scratch)
    pool = ProcessPoolExecutor(n_workers, mp_context=context, initializer=_open_bench, initargs=arguments)
    try:
        yield _Elsewhere({job.file: pool.submit(_run, job) for job in jobs})
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


_bench: list[Bench] = []  # of a worker process


def _open_bench(folder: Path, settings: DifferentialSettings, seed: int, scratch: Path) -> None:
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    _bench.append(Bench(Corpus.open(folder), settings, seed, scratch))


def _leave_with_parent() -> None:
    """End this process when the build is killed: the queue between them would keep it waiting."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _run(job: Job) -> None:
    _bench[0].run(job)
