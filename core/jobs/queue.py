"""Queries as the supervisor sees them: claim the next, note that it lives, settle it, clear what expired.

No owner is asked for here; nothing of this reaches a page.
"""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from core.jobs import disk
from core.jobs.database import Database
from core.jobs.records import DONE, FAILED, MAX_ATTEMPTS, QUEUED, RUNNING, Job, JobMessage
from core.jobs.turns import Waiting, turn_order

STRAY_S = 3600.0  # a folder without a record that nobody touched for this long is removed


@dataclass(frozen=True)
class Attempt:
    """One start of a worker: what a writer must still hold to change the job.

    Parameters
    ----------
    token : str
        The job.
    number : int
        1 for the first start.
    """

    token: str
    number: int


def positions(db: sqlite3.Connection) -> dict[str, int]:
    """Return the place of every queued job, 1 is next."""
    waiting = [
        Waiting(*row) for row in db.execute("SELECT token, owner, queued_at FROM jobs WHERE state = ?", (QUEUED,))
    ]
    if not waiting:
        return {}
    running = [owner for (owner,) in db.execute("SELECT owner FROM jobs WHERE state = ?", (RUNNING,))]
    last_start = dict(
        tuple(row)
        for row in db.execute("SELECT owner, max(started_at) FROM jobs WHERE started_at IS NOT NULL GROUP BY owner")
    )
    return {token: n for n, token in enumerate(turn_order(waiting, running, last_start), start=1)}


class JobQueue:
    """The supervisor's door to the records.

    Parameters
    ----------
    database : Database
        The records.
    keep_s : float
        Seconds a finished job is kept.
    """

    def __init__(self, database: Database, keep_s: float) -> None:
        self.database = database
        self.keep_s = keep_s

    def claim(self) -> Job | None:
        """Take the next queued job and mark it running; None when nothing waits."""
        with self.database.write() as db:
            order = positions(db)
            if not order:
                return None
            token = min(order, key=order.__getitem__)
            now = time.time()
            db.execute(
                "UPDATE jobs SET state = ?, attempts = attempts + 1, started_at = ?, heartbeat_at = ?, pid = NULL,"
                " stage = '', fraction = 0, detail = '', timings = '{}', memory_bytes = 0 WHERE token = ?",
                (RUNNING, now, now, token),
            )
            row = db.execute("SELECT * FROM jobs WHERE token = ?", (token,)).fetchone()
        return self.database.job(row)

    def started(self, attempt: Attempt, pid: int) -> bool:
        """Record the worker's process; False when the job is no longer this attempt's."""
        return self._update(attempt, "pid = ?", pid)

    def alive(self, attempt: Attempt, memory_bytes: int) -> bool:
        """Record that the worker lives and its memory; False when the job is no longer this attempt's."""
        return self._update(attempt, "heartbeat_at = ?, memory_bytes = max(memory_bytes, ?)", time.time(), memory_bytes)

    def fail(self, attempt: Attempt, message: JobMessage, *, retryable: bool) -> bool:
        """End an attempt that died or was ended; False when the worker had already said how it ended."""
        return self._update(
            attempt,
            f"state = '{FAILED}', message = ?, retryable = ?, finished_at = ?, expires_at = ?, pid = NULL",
            json.dumps(message.to_dict()),
            int(retryable),
            time.time(),
            time.time() + self.keep_s,
        )

    def is_done(self, attempt: Attempt) -> bool:
        """Return whether an attempt ended with a result."""
        with self.database.read() as db:
            found = db.execute(
                "SELECT 1 FROM jobs WHERE token = ? AND attempts = ? AND state = ?",
                (attempt.token, attempt.number, DONE),
            ).fetchone()
        return found is not None

    def put_back(self, attempt: Attempt, *, count: bool) -> bool:
        """Queue a running job again, at its old place.

        Parameters
        ----------
        attempt : Attempt
            The attempt that was cut short.
        count : bool
            Whether it counts as an attempt; an orderly stop of the server does not.

        Returns
        -------
        bool
            False when the job is no longer this attempt's.
        """
        return self._update(
            attempt, f"state = '{QUEUED}', attempts = attempts - ?, started_at = NULL, pid = NULL", int(not count)
        )

    def running(self) -> list[Job]:
        """Return all jobs marked running."""
        with self.database.read() as db:
            rows = db.execute("SELECT * FROM jobs WHERE state = ?", (RUNNING,)).fetchall()
        return [self.database.job(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many jobs are in each state."""
        with self.database.read() as db:
            return dict(tuple(r) for r in db.execute("SELECT state, count(*) FROM jobs GROUP BY state"))

    def beat(self, pid: int) -> None:
        """Record that the supervisor lives."""
        with self.database.write() as db:
            db.execute("INSERT OR REPLACE INTO supervisor VALUES (1, ?, ?)", (pid, time.time()))

    def heartbeat_age_s(self) -> float | None:
        """Return the seconds since any supervisor was seen alive; None when there never was one."""
        with self.database.read() as db:
            row = db.execute("SELECT heartbeat_at FROM supervisor").fetchone()
        return None if row is None else max(0.0, time.time() - row[0])

    def expire(self) -> int:
        """Remove jobs past their time, and folders without a record; return how many jobs went."""
        now = time.time()
        with self.database.write() as db:
            gone = db.execute(
                "DELETE FROM jobs WHERE expires_at < ? AND state != ? RETURNING token", (now, RUNNING)
            ).fetchall()
            known = {token for (token,) in db.execute("SELECT token FROM jobs")}
        for (token,) in gone:
            disk.remove(self.database.folder(token))
        for path in self.database.jobs_dir.iterdir():
            if path.name not in known and _age_s(path, now) > STRAY_S:
                disk.remove(self.database.folder(path.name))
        return len(gone)

    def remove_stray(self, token: str) -> None:
        """Remove the folder of a job deleted while its worker still wrote."""
        with self.database.read() as db:
            known = db.execute("SELECT 1 FROM jobs WHERE token = ?", (token,)).fetchone()
        if known is None:
            disk.remove(self.database.folder(token))

    def _update(self, attempt: Attempt, changes: str, *values: object) -> bool:
        """Change the job if this attempt still holds it."""
        with self.database.write() as db:
            return update_attempt(db, attempt, changes, *values)


def may_go_on(job: Job) -> bool:
    """Return whether a job may be started once more."""
    return job.attempts < MAX_ATTEMPTS


def update_attempt(db: sqlite3.Connection, attempt: Attempt, changes: str, *values: object) -> bool:
    """Change a running job if `attempt` still holds it; return whether it did.

    Parameters
    ----------
    db : sqlite3.Connection
        Inside a write transaction.
    attempt : Attempt
        Who asks.
    changes : str
        SQL after ``SET``, written in this package only.
    *values : object
        Its parameters.

    Returns
    -------
    bool
        False after a cancel, a deletion or a later attempt.
    """
    statement = f"UPDATE jobs SET {changes} WHERE token = ? AND attempts = ? AND state = '{RUNNING}'"  # noqa: S608
    return db.execute(statement, (*values, attempt.token, attempt.number)).rowcount == 1


def _age_s(path: Path, now: float) -> float:
    """Return the seconds since a folder changed; 0 when it is gone."""
    try:
        return now - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
