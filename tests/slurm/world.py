"""The synthetic world that a cluster is tried on, and how its runs are started, killed and compared."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import anndata
import pandas as pd

from tests.synthetic_genome import SyntheticGenome
from tests.synthetic_libraries import N_DROPLET_CELLS, write_libraries, write_table, write_typed_study

ROOT = Path(__file__).parents[2]
CELLS_PER_TYPE = 8


def write_world(folder: Path) -> tuple[Path, Path]:
    genome = SyntheticGenome()
    reads, reference = folder / "reads", folder / "reference"
    libraries = [
        *write_libraries(genome, reads),
        *write_typed_study(genome, reads, "TYPED", ("A", "B", "C"), n_cells=CELLS_PER_TYPE, seed=1),
    ]
    write_table(reads, libraries)
    files = genome.write_reference(folder / "genome")
    prepare = [
        sys.executable,
        "-m",
        "build_bundle",
        "quantify-reference",
        "--genome",
        str(files["genome.fa.gz"]),
        "--gtf",
        str(files["genes.gtf"]),
        "--droplets",
        "--out",
        str(reference),
    ]
    subprocess.run(prepare, cwd=ROOT, check=True)
    return reads, reference


def command(reads: Path, reference: Path, out: Path, engine: list[str]) -> list[str]:
    return [
        sys.executable,
        "-m",
        "build_bundle",
        "quantify",
        "--reads",
        str(reads),
        "--reference",
        str(reference),
        "--out",
        str(out),
        "--expected-cells",
        str(N_DROPLET_CELLS),
        *engine,
    ]


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill the command and the Snakemake below it; the jobs are SLURM's and go on."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def compare(one: Path, two: Path) -> None:
    pd.testing.assert_frame_equal(pd.read_parquet(one / "runs.parquet"), pd.read_parquet(two / "runs.parquet"))
    for path in sorted(one.glob("*.h5ad")):
        a, b = anndata.read_h5ad(path), anndata.read_h5ad(two / path.name)
        assert a.obs_names.tolist() == b.obs_names.tolist()
        assert (a.X != b.X).nnz == 0


def say(text: str) -> None:
    sys.stdout.write(f"\n== {text}\n")
    sys.stdout.flush()
