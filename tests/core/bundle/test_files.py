"""Where a bundle is, what lies in its folder, and whether the bytes are right."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from core.bundle import files as module
from core.bundle.files import check_file, content_problems, listing_problems, resolve_bundle
from core.bundle.manifest import read_manifest
from core.bundle.schema import INDEX, MANIFEST
from core.errors import BundleDamagedError, BundleError


def test_a_bundle_is_itself_or_where_current_leads(tiny_builds: Path, tiny_bundle: Path) -> None:
    assert resolve_bundle(tiny_bundle) == tiny_bundle
    assert resolve_bundle(tiny_builds) == tiny_bundle


def test_a_copied_current_folder_is_accepted(tiny_bundle: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_bundle, tmp_path / "current")
    assert resolve_bundle(tmp_path) == (tmp_path / "current").resolve()


@pytest.mark.parametrize("target", ["nowhere", "/tmp", "..", "a-file", "current"])
def test_current_must_stay_in_its_folder(tmp_path: Path, target: str) -> None:
    (tmp_path / "a-file").write_text("x")
    (tmp_path / "current").symlink_to(target)
    with pytest.raises(BundleDamagedError, match="does not lead to a bundle in the same folder"):
        resolve_bundle(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="There is no data bundle"):
        resolve_bundle(tmp_path / "absent")


def test_listing_problems_of_every_kind(own: Path) -> None:
    manifest = read_manifest(own)
    assert listing_problems(own, manifest) == []
    (own / INDEX).unlink()
    (own / "genes.parquet").unlink()
    (own / "genes.parquet").symlink_to(own / "cells.parquet")
    with (own / "cells.parquet").open("ab") as stream:
        stream.write(b"x")
    (own / "more").mkdir()
    (own / "examples" / "inner").mkdir()
    (own / ".hidden").write_text("")
    found = listing_problems(own, manifest)
    assert "index.hnsw is missing." in found
    assert "genes.parquet is not a regular file." in found
    assert {
        "'more' is not in the manifest.",
        "'examples/inner' is not in the manifest.",
        "'.hidden' is not in the manifest.",
    } <= set(found)
    assert any(p.startswith("cells.parquet has ") for p in found)
    assert len(found) == 6


def test_examples_as_a_file(own: Path) -> None:
    shutil.rmtree(own / "examples")
    (own / "examples").write_text("no folder")
    manifest = read_manifest(own)
    assert listing_problems(own, manifest) == [
        "'examples' is not in the manifest.",
        "examples/planted.h5ad is missing.",
    ]
    assert content_problems(own, "examples/planted.h5ad", manifest.files["examples/planted.h5ad"]) == [
        "examples/planted.h5ad cannot be read: Not a directory."
    ]


def test_check_file(own: Path, tmp_path: Path) -> None:
    manifest = read_manifest(own)
    assert check_file(own, manifest, INDEX) == own / INDEX
    with pytest.raises(KeyError):
        check_file(own, manifest, MANIFEST)
    (own / INDEX).write_bytes((own / INDEX).read_bytes()[::-1])
    with pytest.raises(BundleDamagedError, match="SHA-256 differs"):
        check_file(own, manifest, INDEX)
    (own / INDEX).unlink()
    with pytest.raises(BundleDamagedError, match="is missing"):
        check_file(own, manifest, INDEX)
    os.mkfifo(own / INDEX)  # opening it would wait for ever
    with pytest.raises(BundleDamagedError, match="not a regular file"):
        check_file(own, manifest, INDEX)


def test_a_folder_behind_a_link(own: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    shutil.move(own / "examples", outside)
    (own / "examples").symlink_to(outside)
    with pytest.raises(BundleDamagedError, match="lies behind a link"):
        check_file(own, read_manifest(own), "examples/planted.h5ad")


def test_a_link_put_in_at_the_last_moment(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = read_manifest(own)
    (own / "real").write_bytes((own / INDEX).read_bytes())
    (own / INDEX).unlink()
    (own / INDEX).symlink_to("real")
    monkeypatch.setattr(module, "_stat_problems", lambda *_: [])
    assert content_problems(own, INDEX, manifest.files[INDEX])[0].startswith("index.hnsw cannot be read")
