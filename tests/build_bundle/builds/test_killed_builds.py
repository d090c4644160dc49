"""A build that was killed (SIGKILL) and taken up again, however often, publishes the bundle of one that was left alone."""

from __future__ import annotations

import json
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from build_bundle.builds.plan import make_plan
from build_bundle.builds.workshop import Workshop
from build_bundle.configuration.reader import read_config
from build_bundle.sources.fetch import Fetcher
from core.bundle.verify import verify_bundle
from tests.build_bundle.builder_process import IN_A_STEP, IN_PUBLICATION, start

UNLIKE = {"built_at", "bundle_id", "digest", "files", "index"}
"""Parts of a manifest that follow from the time, and from the bytes of the index, which differ from build to build."""
FROM_THE_INDEX = {"index.hnsw", "canary.safetensors", "report.html"}

pytestmark = pytest.mark.slow


def manifest(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "current" / "manifest.json").read_text(encoding="utf-8"))
    return found


def assert_same_bundle(out: Path, untroubled: Path) -> None:
    ours, theirs = manifest(out), manifest(untroubled)
    assert {k: v for k, v in ours.items() if k not in UNLIKE} == {k: v for k, v in theirs.items() if k not in UNLIKE}
    assert ours["files"].keys() == theirs["files"].keys()
    assert {name for name, file in ours["files"].items() if file != theirs["files"][name]} <= FROM_THE_INDEX
    assert verify_bundle(out, deep=True) == []


def finished(out: Path) -> set[str]:
    """Return the steps that count as finished; a dot marks a folder in the making."""
    return {path.parent.parent.name for path in (out / ".build" / "steps").glob("*/[!.]*/step.json")}


def finish(config: Path, out: Path) -> str:
    """Let a build run to its end and return what it said."""
    process = start(config, out)
    process.join()
    said = out.with_suffix(".log").read_text(encoding="utf-8")
    assert process.exitcode == 0, said
    return said


@pytest.mark.tries(usual=1, full=len(IN_A_STEP))
def test_killed_in_every_step(built: Path, planted_config: Path, tmp_path: Path, seed: int) -> None:
    out = tmp_path / "out"
    steps = [task.name for task in make_plan(Workshop(read_config(planted_config), Fetcher({}, tmp_path)))]
    for number, step in enumerate(steps):
        place = (number + seed) % len(IN_A_STEP)
        process = start(planted_config, out, step=step, call=IN_A_STEP[place])
        process.join()
        assert process.exitcode == -signal.SIGKILL, out.with_suffix(".log").read_text()
        has_its_name = IN_A_STEP[place] == "sync"
        assert finished(out) == set(steps[: number + has_its_name])
    assert not (out / "current").exists()
    said = finish(planted_config, out)
    assert said.count("finished before") == len(finished(out)) - (not has_its_name)
    assert_same_bundle(out, built)


def test_killed_at_every_place_of_the_publication(built: Path, planted_config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for number, (_, call) in enumerate(IN_PUBLICATION):
        process = start(planted_config, out, publication=number)
        process.join()
        assert process.exitcode == -signal.SIGKILL, out.with_suffix(".log").read_text()
        is_in_use = number >= [name for _, name in IN_PUBLICATION].index("switch_current")
        assert (out / "current").exists() == is_in_use, call
        if is_in_use:
            assert_same_bundle(out, built)
    assert "up to date" in finish(planted_config, out)
    assert_same_bundle(out, built)
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [".build", ".lock", "current", manifest(out)["bundle_id"]]
    )


@pytest.mark.tries(usual=3, full=100)
def test_killed_at_random_moments(built: Path, planted_config: Path, tmp_path: Path, n_tries: int) -> None:
    rng, n_published, hit, most_s = random.Random(0), 0, [], 10.0
    while len(hit) < n_tries:
        out = tmp_path / f"out{n_published}"
        while len(hit) < n_tries:
            before = finished(out)
            process = start(planted_config, out)
            process.join(rng.uniform(0, most_s))
            if process.exitcode is not None:
                most_s /= 1.5  # the machine is quicker than it was, and fewer builds should be left alone
                break
            process.kill()
            process.join()
            hit.append(len(finished(out)))
            if finished(out) == before:
                most_s *= 1.2  # it is slower: a long step must come to its end some time
        finish(planted_config, out)
        assert_same_bundle(out, built)
        n_published += 1
    print(f"{len(hit)} kills, {n_published} bundles; kills by the number of finished steps: {sorted(hit)}")
