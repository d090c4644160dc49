"""Damaged bundles: every one is refused in clear words, and no loader opens a file whose bytes are wrong."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import safetensors.numpy

from core.bundle import binaries, reader
from core.bundle.manifest import Manifest, read_manifest
from core.bundle.reader import Bundle
from core.bundle.schema import EMBEDDING, MANIFEST, SCHEMA_VERSION, TABLES
from core.bundle.strict_json import dump_json
from core.bundle.verify import verify_bundle
from core.errors import BundleDamagedError, BundleError, BundleVersionError

ABSURD: tuple[Any, ...] = (
    None, True, -1, 0, 2**53 + 1, 10**30, -1e300, 0.5, "", "x", "../../etc/passwd", "\x00", "\ud800", "ａ" * 5000, [], {},
    [[]], {"a": {}}, [None] * 50, {"..": 1}, "NaN",
)  # fmt: skip
RAW: tuple[str, ...] = ("NaN", "-Infinity", "1e999", "9" * 5000, "[" * 20_000, '"\\ud800"', '{"a":1,"a":2}', "tru", "")


def _victim(rng: random.Random, folder: Path, *, manifest: bool = True) -> Path:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and (manifest or p.name != MANIFEST))
    return rng.choice(files)


def flip_bits(rng: random.Random, folder: Path) -> Path:
    path = _victim(rng, folder)
    data = bytearray(path.read_bytes())
    for _ in range(rng.choice([1, 1, 1, 3, 40])):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(bytes(data))
    return path


def truncate(rng: random.Random, folder: Path) -> Path:
    path = _victim(rng, folder)
    data = path.read_bytes()
    path.write_bytes(data[: rng.choice([0, 1, len(data) // 2, len(data) - 1, rng.randrange(len(data))])])
    return path


def delete(rng: random.Random, folder: Path) -> Path:
    path = _victim(rng, folder)
    path.unlink()
    return path


def overwrite(rng: random.Random, folder: Path) -> Path:
    """Same size, other bytes: zeros, noise, or the bytes of another file."""
    path = _victim(rng, folder)
    size = path.stat().st_size
    other = _victim(rng, folder).read_bytes() + bytes(size)
    path.write_bytes(rng.choice([bytes(size), rng.randbytes(size), other[:size][::-1]]))
    return path


def append(rng: random.Random, folder: Path) -> Path:
    path = _victim(rng, folder)
    with path.open("ab") as stream:
        stream.write(rng.choice([b"\0", b"\n", b"PAR1", rng.randbytes(100)]))
    return path


def add(rng: random.Random, folder: Path) -> Path:
    name = rng.choice(
        ["notes.txt", ".hidden", "cells.parquet.bak", "examples/more.h5ad", "model.pkl", "examples/.x", "new/x"]
    )
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    return path if path.parent.name != "new" else path.parent


def swap(rng: random.Random, folder: Path) -> Path:
    a, b = _victim(rng, folder, manifest=False), _victim(rng, folder, manifest=False)
    if a == b:
        return delete(rng, folder)
    spare = folder.parent / "spare"
    a.rename(spare)
    b.rename(a)
    spare.rename(b)
    return a


def link(rng: random.Random, folder: Path) -> Path:
    """The same bytes, but behind a link that leads out."""
    path = rng.choice([_victim(rng, folder), folder / "examples"])
    outside = folder.parent / "outside"
    shutil.move(path, outside)
    path.symlink_to(outside)
    return path


def edit_manifest(rng: random.Random, folder: Path) -> Path:
    """One place of the manifest set to something else, removed, or made no JSON at all; the digest stays."""
    path = folder / MANIFEST
    tree = json.loads(path.read_text())
    places = list(_places(tree))
    parent, key = rng.choice(places)
    old = parent[key]
    choice = rng.random()
    if choice < 0.2:
        del parent[key]
    elif choice < 0.7:
        parent[key] = rng.choice([v for v in ABSURD if v != old or type(v) is not type(old)])
    else:
        parent[key] = "@@"
        path.write_text(json.dumps(tree, indent=2, sort_keys=True).replace('"@@"', rng.choice(RAW), 1))
        return path
    path.write_text(json.dumps(tree, indent=2, sort_keys=True, ensure_ascii=True) + "\n")
    return path


def forge_manifest(rng: random.Random, folder: Path) -> Path:
    """An edit by somebody who also renews id and digest: refused for what it says."""
    path = folder / MANIFEST
    tree = json.loads(path.read_text())
    files = tree["files"]
    name = rng.choice(sorted(files))
    edits: list[Callable[[], object]] = [
        lambda: files.update({f"../{name}": files[name]}),
        lambda: files.update({"/etc/hostname": files[name]}),
        lambda: files.update({"examples/../cells.parquet": files[name]}),
        lambda: files.update({"C:\\x.h5ad": files[name]}),
        lambda: files.pop(name),
        lambda: files[name].update(sha256=rng.randbytes(32).hex()),
        lambda: files[name].update(sha256=files[name]["sha256"].upper()),
        lambda: files[name].update(bytes=files[name]["bytes"] + 1),
        lambda: files[name].update(rows=7),
        lambda: files[name].update(rows=None) or files["cells.parquet"].update(rows=None),
        lambda: files[name].update(mode="0777"),
        lambda: tree.update(schema_version=rng.choice([0, SCHEMA_VERSION - 1, SCHEMA_VERSION + 1, 99])),
        lambda: tree.update(organism="alien"),
        lambda: tree.update(name="../../x"),
        lambda: tree.update(built_at="soon"),
        lambda: tree["counts"].update(n_cells=tree["counts"]["n_cells"] + 1),
        lambda: tree["counts"].update(n_cells=601) or tree["index"].update(n=601),
        lambda: tree["counts"].update(n_genes=10**9),
        lambda: tree["counts"].update(n_studies=3),
        lambda: tree["index"].update(space="cosinesimil"),
        lambda: tree["index"].update(dim=3),
        lambda: tree["encoder"].update(layers=[8], n_latent=8) or tree["index"].update(dim=8),
        lambda: tree["encoder"].update(n_nets=2, n_latent=32) or tree["index"].update(dim=32),
        lambda: tree["encoder"].update(n_latent=15) or tree["index"].update(dim=15),
        lambda: tree["encoder"].update(n_vocabulary=249),
        lambda: tree["encoder"].update(layers=[16] * 2),
        lambda: tree["confidence"].update(unknown_distance=-1),
        lambda: tree.update(sources="none"),
        lambda: tree.pop("recipe"),
        lambda: tree.update(extra=True),
    ]
    rng.choice(edits)()
    tree.pop("digest")
    tree["bundle_id"] = _digest({k: v for k, v in tree.items() if k not in {"built_at", "bundle_id"}})[:12]
    path.write_text(dump_json(tree | {"digest": _digest(tree)}))
    return path


def _digest(tree: dict[str, Any]) -> str:
    return hashlib.sha256(dump_json(tree).encode()).hexdigest()


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in list(items):
        yield tree, key
        yield from _places(value)


DAMAGES = (
    flip_bits,
    flip_bits,
    truncate,
    delete,
    overwrite,
    append,
    add,
    swap,
    link,
    edit_manifest,
    edit_manifest,
    forge_manifest,
)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all files that a loader was given, in order."""
    names: list[str] = []

    def spied(load: Callable[..., Any]) -> Callable[..., Any]:
        def spy(path: Any, *args: Any, **kwargs: Any) -> Any:
            names.append(Path(path).name)
            return load(path, *args, **kwargs)

        return spy

    monkeypatch.setattr(pq, "ParquetFile", spied(pq.ParquetFile))
    monkeypatch.setattr(np, "load", spied(np.load))
    monkeypatch.setattr(binaries, "safe_open", spied(binaries.safe_open))
    monkeypatch.setattr(reader, "load_file", spied(safetensors.numpy.load_file))
    return names


def _touch_everything(folder: Path) -> None:
    bundle = Bundle.open(folder)
    for spec in TABLES:
        bundle.table(spec)
    for name in bundle.manifest.files:
        bundle.path(name)
        if name.endswith(".safetensors"):
            bundle.tensors(name)
    assert bundle.embedding.shape


def _is_wrong(folder: Path, manifest: Manifest, name: str) -> bool:
    """Whether a file's bytes are not those of the good bundle, judged without the code under test."""
    path = folder / name
    return not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != manifest.files[name].sha256


@pytest.mark.tries(usual=300, full=1_100)
def test_a_damaged_bundle_is_refused(tiny_bundle: Path, tmp_path: Path, opened: list[str], seed: int) -> None:
    rng = random.Random(seed)
    folder = Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))
    good = read_manifest(folder)
    damage = DAMAGES[seed % len(DAMAGES)]
    damaged_path = damage(rng, folder)

    problems = verify_bundle(folder)
    assert problems, f"{damage.__name__} of {damaged_path.name} went unseen"
    assert all(len(p) > 15 and p.endswith((".", "--out DIR", "make setup")) and "Traceback" not in p for p in problems)
    if damage is not forge_manifest:
        assert any(damaged_path.name in p for p in problems), problems
    wrong = {Path(name).name for name in good.files if _is_wrong(folder, good, name)}
    assert not wrong & set(opened)

    opened.clear()
    with pytest.raises((BundleDamagedError, BundleVersionError)) as caught:
        Bundle.open(folder, verify="all")
    assert caught.value.next_step
    assert "\n" not in caught.value.message

    opened.clear()
    if damage is not forge_manifest:
        with pytest.raises(BundleError):
            _touch_everything(folder)
        assert not wrong & set(opened)


def test_the_good_bundle_passes_the_same_way(tiny_bundle: Path, opened: list[str]) -> None:
    assert verify_bundle(tiny_bundle) == []
    _touch_everything(tiny_bundle)
    assert EMBEDDING in opened
    assert {spec.file for spec in TABLES} <= set(opened)
