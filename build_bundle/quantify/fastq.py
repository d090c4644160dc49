"""Reads as files: checked before an aligner sees them, because aligners take half a file for a whole one."""

from __future__ import annotations

import gzip
import hashlib
import itertools
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from build_bundle.quantify.library import LibraryFaultError, ReadFile

_CHUNK = 1 << 20
_SAMPLE = 1000


@dataclass(frozen=True)
class FastqFacts:
    """What a FASTQ file holds.

    Parameters
    ----------
    n_reads : int
        Reads in the file.
    min_length, max_length : int
        Bases of its first 1,000 reads.
    """

    n_reads: int
    min_length: int
    max_length: int


def check_fastq(path: Path) -> FastqFacts:
    """Read a FASTQ file to its end.

    Parameters
    ----------
    path : Path
        FASTQ, also gzip.

    Returns
    -------
    FastqFacts
        Its size.

    Raises
    ------
    LibraryFaultError
        Codes "missing_file", "empty_fastq", "truncated", "not_fastq".

    Notes
    -----
    Costs one pass, about 200 MB of text a second.
    """
    if not path.is_file():
        raise LibraryFaultError(f"{path.name} is not there.", code="missing_file")
    if path.stat().st_size == 0:
        raise _empty(path)
    try:
        shortest, longest = first_lengths(path)
        with _open(path) as stream:
            n_lines = _count_lines(stream)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LibraryFaultError(f"{path.name} is cut short or damaged: {error}.", code="truncated") from error
    if n_lines == 0:
        raise _empty(path)
    if n_lines % 4:
        raise LibraryFaultError(f"{path.name} ends within a read: {n_lines:,} lines.", code="truncated")
    return FastqFacts(n_lines // 4, shortest, longest)


def check_mates(first: FastqFacts, second: FastqFacts, name: str) -> None:
    """Refuse pairs whose files hold different numbers of reads ("mates_differ")."""
    if first.n_reads != second.n_reads:
        raise LibraryFaultError(
            f"The mates of {name} have {first.n_reads:,} and {second.n_reads:,} reads.", code="mates_differ"
        )


def check_md5(files: Sequence[ReadFile]) -> None:
    """Compare files with their declared MD5, where there is one ("wrong_checksum", "missing_file")."""
    for file in files:
        if not file.path.is_file():
            raise LibraryFaultError(f"{file.path.name} is not there.", code="missing_file")
        if file.md5 and (got := _md5(file.path)) != file.md5.lower():
            raise LibraryFaultError(
                f"{file.path.name} has MD5 {got}, the repository says {file.md5.lower()}.", code="wrong_checksum"
            )


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _open(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        is_gzip = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path) if is_gzip else path.open("rb")  # type: ignore[return-value]


def first_lengths(path: Path) -> tuple[int, int]:
    """Return the fewest and the most bases among the first 1,000 reads; zeros where there is none."""
    lengths = []
    with _open(path) as stream:
        lines = list(itertools.islice(stream, 4 * _SAMPLE))
    for at in range(0, len(lines) - 3, 4):
        if not (lines[at].startswith(b"@") and lines[at + 2].startswith(b"+")):
            raise LibraryFaultError(f"{path.name} is no FASTQ file (read {at // 4 + 1}).", code="not_fastq")
        lengths.append(len(lines[at + 1].strip()))
    if lines and not lengths and not lines[0].startswith(b"@"):
        raise LibraryFaultError(f"{path.name} is no FASTQ file.", code="not_fastq")
    return (min(lengths), max(lengths)) if lengths else (0, 0)


def _count_lines(stream: IO[bytes]) -> int:
    n_lines, last = 0, b"\n"
    while chunk := stream.read(_CHUNK):
        n_lines += chunk.count(b"\n")
        last = chunk[-1:]
    return n_lines + (last != b"\n")


def _empty(path: Path) -> LibraryFaultError:
    return LibraryFaultError(f"{path.name} holds no read.", code="empty_fastq")
