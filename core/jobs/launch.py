"""Bound this process, then become the worker. Run as a script, on the standard library alone (about 20 ms).

``python -I -S launch.py PARENT_PID MEMORY_BYTES COMMAND...``

Limits are set here and not between fork and exec in the server, where Python code could deadlock on another thread's lock.
"""

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
GENTLER = 5  # nice: the page stays quick while queries run
OOM_SCORE = "700"  # when the machine runs out of memory, the kernel takes the query and not the server


def main(arguments: list[str]) -> None:
    """Set the limits and replace this process by the command.

    Parameters
    ----------
    arguments : list of str
        Process id of the supervisor, memory in bytes (0 for no limit), command.

    Notes
    -----
    Memory is RLIMIT_DATA, not RLIMIT_AS: the mapped files of a bundle and reserved address space are no cost, private
    memory is.
    """
    parent, memory_bytes, *command = arguments
    _die_with(int(parent))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if int(memory_bytes) and sys.platform.startswith("linux"):
        resource.setrlimit(resource.RLIMIT_DATA, (int(memory_bytes), int(memory_bytes)))
    os.nice(GENTLER)
    score = Path("/proc/self/oom_score_adj")
    if score.exists():
        score.write_text(OOM_SCORE)
    os.execvp(command[0], command)  # noqa: S606


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when the server dies, however it dies."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
