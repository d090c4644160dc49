"""The differential step on part of the large reference, and its test beside scanpy's on the same cells in the same run.

``python -m tests.benchmarks.differential CORPUS OUT`` runs the step in a process of its own and prints the seconds.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from build_bundle.cells.corpus import Corpus, PartFiles, write_corpus, write_csr
from build_bundle.cells.step_context import StepContext
from build_bundle.differential import run
from build_bundle.differential.groups import Planner
from build_bundle.differential.sample import Sample, read_sample
from build_bundle.differential.settings import DifferentialSettings
from build_bundle.differential.wilcoxon import Wilcoxon
from core.bundle.schema import TYPE
from tests.benchmarks.big_bundle import CHUNK, N_CELLS, Chunk, Plan
from tests.benchmarks.processes import run_watched
from tests.benchmarks.rows import Row
from tests.build_bundle.differential.rivals import scanpy_wilcoxon

ROOT = Path(__file__).parents[2]
N_STUDIES = 8  # of 60
N_COMPARED = 6  # tests done by scanpy too
SETTINGS = DifferentialSettings(workers=2)


def differential_rows(plan: Plan, folder: Path) -> list[Row]:
    """Measure the step on `N_STUDIES` of the reference's studies; the whole reference has 7.5 times as many."""
    corpus = prepared_corpus(plan, folder)
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-m", "tests.benchmarks.differential", str(corpus.folder), scratch]
        printed, peak = run_watched(command, ROOT)
    told = json.loads(printed)
    times = N_CELLS / corpus.n_ref
    ours, theirs, agreement = compared(corpus)
    what = f"{told['n_tests']:,} tests of {told['n_terms']} terms, two processes"
    return [
        Row(f"differential step, {corpus.n_ref:,} cells x {len(corpus.genes):,} genes ({what})", told["seconds"], "s", ""),
        Row(f"the same for {N_CELLS:,} cells ({times:.1f} times as many studies)", told["seconds"] * times / 60, "min", "<= 15 min", 15),
        Row("processor time of the same, for a machine that was busy with other things", told["processor"] * times / 60, "min", "of two processors: <= 30 min", 30),
        Row("its peak memory", peak / 1e9, "GB", "<= 8 GB", 8),
        Row(f"Wilcoxon of {N_COMPARED} types, all genes", ours, "s", f"scanpy {theirs:.3g} s", 1.0, at_least=True, held=theirs / ours),
        Row("Spearman of the genes' statistics with scanpy's, lowest", agreement, "", ">= 0.99", 0.99, at_least=True),
    ]  # fmt: skip


def compared(corpus: Corpus) -> tuple[float, float, float]:
    """Test some types with our method and with scanpy's: seconds of both, and the lowest rank correlation."""
    planner = Planner(corpus, SETTINGS, seed=0)
    comparisons = [c for plan in planner.plans() for c in plan.comparisons if c.background == "others"]
    chosen = comparisons[:: max(1, len(comparisons) // N_COMPARED)][:N_COMPARED]
    samples = [read_sample(corpus, *planner.cells_of(c)) for c in chosen]
    scanpy_wilcoxon(_small(samples[0]))  # compiles what it compiles
    ours, theirs, agreement = 0.0, 0.0, []
    for sample in samples:
        started = time.perf_counter()
        verdict = Wilcoxon()(sample)
        between = time.perf_counter()
        rival = scanpy_wilcoxon(sample)
        ours, theirs = ours + between - started, theirs + time.perf_counter() - between
        seen = np.bincount(sample.counts.indices, minlength=len(sample.genes)) > 0
        z = rival["z"].to_numpy()[seen]
        agreement.append(pd.Series(verdict.z[seen]).corr(pd.Series(z), method="spearman"))
    return ours, theirs, float(min(agreement))


def _small(sample: Sample) -> Sample:
    rows = np.r_[np.flatnonzero(sample.in_group)[:20], np.flatnonzero(~sample.in_group)[:20]]
    return Sample(
        sample.counts[rows], sample.lognorm[rows], sample.totals[rows], sample.genes, sample.in_group[rows],
        sample.replicates[rows], sample.is_counts,
    )  # fmt: skip


def prepared_corpus(plan: Plan, folder: Path) -> Corpus:
    """Write the studies as a builder's corpus, unless they are there."""
    out = folder / "differential"
    if (out / "done").exists():
        return Corpus.open(out / "corpus")
    shutil.rmtree(out, ignore_errors=True)
    (out / "corpus").mkdir(parents=True)
    parts, frames = [], []
    for i in range(N_STUDIES):
        chunk = plan.chunk(i, CHUNK)
        parts.append(_part(plan, chunk, out / "sources" / chunk.study))
        frames.append(_cells(chunk))
    genes = pd.DataFrame({"gene_symbol": plan.pool.genes, "gene_id": [None] * len(plan.pool.genes)})
    terms = plan.pool.tables["terms"]
    corpus = write_corpus(
        out / "corpus", parts, genes=genes, cells=pd.concat(frames, ignore_index=True),
        teaching=pd.DataFrame(columns=["study", "part", TYPE], dtype=str),
        type_similarity=plan.pool.tables["type_similarity"],
        names=dict(zip(terms["term_id"], terms["name"], strict=True)),
        edges=plan.pool.tables["edges"][["child_id", "parent_id"]].drop_duplicates(),
    )  # fmt: skip
    (out / "done").touch()
    return corpus


def _part(plan: Plan, chunk: Chunk, folder: Path) -> PartFiles:
    folder.mkdir(parents=True)
    x = chunk.counts[:, chunk.measured]
    x.sort_indices()
    write_csr(folder, x)
    return PartFiles(
        chunk.study, chunk.study, "reference", "counts", folder, plan.pool.genes[chunk.measured], x.shape[0]
    )


def _cells(chunk: Chunk) -> pd.DataFrame:
    return pd.DataFrame({
        "cell_id": [f"{chunk.study}:{i}" for i in range(len(chunk.types))], "study": chunk.study, "part": chunk.study,
        "role": "reference", "ontology_term_ids": [[t] for t in chunk.types], TYPE: chunk.types,
        "high_confidence": True, "split": "train", "n_genes": np.diff(chunk.counts.indptr).astype(np.int32),
        "total": np.asarray(chunk.counts.sum(axis=1)).ravel().astype(np.float32),
    })  # fmt: skip


def _run_step(corpus: Path, out: Path) -> None:
    started = time.perf_counter()
    facts = run(StepContext(Corpus.open(corpus), {}, {}, SETTINGS, out))
    seconds = time.perf_counter() - started
    used = os.times()
    told = {
        "seconds": seconds,
        "processor": used.user + used.system + used.children_user + used.children_system,
        "n_tests": facts["n_tests"],
        "n_terms": facts["n_types"] + facts["n_wider"],
    }
    print(json.dumps(told))


if __name__ == "__main__":
    _run_step(Path(sys.argv[1]), Path(sys.argv[2]))
