"""What a build step is given and what the runner needs to know about it.

A step reads finished folders and writes its own; it knows neither the command line nor the other steps' insides.
Not here: the order of the steps (``plan``) and running them (``runner``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from build_bundle.corpus import Corpus

Facts = Mapping[str, Any]
ReportProgress = Callable[[float, str], None]


def no_progress(_fraction: float, _detail: str) -> None:
    """Report nothing; the default where nobody watches."""


@dataclass(frozen=True)
class StepContext:
    """Everything a step may use.

    Parameters
    ----------
    corpus : Corpus
        The cells of the build.
    inputs : mapping of str to Path
        Finished folders of the steps named in `Step.needs`.
    facts : mapping of str to dict
        What those steps returned.
    settings : object
        The step's own frozen settings dataclass.
    out : Path
        Empty folder for the step's files.
    seed : int
        Seed of the build; a step derives its own random generators from it.
    all_settings : mapping of str to object
        Settings of the tables named in `Step.uses`, by table name.
    progress : callable
        ``progress(fraction, detail)`` with fraction 0..1; cheap to call.
    """

    corpus: Corpus
    inputs: Mapping[str, Path]
    facts: Mapping[str, Facts]
    settings: Any
    out: Path
    seed: int = 0
    all_settings: Mapping[str, Any] = field(default_factory=dict)
    progress: ReportProgress = no_progress


@dataclass(frozen=True)
class Step:
    """One step of a build that works on the whole corpus.

    Parameters
    ----------
    name : str
        Name shown to the user and key of its folder.
    title : str
        What it does, in a few words, for the progress bar.
    run : callable
        Takes a `StepContext`, fills its `out`, returns facts that JSON can hold.
    needs : tuple of str
        Steps whose folders it reads.
    uses : tuple of str
        Settings tables that change its result; the first is handed over as `StepContext.settings`.
    modules : tuple of str
        Packages or modules whose source text is part of the step's key: changed code runs again.
    """

    name: str
    title: str
    run: Callable[[StepContext], Facts]
    needs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
