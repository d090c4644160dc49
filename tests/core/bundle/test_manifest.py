"""The manifest: canonical, self-describing, and refused with all problems when a field is implausible."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.bundle import manifest as module
from core.bundle.manifest import FileEntry, Manifest, damaged, is_example, read_manifest
from core.bundle.schema import MANIFEST, SCHEMA_VERSION
from core.errors import BundleDamagedError, BundleVersionError


@pytest.fixture(scope="module")
def good(tiny_bundle: Path) -> Manifest:
    return read_manifest(tiny_bundle)


def _problems(text: str) -> list[str]:
    with pytest.raises(BundleDamagedError) as caught:
        Manifest.from_json(text)
    assert caught.value.next_step
    return [p.removeprefix(f"{MANIFEST}: ") for p in caught.value.problems]


def test_round_trip(good: Manifest) -> None:
    assert Manifest.from_json(good.to_json()) == good


def test_the_id_follows_from_the_contents_not_from_the_time(good: Manifest) -> None:
    later = replace(good, built_at="2030-05-05T10:00:00+02:00").identified(good.files)
    assert later.bundle_id == good.bundle_id
    assert later.to_json() != good.to_json()
    assert replace(good, seed=good.seed + 1).identified(good.files).bundle_id != good.bundle_id
    files = good.files | {"cells.parquet": replace(good.files["cells.parquet"], sha256="0" * 64)}
    assert good.identified(files).bundle_id != good.bundle_id


def test_the_order_of_files_does_not_matter(good: Manifest) -> None:
    backwards = dict(reversed(good.files.items()))
    assert good.identified(backwards).to_json() == good.to_json()


FILES = "files"
CASES: list[tuple[dict[str, Any], str]] = [
    ({"name": "Not A Slug"}, "name is not a short name"),
    ({"name": "../x"}, "name is not a short name"),
    ({"title": "  "}, "title is empty"),
    ({"organism": "zebrafish"}, "organism is none of"),
    ({"organism_ontology_term_id": "NCBITaxon:10090"}, "is not the organism's"),
    ({"built_at": "yesterday"}, "built_at is not"),
    ({"built_at": "2026-01-01T00:00:00"}, "built_at is not"),
    ({"seed": -1}, "seed is negative"),
    ({"encoder.n_nets": 0}, "encoder has no net"),
    ({"encoder.layers": ()}, "encoder has no net"),
    ({"encoder.layers": (0,)}, "encoder has no net"),
    ({"encoder.n_latent": 21}, "encoder.n_latent is outside"),
    ({"encoder.n_latent": 0}, "encoder.n_latent is outside"),
    ({"encoder.activation": "gelu"}, "activation is none of tanh, sigmoid, relu"),
    ({"encoder.n_vocabulary": 0}, "n_vocabulary is below 1"),
    ({"index.dim": 15}, "index.dim differs"),
    ({"index.n": 5}, "index.n differs"),
    ({"index.space": "cosinesimil"}, "index.space is not l2"),
    ({"index.M": 0}, "index has a setting below 1"),
    ({"index.recall": 1.5}, "index.recall is outside"),
    ({"confidence.unknown_distance": -0.1}, "unknown_distance is negative"),
    ({"confidence.quantile": 0}, "quantile is outside"),
    ({"confidence.n_cells": -1}, "confidence.n_cells is negative"),
    ({"confidence.default_threshold": 2}, "default_threshold is outside"),
    ({"counts.n_studies": -1}, "counts holds a negative"),
    ({"counts.n_cell_types": 0}, "counts: cells, genes or types are none"),
    ({"projection.explained_variance": {"raw": (0.1, 0.2)}}, "is not for embedding and raw"),
    ({"projection.explained_variance": {"raw": (7.0,), "embedding": (0.1,)}}, "explained_variance is outside"),
]


@pytest.mark.parametrize(
    ("changes", "sentence"), CASES, ids=lambda case: next(iter(case)) if isinstance(case, dict) else ""
)
def test_implausible_fields_are_refused(good: Manifest, changes: dict[str, Any], sentence: str) -> None:
    edited = good
    for place, value in changes.items():
        part, _, name = place.partition(".")
        edited = replace(edited, **{part: replace(getattr(edited, part), **{name: value}) if name else value})
    assert any(sentence in p for p in _problems(edited.identified(edited.files).to_json()))


@pytest.mark.parametrize(
    ("name", "entry", "sentence"),
    [
        ("../outside.parquet", FileEntry("0" * 64, 1, 1), "no file of a bundle"),
        ("/etc/passwd", FileEntry("0" * 64, 1, None), "no file of a bundle"),
        ("examples/../../x.h5ad", FileEntry("0" * 64, 1, None), "no file of a bundle"),
        ("examples/a/b.h5ad", FileEntry("0" * 64, 1, None), "no file of a bundle"),
        ("manifest.json", FileEntry("0" * 64, 1, None), "no file of a bundle"),
        ("cells.parquet", FileEntry("0" * 63, 1, 600), "is not a SHA-256"),
        ("cells.parquet", FileEntry("0" * 64, 0, 600), "below 1 byte"),
        ("cells.parquet", FileEntry("0" * 64, 1, None), "missing or negative"),
        ("cells.parquet", FileEntry("0" * 64, 1, -1), "missing or negative"),
        ("index.hnsw", FileEntry("0" * 64, 1, 600), "given, but it is no table"),
    ],
)
def test_implausible_files_are_refused(good: Manifest, name: str, entry: FileEntry, sentence: str) -> None:
    assert any(sentence in p for p in _problems(good.identified(good.files | {name: entry}).to_json()))


def test_all_missing_files_are_named(good: Manifest) -> None:
    found = _problems(good.identified({}).to_json())
    assert f"files does not name {MANIFEST}." not in found
    assert {"files does not name cells.parquet.", "files does not name index.hnsw."} <= set(found)


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"schema_version": true}', '{"schema_version": "1"}'])
def test_what_is_no_manifest(text: str) -> None:
    assert len(_problems(text)) == 1


@pytest.mark.parametrize(
    ("version", "step"), [(SCHEMA_VERSION + 1, "make setup"), (SCHEMA_VERSION - 1, "build_bundle run")]
)
def test_another_version_is_refused_with_both_versions_and_the_command(version: int, step: str) -> None:
    with pytest.raises(BundleVersionError) as caught:
        Manifest.from_json(json.dumps({"schema_version": version, "of": "another time"}))
    assert f"version {version};" in caught.value.message
    assert f"version {SCHEMA_VERSION}." in caught.value.message
    assert step in caught.value.next_step


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("Planted world", "Planted World"),
        lambda text: text.replace("2026-01-01T00", "2026-01-01T01"),
        lambda text: text.replace('"seed": 0', '"seed":  0'),
        lambda text: text + "\n",
        lambda text: text.replace('"digest"', '"diges"'),
    ],
)
def test_any_edit_shows(good: Manifest, edit: Any) -> None:
    assert "It was changed after it was written: its digest does not fit." in _problems(edit(good.to_json()))


def test_numbers_of_numpy_are_not_written(good: Manifest) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        replace(good, seed=np.int64(3)).to_json()


def test_reading_from_a_folder(tmp_path: Path, good: Manifest, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / MANIFEST
    with pytest.raises(BundleDamagedError, match="missing or is not a regular file"):
        read_manifest(tmp_path)
    path.mkdir()
    with pytest.raises(BundleDamagedError, match="not a regular file"):
        read_manifest(tmp_path)
    path.rmdir()
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BundleDamagedError, match="cannot be read"):
        read_manifest(tmp_path)
    path.write_text(good.to_json())
    assert read_manifest(tmp_path) == good
    monkeypatch.setattr(module, "MAX_MANIFEST_BYTES", 100)
    with pytest.raises(BundleDamagedError, match="larger than 100 bytes"):
        read_manifest(tmp_path)
    (tmp_path / "elsewhere.json").write_text(good.to_json())
    path.unlink()
    path.symlink_to("elsewhere.json")
    with pytest.raises(BundleDamagedError, match="not a regular file"):
        read_manifest(tmp_path)


def test_the_error_says_how_many(tmp_path: Path) -> None:
    assert "(and 2 more)" in damaged(tmp_path, ["a.", "b.", "c."]).message
    assert "more)" not in damaged("x", ["a."]).message


@pytest.mark.parametrize(
    ("name", "legal"),
    [("examples/a-B_1.h5ad", True), ("examples/.h5ad", False), ("examples/a.csv", False), ("examples/a.h5ad\n", False),
     ("a.h5ad", False), (f"examples/{'a' * 101}.h5ad", False)],
)  # fmt: skip
def test_names_of_examples(name: str, legal: bool) -> None:
    assert is_example(name) is legal
