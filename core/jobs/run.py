"""A job as its worker holds it: report progress, and say once how it ended."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from core.jobs.database import Database
from core.jobs.queue import Attempt, update_attempt
from core.jobs.records import DONE, FAILED, RUNNING, Job, JobCancelled, JobMessage

WRITE_EVERY_S = 0.2  # progress is called often; a page polls about once a second


class JobRun:
    """One attempt at a job, held by its worker. Calling it reports progress (`core.engine.Progress`).

    Parameters
    ----------
    database : Database
        Where the job is recorded.
    keep_s : float
        Seconds its result is kept.
    token : str
        The job.
    attempt : int
        Which start this is; a later one takes the job away from this one.

    Raises
    ------
    JobCancelled
        When the job is not, or no longer, running as this attempt.
    """

    def __init__(self, database: Database, keep_s: float, token: str, attempt: int) -> None:
        self._database = database
        self._keep_s = keep_s
        self._attempt = Attempt(token, attempt)
        self._written_at = 0.0
        self._stage = ""
        with self._database.read() as db:
            row = db.execute(
                "SELECT * FROM jobs WHERE token = ? AND attempts = ? AND state = ?", (token, attempt, RUNNING)
            ).fetchone()
        if row is None:
            raise _cancelled()
        self.job: Job = self._database.job(row)

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None:
        """Report progress; written at most five times a second, and at each new stage.

        Parameters
        ----------
        stage : str
            Stage of the engine.
        fraction : float
            Share of this stage done, 0..1.
        detail : str
            A few words, for example "1,200 of 2,000 cells".

        Raises
        ------
        JobCancelled
            When the owner cancelled or deleted the job, or another attempt holds it.
        """
        now = time.monotonic()
        if stage == self._stage and now - self._written_at < WRITE_EVERY_S:
            return
        self._stage, self._written_at = stage, now
        self._update("stage = ?, fraction = ?, detail = ?", stage, min(1.0, max(0.0, float(fraction))), detail)

    def finish(self, timings: Mapping[str, float], memory_bytes: int = 0) -> None:
        """Record that the result folder is complete.

        Parameters
        ----------
        timings : mapping of str to float
            Seconds by stage.
        memory_bytes : int
            Peak memory of the worker.

        Raises
        ------
        JobCancelled
            As in `__call__`; the result is then not shown.
        """
        plain = json.dumps({str(stage): float(seconds) for stage, seconds in timings.items()})
        self._end(DONE, "fraction = 1, timings = ?, memory_bytes = max(memory_bytes, ?)", plain, int(memory_bytes))

    def fail(self, message: JobMessage, *, retryable: bool = False) -> None:
        """Record why there is no result.

        Parameters
        ----------
        message : JobMessage
            For the owner.
        retryable : bool
            Whether the same upload and options may work another time.

        Raises
        ------
        JobCancelled
            As in `__call__`.
        """
        self._end(FAILED, "message = ?, retryable = ?", json.dumps(message.to_dict()), int(retryable))

    def _end(self, state: str, changes: str, *values: object) -> None:
        now = time.time()
        self._update(
            f"{changes}, state = ?, finished_at = ?, expires_at = ?, pid = NULL",
            *values,
            state,
            now,
            now + self._keep_s,
        )

    def _update(self, changes: str, *values: object) -> None:
        with self._database.write() as db:
            held = update_attempt(db, self._attempt, changes, *values)
        if not held:
            raise _cancelled()


def _cancelled() -> JobCancelled:
    return JobCancelled("The search was cancelled or given to another worker.")
