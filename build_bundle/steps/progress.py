"""Show how a build goes: a bar with stage and time left on a terminal, a line a step elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Never, TextIO

from tqdm import tqdm

from build_bundle.steps.task import ReportProgress, no_progress

_BAR = "{desc} {percentage:3.0f}% |{bar:24}| {elapsed}, {remaining} left {postfix}"


class Watcher:
    """Shows progress on a stream.

    Parameters
    ----------
    stream : text stream, optional
        Where to write; standard error by default. Bars only on a terminal.
    quiet : bool
        Show nothing.
    """

    def __init__(self, stream: TextIO | None = None, *, quiet: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet

    @contextmanager
    def step(self, number: int, total: int, title: str) -> Iterator[ReportProgress]:
        """Show one step while it runs.

        Parameters
        ----------
        number, total : int
            Place of the step, from 1.
        title : str
            What it does.

        Yields
        ------
        callable
            ``progress(fraction, detail)`` for the step.
        """
        started = time.monotonic()
        name = _name(number, total, title)
        if self._quiet or not self._stream.isatty():
            yield no_progress
        else:
            with tqdm(total=1.0, desc=name, bar_format=_BAR, leave=False, file=self._stream, dynamic_ncols=True) as bar:
                yield _reporter(bar)
        self.say(f"{name} {time.monotonic() - started:6.1f} s")

    def skip(self, number: int, total: int, title: str) -> None:
        """Show that a step was finished before."""
        self.say(f"{_name(number, total, title)} finished before")

    def say(self, text: str) -> None:
        """Write one line."""
        if not self._quiet:
            self._stream.write(text + "\n")
            self._stream.flush()


def _name(number: int, total: int, title: str) -> str:
    return f"[{number:>{len(str(total))}}/{total}] {title:<36}"


def _reporter(bar: tqdm[Never]) -> ReportProgress:
    def report(fraction: float, detail: str) -> None:
        bar.set_postfix_str(detail, refresh=False)
        bar.update(max(0.0, min(1.0, fraction) - bar.n))

    return report
