"""What a task of long work is, what it is given, and what is left when it is done.

A task reads finished folders and writes its own; it knows neither the command line nor the other tasks' insides.
Not here: the order of the steps of a build (`build_bundle.builds.plan`) and running them (`build_bundle.builds.runner`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Facts = Mapping[str, Any]
ReportProgress = Callable[[float, str], None]


def no_progress(_fraction: float, _detail: str) -> None:
    """Report nothing; the default where nobody watches."""


@dataclass(frozen=True)
class Finished:
    """A step that is done.

    Parameters
    ----------
    name : str
        Its name.
    folder : Path
        What it wrote.
    facts : mapping
        What it returned.
    digest : str
        SHA-256 over its files and facts; equal digests mean equal results.
    seconds : float
        Time it took when it ran.
    """

    name: str
    folder: Path
    facts: Facts
    digest: str
    seconds: float


@dataclass(frozen=True)
class TaskContext:
    """What a task is given: its empty folder, the finished tasks it needs by name, where to report progress.

    `scratch` is a folder (not made yet) whose content outlives a kill until the task is done.
    """

    out: Path
    done: Mapping[str, Finished]
    progress: ReportProgress = no_progress
    scratch: Path | None = None


@dataclass(frozen=True)
class Task:
    """One step of a build as the runner sees it.

    Parameters
    ----------
    name : str
        Unique; also the name of its folder.
    title : str
        What it does, in a few words, for people.
    run : callable
        Fills ``out`` and returns facts that JSON can hold.
    needs : tuple of str
        Tasks whose results it reads; they come earlier in the plan.
    material : mapping
        Everything else its result depends on, as JSON values: settings, hashes of source files, seed.
    modules : tuple of str
        Packages or modules it runs. Their source text, and that of what they import, is part of the key: changed code
        runs again.
    """

    name: str
    title: str
    run: Callable[[TaskContext], Facts]
    needs: tuple[str, ...] = ()
    material: Mapping[str, Any] = field(default_factory=dict)
    modules: tuple[str, ...] = ()
