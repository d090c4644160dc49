"""A small worker for the supervisor's tests: does what its job's options say. Run as ``python fake_worker.py TOKEN ATTEMPT``."""

import os
import signal
import subprocess
import sys
import time

from core.jobs import JobMessage, JobStore
from core.settings import Settings


def main(token, attempt):
    run = JobStore.from_settings(Settings.from_env()).attach(token, int(attempt))
    run("read", 0.5, "half")
    acts = run.job.options.get("acts", [])
    act = acts[min(int(attempt), len(acts)) - 1] if acts else "done"
    ACTS[act](run)


def done(run):
    run.job.folder.result.mkdir(exist_ok=True)
    (run.job.folder.result / "labels.csv").write_bytes(run.job.folder.upload.read_bytes())
    run.finish({"read": 0.1}, 1234)


def sleep(run):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(0.05)


def with_child(run):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", run.job.token])
    sleep(run)


def killed(run):
    os.kill(os.getpid(), signal.SIGKILL)


def crash(run):
    sys.exit(3)


def refuse(run):
    run.fail(JobMessage("scaled", "The values are scaled.", "Bring counts."))


def hungry(run):
    held = []
    while True:
        held.append(bytearray(16 * 1024**2))


def greedy(run):
    """Stay within the limit of one process, three times."""
    hold = "import os, time; held = [os.urandom(1024) * 1024 for _ in range(80)]; time.sleep(60)"
    for _ in range(3):
        subprocess.Popen([sys.executable, "-c", hold])
    sleep(run)


ACTS = {f.__name__: f for f in (done, sleep, with_child, killed, crash, refuse, hungry, greedy)}

if __name__ == "__main__":
    main(*sys.argv[1:])
