"""The one who starts workers and sees that every query ends: done, or failed with a sentence.

Every server process has a supervisor thread; a file lock decides which one is active, and when that process dies, however it
dies, the next one takes over within a second.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO

from core.jobs.child import Child, end_leftovers
from core.jobs.database import open_for_long
from core.jobs.disk import clear_for_attempt
from core.jobs.queue import Attempt, may_go_on
from core.jobs.records import Job, JobMessage
from core.jobs.store import JobStore
from core.settings import Settings

logger = logging.getLogger(__name__)

WORKER = (sys.executable, "-m", "core.worker")
TICK_S = 0.2
BEAT_S = 1.0
TIDY_S = 60.0
NO_MEMORY = (-signal.SIGKILL, -signal.SIGABRT)  # the kernel's answer, and C++'s, to memory running out


class Supervisor:
    """Runs queued jobs in worker processes, `settings.slots` at a time.

    Parameters
    ----------
    store : JobStore
        The jobs.
    settings : Settings
        Slots, memory, time, folders.
    command : sequence of str
        The worker; ``TOKEN ATTEMPT`` is appended.
    on_done : callable
        Told of every job with a result, for example to keep it for the next who asks the same.
    """

    def __init__(
        self,
        store: JobStore,
        settings: Settings,
        *,
        command: Sequence[str] = WORKER,
        on_done: Callable[[Job], None] = lambda _job: None,
    ) -> None:
        self.store = store
        self.queue = store.queue()
        self._settings = settings
        self._command = tuple(command)
        self._on_done = on_done
        self._children: list[Child] = []
        self._left: list[Job] | None = None  # jobs that run without a worker; None until the database was asked
        self._lock: IO[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._owner_pid = 0
        self._start_guard = threading.Lock()
        self._stopping = threading.Event()
        self._beat_at = self._tidy_at = 0.0

    @property
    def is_active(self) -> bool:
        """Whether this process is the one that starts workers."""
        return self._lock is not None

    def start(self) -> None:
        """Start the thread in this process unless it runs; cheap enough to call at every request.

        Called again after a fork, since threads do not survive one.
        """
        if self._owner_pid == os.getpid() and self._thread is not None and self._thread.is_alive():
            return
        with self._start_guard:
            if self._owner_pid == os.getpid() and self._thread is not None and self._thread.is_alive():
                return
            self._owner_pid, self._children = os.getpid(), []
            self._stopping = threading.Event()
            self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the workers and put their jobs back in the queue; they go on with the next server."""
        thread = self._thread
        if thread is None or self._owner_pid != os.getpid():
            return
        self._stopping.set()
        thread.join(timeout=10)
        self._thread = None

    def _run(self) -> None:
        try:
            with contextlib.closing(open_for_long(self.store.database)):
                while not self._stopping.is_set():
                    self._try_tick()
                    self._stopping.wait(TICK_S)
        finally:
            self._put_all_back()
            self._release()

    def _try_tick(self) -> None:
        """Do one round; a full disk or a locked database is logged and tried again, never the end of the thread."""
        try:
            if self._lock is not None or self._take_lock():
                self._tick()
        except (OSError, sqlite3.Error):
            logger.exception("The supervisor could not finish a round")

    def _take_lock(self) -> bool:
        """Become the active supervisor if nobody is."""
        lock = (self.store.database.data_dir / "supervisor.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            return False
        self._lock, self._left = lock, None
        self._left = self.queue.running()
        return True

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _recover(self, job: Job) -> None:
        """Decide about a job that runs without a worker: its server died, or the disk failed while it was started."""
        if job.pid is not None:
            end_leftovers(job.pid, job.token)
        attempt = Attempt(job.token, job.attempts)
        if may_go_on(job):
            self.queue.put_back(attempt, count=True)
            logger.warning("A search without a worker was put back in the queue")
        else:
            self.queue.fail(attempt, interrupted(), retryable=False)

    def _tick(self) -> None:
        self._beat()
        self._children = [child for child in self._children if not self._is_over(child)]
        if self._left is None:  # the database could not be asked when the lock was taken
            self._left = self.queue.running()
        while self._left:  # a job stays here until what is decided about it is written
            self._recover(self._left[-1])
            self._left.pop()
        while len(self._children) < self._settings.slots:
            job = self.queue.claim()
            if job is None:
                break
            self._start_worker(job)

    def _start_worker(self, job: Job) -> None:
        attempt = Attempt(job.token, job.attempts)
        try:
            clear_for_attempt(job.folder)
            child = Child(job, self._command, self._settings)
        except OSError:
            logger.exception("A worker could not be started")
            self._left = [job]
            self.queue.fail(attempt, not_started(), retryable=may_go_on(job))
            self._left = []
            return
        self._children.append(child)
        self.queue.started(attempt, child.pid)

    def _is_over(self, child: Child) -> bool:
        """Look at a worker; end it, or settle its job, where that is due."""
        code = child.exit_code()
        if code is None:
            memory = child.memory_bytes()
            reason = self._reason_to_end(child, memory)
            if reason is None and self.queue.alive(child.attempt, memory):
                return False
        else:
            reason = died(code, child.job)
        child.end()  # with what it may have left in its group
        if reason is not None:
            self._fail(child, reason)
        if self.queue.is_done(child.attempt):
            self._tell(child.job)
        self.queue.remove_stray(child.attempt.token)
        return True

    def _fail(self, child: Child, reason: JobMessage) -> None:
        """Record why a worker ended, unless it had said so itself."""
        retryable = reason.code != "job-memory" and may_go_on(child.job)
        if self.queue.fail(child.attempt, reason, retryable=retryable):
            logger.warning("A worker was lost", extra={"fields": {"code": reason.code}})

    def _tell(self, job: Job) -> None:
        try:
            self._on_done(job)
        except (OSError, sqlite3.Error):
            logger.exception("A finished job could not be passed on")

    def _reason_to_end(self, child: Child, memory_bytes: int) -> JobMessage | None:
        if child.age_s > self._settings.job_timeout_s:
            return too_slow(self._settings.job_timeout_s)
        if memory_bytes > self._settings.job_memory_bytes > 0:
            return too_big(self._settings.job_memory_bytes)
        return None

    def _beat(self) -> None:
        now = time.monotonic()
        if now - self._beat_at >= BEAT_S:
            self.queue.beat(os.getpid())
            self._beat_at = now
        if now - self._tidy_at >= TIDY_S:
            self.queue.expire()
            self._tidy_at = now

    def _put_all_back(self) -> None:
        for child in self._children:
            child.end()
            with contextlib.suppress(OSError, sqlite3.Error):
                self.queue.put_back(child.attempt, count=False)
        self._children = []


def died(code: int, job: Job) -> JobMessage:
    """Return the message for a worker that ended without a word, `code` as subprocess gives it."""
    why = ", probably out of memory" if code in NO_MEMORY else f" unexpectedly (code {code})"
    if may_go_on(job):
        return JobMessage(
            "job-crashed", f"The search stopped{why}; your upload is kept.", "Retry, or search fewer cells."
        )
    return JobMessage(
        "job-crashed",
        f"The search stopped twice{why}; your upload is kept.",
        "Search fewer cells, or use the command line on a larger machine.",
    )


def too_big(memory_bytes: int) -> JobMessage:
    """Return the message for a worker over its memory."""
    return JobMessage(
        "job-memory",
        f"The search needed more than the {memory_bytes / 1024**3:,.1f} GB of memory it may use; your upload is kept.",
        "Search fewer cells, or use the command line on a larger machine.",
    )


def too_slow(timeout_s: int) -> JobMessage:
    """Return the message for a worker over its time."""
    took = f"{timeout_s // 60:,} minutes" if timeout_s >= 120 else f"{timeout_s} seconds"
    return JobMessage(
        "job-timeout",
        f"The search took longer than {took} and was stopped; your upload is kept.",
        "Retry, or search fewer cells.",
    )


def interrupted() -> JobMessage:
    """Return the message for a job that was left without a worker twice."""
    return JobMessage(
        "job-interrupted",
        "This search was cut short twice, by a stop of the server or a failing disk; your upload is kept.",
        "Search again with the same file, or tell who runs the server.",
    )


def not_started() -> JobMessage:
    """Return the message for a worker that could not be started."""
    return JobMessage("job-start", "The search could not be started; your upload is kept.", "Retry in a minute.")
