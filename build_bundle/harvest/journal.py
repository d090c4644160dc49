"""What a harvest has done, in SQLite: every line is whole or absent, whatever kills the process.

Kept are the days searched, the studies found, their records, and the fate of downloads. The catalogue is written from
here alone, so it is the same however often the harvest was broken off.
"""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from build_bundle.harvest.records import FAILED, INCOMPLETE, StudyRecord, from_plain, to_plain
from build_bundle.harvest.repository import Found
from build_bundle.harvest.settings import Window
from core.errors import ConfigError

FILE = "harvest.sqlite"
READER = 2  # raised when records are read otherwise than before: known studies are then read again, from kept replies

_TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS windows (repository TEXT, question TEXT, since TEXT, until TEXT,
  PRIMARY KEY (repository, question, since, until));
CREATE TABLE IF NOT EXISTS found (repository TEXT, accession TEXT, hints TEXT NOT NULL, PRIMARY KEY (repository, accession));
CREATE TABLE IF NOT EXISTS records (repository TEXT, accession TEXT, state TEXT NOT NULL, reader INTEGER NOT NULL,
  tried_at REAL NOT NULL, record TEXT NOT NULL, PRIMARY KEY (repository, accession));
CREATE TABLE IF NOT EXISTS downloads (path TEXT PRIMARY KEY, url TEXT NOT NULL, md5 TEXT NOT NULL, state TEXT NOT NULL,
  sha256 TEXT NOT NULL, bytes INTEGER, reason TEXT NOT NULL, reason_code TEXT NOT NULL, tried_at REAL NOT NULL);
"""


@dataclass(frozen=True)
class Download:
    """The fate of one download; `tried_at` in seconds since 1970."""

    path: str
    url: str
    md5: str
    state: str
    sha256: str = ""
    bytes: int | None = None
    reason: str = ""
    reason_code: str = ""
    tried_at: float = 0.0


class Journal:
    """The journal of one output folder.

    Parameters
    ----------
    folder : Path
        Output folder; made if absent.
    organism : str
        ``mouse`` or ``human``; a folder is for one of them.

    Raises
    ------
    ConfigError
        Where the folder was begun for another organism, or its journal is damaged.
    """

    def __init__(self, folder: Path, organism: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(folder / FILE, isolation_level=None)
        try:
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            self._base.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            self._base.close()
            raise ConfigError(
                f"{folder / FILE} is not the journal of a harvest: {error}.",
                next_step="Move it away and run the same command: what services said is kept beside it and not asked again.",
            ) from error
        self._base.execute("INSERT OR IGNORE INTO facts VALUES ('organism', ?)", (organism,))
        (known,) = self._base.execute("SELECT value FROM facts WHERE name = 'organism'").fetchone()
        if known != organism:
            self._base.close()
            raise ConfigError(
                f"{folder} holds a harvest of {known}, not of {organism}.", next_step="Choose another --out."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._base.close()

    def open_windows(self, repository: str, question: str, window: Window, overlap_days: int) -> list[Window]:
        """Return the days of a window that were not searched yet.

        Parameters
        ----------
        repository, question : str
            Where and what for.
        window : Window
            The days wanted.
        overlap_days : int
            A gap after searched days begins so many days earlier (but not before the window): records appear late.

        Returns
        -------
        list of Window
            From the earliest; empty where all days were searched.
        """
        rows = self._base.execute(
            "SELECT since, until FROM windows WHERE repository = ? AND question = ? ORDER BY since",
            (repository, question),
        )
        gaps, start = [], window.since
        for since, until in ((dt.date.fromisoformat(a), dt.date.fromisoformat(b)) for a, b in rows):
            if since > start:
                gaps.append(Window(start, min(window.until, since - dt.timedelta(days=1))))
            start = max(start, until + dt.timedelta(days=1))
        gaps.append(Window(start, window.until))
        early = dt.timedelta(days=overlap_days)
        wide = (
            Window(max(window.since, gap.since - early) if gap.since > window.since else gap.since, gap.until)
            for gap in gaps
        )
        return [new for new, gap in zip(wide, gaps, strict=True) if gap.since <= gap.until]

    def close_window(self, repository: str, question: str, window: Window) -> None:
        """Note that all days of a window were searched."""
        row = (repository, question, window.since.isoformat(), window.until.isoformat())
        self._base.execute("INSERT OR IGNORE INTO windows VALUES (?, ?, ?, ?)", row)

    def add_found(self, repository: str, found: Found) -> None:
        """Note a study; what was noted of it before stays."""
        row = (repository, found.accession, json.dumps(dict(found.hints), sort_keys=True))
        self._base.execute("INSERT OR IGNORE INTO found VALUES (?, ?, ?)", row)

    def pending(self, repository: str, retry_before: float) -> list[Found]:
        """Return the studies to read: new ones, and failed or incomplete ones not tried since `retry_before`."""
        rows = self._base.execute(
            "SELECT f.accession, f.hints FROM found f LEFT JOIN records r USING (repository, accession) WHERE f.repository = ? AND "
            "(r.accession IS NULL OR r.reader != ? OR (r.state IN (?, ?) AND r.tried_at < ?)) ORDER BY length(f.accession), f.accession",
            (repository, READER, FAILED, INCOMPLETE, retry_before),
        )
        return [Found(accession, json.loads(hints)) for accession, hints in rows]

    def save(self, record: StudyRecord, at: float) -> None:
        """Keep a record, and note the studies it leads to, in one step."""
        study = record.study
        row = (study.repository, study.study_accession, study.state, READER, at, json.dumps(to_plain(record)))
        with self._base:
            self._base.execute("BEGIN")
            for accession in record.related:
                self.add_found(study.repository, Found(accession))
            self._base.execute("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?)", row)

    def records(self) -> Iterator[StudyRecord]:
        """Give all records, in the order of their accessions."""
        rows = self._base.execute("SELECT record FROM records ORDER BY repository, accession")
        return (from_plain(StudyRecord, json.loads(text)) for (text,) in rows)

    def forget(self, accession: str) -> bool:
        """Drop the record of a study, so that it is read again; False where there is none."""
        return self._base.execute("DELETE FROM records WHERE accession = ?", (accession,)).rowcount > 0

    def downloads(self) -> dict[str, Download]:
        """Return the fate of every download, by path."""
        rows = self._base.execute(
            "SELECT path, url, md5, state, sha256, bytes, reason, reason_code, tried_at FROM downloads"
        )
        return {row[0]: Download(*row) for row in rows}

    def note(self, download: Download) -> None:
        """Keep the fate of a download."""
        d = download
        row = (d.path, d.url, d.md5, d.state, d.sha256, d.bytes, d.reason, d.reason_code, d.tried_at)
        self._base.execute("INSERT OR REPLACE INTO downloads VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
