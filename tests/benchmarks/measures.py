"""What is measured, each function giving rows of the table."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.annotation import embed
from core.bundle.reader import Bundle
from core.bundle.schema import EXPRESSION_BY_CELL, EXPRESSION_BY_GENE
from core.expression.formats import read_matrix
from core.query import Clock, unmonitored
from core.reference import Reference
from core.search.exact import exact_search
from core.search.index import NeighborIndex
from core.settings import child_environment
from tests.benchmarks.processes import PeakMemory, run_watched, served, wait_for
from tests.benchmarks.rows import Row

ROOT = Path(__file__).parents[2]
K = 100
REPEATS = 3
TURNS = 5
_MB = 1e6
_BLOCK = 250


def search_rows(bundle: Bundle, query: Path) -> list[Row]:
    """HNSW against exact search in float32 numpy, the same 2,000 cells, the same cores, in turns; each at its best.

    The cells are placed as for a query, in the company of their file. Two exact searches run, a plain one and the app's own, and the
    faster is the rival.
    """
    queries = embed(Reference(bundle), read_matrix(query).matrix, Clock(unmonitored))[0]
    index, embedding = NeighborIndex.open(bundle), np.array(bundle.embedding)
    plain, own, fast = [], [], []
    for _ in range(TURNS):
        plain.append(_once(lambda: brute_force(embedding, queries, K)))
        own.append(_once(lambda: exact_search(embedding, queries, K)))
        fast += [_once(lambda: index.search(queries, K)) for _ in range(2)]
    truth = exact_search(embedding, queries, K).distances
    found = (index.search(queries, K).distances <= truth[:, -1:] + 1e-6).mean(axis=1)
    exact, ours = min(*plain, *own), min(fast)
    against = f">= 8x exact float32 numpy: {exact:.2f} s"
    name = f"search {len(queries):,} of {len(embedding):,} cells, width {embedding.shape[1]}, k {K}"
    return [
        Row(name, ours, "s", against, 8, True, exact / ours),
        Row(
            f"recall of that search, ef {bundle.manifest.index.ef_search}",
            found.mean(),
            "",
            ">= 0.99",
            0.99,
            at_least=True,
        ),
        Row("queries that find half of them or more", np.mean(found >= 0.5), "", ">= 0.999", 0.999, at_least=True),
    ]


def brute_force(embedding: np.ndarray, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The rival: one matrix product a block, then a partial sort. Ids and squared distances, nearest first."""
    squares = np.einsum("ij,ij->i", embedding, embedding)
    ids, distances = [], []
    for start in range(0, len(queries), _BLOCK):
        block = queries[start : start + _BLOCK]
        near = squares - 2 * (block @ embedding.T)
        part = np.argpartition(near, k, axis=1)[:, :k]
        values = np.take_along_axis(near, part, axis=1)
        order = np.argsort(values, axis=1)
        ids.append(np.take_along_axis(part, order, axis=1))
        distances.append(np.take_along_axis(values, order, axis=1) + np.einsum("ij,ij->i", block, block)[:, None])
    return np.concatenate(ids), np.concatenate(distances)


def annotate_rows(bundle: Path, query: Path, out: Path) -> list[Row]:
    """A query from its file to its result folder, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.answer_once", str(bundle), str(query), str(out)]
    printed, peak = run_watched(command, ROOT)
    told = json.loads(printed)
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in told["timings"].items())
    return [
        Row("annotate 2,000 cells from .h5ad", told["seconds"], "s", "<= 4 s", 4),
        Row("its peak memory, children included", peak / _MB, "MB", "<= 1,500 MB", 1500),
        Row("its stages, together", sum(told["timings"].values()), "s", stages),
    ]


def app_rows(bundle: Path) -> list[Row]:
    """From starting the server to its first page: the page itself, its layout and its callbacks."""
    with tempfile.TemporaryDirectory() as data:
        env = child_environment({"SCQUERY_DATA_DIR": data})
        command = lambda port: [sys.executable, "app.py", "--bundle", str(bundle), "--port", str(port)]  # noqa: E731
        with served(command, ROOT, env) as (url, process, started), PeakMemory(process.pid) as peak:
            for path in ("/", "/_dash-layout", "/_dash-dependencies"):
                wait_for(url + path)
            seconds, first_peak = time.perf_counter() - started, peak.bytes
            wait_for(url + "/readyz")
            ready = time.perf_counter() - started
    return [
        Row("app start to first page, default bundle", seconds, "s", "<= 3 s", 3),
        Row("its memory", first_peak / _MB, "MB", "<= 500 MB", 500),
        Row("app start to ready (bundle verified)", ready, "s", f"{peak.bytes / _MB:,.0f} MB"),
    ]


def read_rows(bundle: Bundle) -> list[Row]:
    """Both ways into the expression, after the files were verified once."""
    rng = np.random.default_rng(0)
    first = {
        spec.name: _once(lambda spec=spec: bundle.path(spec.file)) for spec in (EXPRESSION_BY_GENE, EXPRESSION_BY_CELL)
    }
    genes = bundle.genes
    common = genes["gene_symbol"][genes["n_cells"].idxmax()]
    some = rng.choice(genes["gene_symbol"], 20, replace=False)
    n = bundle.manifest.counts.n_cells
    nnz = int(genes["n_cells"].sum())
    bundle.gene_expression(common)
    bundle.cell_expression([0])
    size = f"{n:,} cells x {len(genes):,} genes, {nnz / n / len(genes):.1%} filled"
    random_cells = [rng.choice(n, 100, replace=False) for _ in range(5)]
    return [
        Row(f"read one gene ({size})", _median([_once(lambda g=g: bundle.gene_expression(g)) for g in some]) * 1e3, "ms", "<= 100 ms", 100),
        Row("read the gene seen in most cells", _seconds(lambda: bundle.gene_expression(common)) * 1e3, "ms", "<= 100 ms", 100),
        Row("read 100 cells from anywhere", _median([_once(lambda r=r: bundle.cell_expression(r)) for r in random_cells]) * 1e3, "ms", "<= 100 ms", 100),
        Row("verify both expression files, once a process", sum(first.values()), "s", "SHA-256 before the first read"),
    ]  # fmt: skip


def _seconds(run: Callable[[], object]) -> float:
    """Median of a few runs."""
    return _median([_once(run) for _ in range(REPEATS)])


def _once(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _median(values: list[float]) -> float:
    return float(statistics.median(values))
