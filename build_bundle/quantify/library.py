"""What is to be quantified: libraries and their files, and the states a library can end in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core.errors import ScQueryError

Kind = Literal["fastq", "sra", "bam"]
Protocol = Literal["plate", "droplet", ""]

OK, LOW_ALIGNMENT, NO_RAW, AUTHOR_ONLY, NO_BARCODE, UNMAPPED, FAILED = (
    "ok", "low_alignment", "no_raw", "author_only", "multi_cell_no_barcode", "unmapped_label", "failed",
)  # fmt: skip
STATES = (OK, LOW_ALIGNMENT, NO_RAW, AUTHOR_ONLY, NO_BARCODE, UNMAPPED, FAILED)
COUNTED = (OK, UNMAPPED)
"""States whose cells are in the files."""


RETRY = "retry"
"""Fact of a library that failed for a reason outside its files: the next run tries it again."""


class LibraryFaultError(ScQueryError):
    """One library cannot be quantified because of its files; it fails and the others go on."""

    default_code = "library"


@dataclass(frozen=True)
class Chemistry:
    """Where the barcode of a droplet read stands: `barcode` bases, then `umi` bases, from the first."""

    barcode: int
    umi: int

    @property
    def length(self) -> int:
        """Bases of the barcode read."""
        return self.barcode + self.umi

    @property
    def text(self) -> str:
        """As `of` reads it."""
        return f"{self.barcode}+{self.umi}"

    @classmethod
    def of(cls, text: str) -> Chemistry | None:
        """Read "16+12", or find a known name ("10x 3' v2", "Drop-seq") in a text; None where it says nothing."""
        numbers = re.fullmatch(r"\s*(\d{1,2})\+(\d{1,2})\s*", text)
        if numbers:
            return cls(int(numbers[1]), int(numbers[2]))
        return next((chemistry for pattern, chemistry in _NAMED if pattern.search(text)), None)

    @classmethod
    def of_length(cls, n_bases: int) -> Chemistry | None:
        """Return the usual chemistry whose barcode read has this length."""
        return next((chemistry for _, chemistry in _NAMED if chemistry.length == n_bases), None)


_NAMED = (
    (re.compile(r"10x.*v2", re.IGNORECASE), Chemistry(16, 10)),
    (re.compile(r"10x.*v[34]", re.IGNORECASE), Chemistry(16, 12)),
    (re.compile(r"drop-?seq", re.IGNORECASE), Chemistry(12, 8)),
)


@dataclass(frozen=True)
class ReadFile:
    """A file of reads.

    Parameters
    ----------
    path : Path
        Where it lies.
    kind : str
        "fastq", "sra" or "bam".
    run : str
        Accession of its run, or the library's name.
    mate : int
        1 or 2 of a pair; 0 where it is not paired.
    md5 : str
        Expected checksum; empty where unknown.
    """

    path: Path
    kind: Kind
    run: str = ""
    mate: int = 0
    md5: str = ""


def choose_files(files: Sequence[ReadFile], protocol: Protocol) -> tuple[ReadFile, ...]:
    """Choose one of several kinds of files that hold the same reads.

    Parameters
    ----------
    files : sequence of ReadFile
        All there are.
    protocol : str
        Of the library.

    Returns
    -------
    tuple of ReadFile
        The kind that holds most runs; of equals FASTQ before SRA before BAM. But where FASTQ files of what may be
        droplets come without mates, their barcodes are at best left in the BAM, and that is taken.
    """
    by_kind = {kind: tuple(file for file in files if file.kind == kind) for kind in ("fastq", "sra", "bam")}
    mates = {file.mate for file in by_kind["fastq"]}
    if by_kind["bam"] and protocol != "plate" and not {1, 2} <= mates and not by_kind["sra"]:
        return by_kind["bam"]
    return max(by_kind.values(), key=lambda found: len({file.run for file in found}))


def missing_runs(files: Sequence[ReadFile], chosen: Sequence[ReadFile]) -> tuple[str, str]:
    """Say which runs of a library are not among the files chosen for it: they would be lost without a word.

    Parameters
    ----------
    files : sequence of ReadFile
        All that belong to it, also what is not on disk.
    chosen : sequence of ReadFile
        Of one kind (`choose_files`).

    Returns
    -------
    (str, str)
        Code and reason of the fault; empty where no run is missing, or nothing was chosen.
    """
    missing = sorted({file.run for file in files} - {file.run for file in chosen})
    if not chosen or not missing:
        return "", ""
    shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
    return "missing_run", f"Other runs of it have {chosen[0].kind} files, but not {shown}; all need files of one kind."


@dataclass(frozen=True)
class Library:
    """A sample and all its reads: one cell (plate) or many (droplet).

    Parameters
    ----------
    study, sample : str
        Accessions; together unique.
    protocol : str
        "plate", "droplet" or empty where unknown.
    layout : str
        "SINGLE", "PAIRED" or empty where unknown.
    files : tuple of ReadFile
        What there is on disk.
    chemistry : str
        Barcode layout of droplets, for `Chemistry.of`.
    whitelist : Path, optional
        Barcodes that exist.
    fault : tuple of (code, sentence)
        What is already known to be wrong with it, for example a download that failed.
    has_author_matrix : bool
        Whether its authors' processed values are there instead.
    """

    study: str
    sample: str
    protocol: Protocol = ""
    layout: str = ""
    files: tuple[ReadFile, ...] = ()
    chemistry: str = ""
    whitelist: Path | None = None
    fault: tuple[str, str] = ("", "")
    has_author_matrix: bool = False

    @property
    def runs(self) -> str:
        """Its runs, joined by ";"."""
        return ";".join(dict.fromkeys(file.run for file in self.files if file.run))

    @property
    def key(self) -> str:
        """A name for folders: readable, and never that of another library."""
        words = re.sub(r"[^A-Za-z0-9.-]+", "-", f"{self.study}-{self.sample}").strip("-.")[:80]
        return f"{words}-{hashlib.sha256(f'{self.study}/{self.sample}'.encode()).hexdigest()[:8]}"

    @property
    def material(self) -> dict[str, Any]:
        """Everything its counts depend on, as JSON values; files by name, size and time of change."""
        return {
            "library": [self.study, self.sample, self.protocol, self.layout, self.chemistry, list(self.fault)],
            "files": [[f.kind, f.run, f.mate, f.md5, *file_state(f.path)] for f in self.files],
            "whitelist": list(file_state(self.whitelist)) if self.whitelist else [],
            "has_author_matrix": self.has_author_matrix,
        }

    def to_json(self) -> dict[str, Any]:
        """Return JSON values that `from_json` reads."""
        files = [{"path": str(f.path), "kind": f.kind, "run": f.run, "mate": f.mate, "md5": f.md5} for f in self.files]
        whitelist = str(self.whitelist) if self.whitelist else ""
        return {**vars(self), "files": files, "whitelist": whitelist, "fault": list(self.fault)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Library:
        """Return the library that `to_json` wrote."""
        files = tuple(ReadFile(**{**file, "path": Path(file["path"])}) for file in values["files"])
        whitelist = Path(values["whitelist"]) if values["whitelist"] else None
        return cls(**{**values, "files": files, "whitelist": whitelist, "fault": tuple(values["fault"])})


def file_state(path: Path) -> tuple[str, int, int]:
    """Return name, size and time of change: as make does, since hashing all reads would take as long as using them."""
    try:
        facts = path.stat()
    except OSError:
        return path.name, -1, -1
    return path.name, facts.st_size, facts.st_mtime_ns
