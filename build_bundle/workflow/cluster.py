"""Run groups of tasks by Snakemake 9: on this machine, or through its SLURM and Kubernetes executors.

Each job is ``python -m build_bundle quantify-run`` on one group of a plan file; finished tasks are kept in the store the
plan names, which all nodes must see. Snakemake keeps what jobs are done; after a kill the same call takes them up.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from core.errors import ConfigError, ScQueryError

PLAN = "plan.json"
_SNAKEFILE = Path(__file__).with_name("Snakefile")
_ROOT = Path(__file__).resolve().parents[2]
_REQUIREMENTS = "build_bundle/cluster-requirements.txt"
_LOCKS = ".snakemake/locks"  # what `snakemake --unlock` removes, which would take another start of Snakemake


class ClusterError(ScQueryError):
    """Some groups did not end well; what they finished is kept."""

    default_code = "cluster"


@dataclass(frozen=True)
class ClusterOptions:
    """How Snakemake is called.

    Parameters
    ----------
    executor : str
        "local", "slurm", "kubernetes" or another installed executor plugin.
    jobs : int
        Jobs at a time; cores for the local executor.
    options : tuple of str
        Passed on as they are, for example ``--default-resources slurm_partition=long``.
    """

    executor: str = "local"
    jobs: int = 2
    options: tuple[str, ...] = ()


def run_groups(folder: Path, options: ClusterOptions, *, redo: Iterable[str] = ()) -> None:
    """Run all groups of a plan that are not done.

    Parameters
    ----------
    folder : Path
        Holds ``plan.json``; gets ``done/``, ``logs/`` and Snakemake's own ``.snakemake/``. No other process may use it.
    options : ClusterOptions
        Executor and number of jobs.
    redo : iterable of str
        Groups whose record is dropped first.

    Raises
    ------
    ConfigError
        Where Snakemake or the executor's plugin is not installed.
    ClusterError
        Where Snakemake ends with another code than 0.
    """
    command = _command(folder, options)
    for group in redo:
        (folder / "done" / f"{group}.json").unlink(missing_ok=True)
    # A killed run leaves its locks; the caller's own lock says that nobody else is at work here.
    shutil.rmtree(folder / _LOCKS, ignore_errors=True)
    done = subprocess.run(command, check=False)
    if done.returncode != 0:
        raise ClusterError(
            f"Snakemake ended with code {done.returncode}.",
            next_step=f"See {folder / 'logs'}; finished libraries are kept, run the same command again.",
        )


def _command(folder: Path, options: ClusterOptions) -> Sequence[str]:
    _check_installed(options.executor)
    settings = {"plan": (folder / PLAN).resolve(), "root": _ROOT, "python": sys.executable}
    jobs = ["--cores" if options.executor == "local" else "--jobs", str(options.jobs)]
    return [sys.executable, "-m", "snakemake", "--snakefile", str(_SNAKEFILE), "--directory", str(folder),
            "--executor", options.executor, *jobs, "--keep-going", "--rerun-incomplete", "--rerun-triggers", "mtime",
            "--nocolor", *_storage(folder, options), *options.options,
            "--config", *(f"{key}={value}" for key, value in settings.items())]  # fmt: skip


def _storage(folder: Path, options: ClusterOptions) -> Sequence[str]:
    """Let pods, which share nothing with Snakemake by themselves, keep their records in the folder that is mounted there."""
    named = any(option.startswith("--default-storage-provider") for option in options.options)
    if options.executor != "kubernetes" or named:
        return ()
    return ("--default-storage-provider", "fs", "--default-storage-prefix", str(folder.resolve()))


def _check_installed(executor: str) -> None:
    needed = {"Snakemake": "snakemake"}
    if executor != "local":
        needed[f"Snakemake's executor {executor}"] = f"snakemake_executor_plugin_{executor.replace('-', '_')}"
    if executor == "kubernetes":
        needed["Snakemake's storage fs"] = "snakemake_storage_plugin_fs"
    what = next((name for name, module in needed.items() if find_spec(module) is None), "")
    if what:
        raise ConfigError(
            f"{what} is not installed.",
            next_step=f"Install it: pip install -r {_REQUIREMENTS}, or use --engine local.",
            code="no-snakemake",
        )
