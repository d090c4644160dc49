"""Answers that may be given again: finished results kept on disk under the question they answer.

diskcache keeps the index, the size and the age; a result is one file in it, a zip without compression. diskcache would unpickle what
it finds in its folder, so its disk is replaced by one that neither writes nor reads a pickle.

Only answers to questions anybody may ask (the examples of a reference) belong here: what a user brings is deleted with its job.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import IO

import diskcache
from diskcache.core import MODE_BINARY

logger = logging.getLogger(__name__)

SIZE_LIMIT_BYTES = 512 * 1024**2
KEEP_S = 30 * 24 * 3600.0


class PlainDisk(diskcache.Disk):  # type: ignore[misc]
    """Keys are text, values are files; everything else is refused."""

    def put(self, key: object) -> tuple[str, bool]:
        """Return a key as the database holds it."""
        if not isinstance(key, str):
            raise TypeError("keys of the cache are text")
        return key, True

    def get(self, key: str, raw: bool) -> str:  # noqa: FBT001
        """Return a key from the database."""
        if not raw:
            raise TypeError("this key is a pickle")
        return key

    def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, str, object]:  # noqa: FBT001
        """Write a value, given as an open file."""
        if not read:
            raise TypeError("values of the cache are files")
        row: tuple[int, int, str, object] = super().store(value, read, key=key)
        return row

    def fetch(self, mode: int, filename: str, value: object, read: bool) -> IO[bytes]:  # noqa: FBT001
        """Open a value."""
        if mode != MODE_BINARY:
            raise TypeError("this value is no file")
        file: IO[bytes] = super().fetch(mode, filename, value, read)
        return file


class AnswerCache:
    """Finished results by question.

    Parameters
    ----------
    folder : Path
        Made when absent, for the server's user only.
    size_limit_bytes : int
        Oldest answers go first when there is more.
    """

    def __init__(self, folder: Path, size_limit_bytes: int = SIZE_LIMIT_BYTES) -> None:
        self._folder = Path(folder)
        self._size_limit_bytes = size_limit_bytes

    def keep(self, question: str, result: Path) -> None:
        """Keep a finished result.

        Parameters
        ----------
        question : str
            From `question`.
        result : Path
            Folder of files and folders of files.
        """
        with tempfile.TemporaryFile() as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for path in sorted(p for p in result.rglob("*") if p.is_file()):
                    archive.write(path, path.relative_to(result))
            file.seek(0)
            with self._open() as cache:
                cache.set(question, file, expire=KEEP_S, read=True)

    def restore(self, question: str, result: Path) -> bool:
        """Give a kept result to another job.

        Parameters
        ----------
        question : str
            From `question`.
        result : Path
            Folder to make; appears complete or not at all.

        Returns
        -------
        bool
            Whether there was one. What cannot be read is dropped and counts as none.
        """
        if not self._folder.is_dir():
            return False
        with self._open() as cache:
            try:
                file = cache.get(question, read=True)
                if file is None:
                    return False
                with file:
                    _unpack(file, result)
            except (OSError, TypeError, ValueError, zipfile.BadZipFile):
                logger.warning("A kept answer could not be read and was dropped")
                cache.delete(question)
                return False
        return True

    def _open(self) -> diskcache.Cache:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return diskcache.Cache(
            str(self._folder),
            disk=PlainDisk,
            size_limit=self._size_limit_bytes,
            eviction_policy="least-recently-stored",
            cull_limit=1,  # answers are large: at the usual ten at a time, the new one would go too
        )


def question(**facts: object) -> str:
    """Return the key of a question: the same for the same facts, in whatever order.

    Parameters
    ----------
    **facts : JSON values
        All that the answer depends on.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> question(bundle="a", k=5) == question(k=5, bundle="a")
    True
    """
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


@cache
def code_digest(folder: Path = Path(__file__).parent) -> str:
    """Return a digest of the code that finds answers: after an update, what was kept before it is not given again.

    Parameters
    ----------
    folder : Path
        Package whose modules count, with all below; core if left out. Read once.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(repr((path.relative_to(folder).as_posix(), path.read_bytes())).encode())
    return digest.hexdigest()


def _unpack(file: IO[bytes], result: Path) -> None:
    staging = Path(tempfile.mkdtemp(prefix=".answer-", dir=result.parent))
    try:
        with zipfile.ZipFile(file) as archive:
            if any(Path(name).is_absolute() or ".." in Path(name).parts for name in archive.namelist()):
                raise ValueError("a kept answer leads out of its folder")
            archive.extractall(staging)
        staging.rename(result)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
