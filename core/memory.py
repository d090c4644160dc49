"""How much memory this process and its children took at most."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import psutil

resource: Any = importlib.import_module("resource") if sys.platform != "win32" else None

_STATUS = Path("/proc/self/status")
_UNIT = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is in bytes there, in KiB elsewhere


def peak_memory() -> int:
    """Return the largest resident memory so far, in bytes.

    Returns
    -------
    int
        The larger of this process's own peak and that of its largest finished child beside what this process holds now.

    Notes
    -----
    The child that reads an upload runs while this process waits, so the two peaks never add up; what this process holds
    now stands for what it held then. On Linux the own peak is VmHWM: ``ru_maxrss`` would still show the size of the
    process that started this one.
    """
    now = int(psutil.Process().memory_info().rss)
    child = largest_child()
    return max(own_peak(), now + child if child else 0)


def own_peak() -> int:
    """Return the largest resident memory of this process so far, in bytes."""
    if _STATUS.exists():
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    if resource is None:
        return int(psutil.Process().memory_info()._asdict()["peak_wset"])
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * _UNIT


def largest_child() -> int:
    """Return the largest resident memory of a child that has ended, in bytes; 0 where none has, or unknown."""
    return 0 if resource is None else int(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) * _UNIT
