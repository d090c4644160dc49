"""``python -m tests.benchmarks.large`` (``make large``): a whole build of 150,000 cells, and a query of 100,000 to it.

Takes one to two hours and 15 GB of disk under ``.cache/large``; the sources and a finished bundle are kept there. Exit code
1 when a limit is missed.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

from core.jobs import JobStore, Supervisor
from core.settings import Settings
from tests.benchmarks.large_sources import N_QUERY, STUDIES, write_query, write_sources
from tests.benchmarks.processes import run_told
from tests.benchmarks.rows import Row, table

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "large"
_GB = 1e9


def main() -> int:
    rows = [*build_rows(CACHE), *query_rows(CACHE), *worker_rows(CACHE)]
    print(table(rows))
    return 0 if all(row.passed for row in rows) else 1


def build_rows(cache: Path) -> list[Row]:
    """Build from nothing in one run, and say what each step held."""
    config = cache / "sources" / "large.toml"
    if not config.exists():
        print("Drawing the studies", flush=True)
        write_sources(config.parent)
    out = cache / "bundle"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "build_bundle", "run", "--config", str(config), "--out", str(out)]
    started = time.perf_counter()
    peak = run_told(command, ROOT)
    size = f"{sum(STUDIES.values()):,} cells x 20,000 genes, 10 % filled"
    return [
        Row(f"whole build ({size}), peak memory", peak / _GB, "GB", "<= 8 GB", 8),
        Row("its time", (time.perf_counter() - started) / 60, "min", ""),
    ]


def query_rows(cache: Path) -> list[Row]:
    """Answer the large query against that bundle from the command line."""
    query, out = cache / "query.h5ad", cache / "answer"
    if not query.exists():
        print("Drawing the query", flush=True)
        write_query(query)
    shutil.rmtree(out, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "core",
        "annotate",
        str(query),
        "--bundle",
        str(cache / "bundle"),
        "--out",
        str(out),
    ]
    started = time.perf_counter()
    peak = run_told(command, ROOT)
    return [
        Row(f"annotate {N_QUERY:,} cells, peak memory", peak / _GB, "GB", "<= 4 GB", 4),
        Row("its time", time.perf_counter() - started, "s", ""),
    ]


def worker_rows(cache: Path) -> list[Row]:
    """Answer it once more as a job of the server, under the server's limits on memory and time."""
    with tempfile.TemporaryDirectory(dir=cache) as data:
        settings = Settings(data_dir=Path(data), bundles=str(cache / "bundle"), min_free_bytes=0)
        store = JobStore.from_settings(settings)
        query = cache / "query.h5ad"
        job = store.create("ann", bundle="large", filename=query.name, size_bytes=query.stat().st_size, options={})
        with query.open("rb") as stream:
            store.append(job.token, "ann", 0, stream)
        store.submit(job.token, "ann")
        supervisor = Supervisor(store, settings)
        supervisor.start()
        try:
            while (job := store.get(job.token, "ann")).state in ("queued", "running"):
                time.sleep(1)
        finally:
            supervisor.stop()
    if job.state != "done":
        raise RuntimeError(f"the job ended {job.state}: {job.message}")
    limit, seconds = settings.job_memory_bytes, (job.finished_at or 0) - (job.started_at or 0)
    return [
        Row("the same as a job of the server, peak memory", job.memory_bytes / _GB, "GB", "its limit", limit / _GB),
        Row("its time", seconds, "s", "its limit", settings.job_timeout_s),
    ]


if __name__ == "__main__":
    sys.exit(main())
