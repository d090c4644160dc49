"""Unpacking zip and tar into a scratch folder, under numbers instead of the names inside.

No name from an archive ever becomes a path. Not here: what the members mean (``mtx``, ``formats``).
"""

from __future__ import annotations

import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, cast

from core.errors import FileFormatError
from core.expression.formats.parsed import damaged, too_large
from core.expression.formats.stream import copy_bounded, open_gzip
from core.expression.limits import Limits

_CLUTTER = re.compile(r"(?:^|/)(?:__MACOSX/|\._|\.DS_Store$|Thumbs\.db$)")
_REPACK = "Pack only the matrix, features and barcodes files, and upload that."

ARCHIVE_ERRORS = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, NotImplementedError)


@dataclass(frozen=True)
class Member:
    """One file of an archive or folder.

    Parameters
    ----------
    name : str
        Name as given, for matching and messages only.
    path : Path
        Where its bytes are now.
    """

    name: str
    path: Path


def unpack(path: Path, kind: str, scratch: Path, limits: Limits) -> list[Member]:
    """Unpack an archive.

    Parameters
    ----------
    path : Path
        The archive.
    kind : str
        "zip", "tar" or "gzip:tar".
    scratch : Path
        Existing folder for the contents.
    limits : Limits
        Caps on members and inflated bytes.

    Returns
    -------
    list of Member
        The regular files, clutter of operating systems left out.

    Raises
    ------
    FileFormatError
        With code "unsafe-archive" for links, devices and names that lead out of the folder; "encrypted"; "damaged".
    LimitError
        For too many members or bytes.
    """
    members: list[Member] = []
    left = limits.inflated_bytes(path.stat().st_size)
    try:
        for name, source in _contents(path, kind, limits):
            target = scratch / f"member{len(members):03d}"
            with source:
                left -= copy_bounded(cast("BinaryIO", source), target, left, "The archive")
            members.append(Member(name, target))
    except ARCHIVE_ERRORS as error:
        raise damaged(
            "the archive", f"cannot be unpacked ({error})", "Pack the files again and upload that."
        ) from error
    return members


def folder_members(path: Path, limits: Limits) -> list[Member]:
    """List the files of a folder.

    Parameters
    ----------
    path : Path
        The folder.
    limits : Limits
        Cap on files.

    Returns
    -------
    list of Member
        Regular files directly inside, by name.
    """
    files = sorted(p for p in path.iterdir() if p.is_file() and not _CLUTTER.search(p.name))
    _check_count(len(files), limits)
    return [Member(p.name, p) for p in files]


def _contents(path: Path, kind: str, limits: Limits) -> Iterator[tuple[str, IO[bytes]]]:
    return _zip_contents(path, limits) if kind == "zip" else _tar_contents(path, kind, limits)


def _zip_contents(path: Path, limits: Limits) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        if any(i.filename == "[Content_Types].xml" or i.filename.startswith("xl/") for i in infos):
            raise FileFormatError(
                "The file is an Excel workbook, not an expression matrix.",
                next_step="Export the sheet as CSV and upload that. Excel turns some gene names into dates: check them.",
                code="excel",
            )
        files = [i for i in infos if not i.is_dir() and not _CLUTTER.search(i.filename)]
        _check_count(len(files), limits)
        for info in files:
            _check_name(info.filename)
            if info.flag_bits & 0x1:
                raise FileFormatError(
                    "The zip archive is protected by a password.", next_step="Pack it without one.", code="encrypted"
                )
            if stat.S_ISLNK(info.external_attr >> 16):
                raise _unsafe(f"{info.filename[:80]} is a link")
            yield info.filename, archive.open(info)


def _tar_contents(path: Path, kind: str, limits: Limits) -> Iterator[tuple[str, IO[bytes]]]:
    stream = open_gzip(path, limits, "the archive") if kind.startswith("gzip") else path.open("rb")
    with stream, tarfile.open(fileobj=stream, mode="r|") as archive:
        n_files = 0
        for info in archive:
            if info.isdir() or _CLUTTER.search(info.name):
                continue
            n_files += 1
            _check_count(n_files, limits)
            _check_name(info.name)
            if not info.isreg():
                raise _unsafe(f"{info.name[:80]} is a link or a device")
            yield info.name, cast("IO[bytes]", archive.extractfile(info))


def _check_count(n_files: int, limits: Limits) -> None:
    if n_files > limits.max_members:
        raise too_large(f"More than {limits.max_members} files are in the archive.", _REPACK, "too-many-files")


def _check_name(name: str) -> None:
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or re.match(r"^[A-Za-z]:", name):
        raise _unsafe(f"the name {name[:80]} leads out of the archive")


def _unsafe(what: str) -> FileFormatError:
    return FileFormatError(f"The archive was not unpacked: {what}.", next_step=_REPACK, code="unsafe-archive")
