"""Snakemake on this machine; `tests.slurm` does the same on a real SLURM."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import anndata
import pandas as pd
import pytest

from build_bundle.cli import main
from build_bundle.workflow import cluster
from build_bundle.workflow.cluster import ClusterError, ClusterOptions, run_groups
from core.errors import ConfigError
from tests.build_bundle.quantify.conftest import World, genome, quantified, reference, sources, world

__all__ = ["genome", "quantified", "reference", "sources", "world"]  # fixtures of the next room

ROOT = Path(__file__).parents[3]
ENGINE = ("--engine", "snakemake", "--jobs", "2", "--group-size", "8", "--job-threads", "1")

needs_snakemake = pytest.mark.skipif(
    find_spec("snakemake") is None, reason="snakemake is not installed (build_bundle/cluster-requirements.txt)"
)


def same(one: Path, two: Path) -> None:
    pd.testing.assert_frame_equal(pd.read_parquet(one / "runs.parquet"), pd.read_parquet(two / "runs.parquet"))
    for study in ("PLATES", "DROPS"):
        a, b = (anndata.read_h5ad(folder / f"{study}.h5ad") for folder in (one, two))
        assert a.obs_names.tolist() == b.obs_names.tolist()
        assert (a.X != b.X).nnz == 0


@pytest.mark.slow
@needs_snakemake
def test_snakemake_gives_what_this_process_gives_even_when_killed(
    world: World, quantified: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "build_bundle", *world.arguments(out, *ENGINE)]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 240
    while not list((out / ".quantify" / "steps").glob("*/*/step.json")) and time.monotonic() < deadline:
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "runs.parquet").exists()
    assert main(world.arguments(out, *ENGINE)) == 0
    same(out, quantified)
    done = sorted((out / ".quantify" / "cluster").glob("*/done/*.json"))
    assert sum(sum(json.loads(path.read_text())["states"].values()) for path in done) == len(world.libraries)


def test_without_snakemake_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"cluster-requirements\.txt"):
        run_groups(tmp_path, ClusterOptions())


@needs_snakemake
def test_an_executor_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="executor nowhere"):
        run_groups(tmp_path, ClusterOptions(executor="nowhere"))


def test_kubernetes_needs_a_storage_and_keeps_its_records_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None if "storage" in name else name)
    with pytest.raises(ConfigError, match="storage fs is not installed"):
        run_groups(tmp_path, ClusterOptions(executor="kubernetes"))
    asked: list[list[str]] = []
    monkeypatch.setattr(cluster, "find_spec", lambda name: name)
    monkeypatch.setattr(cluster.subprocess, "run", lambda command, check: asked.append(command) or _Done())
    run_groups(tmp_path, ClusterOptions(executor="kubernetes"))
    run_groups(tmp_path, ClusterOptions(executor="kubernetes", options=("--default-storage-provider=s3",)))
    run_groups(tmp_path, ClusterOptions(executor="slurm"))
    prefixes = [command[command.index("--default-storage-prefix") + 1] for command in asked[:1]]
    assert prefixes == [str(tmp_path.resolve())]
    assert not any("--default-storage-prefix" in command for command in asked[1:])


class _Done:
    returncode = 0


@needs_snakemake
def test_a_group_that_fails_is_reported(tmp_path: Path) -> None:
    groups = [{"name": "group-1", "tasks": [], "threads": 1, "memory_mb": 10, "minutes": 1}]
    (tmp_path / "plan.json").write_text(json.dumps({"groups": groups}), encoding="utf-8")
    with pytest.raises(ClusterError, match="ended with code 1"):
        run_groups(tmp_path, ClusterOptions(jobs=1))
