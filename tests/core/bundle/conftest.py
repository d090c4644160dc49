"""Copies of the planted bundle that a test may damage, and a way to make them consistent again after an edit."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from core.bundle.manifest import FileEntry, Manifest, read_manifest
from core.bundle.schema import MANIFEST
from core.bundle.writer import sha256_file

Reseal = Callable[..., None]


@pytest.fixture
def own(tiny_bundle: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copytree(tiny_bundle, tmp_path / "own"))


@pytest.fixture
def reseal(own: Path) -> Reseal:
    """Bring the manifest of `own` up to date with its files, as a faulty builder would, with fields changed on the way."""

    def seal(**changes: object) -> None:
        manifest: Manifest = replace(read_manifest(own), **changes)  # type: ignore[arg-type]
        files = {}
        for name in manifest.files:
            path = own / name
            if path.exists():
                rows = pq.read_metadata(path).num_rows if name.endswith(".parquet") else None
                files[name] = FileEntry(sha256_file(path), path.stat().st_size, rows)
        (own / MANIFEST).write_text(manifest.identified(files).to_json(), encoding="utf-8")

    return seal
