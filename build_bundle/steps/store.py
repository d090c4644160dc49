"""Finished steps on disk, found again by what went into them.

::

    STORE/<name>/<key>/          the step's files
    STORE/<name>/<key>/step.json facts, digest, seconds; written last
    STORE/<name>/.<key>.part/    a step in the making; a killed build leaves it, the next one removes it
    STORE/<name>/.<key>.pieces/  finished pieces of a long step; a killed build leaves them, the next one takes them up

A folder has its name only when it is complete and on disk, so a kill at any moment leaves whole steps or nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from grimp import ImportGraph, build_graph

from build_bundle.steps.task import Facts, Finished, ReportProgress, Task, TaskContext, no_progress
from core.bundle.writer import sha256_file
from core.durable import sync, write_durably

RECORD = "step.json"
_KEY_DIGITS = 24
_PROJECT = ("build_bundle", "core")
_NOT_RESULT = re.compile(
    r"core\.(bundle|durable|settings|errors|words)\b|.*\.__main__$|build_bundle\.configuration\.reader$"
)
"""Modules that no step's numbers follow from: files and their schema (whose version counts by itself), commands, words."""
_SOURCE_SUFFIXES = {".py", ".jinja"}


class StepStore:
    """Finished steps of one output folder.

    Parameters
    ----------
    folder : Path
        Made when the first step is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, task: Task, done: Mapping[str, Finished]) -> Finished | None:
        """Return the finished step for a task and its inputs, or None.

        Parameters
        ----------
        task : Task
            The task.
        done : mapping of str to Finished
            At least the tasks it needs.

        Returns
        -------
        Finished or None
            None where it never ran to the end with these inputs.
        """
        return self._read(task.name, self._folder(task, done))

    def run(self, task: Task, done: Mapping[str, Finished], progress: ReportProgress = no_progress) -> Finished:
        """Run a task and keep what it made.

        Parameters
        ----------
        task : Task
            The task.
        done : mapping of str to Finished
            At least the tasks it needs.
        progress : callable
            Handed to the task.

        Returns
        -------
        Finished
            Read back from disk.
        """
        target = self._folder(task, done)
        part = target.with_name(f".{target.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.rmtree(target, ignore_errors=True)
        part.mkdir(parents=True)
        started = time.monotonic()
        needed = {name: done[name] for name in task.needs}
        pieces = target.with_name(f".{target.name}.pieces")
        facts = task.run(TaskContext(part, needed, progress, pieces))
        record = {"facts": facts, "digest": _digest(part, facts), "seconds": round(time.monotonic() - started, 3)}
        write_durably(part / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
        part.rename(target)
        sync(target.parent)
        shutil.rmtree(pieces, ignore_errors=True)
        found = self._read(task.name, target)
        if found is None:
            raise FileNotFoundError(target / RECORD)
        return found

    def clear(self) -> None:
        """Forget every finished step."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def prune(self, keep: Iterable[Finished]) -> None:
        """Remove all steps but these, and what killed builds left."""
        kept = {step.folder for step in keep}
        if self.folder.is_dir():
            for folder in self.folder.glob("*/*"):
                if folder not in kept:
                    shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, task: Task, done: Mapping[str, Finished]) -> Path:
        inputs = {name: done[name].digest for name in task.needs}
        content = {"task": task.name, "material": task.material, "inputs": inputs, "code": code_digest(task.modules)}
        text = json.dumps(content, sort_keys=True)
        return self.folder / task.name / hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]

    @staticmethod
    def _read(name: str, folder: Path) -> Finished | None:
        try:
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Finished(name, folder, record["facts"], record["digest"], record["seconds"])


@cache
def code_digest(modules: tuple[str, ...]) -> str:
    """Return a SHA-256 over the source text of packages and modules and of what they import from this project.

    Found without importing them, and remembered for the life of the process, which runs the code as it was when it started.

    Raises
    ------
    ModuleNotFoundError
        Where there is no such module.
    """
    own = {path for module in modules for path in _sources(module)}
    imported = {
        _source(name) for module in modules for name in _imports().find_upstream_modules(module, as_package=True)
    }
    digest = hashlib.sha256()
    for path in sorted(own | imported):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@cache
def _imports() -> ImportGraph:
    """Return which module imports which; what is imported for type checks alone runs nothing."""
    graph = build_graph(*_PROJECT, exclude_type_checking_imports=True, cache_dir=None)
    for module in graph.modules:
        if _NOT_RESULT.match(module):
            graph.remove_module(module)
    return graph


def _source(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    return Path(spec.origin)


def _sources(module: str) -> list[Path]:
    """Return the file of a module, or all files of a package, templates too."""
    origin = _source(module)
    if origin.name != "__init__.py":
        return [origin]
    return sorted(path for path in origin.parent.rglob("*") if path.suffix in _SOURCE_SUFFIXES)


def _digest(folder: Path, facts: Facts) -> str:
    files: dict[str, Any] = {
        path.relative_to(folder).as_posix(): sha256_file(path) for path in sorted(folder.rglob("*")) if path.is_file()
    }
    return hashlib.sha256(json.dumps([files, facts], sort_keys=True).encode()).hexdigest()
