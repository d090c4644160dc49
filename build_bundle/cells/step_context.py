"""What a numeric step of a build is given: the corpus, its settings, what finished steps left.

Not here: what the runner knows of a step (`build_bundle.steps.task`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from build_bundle.cells.corpus import Corpus
from build_bundle.steps.task import Facts, ReportProgress, no_progress


@dataclass(frozen=True)
class StepContext:
    """Everything a step may use.

    Parameters
    ----------
    corpus : Corpus
        The cells of the build.
    inputs : mapping of str to Path
        Finished folders of the steps it needs.
    facts : mapping of str to dict
        What those steps returned.
    settings : object
        The step's own frozen settings dataclass.
    out : Path
        Empty folder for the step's files.
    seed : int
        Seed of the build; a step derives its own random generators from it.
    all_settings : mapping of str to object
        Settings of all numeric steps that change this one's result, by table name.
    progress : callable
        ``progress(fraction, detail)`` with fraction 0..1; cheap to call.
    scratch : Path, optional
        Folder for finished pieces of a long step: what is in it when the build is killed is there when the same step
        runs again, and gone when it is done. Made by the step that uses it.
    """

    corpus: Corpus
    inputs: Mapping[str, Path]
    facts: Mapping[str, Facts]
    settings: Any
    out: Path
    seed: int = 0
    all_settings: Mapping[str, Any] = field(default_factory=dict)
    progress: ReportProgress = no_progress
    scratch: Path | None = None
