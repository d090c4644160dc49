"""What is known about a query: the record, its message and its folders. Plain data, no storage.

A job goes ``uploading -> queued -> running -> done | failed | cancelled``; a retry goes back to ``queued``.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import JobError, ScQueryError

State = Literal["uploading", "queued", "running", "done", "failed", "cancelled"]

UPLOADING: State = "uploading"
QUEUED: State = "queued"
RUNNING: State = "running"
DONE: State = "done"
FAILED: State = "failed"
CANCELLED: State = "cancelled"
OPEN_STATES: tuple[State, ...] = (UPLOADING, QUEUED, RUNNING)

MAX_ATTEMPTS = 2  # a query that took the process down twice would do so a third time
MAX_FILENAME = 120
TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")  # 128 bits, url-safe


class JobCancelled(JobError):  # noqa: N818  (it ends a run on purpose; nothing went wrong)
    """The job was cancelled, deleted or given to another process while this one worked on it."""

    default_code = "job-cancelled"


@dataclass(frozen=True)
class JobMessage:
    """Why a job stopped, in words for its owner.

    Parameters
    ----------
    code : str
        Stable identifier, as in `ScQueryError`.
    message, next_step : str
        One sentence each.
    findings : tuple of dict
        What the upload doctor found: ``code``, ``title``, ``level``, ``text``.
    fits : int
        How many cells of the file, drawn at random, could be searched instead; 0 where that is no way out.
    """

    code: str
    message: str
    next_step: str = ""
    findings: tuple[dict[str, str], ...] = ()
    fits: int = 0

    @classmethod
    def of(cls, error: ScQueryError) -> JobMessage:
        """Return the message of an error raised on purpose, with its findings if it carries any."""
        findings = _plain_findings(getattr(error, "findings", ()))
        return cls(error.code, error.message, error.next_step, findings, getattr(error, "fits", 0))

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> JobMessage:
        """Return the message stored as `to_dict` wrote it."""
        findings = _plain_findings(raw["findings"])
        return cls(raw["code"], raw["message"], raw["next_step"], findings, int(raw.get("fits", 0)))

    def to_dict(self) -> dict[str, Any]:
        """Return the message as plain JSON values."""
        return {
            "code": self.code,
            "message": self.message,
            "next_step": self.next_step,
            "findings": list(self.findings),
            "fits": self.fits,
        }


@dataclass(frozen=True)
class JobFolder:
    """Where a job keeps its files; named by its token, never by anything the user typed.

    Parameters
    ----------
    root : Path
        ``<data_dir>/jobs/<token>``.
    """

    root: Path

    @property
    def upload(self) -> Path:
        """The uploaded file, whatever its format and name."""
        return self.root / "upload" / "data"

    @property
    def result(self) -> Path:
        """Folder of the finished result (`core.result`)."""
        return self.root / "result"

    @property
    def work(self) -> Path:
        """Scratch folder of the running worker; empty before each attempt."""
        return self.root / "work"

    @property
    def gene_sets(self) -> Path:
        """Gene sets that the user brought to the result (`core.explore.gene_sets`), a GMT file."""
        return self.root / "gene_sets.gmt"

    @property
    def cell_table(self) -> Path:
        """Table of the cells that the user brought to the result (`core.explore.own_table`), CSV or TSV."""
        return self.root / "cell_table.csv"

    @property
    def brought(self) -> tuple[Path, ...]:
        """All that the user may have brought to the result."""
        return self.gene_sets, self.cell_table

    @property
    def log(self) -> Path:
        """What the last worker wrote to its standard output and error."""
        return self.root / "worker.log"


@dataclass(frozen=True)
class Job:
    """One query, as recorded.

    Parameters
    ----------
    token : str
        128 random bits, url-safe; part of the result's address.
    owner : str
        Browser the job belongs to. Nobody else may see it.
    bundle : str
        Name of the reference to search.
    filename : str
        Name for display, at most 120 characters; never a path. Escape it before it reaches HTML.
    size_bytes : int
        Size of the whole upload.
    options : dict
        Query options as plain JSON values.
    state : str
        See the module.
    folder : JobFolder
        Where its files are.
    attempts : int
        Times a worker was started.
    retryable : bool
        Whether the same upload and options may give an answer next time.
    stage, fraction, detail : str, float, str
        Stage of the engine, share of this stage done (0..1) and a few words.
    message : JobMessage or None
        Why it failed.
    created_at, queued_at, started_at, finished_at, expires_at, heartbeat_at : float or None
        Seconds since 1970. ``heartbeat_at``: when the supervisor last saw the worker alive.
    pid : int or None
        Process, and process group, of the worker.
    timings : dict of str to float
        Seconds by stage.
    memory_bytes : int
        Peak memory of the worker so far.
    position : int
        Place in the queue, 1 is next, 0 when not queued.
    example : str
        Key of the reference's example, empty for a file of the user's own.
    """

    token: str
    owner: str
    bundle: str
    filename: str
    size_bytes: int
    options: dict[str, Any]
    state: State
    folder: JobFolder
    attempts: int = 0
    retryable: bool = False
    stage: str = ""
    fraction: float = 0.0
    detail: str = ""
    message: JobMessage | None = None
    created_at: float = 0.0
    queued_at: float | None = None
    started_at: float | None = None
    finished_at: float | None = None
    expires_at: float = 0.0
    heartbeat_at: float | None = None
    pid: int | None = None
    timings: dict[str, float] = field(default_factory=dict)
    memory_bytes: int = 0
    position: int = 0
    example: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something still has to happen."""
        return self.state in OPEN_STATES

    @property
    def can_retry(self) -> bool:
        """Whether `JobStore.retry` would accept the job."""
        stopped = self.state == CANCELLED or (self.state == FAILED and self.retryable)
        return stopped and self.attempts < MAX_ATTEMPTS

    @property
    def url(self) -> str:
        """Address of the result's page."""
        return f"/r/{self.token}"


def new_token() -> str:
    """Return 128 random bits as 22 url-safe characters.

    Examples
    --------
    >>> bool(TOKEN.fullmatch(new_token()))
    True
    """
    return secrets.token_urlsafe(16)


def clean_filename(name: str) -> str:
    r"""Return a file name for display: the last part of a path, without control characters, at most 120 characters.

    Examples
    --------
    >>> clean_filename("C:\\data\\my cells.h5ad")
    'my cells.h5ad'
    >>> clean_filename("../../etc/passwd\n")
    'passwd'
    >>> clean_filename("")
    'upload'
    """
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip()
    if len(visible) <= MAX_FILENAME:
        return visible or "upload"
    half = (MAX_FILENAME - 1) // 2
    return f"{visible[:half]}…{visible[-half:]}"


def _plain_findings(findings: Sequence[object]) -> tuple[dict[str, str], ...]:
    """Return findings (dataclasses or mappings) as dictionaries of strings."""
    rows = [asdict(f) if is_dataclass(f) and not isinstance(f, type) else f for f in findings]
    return tuple({str(k): str(v) for k, v in row.items()} for row in rows if isinstance(row, Mapping))
