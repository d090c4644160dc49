"""Who may see a job: its owner. For anybody else it does not exist, and both refusals are the same."""

from __future__ import annotations

import sqlite3

from core.errors import JobNotFoundError, LimitError
from core.jobs.records import TOKEN

MAX_OPEN_PER_OWNER = 20  # uploads and queries of one browser that are not finished


def check_open(db: sqlite3.Connection, owner: str) -> None:
    """Refuse an owner who has too much that is not finished.

    Raises
    ------
    LimitError
        ``too-many-open``.
    """
    (unfinished,) = db.execute(
        "SELECT count(*) FROM jobs WHERE owner = ? AND state IN ('uploading', 'queued', 'running')", (owner,)
    ).fetchone()
    if unfinished >= MAX_OPEN_PER_OWNER:
        raise LimitError(
            f"{unfinished:,} of your uploads and searches are not finished.",
            next_step="Wait for one, or cancel one.",
            code="too-many-open",
        )


def row_of(db: sqlite3.Connection, token: str, owner: str) -> sqlite3.Row:
    """Return the row of a job for its owner, refusing everybody else alike.

    Raises
    ------
    JobNotFoundError
        No such token, expired, or somebody else's.
    """
    if TOKEN.fullmatch(token) and owner:
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM jobs WHERE token = ? AND owner = ?", (token, owner)
        ).fetchone()
        if row is not None:
            return row
    raise not_found()


def not_found() -> JobNotFoundError:
    """Return the error for a job that does not exist for whoever asks."""
    return JobNotFoundError(
        "There is no such search here.",
        next_step="It may have expired, or belong to another browser.",
    )
