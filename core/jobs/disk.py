"""Files of jobs: room on the disk, appending to an upload, linking and removing folders. No records here."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from pathlib import Path
from typing import BinaryIO

from core.errors import InputError, JobError, LimitError
from core.jobs.records import JobFolder

PIECE_BYTES = 256 * 1024
RECENT_S = 600.0


def floor_bytes(folder: Path, min_free_bytes: int) -> int:
    """Return how many bytes must stay free on the disk of `folder`: the setting, but at most 10 % of the disk."""
    return min(min_free_bytes, shutil.disk_usage(folder).total // 10)


def check_room(folder: Path, wanted_bytes: int, min_free_bytes: int) -> None:
    """Refuse to fill the disk.

    Parameters
    ----------
    folder : Path
        Anywhere on the disk in question.
    wanted_bytes : int
        What is about to be written.
    min_free_bytes : int
        Setting of the same name.

    Raises
    ------
    LimitError
        ``disk-full`` when less than the floor would stay free.
    """
    free = shutil.disk_usage(folder).free
    if free - wanted_bytes < floor_bytes(folder, min_free_bytes):
        raise LimitError(
            f"This server has {free / 1e9:,.1f} GB of disk left, which is too little for this.",
            next_step="Try again later, or ask who runs the server to make room.",
            code="disk-full",
        )


def make_folders(folder: JobFolder) -> None:
    """Create an empty upload and its folders, readable by the server's user only."""
    folder.root.mkdir(mode=0o700)
    for path in (folder.upload.parent, folder.work):
        path.mkdir(mode=0o700)
    folder.upload.touch(mode=0o600)


def received_bytes(upload: Path) -> int:
    """Return how much of an upload has arrived; 0 when there is no file."""
    try:
        return upload.stat().st_size
    except FileNotFoundError:
        return 0


def is_recent(upload: Path) -> bool:
    """Return whether anything arrived, or the upload began, in the last ten minutes."""
    try:
        return time.time() - upload.stat().st_mtime < RECENT_S
    except FileNotFoundError:
        return False


def append(upload: Path, offset: int, source: BinaryIO, size_bytes: int) -> int:
    """Append what `source` gives to an upload.

    Parameters
    ----------
    upload : Path
        File that holds the first `offset` bytes.
    offset : int
        Where the piece belongs.
    source : binary file
        Read to its end. A connection that breaks leaves a shorter, still valid beginning.
    size_bytes : int
        Size the whole upload was announced with.

    Returns
    -------
    int
        Bytes held afterwards.

    Raises
    ------
    JobError
        ``upload-offset`` when the file holds another number of bytes.
    InputError
        ``upload-size`` when more arrives than was announced; the surplus is dropped.
    """
    with upload.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two tabs may send the same file
        held = file.seek(0, os.SEEK_END)
        if held != offset:
            raise JobError(f"The upload holds {held:,} bytes, not {offset:,}.", code="upload-offset")
        while piece := source.read(PIECE_BYTES):
            if held + len(piece) > size_bytes:
                file.truncate(offset)
                raise InputError(
                    f"More arrived than the {size_bytes:,} bytes announced.",
                    next_step="Choose the file again; it may have changed.",
                    code="upload-size",
                )
            held += file.write(piece)
    return held


def link_or_copy(source: Path, target: Path) -> None:
    """Give `target` the content of `source`, without copying where the disk allows it. Neither is written to later."""
    target.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)


def remove(folder: JobFolder) -> None:
    """Remove everything of a job. A file that a dying worker still writes is caught by the next sweep."""
    shutil.rmtree(folder.root, ignore_errors=True)


def clear_for_attempt(folder: JobFolder) -> None:
    """Remove what an earlier attempt left, and give the next one an empty scratch folder."""
    for path in (folder.work, folder.result):
        shutil.rmtree(path, ignore_errors=True)
    folder.work.mkdir(mode=0o700, parents=True, exist_ok=True)
