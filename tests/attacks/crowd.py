"""``make crowd``: many people search and poll at once while workers and the server itself are killed. Nothing may get lost.

Every person brings the cells of the default bundle's example under names of their own, waits, takes the labels and looks whether they are
theirs; then again. At the end the figures are printed; exit code 1 when a search was lost, doubled or crossed, or pages were slow.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.error
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import TypeVar

import h5py
import numpy as np
import psutil

from tests.server import Client, Server, free_port

DEMO = Path(__file__).parents[2] / "data_bundle" / "demo"
SLOWEST_MS = 300.0
OPEN = ("queued", "running", "uploading")
T = TypeVar("T")


@dataclass
class Tally:
    """What all people together met."""

    counts: Counter[str] = field(default_factory=Counter)
    waits_ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, what: str) -> None:
        with self.lock:
            self.counts[what] += 1

    def fault(self, sentence: str) -> None:
        with self.lock:
            self.wrong.append(sentence)


class Person:
    """One browser: brings cells, polls as the page does, takes the answer."""

    def __init__(self, number: int, server: Server, tally: Tally, until: float) -> None:
        self.name, self.tally, self.until = f"u{number:03d}", tally, until
        self.client, self.tokens = Client(server), []
        self.random = random.Random(number)

    def live(self, folder: Path) -> None:
        """Search again and again until time is up; what is under way is brought to its end."""
        content = own_cells(folder, self.name)
        time.sleep(self.random.uniform(0, 5))
        self.patiently(lambda: self.client.ask("GET", "/"))  # a cookie first, as in a browser
        while time.monotonic() < self.until:
            token = self.patiently(lambda: self.client.upload(content, f"{self.name}.h5ad", k=50))
            self.tokens.append(token)
            self.tally.add("searches")
            self.finish(token)
        kept = {str(job["token"]) for job in self.patiently(lambda: self.client.json("GET", "/api/jobs"))["jobs"]}
        lost = set(self.tokens[-len(kept) :]) - kept
        if lost:
            self.tally.fault(f"{self.name} lost {len(lost)} searches")

    def finish(self, token: str) -> None:
        pause = 0.4
        while True:
            job = self.patiently(lambda: self.timed(f"/api/jobs/{token}"))
            if job["state"] == "done":
                break
            if job["state"] not in OPEN:
                self.tally.add(f"ended {job['state']}")
                if not job["can_retry"]:
                    self.tally.fault(f"{self.name}: {job['message']}")
                    return
                self.patiently(lambda: self.client.json("POST", f"/api/jobs/{token}/retry"))
            time.sleep(pause)
            pause = min(2.0, 1.2 * pause)
        rows = list(csv.DictReader(io.StringIO(self.patiently(lambda: self.labels(token)))))
        self.tally.add("answers")
        if len(rows) < 100 or not all(row["cell_id"].startswith(f"{self.name}-") for row in rows):
            self.tally.fault(f"{self.name} got the cells of {rows[0]['cell_id'] if rows else 'nobody'}")

    def labels(self, token: str) -> str:
        return self.client.ask("GET", f"/r/{token}/labels.csv").decode()

    def timed(self, path: str) -> dict[str, object]:
        began = time.perf_counter()
        found = self.client.json("GET", path)
        with self.tally.lock:
            self.tally.waits_ms.append(1000 * (time.perf_counter() - began))
        return found

    def patiently(self, ask: Callable[[], T]) -> T:
        """Ask until the server answers: it may be down, or the queue may be full."""
        while True:
            try:
                return ask()
            except urllib.error.HTTPError as error:
                if error.code not in (409, 429, 503):
                    self.tally.fault(f"{self.name}: {error.code} for {error.url}")
                    raise
                self.tally.add(f"told to wait ({error.code})")
            except (OSError, HTTPException):
                self.tally.add("found the server down")
            time.sleep(self.random.uniform(0.5, 2))


def own_cells(folder: Path, name: str) -> bytes:
    """Return the example under cell names of one's own."""
    path = folder / f"{name}.h5ad"
    shutil.copy(next((DEMO / "current" / "examples").glob("blood*")), path)
    with h5py.File(path, "r+") as file:
        names = file["obs/_index"]
        names[:] = np.array([f"{name}-{i}" for i in range(len(names))], dtype=object)
    return path.read_bytes()


def break_something(server: Server, tally: Tally, turn: int) -> None:
    """Kill a worker, then the server, in turns."""
    workers = [
        p for p in psutil.Process(server.process.pid).children(recursive=True) if "core.worker" in " ".join(p.cmdline())
    ]
    if turn % 2 and workers:
        random.choice(workers).kill()
        tally.add("workers killed")
    elif not turn % 2:
        server.stop(signal.SIGKILL)
        server.start()
        tally.add("servers killed")


def main() -> int:
    """Let the crowd in; return 0 when all went well."""
    given = arguments()
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        settings = {"SCQUERY_SLOTS": str(given.slots), "SCQUERY_MAX_QUEUE": str(2 * given.people)}
        server = Server((DEMO,), Path(scratch) / "var", free_port(), settings)
        server.start()
        until = time.monotonic() + 60 * given.minutes
        people = [Person(i, server, tally, until) for i in range(given.people)]
        crowd = [threading.Thread(target=person.live, args=(Path(scratch),), daemon=True) for person in people]
        for one in crowd:
            one.start()
        turn = 0
        while time.monotonic() < until - given.fault_every:
            time.sleep(given.fault_every)
            break_something(server, tally, turn := turn + 1)
        for one in crowd:
            one.join(timeout=900)
            if one.is_alive():
                tally.fault("a search never ended")
        errors = server.log.count("Traceback")
        server.stop()
    slow = float(np.percentile(tally.waits_ms, 95))
    print(", ".join(f"{what}: {n}" for what, n in sorted(tally.counts.items())))
    print(
        f"{len(tally.waits_ms):,} polls, median {np.median(tally.waits_ms):.0f} ms, 95 % within {slow:.0f} ms (limit {SLOWEST_MS:.0f})"
    )
    print(f"{errors} tracebacks in the log; wrong: {tally.wrong[:10] or 'nothing'}")
    return 0 if not tally.wrong and slow <= SLOWEST_MS and tally.counts["answers"] == tally.counts["searches"] else 1


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--fault-every", type=float, default=60, help="seconds between two faults")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
