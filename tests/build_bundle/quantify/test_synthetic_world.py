"""The whole way from reads to files, held to the truth of the synthetic world."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from build_bundle.cli import main
from build_bundle.quantify.library import STATES
from core.expression.doctor import examine
from core.expression.genes import GeneNames
from core.expression.sandbox import read_upload
from tests.build_bundle.quantify.conftest import World

ROOT = Path(__file__).parents[3]


def correlation(one: np.ndarray, two: np.ndarray) -> float:
    return float(np.corrcoef(one.ravel(), two.ravel())[0, 1])


@pytest.mark.parametrize("sample", ["good0", "good1", "good2", "good3"])
def test_rpkm_is_the_truth(world: World, quantified: Path, sample: str) -> None:
    library = next(item for item in world.libraries if item.sample == sample)
    cells = anndata.read_h5ad(quantified / "PLATES.h5ad")
    order = [[gene.symbol for gene in world.genome.genes].index(name) for name in cells.var_names]
    counts = np.asarray(library.truth, dtype=float)[order]
    lengths = np.array([world.genome.genes[i].length for i in order], dtype=float)
    assert cells.var["length"].tolist() == lengths.tolist()
    expected = counts * 1e9 / (counts.sum() * lengths)
    row = cells.obs_names.get_loc(sample)
    found = cells.layers["rpkm"][row].toarray()[0]
    assert correlation(found, expected) >= 0.999
    assert correlation(np.log1p(found), np.log1p(expected)) >= 0.999
    assert np.abs(cells.X[row].toarray()[0] - counts).sum() <= 0.005 * counts.sum()


def test_droplets_are_the_truth_and_the_cells_exact(world: World, quantified: Path) -> None:
    library = next(item for item in world.libraries if item.sample == "drops")
    cells = anndata.read_h5ad(quantified / "DROPS.h5ad")
    assert sorted(cells.obs_names) == sorted(f"drops_{barcode}" for barcode in library.barcodes)
    assert "rpkm" not in cells.layers
    order = [[gene.symbol for gene in world.genome.genes].index(name) for name in cells.var_names]
    truth = np.asarray(library.cell_truth)[
        [library.barcodes.index(name.removeprefix("drops_")) for name in cells.obs_names]
    ]
    assert correlation(cells.X.toarray(), truth[:, order]) >= 0.999
    assert correlation(np.log1p(cells.X.toarray()), np.log1p(truth[:, order])) >= 0.999


def test_every_library_ends_in_its_state_with_a_reason(world: World, runs: pd.DataFrame) -> None:
    expected = {item.sample: (item.expected_state, item.expected_reason) for item in world.libraries}
    assert {name: (row["state"], row["reason_code"]) for name, row in runs.iterrows()} == expected
    assert set(runs["state"]) <= set(STATES)
    assert all(bool(row["reason"]) == (row["state"] != "ok") for _, row in runs.iterrows())


def test_bad_cells_are_dropped_by_the_rule_alone(runs: pd.DataFrame, quantified: Path) -> None:
    bad = runs.loc[["bad10", "bad11"]]
    assert bad["rate_overall"].between(0.24, 0.26).all()
    assert bad["rate_coding"].between(0.24, 0.26).all()
    assert (runs.loc[["good0", "good1"], "rate_overall"] > 0.99).all()
    assert set(anndata.read_h5ad(quantified / "PLATES.h5ad").obs["sample"]) == {"good0", "good1", "good2", "good3"}


def test_a_lower_threshold_keeps_them(world: World, tmp_path: Path) -> None:
    reads = tmp_path / "reads"
    reads.mkdir()
    shutil.copy(world.reads / "PLATES" / "bad10.fastq.gz", reads)
    arguments = world.arguments(tmp_path / "out", "--min-alignment-rate", "0.2", "--rate", "coding")
    arguments[arguments.index(str(world.reads))] = str(reads)
    assert main(arguments) == 0
    runs = pd.read_parquet(tmp_path / "out" / "runs.parquet")
    assert runs["state"].tolist() == ["ok"]


def test_paths_may_be_relative(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("drops_1", "drops_2"):
        shutil.copy(world.reads / "DROPS" / f"{name}.fastq.gz", tmp_path)
    shutil.copytree(world.reference, tmp_path / "ref")
    monkeypatch.chdir(tmp_path)
    arguments = ["quantify", "--reads", ".", "--reference", "ref", "--out", "out", "--expected-cells", "20", "--quiet"]
    assert main(arguments) == 0
    assert anndata.read_h5ad(Path("out") / f"{tmp_path.name}.h5ad").n_obs == 20


def test_the_record_says_how(quantified: Path, world: World) -> None:
    record = json.loads((quantified / "quantify.json").read_text(encoding="utf-8"))
    assert "N = fragments assigned to a coding interval" in record["rpkm"]
    assert set(record["programs"]) == {"hisat2", "samtools", "featureCounts", "STAR"}
    assert all(version != "unknown" for version in record["programs"].values())
    assert record["states"]["ok"] == 5
    assert record["n_cells"] == 24
    assert len(record["reference"]["digest"]) == 64


@pytest.mark.parametrize("study", ["PLATES", "DROPS"])
def test_the_doctor_takes_the_file(world: World, quantified: Path, tmp_path: Path, study: str) -> None:
    path = quantified / f"{study}.h5ad"
    raw = read_upload(path, tmp_path / "work", display_name=path.name)
    symbols = [gene.symbol for gene in world.genome.genes]
    nothing: list[tuple[str, ...]] = [()] * len(symbols)
    diagnosis = examine(raw, GeneNames.from_lists(symbols, nothing, nothing, nothing), organism="mouse")
    assert diagnosis.scale == "counts"
    assert diagnosis.n_matched == len(symbols)
    assert {"sample", "rate_overall"} <= set(diagnosis.matrix.obs.columns)


def test_a_second_run_does_nothing_again(world: World, quantified: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps = {path: path.stat().st_mtime_ns for path in (quantified / ".quantify" / "steps").glob("*/*/step.json")}
    before = pd.read_parquet(quantified / "runs.parquet")
    assert main(world.arguments(quantified)) == 0
    assert "finished before" in capsys.readouterr().err
    assert {p: p.stat().st_mtime_ns for p in (quantified / ".quantify" / "steps").glob("*/*/step.json")} == steps
    pd.testing.assert_frame_equal(pd.read_parquet(quantified / "runs.parquet"), before)


def test_a_killed_run_goes_on_and_ends_the_same(world: World, quantified: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "build_bundle", *world.arguments(out)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    steps = out / ".quantify" / "steps"
    deadline = time.monotonic() + 120
    while not list(steps.glob("*/*/step.json")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    n_before = len(list(steps.glob("*/*/step.json")))
    assert 0 < n_before < len(world.libraries)
    assert not (out / "runs.parquet").exists()
    assert main(world.arguments(out)) == 0
    pd.testing.assert_frame_equal(pd.read_parquet(out / "runs.parquet"), pd.read_parquet(quantified / "runs.parquet"))
    for study in ("PLATES", "DROPS"):
        one, two = (anndata.read_h5ad(folder / f"{study}.h5ad") for folder in (out, quantified))
        assert one.obs_names.tolist() == two.obs_names.tolist()
        assert (one.X != two.X).nnz == 0
    assert not list(steps.glob("*/.*.part"))
