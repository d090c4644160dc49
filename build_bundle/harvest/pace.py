"""No more requests a second than are allowed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Space the starts of requests evenly.

    Parameters
    ----------
    rate_per_s : float
        Starts a second.
    clock, sleep : callable
        Seconds that only grow, and a wait of seconds.
    """

    def __init__(
        self,
        rate_per_s: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._gap = 1.0 / rate_per_s
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until the next request may start; safe between threads."""
        with self._lock:
            now = self._clock()
            start = max(now, self._next)
            self._next = start + self._gap
        if start > now:
            self._sleep(start - now)
