"""The files of a bundle folder as the file system has them: where a bundle is, what lies in it, are the bytes right.

Everything here reads bytes only: no loader of any format opens a file before `check_file` has hashed it.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from core.bundle.manifest import FileEntry, Manifest, damaged
from core.bundle.schema import EXAMPLES, MANIFEST
from core.errors import BundleError

CURRENT = "current"


def resolve_bundle(folder: Path) -> Path:
    """Return the real folder of a bundle.

    Parameters
    ----------
    folder : Path
        A bundle, or a folder of builds whose ``current`` link names one.

    Returns
    -------
    Path
        Absolute and free of links, so that a later switch of ``current`` does not touch an open bundle.

    Raises
    ------
    BundleError
        When there is neither.
    BundleDamagedError
        When ``current`` leads out of the folder or to nothing.
    """
    if not folder.is_dir():
        raise BundleError(
            f"There is no data bundle at {folder}.", next_step="Run make demo, or give another folder with --bundle."
        )
    root = folder.resolve()
    current = root / CURRENT
    if (root / MANIFEST).exists() or not (current.is_symlink() or current.exists()):
        return root
    try:
        target = current.resolve(strict=True)
    except (OSError, RuntimeError):  # it leads to nothing, or to itself
        target = current
    if target.is_symlink() or target.parent != root or not target.is_dir():
        raise damaged(folder, [f"The link {CURRENT} does not lead to a bundle in the same folder."])
    return target


def listing(folder: Path) -> dict[str, os.stat_result]:
    """Return everything in a bundle folder by POSIX path, links not followed, folders left out but for odd ones.

    The only folder a bundle has is ``examples``; any other folder is returned as an entry of its own.
    """
    found: dict[str, os.stat_result] = {}
    for entry in os.scandir(folder):
        info = entry.stat(follow_symlinks=False)
        if entry.name == EXAMPLES and stat.S_ISDIR(info.st_mode):
            found |= {f"{EXAMPLES}/{e.name}": e.stat(follow_symlinks=False) for e in os.scandir(entry.path)}
        else:
            found[entry.name] = info
    return found


def listing_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Compare the folder with the manifest without reading any file: missing, extra, kind and size."""
    found = listing(folder)
    found.pop(MANIFEST, None)
    problems = [f"{name!r} is not in the manifest." for name in sorted(found.keys() - manifest.files.keys())]
    for name, entry in sorted(manifest.files.items()):
        if name not in found:
            problems.append(f"{name} is missing.")
        else:
            problems += _stat_problems(name, found[name], entry)
    return problems


def content_problems(folder: Path, name: str, entry: FileEntry) -> list[str]:
    """Hash one file and compare it with its entry.

    Parameters
    ----------
    folder : Path
        Bundle folder.
    name : str
        Path inside it, taken from a checked manifest.
    entry : FileEntry
        What it should be.

    Returns
    -------
    list of str
        Empty when the file is a regular file of that size and hash.
    """
    path = folder / name
    try:
        if path.parent.resolve() != folder.resolve() / Path(name).parent:
            return [f"{name} lies behind a link."]
        problems = _stat_problems(name, path.lstat(), entry)
        if problems:
            return problems
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return [f"{name} is missing."]
    except OSError as error:
        return [f"{name} cannot be read: {error.strerror}."]
    return [] if digest == entry.sha256 else [f"{name} has other contents than the manifest says (SHA-256 differs)."]


def check_file(folder: Path, manifest: Manifest, name: str) -> Path:
    """Return the path of a file whose bytes are what the manifest says.

    Parameters
    ----------
    folder : Path
        Bundle folder.
    manifest : Manifest
        Checked manifest.
    name : str
        Path of the file inside the bundle.

    Returns
    -------
    Path
        Safe to hand to a native loader.

    Raises
    ------
    KeyError
        When the manifest names no such file.
    BundleDamagedError
        When it is missing, a link, or of another size or hash.

    Notes
    -----
    Reads the whole file: about 1.5 GB/s.
    """
    problems = content_problems(folder, name, manifest.files[name])
    if problems:
        raise damaged(folder, problems)
    return folder / name


def _stat_problems(name: str, info: os.stat_result, entry: FileEntry) -> list[str]:
    if not stat.S_ISREG(info.st_mode):
        return [f"{name} is not a regular file."]
    if info.st_size != entry.bytes:
        return [f"{name} has {info.st_size:,} bytes, the manifest says {entry.bytes:,}."]
    return []
