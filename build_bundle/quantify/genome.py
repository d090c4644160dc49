"""Genome sequences: names, lengths, and a plain copy for programs that read no gzip."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from core.errors import ConfigError

_CHUNK = 1 << 20


def copy_genome(source: Path, target: Path) -> dict[str, int]:
    """Copy a FASTA file, unpacked, and measure its sequences on the way.

    Parameters
    ----------
    source : Path
        FASTA, also gzip.
    target : Path
        Plain FASTA to write. The names keep their first word only.

    Returns
    -------
    dict of str to int
        Bases of every sequence, in file order.

    Raises
    ------
    ConfigError
        Where the file is no FASTA, is cut short, or names a sequence twice.
    """
    lengths: dict[str, int] = {}
    name = ""
    with target.open("wb") as out:
        for line in _lines(source):
            if line.startswith(b">"):
                name = line[1:].split()[0].decode("ascii", "replace") if line[1:].split() else ""
                if not name or name in lengths:
                    raise ConfigError(
                        f"{source.name}: a sequence has {'a name seen before' if name else 'no name'}: {name}"
                    )
                lengths[name] = 0
                out.write(b">" + name.encode() + b"\n")
            elif name:
                lengths[name] += len(line.strip())
                out.write(line.strip() + b"\n")
            elif line.strip():
                raise ConfigError(f"{source.name} is no FASTA file: it does not begin with '>'.")
    if not lengths:
        raise ConfigError(f"{source.name} holds no sequence.")
    return lengths


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            is_gzip = stream.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_gzip else path.open("rb", buffering=_CHUNK) as stream:
            yield from stream
    except (OSError, EOFError, zlib.error) as error:
        raise ConfigError(f"The genome {path.name} cannot be read: {error}.") from error
