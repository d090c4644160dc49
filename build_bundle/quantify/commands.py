"""Commands ``quantify-reference``, ``quantify`` and ``quantify-run``."""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from build_bundle.quantify import programs
from build_bundle.quantify.author_files import author_file, write_author_files
from build_bundle.quantify.library import COUNTED, FAILED, Library
from build_bundle.quantify.library_step import missing
from build_bundle.quantify.plan import WORK, QuantifyPlan, make_plan
from build_bundle.quantify.reference import Reference, ReferenceRequest, prepare
from build_bundle.quantify.settings import QuantifySettings
from build_bundle.quantify.sheet import read_sheet
from build_bundle.quantify.study_files import Quantified, write_outputs
from build_bundle.steps.progress import Watcher
from build_bundle.steps.task import Finished
from build_bundle.workflow.cluster import PLAN, ClusterError, ClusterOptions, run_groups
from build_bundle.workflow.local import Event, run_tasks
from core.bundle.publish import build_lock
from core.errors import ConfigError

GOOD, PROBLEMS = 0, 1
_SHOWN = 20


def quantify_reference(options: argparse.Namespace) -> int:
    """Prepare a reference: command ``quantify-reference``."""
    annotation = options.ccds or options.gtf
    request = ReferenceRequest(
        options.genome, annotation, is_ccds=options.ccds is not None, droplets=options.droplets, threads=options.threads
    )
    watcher = Watcher(quiet=options.quiet)
    with watcher.step(1, 1, "Prepare the reference") as progress:
        reference = prepare(request, options.out, progress)
    facts = reference.manifest
    print(
        f"{options.out}: {facts['n_genes']:,} genes with coding intervals ({facts['source']}), "
        f"{facts['n_splice_sites']:,} splice sites, {facts['n_bases']:,} bases"
        f"{', index for droplets' if reference.has_droplets else ''}."
    )
    if reference.has_droplets and facts["source"] == "CCDS":
        print("Note: CCDS holds coding exons only; 3' droplet reads lie behind them. Use --gtf for droplets.")
    return GOOD


def quantify(options: argparse.Namespace) -> int:
    """Quantify all libraries of a folder: command ``quantify``."""
    settings = _settings(options)
    labelled = read_labelled(options.labels) if options.labels else None
    sheet = read_sheet(options.reads, options.organism or "")
    with build_lock(options.out):
        plan = make_plan(sheet, Reference.open(options.reference), settings, options.out, options.gene_names)
        run = _run_here if options.engine == "local" else _run_on_cluster
        finished, problem = run(plan, options)
        authors = _authors_read(plan, options)
        found = [
            Quantified.of(library, finished[library.key], is_labelled=_is_labelled(library, labelled))
            for library in plan.libraries
        ]
        found = write_author_files(options.out, authors, found)
        about = {"programs": dict(plan.programs), "engine": options.engine, "n_libraries": len(plan.libraries)}
        files = [author_file(study) for study, step in authors.items() if not step.facts["reason"]]
        states = write_outputs(options.out, found, plan.reference, settings, about, files)
    for line in [*_summary(options.out, found, states), *([problem] if problem else [])]:
        print(line)
    return PROBLEMS if problem else GOOD


def quantify_run(options: argparse.Namespace) -> int:
    """Quantify one group of a plan, as a job of a cluster: command ``quantify-run``."""
    plan = QuantifyPlan.read(options.plan, options.group)
    watcher = Watcher(quiet=options.quiet)
    threads = next(g["threads"] for g in _groups(options.plan) if g["name"] == options.group)
    workers = max(1, int(threads) // plan.settings.threads)
    with _group_lock(options.plan.parent / f".{options.group}.lock"):
        finished = _tasks_run(plan, workers, _teller(watcher))
    states = Counter(str(item.facts["state"]) for item in finished.values())
    options.done.parent.mkdir(parents=True, exist_ok=True)
    part = options.done.with_name(f".{options.done.name}.part")
    part.write_text(json.dumps({"group": options.group, "states": dict(sorted(states.items()))}), encoding="utf-8")
    part.replace(options.done)
    return GOOD


def read_labelled(folder: Path) -> frozenset[tuple[str, str]]:
    """Return (study, sample) of the samples with a label.

    Parameters
    ----------
    folder : Path
        What ``python -m build_bundle label`` wrote.

    Returns
    -------
    frozenset of (str, str)
        Samples with at least one term that may label cells.

    Raises
    ------
    ConfigError
        Where ``labels.parquet`` is missing or another table.
    """
    columns = ["study_accession", "sample_accession", "label_term_ids"]
    try:
        rows = pq.read_table(folder / "labels.parquet", columns=columns).to_pylist()
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"The labels in {folder} cannot be read: {error}.", next_step="Check --labels.") from error
    return frozenset((row["study_accession"], row["sample_accession"]) for row in rows if row["label_term_ids"])


def _settings(options: argparse.Namespace) -> QuantifySettings:
    return QuantifySettings(
        min_alignment_rate=options.min_alignment_rate,
        rate=options.rate,
        rpkm_total=options.rpkm_total,
        strandedness=options.strandedness,
        droplet_strand=options.droplet_strand,
        cell_filter=options.cell_filter,
        expected_cells=options.expected_cells,
        threads=options.threads,
        timeout_s=options.timeout,
    )


def _run_here(plan: QuantifyPlan, options: argparse.Namespace) -> tuple[Mapping[str, Finished], str]:
    workers = options.jobs or max(1, (os.cpu_count() or 1) // plan.settings.threads)
    return _tasks_run(plan, workers, _teller(Watcher(quiet=options.quiet))), ""


def _run_on_cluster(plan: QuantifyPlan, options: argparse.Namespace) -> tuple[Mapping[str, Finished], str]:
    """Run groups by Snakemake; the groups of a plan are always the same, so a killed run goes on where it was.

    Returns the libraries, and what Snakemake complained of.
    """
    groups = plan.groups(size=options.group_size, threads=options.job_threads)
    store, tasks = plan.store, plan.tasks
    kept = {task.name: found for task in tasks if (found := store.find(task, {})) and not plan.again(found)}
    names = hashlib.sha256(json.dumps([[g.name, g.tasks] for g in groups]).encode()).hexdigest()[:16]
    folder = options.out / WORK / "cluster" / names
    plan.write(folder / PLAN, groups)
    redo = [group.name for group in groups if any(name not in kept for name in group.tasks)]
    cluster = ClusterOptions(options.executor, options.jobs or os.cpu_count() or 1, tuple(options.snakemake_option))
    problem = ""
    try:
        if redo:
            run_groups(folder, cluster, redo=redo)
    except ClusterError as error:  # what the other groups finished is still written
        problem = str(error)
    libraries = {library.key: library for library in plan.libraries}
    ended = {task.name: store.find(task, {}) or missing(libraries[task.name], store.folder) for task in tasks}
    return ended, problem


def _authors_read(plan: QuantifyPlan, options: argparse.Namespace) -> Mapping[str, Finished]:
    """Read processed matrices, one study at a time: each may need much memory."""
    tell = _teller(Watcher(quiet=options.quiet))
    tasks = plan.author_tasks
    done = run_tasks(tasks, plan.store, workers=1, rescue=plan.rescue, tell=tell, again=plan.again)
    return {study.study: done[task.name] for study, task in zip(plan.authors, tasks, strict=True)}


def _tasks_run(plan: QuantifyPlan, workers: int, tell: Callable[[Event], None]) -> Mapping[str, Finished]:
    return run_tasks(
        plan.tasks, plan.store, workers=workers, rescue=plan.rescue, tell=tell, again=plan.again, stop=programs.stop_all
    )


def _teller(watcher: Watcher) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        facts = event.finished.facts
        state = str(facts.get("state", "read"))
        words = f"{state}: {facts['reason']}" if facts["reason"] else state
        known = "" if event.is_new else ", finished before"
        watcher.say(f"[{event.number}/{event.total}] {event.task.title}: {words}{known}")

    return tell


def _groups(path: Path) -> Sequence[Mapping[str, Any]]:
    groups: Sequence[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["groups"]
    return groups


@contextmanager
def _group_lock(path: Path) -> Iterator[None]:
    """Wait for a job of a killed run that still works on the same group."""
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _is_labelled(library: Library, labelled: frozenset[tuple[str, str]] | None) -> bool:
    return labelled is None or (library.study, library.sample) in labelled


def _summary(out: Path, found: Sequence[Quantified], states: Mapping[str, int]) -> Iterator[str]:
    failed = [item for item in found if item.state == FAILED]
    for item in failed[:_SHOWN]:
        yield f"Failed: {item.library.study} {item.library.sample}: {item.reason}"
    if len(failed) > _SHOWN:
        yield f"... and {len(failed) - _SHOWN} more; all are in runs.parquet."
    n_cells = sum(int(item.step.facts["n_cells"]) for item in found if item.state in COUNTED)
    counted = ", ".join(f"{n} {state}" for state, n in states.items() if n)
    yield f"{out}: {len(found)} libraries ({counted}), {n_cells:,} cells."
