"""Quantify the synthetic world on a real SLURM on loopback, kill it in the middle, go on, and compare with a local run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from tests.slurm.cluster import slurm
from tests.slurm.world import ROOT, command, compare, kill_session, say, write_world


def main() -> None:
    """Run everything in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="slurm-loopback-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        reads, reference = write_world(folder)
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
            say("sinfo")
            subprocess.run(["sinfo"], check=True)
            say("quantify on SLURM, killed (-9) once the first group is done")
            process = subprocess.Popen(command(reads, reference, out, on_slurm), cwd=ROOT, start_new_session=True)
            while process.poll() is None and not list((out / ".quantify" / "cluster").glob("*/done/*.json")):
                time.sleep(0.5)
            subprocess.run(["squeue"], check=True)
            kill_session(process)
            say("the same command again")
            subprocess.run(command(reads, reference, out, on_slurm), cwd=ROOT, check=True)
            say("jobs SLURM completed")
            jobs = (folder / "cluster" / "jobs.txt").read_text(encoding="utf-8").splitlines()
            states = [field for line in jobs for field in line.split() if field.startswith("JobState=")]
            sys.stdout.write(f"{pd.Series(states).value_counts().to_dict()}\n")
        say("the same locally")
        subprocess.run(command(reads, reference, local, ["--jobs", "2", "--quiet"]), cwd=ROOT, check=True)
        compare(out, local)
        say("both runs give the same table and the same counts")


main()
