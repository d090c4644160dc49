"""Quantify the synthetic world through Snakemake's Kubernetes executor, kill it in the middle, go on, compare with a local run."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.kubernetes.api import kubernetes
from tests.slurm.world import ROOT, command, compare, kill_session, say, write_world

CLAIM = "--kubernetes-persistent-volumes=scquery-data:/data"
ENGINE = ["--engine", "snakemake", "--executor", "kubernetes", "--jobs", "2", "--group-size", "8", "--job-threads", "1",
          f"--snakemake-option={CLAIM}", "--snakemake-option=--container-image=registry.example/scquery:1",
          "--snakemake-option=--seconds-between-status-checks=2"]  # fmt: skip


def main() -> None:
    """Run everything in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="kubernetes-loopback-") as name:
        folder = Path(name)
        reads, reference = write_world(folder)
        out, local = folder / "kubernetes", folder / "local"
        there = ["env", f"KUBECONFIG={folder / 'kubeconfig'}", *command(reads, reference, out, ENGINE)]
        with kubernetes(folder) as jobs:
            say("quantify on Kubernetes, killed (-9) once the first group is done")
            process = subprocess.Popen(there, cwd=ROOT, start_new_session=True)
            while process.poll() is None and not list((out / ".quantify" / "cluster").glob("*/done/*.json")):
                time.sleep(0.5)
            kill_session(process)
            say("the same command again")
            subprocess.run(there, cwd=ROOT, check=True)
            pod = jobs[0]["spec"]["template"]["spec"]
            say(f"{len(jobs)} jobs; image, claim and resources of the first")
            sys.stdout.write(
                f"{pod['containers'][0]['image']}\n{pod['volumes'][-1]}\n{pod['containers'][0]['resources']}\n"
            )
        say("the same locally")
        subprocess.run(command(reads, reference, local, ["--jobs", "2", "--quiet"]), cwd=ROOT, check=True)
        compare(out, local)
        say("both runs give the same table and the same counts")


main()
