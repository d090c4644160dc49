"""What is asked and who is told: one query, its options, its stages and their progress.

Not here: answering it (``core.annotation``).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from core.errors import InputError
from core.expression.limits import DEFAULT_LIMITS, Limits
from core.search.confidence import DEFAULT_THRESHOLD

STAGES = ("read", "check", "normalise", "embed", "compare", "neighbours", "score", "draw")
MAX_K = 1_000


class Progress(Protocol):
    """Told how far a query is; may raise to stop it."""

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None:
        """Report one of `STAGES`, the share of it that is done (0..1), and a few words such as a count."""


@dataclass(frozen=True)
class QueryOptions:
    """What the user chose.

    Parameters
    ----------
    k : int
        Neighbours a cell, 1..1,000.
    leave_out : tuple of str
        Studies of the reference that must not be found.
    threshold : float
        Smallest score of a confident label, 0..1.
    draw : int
        So many cells of a larger file are searched, drawn at random (always the same); 0: all.

    Raises
    ------
    InputError
        When a number is out of its range.
    """

    k: int = 100
    leave_out: tuple[str, ...] = ()
    threshold: float = DEFAULT_THRESHOLD
    draw: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MAX_K:
            raise InputError(
                f"{self.k} neighbours a cell were asked for.", next_step=f"Choose 1 to {MAX_K:,}.", code="option"
            )
        if not 0 <= self.threshold <= 1:
            raise InputError(
                f"The confidence level is {self.threshold}.", next_step="Choose a number from 0 to 1.", code="option"
            )
        if self.draw < 0:
            raise InputError(f"{self.draw} cells cannot be drawn.", next_step="Choose 1 or more.", code="option")


def n_not_drawn(report: Mapping[str, Any]) -> int:
    """Return how many cells of a file were not searched because others were drawn at random.

    Parameters
    ----------
    report : mapping
        Contents of a result's ``report.json``.

    Returns
    -------
    int
        0 where none were drawn.

    Examples
    --------
    >>> (
    ...     n_not_drawn({"options": {"draw": 30}, "n_cells_file": 100}),
    ...     n_not_drawn({"options": {"draw": 0}, "n_cells_file": 9}),
    ... )
    (70, 0)
    """
    n_drawn, n_all = report["options"].get("draw", 0), report.get("n_cells_file", 0)
    return n_all - n_drawn if 0 < n_drawn < n_all else 0


@dataclass
class Clock:
    """Passes progress on and notes how long each stage took.

    Parameters
    ----------
    progress : Progress
        Whom to tell.
    """

    progress: Progress
    timings: dict[str, float] = field(default_factory=dict)
    stage: str = ""
    detail: str = ""

    @contextmanager
    def at(self, stage: str) -> Iterator[None]:
        """Run one stage; its last report carries `detail`."""
        self.stage, self.detail = stage, ""
        self.progress(stage, 0.0)
        started = time.perf_counter()
        yield
        self.timings[stage] = round(time.perf_counter() - started, 4)
        self.progress(stage, 1.0, self.detail)

    def share(self, fraction: float) -> None:
        """Report the share of the present stage that is done."""
        self.progress(self.stage, fraction)

    def cells(self, done: int, total: int) -> None:
        """Report a number of cells of the present stage."""
        self.detail = f"{done:,} of {total:,} cells"
        self.progress(self.stage, done / max(1, total), self.detail)


@dataclass(frozen=True)
class Request:
    """One query.

    Parameters
    ----------
    source : Path
        The upload.
    display_name : str
        The user's name for it.
    options : QueryOptions
        What the user chose.
    work : Path
        Scratch folder; exists.
    limits : Limits
        What one upload may take.
    """

    source: Path
    display_name: str
    options: QueryOptions
    work: Path
    limits: Limits = DEFAULT_LIMITS


def unmonitored(stage: str, fraction: float, detail: str = "") -> None:
    """Progress for callers that do not care."""
