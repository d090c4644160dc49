"""Builds in processes of their own that can be killed, forked from one that has all libraries: a start costs nothing.

``die_after`` lets a build kill itself (SIGKILL, as the kernel does it) at the end of a named call, so that every step can be hit at
every place. Moments inside a call are for killing from outside.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from build_bundle.builds import runner
from build_bundle.cli import main
from build_bundle.steps import store
from build_bundle.steps.store import StepStore
from core.bundle import publish

IN_A_STEP = ("_digest", "write_durably", "sync")
"""Calls of `build_bundle.steps.store` after which a step has its files, has its record, has its name."""
IN_PUBLICATION: tuple[tuple[Any, str], ...] = (
    (runner, "_stage"), (publish, "write_bytes"), (publish, "_bring_to_disk"), (publish, "switch_current"), (runner, "publish"),
    (StepStore, "prune"), (runner, "write_durably"),
)  # fmt: skip
"""Calls after which the files are staged, the manifest written, all of it on disk, in use, said to be, leftovers gone, recorded."""

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "build_bundle.train", "build_bundle.index", "build_bundle.evaluate"])


def start(config: Path, out: Path, *, step: str = "", call: str = "", publication: int = -1) -> BaseProcess:
    """Start a build that takes up what an earlier one left.

    Parameters
    ----------
    config, out : Path
        As the builder's options.
    step, call : str
        Kill itself in this step after this one of `IN_A_STEP`.
    publication : int
        Kill itself after this one of `IN_PUBLICATION`.
    """
    process = _FORKS.Process(target=_build, args=(config, out, step, call, publication))
    process.start()
    return process


def _build(config: Path, out: Path, step: str, call: str, publication: int) -> None:
    log = os.open(out.with_suffix(".log"), os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if publication >= 0:
        _die_after(*IN_PUBLICATION[publication])
    elif step:
        _die_in_step(step, call)
    raise SystemExit(main(["run", "--config", str(config), "--out", str(out), "--resume"]))


def _die_in_step(step: str, call: str) -> None:
    run: Callable[..., Any] = StepStore.run

    def armed(self: StepStore, task: Any, *rest: Any) -> Any:
        if task.name == step:
            _die_after(store, call)
        return run(self, task, *rest)

    StepStore.run = armed  # type: ignore[method-assign]


def _die_after(owner: Any, call: str) -> None:
    real = getattr(owner, call)

    def last(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, call, last)
