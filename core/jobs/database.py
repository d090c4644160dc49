"""The one SQLite file behind the jobs: its schema, short transactions, and rows as `Job`.

WAL mode: readers (pages that poll) never wait for a writer. A connection lives for one transaction, so nothing is shared
between threads or carried over a fork.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from core.jobs.records import Job, JobFolder, JobMessage

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    token TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    bundle TEXT NOT NULL,
    filename TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    options TEXT NOT NULL,
    example TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('uploading', 'queued', 'running', 'done', 'failed', 'cancelled')),
    attempts INTEGER NOT NULL DEFAULT 0,
    retryable INTEGER NOT NULL DEFAULT 0,
    stage TEXT NOT NULL DEFAULT '',
    fraction REAL NOT NULL DEFAULT 0,
    detail TEXT NOT NULL DEFAULT '',
    message TEXT,
    created_at REAL NOT NULL,
    queued_at REAL,
    started_at REAL,
    finished_at REAL,
    expires_at REAL NOT NULL,
    heartbeat_at REAL,
    pid INTEGER,
    timings TEXT NOT NULL DEFAULT '{}',
    memory_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_by_owner ON jobs (owner, created_at);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state);
CREATE TABLE IF NOT EXISTS supervisor (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    pid INTEGER NOT NULL,
    heartbeat_at REAL NOT NULL
) STRICT;
"""

WAIT_S = 15.0  # for another process's write; ours take milliseconds


class Database:
    """Door to ``jobs.sqlite``.

    Parameters
    ----------
    data_dir : Path
        Folder of the server's data; made when absent, readable by its user only.

    Raises
    ------
    ConfigError
        Where the file is damaged, locked for long, or no database.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = Path(data_dir).absolute()
        self.jobs_dir = self.data_dir / "jobs"
        self.path = self.data_dir / "jobs.sqlite"
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.jobs_dir.mkdir(mode=0o700, exist_ok=True)
        try:
            with self._connection() as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(SCHEMA)
        except sqlite3.DatabaseError as error:
            raise ConfigError(
                f"The list of searches {self.path} cannot be opened: {error}.",
                next_step="Move it away (a new one is made, old searches are not found again), or set SCQUERY_DATA_DIR.",
            ) from error

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give a connection with one consistent view."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Give a connection that holds the write lock; committed at the end, rolled back on an error."""
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    def job(self, row: sqlite3.Row) -> Job:
        """Return a row of ``jobs`` as a record; ``position`` is left at 0."""
        values: dict[str, Any] = dict(row)
        values["options"] = json.loads(values["options"])
        values["timings"] = json.loads(values["timings"])
        values["retryable"] = bool(values["retryable"])
        values["message"] = JobMessage.from_dict(json.loads(values["message"])) if values["message"] else None
        return Job(folder=self.folder(values["token"]), **values)

    def folder(self, token: str) -> JobFolder:
        """Return the folders of a token that is known to be ours."""
        return JobFolder(self.jobs_dir / token)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.path, timeout=WAIT_S, isolation_level=None)
        connection.row_factory = sqlite3.Row
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA secure_delete = ON")  # "Delete now" leaves no file names behind in free pages
            yield connection
        finally:
            connection.close()  # an open transaction is rolled back


def open_for_long(database: Database) -> sqlite3.Connection:
    """Return a connection that stays open.

    While one is open, closing the others does not checkpoint and delete the WAL each time.
    """
    connection = sqlite3.connect(database.path, timeout=WAIT_S, isolation_level=None, check_same_thread=False)
    connection.execute("SELECT count(*) FROM jobs").fetchone()
    return connection
