"""A running worker as a process: start it within limits, look at it, end it with all it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

import core
from core.jobs import launch
from core.jobs.queue import Attempt
from core.jobs.records import Job
from core.settings import Settings, child_environment

HOUSE = Path(core.__file__).parents[1]  # where ``python -m core.worker`` is found
MEMORY_EVERY_S = 1.0  # looking at the process tree costs some 10 ms


class Child:
    """One worker process.

    Parameters
    ----------
    job : Job
        As claimed.
    command : sequence of str
        What to run; token and attempt are appended.
    settings : Settings
        Limits and folders for the worker.
    """

    def __init__(self, job: Job, command: Sequence[str], settings: Settings) -> None:
        self.attempt = Attempt(job.token, job.attempts)
        self.job = job
        self.started_at = time.monotonic()
        self._memory_bytes, self._memory_at = 0, 0.0
        bounded = [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), str(settings.job_memory_bytes)]
        with job.folder.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*bounded, *command, job.token, str(job.attempts)],
                cwd=HOUSE,
                env=_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # its own process group, ended as one
            )

    @property
    def pid(self) -> int:
        """Process id, which is also the id of the process group."""
        return self.process.pid

    @property
    def age_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started_at

    def exit_code(self) -> int | None:
        """Return how it ended, negative for a signal; None while it runs."""
        return self.process.poll()

    def memory_bytes(self) -> int:
        """Return the private memory of the worker and its children, at most a second old; 0 when it is gone."""
        now = time.monotonic()
        if now - self._memory_at >= MEMORY_EVERY_S:
            self._memory_bytes, self._memory_at = _family_bytes(self.pid), now
        return self._memory_bytes

    def end(self) -> None:
        """Kill the process group and wait for the worker."""
        kill_group(self.pid)
        self.process.wait()


def kill_group(pid: int) -> None:
    """Kill a process group; nothing happens when it is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def end_leftovers(pid: int, token: str) -> None:
    """Kill what is left of a worker whose server died.

    The kernel ends the worker itself with its server, but not a child the worker had. The number may by now belong to somebody else's
    process group, so a member must also name the token.
    """
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == pid and any(token in part for part in process.cmdline()):
                process.kill()


def _environment(settings: Settings) -> dict[str, str]:
    threads = str(max(1, (os.cpu_count() or 1) // settings.slots))
    return child_environment(
        {
            "SCQUERY_DATA_DIR": str(settings.data_dir.absolute()),
            "SCQUERY_BUNDLES": os.pathsep.join(str(path.absolute()) for path in settings.bundle_folders()),
            "SCQUERY_SECRET_KEY": "",  # a worker reads files from outside: it needs no key
            "SCQUERY_MAX_QUERY_CELLS": str(settings.max_query_cells),
            "SCQUERY_JOB_MEMORY_BYTES": str(settings.job_memory_bytes),
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
        }
    )


def _family_bytes(pid: int) -> int:
    """Return the private memory of a process and its descendants; 0 when it is gone."""
    try:
        leader = psutil.Process(pid)
        return sum(_private_bytes(p) for p in (leader, *leader.children(recursive=True)))
    except psutil.Error:
        return 0


def _private_bytes(process: psutil.Process) -> int:
    """Return resident memory that is not a mapped file."""
    info = process.memory_info()
    return int(info.rss - getattr(info, "shared", 0))
