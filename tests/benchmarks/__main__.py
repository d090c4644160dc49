"""``python -m tests.benchmarks`` (``make bench``): one table of speed and memory; exit code 1 when a limit is missed.

The large reference is made once, from real cells, and kept under ``.cache/bench``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy import sparse

from core.bundle.reader import Bundle
from core.errors import BundleError
from core.memory import peak_memory
from tests.benchmarks.big_bundle import N_CHUNKS, Plan, write_big_bundle
from tests.benchmarks.cards import card_rows
from tests.benchmarks.differential import differential_rows
from tests.benchmarks.figures import figure_rows
from tests.benchmarks.gene_tables import with_gene_tables
from tests.benchmarks.labelling import labelling_rows
from tests.benchmarks.measures import annotate_rows, app_rows, read_rows, search_rows
from tests.benchmarks.pool import ONTOLOGY, load_pool
from tests.benchmarks.rows import Row, table
from tests.benchmarks.training import training_rows
from tests.worlds import write_h5ad

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
DEMO = ROOT / "data_bundle" / "demo"
CACHE = ROOT / ".cache" / "bench"
VERSION = 6  # raise it when the reference or the query is made differently
N_QUERY = 2_000


def main() -> int:
    if not (DEMO / "current").exists():
        subprocess.run([sys.executable, "-m", "build_bundle", "demo", "--out", str(DEMO)], cwd=ROOT, check=True)
    folder = CACHE / f"v{VERSION}-{'shared' if (SHARED / ONTOLOGY).is_file() else 'demo'}"
    bundle, query = prepared(folder)
    rows: list[Row] = list(labelling_rows(SHARED)) if (SHARED / ONTOLOGY).is_file() else []
    try:
        with tempfile.TemporaryDirectory() as scratch:
            out = Path(scratch) / "result"
            rows += app_rows(DEMO)
            rows += annotate_rows(bundle, query, out)
            opened = Bundle.open(bundle)
            rows += read_rows(opened)
            rows += search_rows(opened, query)
            rows += figure_rows(bundle, out)
            plan = big_plan()
            rows += differential_rows(plan, folder)
            rows += training_rows(plan, folder)
            genes = with_gene_tables(opened.folder, opened.manifest, folder / "genes")
            rows += card_rows(genes, query, Path(scratch))
    finally:
        print(table(rows))  # what was measured before something broke took long, too
    missed = [row for row in rows if not row.passed]
    print(
        f"\n{len(rows) - len(missed)} of {len(rows)} rows good; this process held {peak_memory() / 1e6:,.0f} MB at most."
    )
    return 1 if missed else 0


def prepared(folder: Path) -> tuple[Path, Path]:
    """Return the reference and the query, made now if they are not there or not whole."""
    query = folder / "query.h5ad"
    if not query.exists() or not _opens(folder):
        print("Making the reference of 150,000 cells; this takes about ten minutes, once.", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        plan = big_plan()
        write_big_bundle(plan, folder)
        write_query(plan, query)
    return folder, query


def big_plan() -> Plan:
    """Return what the large reference is drawn from."""
    trained = Bundle.open(DEMO)
    return Plan(load_pool(SHARED, DEMO, trained.table("encoder_genes")["gene_symbol"].to_pylist()), trained)


def _opens(folder: Path) -> bool:
    try:
        Bundle.open(folder)
    except BundleError:
        return False
    return True


def write_query(plan: Plan, path: Path) -> None:
    """Write cells that the reference does not hold, of all its studies alike."""
    n_sources = len(plan.sources)
    chunks = [plan.chunk(N_CHUNKS + i, N_QUERY // n_sources) for i in range(n_sources)]
    x = sparse.csr_matrix(sparse.vstack([c.counts for c in chunks]))
    studies = np.concatenate([[c.study] * len(c.types) for c in chunks])
    write_h5ad(path, x, [f"query{i:04d}" for i in range(x.shape[0])], plan.pool.genes, {"study": studies})


if __name__ == "__main__":
    sys.exit(main())
