"""``python -m tests.benchmarks.large`` (``make large``): a whole build of 150,000 cells, and a query of 100,000.

Takes one to two hours and 15 GB of disk under ``.cache/large``; the sources and a finished bundle are kept there. Exit code
1 when a limit is missed.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from tests.benchmarks.large_sources import N_QUERY, STUDIES, write_query, write_sources
from tests.benchmarks.processes import run_told
from tests.benchmarks.rows import Row, table

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache" / "large"
_GB = 1e9


def main() -> int:
    rows = [*build_rows(CACHE), *query_rows(CACHE)]
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


if __name__ == "__main__":
    sys.exit(main())
