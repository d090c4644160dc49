"""Download files a catalogue lists: resumed where a checksum can vouch for the whole, checked, and named only when whole."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path

import httpx

from build_bundle.harvest.client import Client, PassingError
from build_bundle.harvest.records import BAM, FASTQ, MATRIX, SRA, FileRow
from core.durable import sync
from core.errors import FetchError

KINDS = (FASTQ, BAM, SRA, MATRIX)
READS, PROCESSED = "reads", "processed"
_CHUNK = 1 << 20
_GB = 1 << 30
_UNSAFE = re.compile(r"[^A-Za-z0-9._+-]+")
_WRONG_SUM_TRIES = 2  # a file that is wrong twice is wrong at its source
_NOTHING_THERE = "http-416"  # asked to go on behind the end
_HEADERS = {"Accept-Encoding": "identity"}


def place_of(file: FileRow) -> str:
    """Return where a file goes, relative to the output folder.

    Parameters
    ----------
    file : FileRow
        Of kind ``fastq``, ``bam`` or ``sra`` with a sample, or ``matrix``.

    Returns
    -------
    str
        With POSIX slashes; made of safe characters whatever a submitter wrote. Submitters give the files of many runs
        one name, so the run's accession stands before it.
    """
    if file.kind == MATRIX:
        return f"{PROCESSED}/{safe_name(file.study_accession)}/{safe_name(file.sample_accession or 'study')}/{safe_name(file.name)}"
    name = file.name if file.run_accession in file.name else f"{file.run_accession}_{file.name}"
    return f"{READS}/{safe_name(file.sample_accession)}/{safe_name(name)}"


def safe_name(text: str) -> str:
    """Return a file name for any text: other texts give other names.

    Examples
    --------
    >>> safe_name("GSM1")
    'GSM1'
    """
    cleaned = _UNSAFE.sub("_", text).lstrip(".")[:120]
    if cleaned == text:
        return text
    return f"{cleaned}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def download(client: Client, file: FileRow, target: Path) -> str:
    """Fetch one file.

    Parameters
    ----------
    client : Client
        The door to the network.
    file : FileRow
        Its address, size and MD5, where known.
    target : Path
        Gets the file; beside it stands ``.part`` while it comes.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    FetchError
        With the code ``truncated``, ``wrong-checksum``, ``too-large``, ``disk-full``, ``host-not-allowed``,
        ``http-...``, ``timeout`` or ``connection``. Nothing stands under the target's name then.
    """
    url = client.settings.locate(file.url)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    if not file.md5:
        part.unlink(missing_ok=True)  # nothing could tell whether two halves belong together
    wrong = 0

    def attempt() -> str:
        nonlocal wrong
        _check_room(client, file, target.parent)
        _continue(client, file, url, part)
        try:
            return _checked(file, part)
        except PassingError as error:
            wrong += error.code == "wrong-checksum"
            if wrong >= _WRONG_SUM_TRIES:
                raise FetchError(error.message, code=error.code) from error
            raise

    digest = client.patiently(attempt)
    part.replace(target)
    sync(target.parent)
    return digest


def _continue(client: Client, file: FileRow, url: str, part: Path) -> None:
    """Fetch what is lacking of a file; nothing, where a harvest was killed between the last byte and the check."""
    size = part.stat().st_size if part.exists() else 0
    if file.bytes is not None and size > file.bytes:
        part.unlink()
    if file.bytes is None or size != file.bytes:
        try:
            client.stream(url, {}, _range(part), lambda reply: _receive(client, reply, part))
        except FetchError as error:
            if error.code != _NOTHING_THERE:
                raise
            part.unlink(missing_ok=True)
            raise PassingError(f"{file.name} ends before what was kept of it.", code="truncated") from error


def _range(part: Path) -> dict[str, str]:
    size = part.stat().st_size if part.exists() else 0
    return {**_HEADERS, "Range": f"bytes={size}-"} if size else dict(_HEADERS)


def _receive(client: Client, reply: httpx.Response, part: Path) -> None:
    """Write what comes; to the end of what is there where the server goes on from there."""
    start = part.stat().st_size if part.exists() else 0
    goes_on = reply.status_code == httpx.codes.PARTIAL_CONTENT and reply.headers.get("Content-Range", "").startswith(
        f"bytes {start}-"
    )
    size, bound = start if goes_on else 0, client.settings.bounds.file_gb * _GB
    with part.open("ab" if goes_on else "wb") as stream:
        for chunk in reply.iter_raw(_CHUNK):
            size += len(chunk)
            if size > bound:
                raise FetchError(f"The file is larger than {client.settings.bounds.file_gb:g} GB.", code="too-large")
            stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())


def _checked(file: FileRow, part: Path) -> str:
    """Return the SHA-256 of a file whose size and MD5 are those the repository gives; else it is removed."""
    md5, sha256, size = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0
    with part.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
            size += len(chunk)
    if file.bytes is not None and size != file.bytes:
        part.unlink()
        raise PassingError(f"{file.name} has {size:,} bytes, {file.bytes:,} were announced.", code="truncated")
    if file.md5 and md5.hexdigest() != file.md5:
        part.unlink()
        raise PassingError(
            f"{file.name} has another checksum: MD5 {md5.hexdigest()}, {file.md5} was announced.", code="wrong-checksum"
        )
    return sha256.hexdigest()


def _check_room(client: Client, file: FileRow, folder: Path) -> None:
    keep = client.settings.bounds.keep_free_gb * _GB
    if shutil.disk_usage(folder).free - (file.bytes or 0) < keep:
        raise FetchError(
            f"{file.name} does not fit: less than {client.settings.bounds.keep_free_gb:g} GB would be left on the disk.",
            code="disk-full",
        )
