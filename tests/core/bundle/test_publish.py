"""Publishing: whole or not at all, whatever happens at whatever moment."""

from __future__ import annotations

import errno
import multiprocessing
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.bundle import publish as module
from core.bundle.manifest import Manifest, read_manifest
from core.bundle.publish import LOCK, STAGE, build_lock, new_stage, publish, switch_current
from core.bundle.reader import Bundle
from core.bundle.schema import INDEX, MANIFEST, REPORT
from core.errors import BuildLockedError, BundleDamagedError, BundleError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def blank(tiny_bundle: Path) -> Manifest:
    return replace(read_manifest(tiny_bundle), files={}, bundle_id="")


def _stage(tiny_bundle: Path, out: Path, report: bytes = b"") -> Path:
    stage = new_stage(out)
    shutil.copytree(tiny_bundle, stage, dirs_exist_ok=True)
    (stage / MANIFEST).unlink()
    if report:
        (stage / REPORT).write_bytes(report)
    return stage


def test_a_published_bundle_opens(tiny_bundle: Path, tmp_path: Path, blank: Manifest) -> None:
    out = tmp_path / "out"
    with build_lock(out):
        folder = publish(_stage(tiny_bundle, out), out, blank)
    assert folder.name == tiny_bundle.name
    assert Bundle.open(out, verify="all").folder == folder
    assert sorted(p.name for p in out.iterdir()) == sorted([LOCK, folder.name, "current"])
    assert (out / "current").readlink() == Path(folder.name)


def test_open_readers_keep_their_bundle(tiny_bundle: Path, tmp_path: Path, blank: Manifest) -> None:
    first = publish(_stage(tiny_bundle, tmp_path), tmp_path, blank)
    reader = Bundle.open(tmp_path)
    second = publish(_stage(tiny_bundle, tmp_path, b"another report"), tmp_path, blank)
    assert second != first
    assert len(reader.cells) == 600
    assert reader.folder == first
    assert Bundle.open(tmp_path).folder == second
    switch_current(tmp_path, first.name)
    assert Bundle.open(tmp_path).folder == first


def test_the_same_contents_are_published_once(tiny_bundle: Path, tmp_path: Path, blank: Manifest) -> None:
    first = publish(_stage(tiny_bundle, tmp_path), tmp_path, blank)
    before = (first / MANIFEST).read_bytes()
    later = replace(blank, built_at="2031-01-01T00:00:00+00:00")
    assert publish(_stage(tiny_bundle, tmp_path), tmp_path, later) == first
    assert (first / MANIFEST).read_bytes() == before
    assert not (tmp_path / STAGE).exists()
    (first / INDEX).write_bytes(b"damaged since")
    with pytest.raises(BundleDamagedError):
        publish(_stage(tiny_bundle, tmp_path), tmp_path, later)


def test_a_bad_stage_is_not_published(tiny_bundle: Path, tmp_path: Path, blank: Manifest) -> None:
    stage = _stage(tiny_bundle, tmp_path)
    (stage / INDEX).unlink()
    (stage / "cells.parquet").unlink()
    (stage / "cells.parquet").mkdir()
    with pytest.raises(BundleDamagedError) as caught:
        publish(stage, tmp_path, blank)
    assert any("index.hnsw" in p for p in caught.value.problems)
    assert any("cells.parquet" in p for p in caught.value.problems)
    assert [p.name for p in tmp_path.iterdir()] == [STAGE]


def test_leftovers_of_a_killed_build_are_removed(tmp_path: Path) -> None:
    (tmp_path / STAGE).mkdir()
    (tmp_path / STAGE / "half").write_text("x")
    assert list(new_stage(tmp_path).iterdir()) == []


class _StoppedError(Exception):
    """Stands in for the end of the process."""


@pytest.mark.parametrize("call", ["sync", "switch_current", "write_bytes", "verify_bundle", "sha256_file"])
def test_stopped_at_any_step_the_old_bundle_stays(
    tiny_bundle: Path, tmp_path: Path, blank: Manifest, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    first = publish(_stage(tiny_bundle, tmp_path), tmp_path, blank)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, call, full)
        with pytest.raises(BundleError, match="No space left on device") as caught:
            publish(_stage(tiny_bundle, tmp_path, b"second report"), tmp_path, blank)
    assert caught.value.code == "publish"
    assert Bundle.open(tmp_path, verify="all").folder == first
    second = publish(_stage(tiny_bundle, tmp_path, b"second report"), tmp_path, blank)
    assert Bundle.open(tmp_path, verify="all").folder == second


def test_stopped_between_any_two_syncs(
    tiny_bundle: Path, tmp_path: Path, blank: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = publish(_stage(tiny_bundle, tmp_path), tmp_path, blank)
    real, calls = module.sync, 0

    def counting(path: Path) -> None:
        nonlocal calls
        calls += 1
        if calls == stop:
            raise _StoppedError
        real(path)

    monkeypatch.setattr(module, "sync", counting)
    monkeypatch.setattr(module, "verify_bundle", lambda *_, **__: [])  # its time only
    for stop in range(1, 60):
        calls = 0
        report = f"report {stop}".encode()
        try:
            publish(_stage(tiny_bundle, tmp_path, report), tmp_path, blank)
        except _StoppedError:
            opened = Bundle.open(tmp_path).folder
            switched = opened != first
            assert not switched or (opened / REPORT).read_bytes() == report
            switch = monkeypatch.context
            with switch() as patch:
                patch.setattr(module, "sync", real)
                switch_current(tmp_path, first.name)
        else:
            break
    else:
        pytest.fail("publication never finished")
    assert stop > 25  # every file and folder was brought to disk


KILLED = """
import os
import sys
from dataclasses import replace
from pathlib import Path
from core.bundle.manifest import read_manifest
from core.bundle.publish import build_lock, new_stage, publish
import shutil
source, out = Path(sys.argv[1]), Path(sys.argv[2])
manifest = replace(read_manifest(source), files={}, bundle_id="")
with build_lock(out):
    for i in range(10_000):
        stage = new_stage(out)
        shutil.copytree(source, stage, dirs_exist_ok=True, copy_function=os.link)
        for name in ("manifest.json", "report.html"):
            (stage / name).unlink()
        (stage / "report.html").write_text(f"report {sys.argv[3]} {i}")
        print("publishes", flush=True)
        publish(stage, out, manifest)
        print("published", flush=True)
"""


def _wait_for(process: subprocess.Popen[str], line: str) -> float:
    """Return the moment at which the process says this."""
    assert process.stdout is not None
    assert process.stdout.readline() == f"{line}\n"
    return time.monotonic()


@pytest.mark.slow
@pytest.mark.tries(usual=5, full=100)
def test_kill_at_random_moments_leaves_a_good_bundle(tiny_bundle: Path, tmp_path: Path, n_tries: int) -> None:
    rng = random.Random(0)
    for number in range(n_tries):
        command = [sys.executable, "-c", KILLED, str(tiny_bundle), str(tmp_path), str(number)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            whole_s = -_wait_for(process, "publishes") + _wait_for(process, "published")
            _wait_for(process, "publishes")
            time.sleep(rng.uniform(0, whole_s))
            process.send_signal(signal.SIGKILL)
        assert Bundle.open(tmp_path, verify="all").name == "planted"
        with build_lock(tmp_path):
            pass  # the lock went with the process


def _hold(out: Path, held: multiprocessing.Event, done: multiprocessing.Event) -> None:
    with build_lock(out):
        held.set()
        done.wait(30)


def test_the_second_build_is_told_who_holds_the_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(tmp_path, held, done))
    process.start()
    assert held.wait(30)
    with (
        pytest.raises(BuildLockedError, match=rf"process {process.pid} on .+, since \d{{4}}-") as caught,
        build_lock(tmp_path),
    ):
        pass
    assert "--out" in caught.value.next_step
    (tmp_path / LOCK).write_text("half a rec")
    with pytest.raises(BuildLockedError, match="an unknown process"), build_lock(tmp_path):
        pass
    done.set()
    process.join(30)
    with build_lock(tmp_path):
        assert str(os.getpid()) in (tmp_path / LOCK).read_text()
    assert (tmp_path / LOCK).read_text() == ""
