"""Queries as their owners see them: create, upload, submit, look, cancel, retry, delete.

Every access names the owner, and a job of somebody else does not exist for them. The supervisor's side is `core.jobs.queue`, the
worker's `core.jobs.run`.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import InputError, JobError, LimitError
from core.jobs import disk
from core.jobs.access import check_open, not_found, row_of
from core.jobs.database import Database
from core.jobs.queue import JobQueue, positions
from core.jobs.records import CANCELLED, DONE, QUEUED, UPLOADING, Job, clean_filename, new_token
from core.jobs.run import JobRun
from core.settings import Settings

Answer = Callable[[Job], Mapping[str, float] | None]


@dataclass(frozen=True)
class StoreLimits:
    """What the store refuses to exceed; meanings as in `core.settings.Settings`."""

    keep_hours: int = 24
    max_queue: int = 50
    max_upload_bytes: int = 4 * 1024**3
    min_free_bytes: int = 5 * 1024**3


class JobStore:
    """All queries of this server.

    Parameters
    ----------
    data_dir : Path
        Folder of the server's data.
    limits : StoreLimits
        Sizes and times.

    Notes
    -----
    Safe to use from several threads and processes at once; holds no open file.
    """

    def __init__(self, data_dir: Path, limits: StoreLimits | None = None) -> None:
        self.limits = limits or StoreLimits()
        self.database = Database(data_dir)

    @classmethod
    def from_settings(cls, settings: Settings) -> JobStore:
        """Return the store in ``settings.data_dir``."""
        limits = StoreLimits(
            settings.keep_hours, settings.max_queue, settings.max_upload_bytes, settings.min_free_bytes
        )
        return cls(settings.data_dir, limits)

    @property
    def keep_s(self) -> float:
        """Seconds a job is kept after its upload began or its search ended."""
        return self.limits.keep_hours * 3600.0

    def attach(self, token: str, attempt: int) -> JobRun:
        """Return the job as its worker holds it; the worker was told both by the supervisor.

        Raises
        ------
        JobCancelled
            When the job is not running as this attempt.
        """
        return JobRun(self.database, self.keep_s, token, attempt)

    def queue(self) -> JobQueue:
        """Return the supervisor's door to the same records."""
        return JobQueue(self.database, self.keep_s)

    def create(
        self,
        owner: str,
        *,
        bundle: str,
        filename: str,
        size_bytes: int,
        options: Mapping[str, Any] | None = None,
        example: str = "",
    ) -> Job:
        """Record a new job that waits for its upload.

        Parameters
        ----------
        owner : str
            Browser it belongs to.
        bundle : str
            Name of the reference to search.
        filename : str
            What the user calls the file; cleaned for display, never used as a path.
        size_bytes : int
            Size of the whole upload.
        options : mapping, optional
            Query options, plain JSON values.
        example : str
            Key of the reference's example, if it is one.

        Returns
        -------
        Job
            In state ``uploading``.

        Raises
        ------
        InputError
            ``empty-file``.
        LimitError
            ``upload-too-large``, ``disk-full`` or ``too-many-open``.
        """
        self._check_size(size_bytes)
        now = time.time()
        values = {
            "token": new_token(), "owner": owner, "bundle": bundle, "filename": clean_filename(filename),
            "size_bytes": size_bytes, "options": json.dumps(dict(options or {})), "example": example,
            "state": UPLOADING, "created_at": now, "expires_at": now + self.keep_s,
        }  # fmt: skip
        names = ", ".join(values)
        marks = ", ".join(f":{name}" for name in values)
        with self.database.write() as db:
            check_open(db, owner)
            disk.check_room(self.database.jobs_dir, size_bytes + self._announced(db), self.limits.min_free_bytes)
            db.execute(f"INSERT INTO jobs ({names}) VALUES ({marks})", values)  # noqa: S608  (names are ours)
            row = db.execute("SELECT * FROM jobs WHERE token = ?", (values["token"],)).fetchone()
            disk.make_folders(self.database.folder(str(values["token"])))
        return self.database.job(row)

    def create_from(
        self,
        owner: str,
        source: Path,
        *,
        bundle: str,
        filename: str,
        options: Mapping[str, Any] | None = None,
        example: str = "",
        answer: Answer | None = None,
    ) -> Job:
        """Record and queue a job on a file the server already has, such as an example of a bundle.

        Parameters
        ----------
        source : Path
            Linked where the disk allows it, else copied; never written to.
        owner, bundle, filename, options, example
            As in `create`.
        answer : callable, optional
            Given the job; may fill its result folder and return the seconds by stage, or None when it cannot.

        Returns
        -------
        Job
            In state ``queued``, or ``done`` when it was answered.

        Raises
        ------
        LimitError
            As in `create` and `submit`.
        """
        size = source.stat().st_size
        job = self.create(owner, bundle=bundle, filename=filename, size_bytes=size, options=options, example=example)
        try:
            disk.link_or_copy(source, job.folder.upload)
            timings = answer(job) if answer else None
            return self.submit(job.token, owner) if timings is None else self._answered(job, timings)
        except (LimitError, OSError):
            self.delete(job.token, owner)
            raise

    def get(self, token: str, owner: str) -> Job:
        """Return a job.

        Raises
        ------
        JobNotFoundError
            No such token, expired, or somebody else's: the answer is the same.
        """
        with self.database.read() as db:
            job = self.database.job(row_of(db, token, owner))
            return replace(job, position=positions(db).get(token, 0)) if job.state == QUEUED else job

    def list(self, owner: str, limit: int = 20) -> list[Job]:
        """Return the newest jobs of an owner, newest first."""
        with self.database.read() as db:
            rows = db.execute(
                "SELECT * FROM jobs WHERE owner = ? ORDER BY created_at DESC, rowid DESC LIMIT ?", (owner, limit)
            ).fetchall()
            place = positions(db)
        return [replace(job, position=place.get(job.token, 0)) for job in map(self.database.job, rows)]

    def received(self, token: str, owner: str) -> int:
        """Return how many bytes of the upload are here; what a client asks before it goes on."""
        return disk.received_bytes(self.get(token, owner).folder.upload)

    def append(self, token: str, owner: str, offset: int, source: BinaryIO) -> int:
        """Append a piece to an upload.

        Parameters
        ----------
        token, owner : str
            As in `get`.
        offset : int
            Bytes sent before this piece.
        source : binary file
            The piece; read to its end.

        Returns
        -------
        int
            Bytes held now.

        Raises
        ------
        JobNotFoundError
            As in `get`.
        JobError
            ``upload-closed`` after the upload was finished, ``upload-offset`` when another offset is due.
        InputError
            ``upload-size``, when more arrives than was announced.
        LimitError
            ``disk-full``.
        """
        job = self.get(token, owner)
        if job.state != UPLOADING:
            raise JobError("This upload is finished already.", next_step="Start a new one.", code="upload-closed")
        disk.check_room(self.database.jobs_dir, job.size_bytes - offset, self.limits.min_free_bytes)
        try:
            return disk.append(job.folder.upload, offset, source, job.size_bytes)
        except FileNotFoundError:  # deleted between the two lines
            raise not_found() from None

    def submit(self, token: str, owner: str) -> Job:
        """Queue a job whose upload is complete. Asking again changes nothing.

        Raises
        ------
        JobNotFoundError
            As in `get`.
        JobError
            ``upload-incomplete``.
        LimitError
            ``queue-full``; the upload is kept.
        """
        with self.database.write() as db:
            job = self.database.job(row_of(db, token, owner))
            if job.state == UPLOADING:
                held = disk.received_bytes(job.folder.upload)
                if held != job.size_bytes:
                    raise JobError(
                        f"{held:,} of {job.size_bytes:,} bytes have arrived.",
                        next_step="Choose the same file again to go on.",
                        code="upload-incomplete",
                    )
                self._enqueue(db, token)
        return self.get(token, owner)

    def cancel(self, token: str, owner: str) -> Job:
        """Stop a job; its worker is ended by the supervisor within a second. A finished job stays as it is."""
        with self.database.write() as db:
            job = self.database.job(row_of(db, token, owner))
            if job.is_open:
                db.execute(
                    "UPDATE jobs SET state = ?, finished_at = ?, pid = NULL WHERE token = ?",
                    (CANCELLED, time.time(), token),
                )
        return self.get(token, owner)

    def retry(self, token: str, owner: str) -> Job:
        """Queue a failed or cancelled job again, with the same upload and options.

        Raises
        ------
        JobNotFoundError
            As in `get`.
        JobError
            ``no-retry`` when the same upload would fail again, was tried twice, or never arrived whole.
        LimitError
            ``queue-full``.
        """
        with self.database.write() as db:
            job = self.database.job(row_of(db, token, owner))
            whole = disk.received_bytes(job.folder.upload) == job.size_bytes
            if not (job.can_retry and whole):
                raise JobError(
                    "This search cannot be tried again as it is.",
                    next_step="Change the settings, or bring another file.",
                    code="no-retry",
                )
            self._enqueue(db, token)
        return self.get(token, owner)

    def rerun(self, token: str, owner: str, options: Mapping[str, Any]) -> Job:
        """Search the same upload with other options; what the user brought to the result is there in the new one too.

        Returns
        -------
        Job
            A new job, queued; the old one and its result stay.

        Raises
        ------
        JobNotFoundError, LimitError
            As in `get` and `create`.
        JobError
            ``upload-incomplete``.
        """
        job = self.get(token, owner)
        if disk.received_bytes(job.folder.upload) != job.size_bytes:
            raise JobError("The upload is not complete.", next_step="Bring the file again.", code="upload-incomplete")
        again = self.create_from(
            owner, job.folder.upload, bundle=job.bundle, filename=job.filename, options=options, example=job.example
        )
        for held, place in zip(job.folder.brought, again.folder.brought, strict=True):
            if held.exists():
                disk.link_or_copy(held, place)
        return again

    def delete(self, token: str, owner: str) -> None:
        """Remove a job with its upload and result, now. A running worker is ended by the supervisor."""
        with self.database.write() as db:
            row_of(db, token, owner)
            db.execute("DELETE FROM jobs WHERE token = ?", (token,))
        disk.remove(self.database.folder(token))

    def _answered(self, job: Job, timings: Mapping[str, float]) -> Job:
        """Record that a job had its result before it was queued."""
        now = time.time()
        with self.database.write() as db:
            db.execute(
                "UPDATE jobs SET state = ?, fraction = 1, timings = ?, started_at = ?, finished_at = ? WHERE token = ?",
                (DONE, json.dumps(dict(timings)), now, now, job.token),
            )
        return self.get(job.token, job.owner)

    def _enqueue(self, db: sqlite3.Connection, token: str) -> None:
        (waiting,) = db.execute("SELECT count(*) FROM jobs WHERE state = ?", (QUEUED,)).fetchone()
        if waiting >= self.limits.max_queue:
            raise LimitError(
                f"{waiting:,} searches are waiting already, and this server takes no more at a time.",
                next_step="Your upload is kept; try again in a few minutes.",
                code="queue-full",
            )
        db.execute(
            "UPDATE jobs SET state = ?, queued_at = ?, started_at = NULL, finished_at = NULL, message = NULL,"
            " retryable = 0, stage = '', fraction = 0, detail = '', pid = NULL, expires_at = ? WHERE token = ?",
            (QUEUED, time.time(), time.time() + self.keep_s, token),
        )

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes <= 0:
            raise InputError("The file is empty.", next_step="Choose another file.", code="empty-file")
        if size_bytes > self.limits.max_upload_bytes:
            raise LimitError(
                f"The file has {size_bytes / 1e9:,.1f} GB; this server takes up to"
                f" {self.limits.max_upload_bytes / 1e9:,.1f} GB.",
                next_step="Search fewer cells, or use the command line: python -m core annotate.",
                code="upload-too-large",
            )

    def _announced(self, db: sqlite3.Connection) -> int:
        """Return the bytes that uploads under way have announced but not sent yet; one that stopped reserves nothing."""
        rows = db.execute("SELECT token, size_bytes FROM jobs WHERE state = ?", (UPLOADING,)).fetchall()
        uploads = [(self.database.folder(row["token"]).upload, row["size_bytes"]) for row in rows]
        return sum(max(0, size - disk.received_bytes(path)) for path, size in uploads if disk.is_recent(path))
