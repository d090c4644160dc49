"""Inflating with a bound: a few kilobytes may claim to be terabytes."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path
from typing import BinaryIO

from core.errors import FileFormatError
from core.expression.formats.parsed import SAVE_AGAIN, too_large
from core.expression.limits import Limits

_BLOCK = 1024 * 1024

INFLATE_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error)


class BoundedReader(io.RawIOBase):
    """A readable stream that refuses to give more than a number of bytes.

    Parameters
    ----------
    source : binary file
        Where the bytes come from.
    budget : int
        Bytes that may be read in all.
    name : str
        What is being read, for the message.
    """

    def __init__(self, source: BinaryIO, budget: int, name: str) -> None:
        super().__init__()
        self._source, self._left, self._budget, self._name = source, budget, budget, name

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill `buffer`; raise `LimitError` beyond the bound, `FileFormatError` where the stream breaks."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        try:
            block = self._source.read(min(len(view), self._left + 1))
        except INFLATE_ERRORS as error:
            raise FileFormatError(
                f"{self._name} cannot be inflated after {self._budget - self._left:,} bytes: it is cut off or damaged.",
                next_step="Compress or upload the file again.",
                code="damaged",
            ) from error
        if len(block) > self._left:
            raise too_large(
                f"{self._name} inflates to more than {self._budget / 1024**2:,.0f} MB.",
                "Upload a part of the cells, or a sparse format such as .h5ad.",
                "inflates-too-far",
            )
        self._left -= len(block)
        view[: len(block)] = block
        return len(block)


def open_gzip(path: Path, limits: Limits, name: str = "the file") -> io.BufferedReader:
    """Open a gzip file as a bounded stream.

    Parameters
    ----------
    path : Path
        The compressed file.
    limits : Limits
        For the largest inflated size.
    name : str
        What to call it in messages.

    Returns
    -------
    io.BufferedReader
        Inflated bytes.
    """
    budget = limits.inflated_bytes(path.stat().st_size)
    inflated = gzip.GzipFile(filename=path, mode="rb")
    return io.BufferedReader(BoundedReader(inflated, budget, name[:1].upper() + name[1:]), buffer_size=_BLOCK)  # type: ignore[arg-type]


def copy_bounded(source: BinaryIO, target: Path, budget: int, name: str) -> int:
    """Write a stream to a file, up to a bound.

    Parameters
    ----------
    source : binary file
        Inflated bytes.
    target : Path
        File to write.
    budget : int
        Bytes allowed.
    name : str
        What to call it in messages.

    Returns
    -------
    int
        Bytes written.
    """
    reader = BoundedReader(source, budget, name)
    written = 0
    with target.open("wb") as out:
        while block := reader.read(_BLOCK):
            written += out.write(block)
    return written


def inflate(path: Path, target: Path, limits: Limits, name: str) -> Path:
    """Inflate a gzip file to another file, up to the limit.

    Parameters
    ----------
    path, target : Path
        Compressed file, and the file to write.
    limits : Limits
        For the largest inflated size.
    name : str
        What to call it in messages.

    Returns
    -------
    Path
        `target`.
    """
    with open_gzip(path, limits, name) as stream:
        copy_bounded(stream, target, limits.max_inflated_bytes, name)
    return target


def unreadable(error: BaseException) -> FileFormatError:
    """Return the error for a file a library gave up on.

    Parameters
    ----------
    error : BaseException
        What the library said.

    Returns
    -------
    FileFormatError
        With code "damaged" and the library's first line.
    """
    said = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
    return FileFormatError(f"The file cannot be read: {said}.".replace("..", "."), next_step=SAVE_AGAIN, code="damaged")
