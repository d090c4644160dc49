"""Opens the references, and verifies them in the background, so that a large one does not delay the first page.

Each file is verified anyway before a native loader opens it (`core.bundle.reader`); this finds what nobody has touched yet.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from core.bundle.reader import Bundle
from core.errors import BundleError, ScQueryError

logger = logging.getLogger(__name__)

STOP_S = 3.0

Check = Callable[[str], list[str]]


def open_bundles(folders: Iterable[Path]) -> dict[str, Bundle]:
    """Open the references that can be opened; each other one is logged with all its problems and left out.

    Parameters
    ----------
    folders : iterable of Path
        Bundles, or folders whose link ``current`` leads to one.

    Returns
    -------
    dict of str to Bundle
        By name, in the order given.

    Raises
    ------
    BundleError
        When none is left, with what was wrong with each.
    """
    opened: dict[str, Bundle] = {}
    refused: list[str] = []
    for folder in folders:
        try:
            bundle = Bundle.open(folder)
            if bundle.name in opened:
                raise BundleError(f"{folder} has the name {bundle.name!r}, which another reference has already.")  # noqa: TRY301
            opened[bundle.name] = bundle
        except BundleError as error:
            lines = [str(error), *getattr(error, "problems", ())]
            refused += lines
            fields = {"folder": str(folder), "problems": lines}
            logger.error("A reference is not served", extra={"fields": fields})  # noqa: TRY400  (all problems are named)
    if not opened:
        why = "\n".join(refused) or "No reference was found."
        raise BundleError(why, next_step="Build one with: make demo, and name its folder with --bundle DIR.")
    return opened


class BundleWatch:
    """State of verification of each reference.

    Parameters
    ----------
    names : iterable of str
        The references.
    checks : iterable of callables
        Each takes a name and returns problems; tried in order until one finds some.
    """

    def __init__(self, names: Iterable[str], checks: Iterable[Check]) -> None:
        self._names = tuple(names)
        self._checks = tuple(checks)
        self._found: dict[str, tuple[str, ...]] = {}
        self._started_in = 0
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._guard = threading.Lock()

    def start(self) -> None:
        """Begin in the background, once in a process; cheap enough to call at every request."""
        if self._started_in == os.getpid():
            return
        with self._guard:
            if self._started_in != os.getpid():
                self._started_in = os.getpid()
                self._thread = threading.Thread(target=self.run, name="bundle-watch", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End after the check under way; a long one is not waited for."""
        self._stopping.set()
        if self._thread is not None and self._started_in == os.getpid():
            self._thread.join(STOP_S)

    def run(self) -> None:
        """Verify all references now."""
        for name in self._names:
            if self._stopping.is_set():
                return
            found = self._problems_of(name)
            for problem in found:
                logger.error("Reference %s: %s", name, problem)
            self._found[name] = found

    def problems(self, name: str) -> tuple[str, ...]:
        """Return the problems of a reference; empty while it is being verified, and when it is good."""
        return self._found.get(name, ())

    def states(self) -> dict[str, str]:
        """Return ``checking``, ``verified`` or ``refused`` for each reference."""
        return {name: self._state(name) for name in self._names}

    def _state(self, name: str) -> str:
        if name not in self._found:
            return "checking"
        return "refused" if self._found[name] else "verified"

    def _problems_of(self, name: str) -> tuple[str, ...]:
        for check in self._checks:
            try:
                problems = check(name)
            except (ScQueryError, OSError, ValueError) as error:
                problems = [str(error)]
            if problems:
                return tuple(problems)
        return ()
