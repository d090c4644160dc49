"""Publishing: a bundle appears whole, or not at all.

::

    OUT/.lock            held while a build runs, names its holder
    OUT/.stage/          the bundle in the making
    OUT/<bundle_id>/     published bundles, never changed again
    OUT/current          link to the one in use, switched in one step

Files are staged, checked, brought to disk, described by the manifest (last), and only then the folder gets its name
and the link is switched. A kill or a full disk at any moment leaves the previous bundle in use.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from core.bundle.files import CURRENT, listing
from core.bundle.manifest import FileEntry, Manifest, damaged
from core.bundle.schema import MANIFEST
from core.bundle.verify import verify_bundle
from core.bundle.writer import sha256_file, write_bytes
from core.durable import sync
from core.errors import BuildLockedError, BundleError

LOCK = ".lock"
STAGE = ".stage"


@contextmanager
def build_lock(out: Path) -> Iterator[None]:
    """Hold the output folder for one build; the lock goes with the process, however it ends.

    Parameters
    ----------
    out : Path
        Folder of builds; made if absent.

    Raises
    ------
    BuildLockedError
        When another process holds it; names its process id, machine and start.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (out / LOCK).open("a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildLockedError(
                f"Another build holds {out}: {_holder(out)}.",
                next_step="Wait until it ends, stop it, or choose another folder with --out.",
            ) from None
        stream.truncate(0)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        stream.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": now}))
        stream.flush()
        try:
            yield
        finally:
            stream.truncate(0)


def new_stage(out: Path) -> Path:
    """Return an empty folder to write a bundle into; leftovers of a killed build are removed."""
    stage = out / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(parents=True)
    return stage


def publish(stage: Path, out: Path, manifest: Manifest) -> Path:
    """Check, describe and publish a staged bundle.

    Parameters
    ----------
    stage : Path
        Folder with every file but the manifest, on the same file system as `out`.
    out : Path
        Folder of builds; the caller holds `build_lock`.
    manifest : Manifest
        With `files` and `bundle_id` still blank.

    Returns
    -------
    Path
        ``OUT/<bundle_id>``, to which ``OUT/current`` now leads.

    Raises
    ------
    BundleDamagedError
        When the staged bundle is not good; with all problems, and nothing published.
    BundleError
        When the disk does not take it; nothing published.
    """
    try:
        full = manifest.identified(_entries(stage))
        write_bytes(stage, MANIFEST, full.to_json().encode())
        problems = verify_bundle(stage, deep=True)
        if problems:
            raise damaged(manifest.name, problems)
        target = out / full.bundle_id
        if target.exists():
            return _publish_again(stage, target)
        _bring_to_disk(stage)
        stage.rename(target)
        sync(out)
        switch_current(out, target.name)
    except OSError as error:
        raise BundleError(
            f"The bundle could not be published in {out}: {error.strerror or error}. Nothing was changed there.",
            next_step="Free disk space or choose another folder, then run the build again with --resume.",
            code="publish",
        ) from error
    return target


def switch_current(out: Path, bundle_id: str) -> None:
    """Point ``OUT/current`` to a published bundle in one step; open readers keep the one they have."""
    link = out / f".{CURRENT}.part"
    link.unlink(missing_ok=True)
    link.symlink_to(bundle_id, target_is_directory=True)
    link.replace(out / CURRENT)
    sync(out)


def _publish_again(stage: Path, target: Path) -> Path:
    """Use the published bundle that has the same contents."""
    problems = verify_bundle(target)
    if problems:
        raise damaged(target, problems)
    shutil.rmtree(stage)
    switch_current(target.parent, target.name)
    return target


def _entries(stage: Path) -> dict[str, FileEntry]:
    """Hash all staged files."""
    entries = {}
    for name, info in listing(stage).items():
        path = stage / name
        if name != MANIFEST and path.is_file():
            rows = pq.read_metadata(path).num_rows if name.endswith(".parquet") else None
            entries[name] = FileEntry(sha256_file(path), info.st_size, rows)
    return entries


def _bring_to_disk(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        sync(path)
    sync(folder)


def _holder(out: Path) -> str:
    """Say who holds the lock, as far as its file tells."""
    try:
        found = json.loads((out / LOCK).read_text(encoding="utf-8"))
        return f"process {found['pid']} on {found['host']}, since {found['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "an unknown process"
