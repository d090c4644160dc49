"""Running a program and watching its whole family: seconds, and the memory it held at its peak."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import psutil

_INTERVAL_S = 0.02
_LONG_INTERVAL_S = 0.25


class PeakMemory:
    """Largest resident memory of a process and its children together, bytes, sampled 50 times a second.

    Pages that the family shares count for each of them, so the figure is rather too high than too low.
    """

    def __init__(self, pid: int, interval_s: float = _INTERVAL_S) -> None:
        self.bytes = 0
        self.lately = 0
        self._interval_s = interval_s
        self._root = psutil.Process(pid)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(self._interval_s):
            with contextlib.suppress(psutil.Error):
                family = [self._root, *self._root.children(recursive=True)]
                self.lately = max(self.lately, sum(_resident(p) for p in family))
                self.bytes = max(self.bytes, self.lately)

    def since_last(self) -> int:
        """Return the peak since this was last asked."""
        lately, self.lately = self.lately, 0
        return lately


def run_watched(command: Sequence[str], cwd: Path) -> tuple[str, int]:
    """Run a program to its end: what it printed, and the peak memory of its family in bytes."""
    with (
        subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, text=True) as process,
        PeakMemory(process.pid) as peak,
    ):
        printed, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return printed, peak.bytes


def run_told(command: Sequence[str], cwd: Path) -> int:
    """Run a long program, repeat what it prints with the peak of its family since the line before; return the whole peak."""
    with (
        subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process,
        PeakMemory(process.pid, _LONG_INTERVAL_S) as peak,
    ):
        for line in process.stdout or ():
            print(f"{peak.since_last() / 1e9:6.2f} GB  {line.rstrip()}", flush=True)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return peak.bytes


@contextmanager
def served(
    command: Callable[[int], Sequence[str]], cwd: Path, env: dict[str, str]
) -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    """Start a server on a free port: its address, its process, and the moment it was started."""
    port = _free_port()
    started = time.perf_counter()
    with subprocess.Popen(command(port), cwd=cwd, env=env, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{port}", process, started
        finally:
            process.terminate()


def wait_for(url: str, timeout_s: float = 60) -> bytes:
    """Ask until there is an answer, and return it."""
    end = time.perf_counter() + timeout_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=timeout_s) as answer:
                return bytes(answer.read())
        except OSError:
            if time.perf_counter() > end:
                raise
            time.sleep(0.01)


def _resident(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_info().rss)
    return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
