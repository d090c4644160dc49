"""Quantify the synthetic world on a real SLURM on loopback, kill it in the middle, go on, and compare with a local run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import anndata
import pandas as pd

from tests.slurm.cluster import slurm
from tests.synthetic_genome import SyntheticGenome
from tests.synthetic_libraries import N_DROPLET_CELLS, write_libraries, write_table, write_typed_study

ROOT = Path(__file__).parents[2]
CELLS_PER_TYPE = 8


def main() -> None:
    """Run everything in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="slurm-loopback-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        reads, reference = _world(folder)
        out, local = folder / "slurm", folder / "local"
        on_slurm = [
            "--engine",
            "snakemake",
            "--executor",
            "slurm",
            "--jobs",
            "4",
            "--group-size",
            "8",
            "--job-threads",
            "1",
            *(
                f"--snakemake-option={option}"
                for option in (
                    "--slurm-status-command=squeue",
                    "--default-resources=slurm_partition=main",
                    "--seconds-between-status-checks=5",
                )
            ),
        ]
        with slurm(folder / "cluster"):
            _say("sinfo")
            subprocess.run(["sinfo"], check=True)
            _say("quantify on SLURM, killed (-9) once the first group is done")
            process = subprocess.Popen(_command(reads, reference, out, on_slurm), cwd=ROOT, start_new_session=True)
            while process.poll() is None and not list((out / ".quantify" / "cluster").glob("*/done/*.json")):
                time.sleep(0.5)
            subprocess.run(["squeue"], check=True)
            _kill_session(process)
            _say("the same command again")
            subprocess.run(_command(reads, reference, out, on_slurm), cwd=ROOT, check=True)
            _say("jobs SLURM completed")
            jobs = (folder / "cluster" / "jobs.txt").read_text(encoding="utf-8").splitlines()
            states = [field for line in jobs for field in line.split() if field.startswith("JobState=")]
            sys.stdout.write(f"{pd.Series(states).value_counts().to_dict()}\n")
        _say("the same locally")
        subprocess.run(_command(reads, reference, local, ["--jobs", "2", "--quiet"]), cwd=ROOT, check=True)
        _compare(out, local)
        _say("both runs give the same table and the same counts")


def _world(folder: Path) -> tuple[Path, Path]:
    genome = SyntheticGenome()
    reads, reference = folder / "reads", folder / "reference"
    libraries = [
        *write_libraries(genome, reads),
        *write_typed_study(genome, reads, "TYPED", ("A", "B", "C"), n_cells=CELLS_PER_TYPE, seed=1),
    ]
    write_table(reads, libraries)
    files = genome.write_reference(folder / "genome")
    command = [
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
    subprocess.run(command, cwd=ROOT, check=True)
    return reads, reference


def _command(reads: Path, reference: Path, out: Path, engine: list[str]) -> list[str]:
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


def _kill_session(process: subprocess.Popen[bytes]) -> None:
    """Kill the command and the Snakemake below it; the jobs are SLURM's and go on."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _compare(one: Path, two: Path) -> None:
    pd.testing.assert_frame_equal(pd.read_parquet(one / "runs.parquet"), pd.read_parquet(two / "runs.parquet"))
    for path in sorted(one.glob("*.h5ad")):
        a, b = anndata.read_h5ad(path), anndata.read_h5ad(two / path.name)
        assert a.obs_names.tolist() == b.obs_names.tolist()
        assert (a.X != b.X).nnz == 0


def _say(text: str) -> None:
    sys.stdout.write(f"\n== {text}\n")
    sys.stdout.flush()


main()
