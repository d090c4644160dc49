"""The benchmark's reference: 150,000 cells x 20,000 genes, resampled from real cells, written like any other bundle.

The encoder is the default bundle's, and cells are drawn to their types as a build draws them: how far HNSW has to look depends on
how an embedding groups cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse, stats

from build_bundle.index.anchoring import anchored
from core.bundle import schema
from core.bundle.manifest import (
    ConfidenceFacts,
    Counts,
    IndexFacts,
    Manifest,
    OntologyFacts,
    ProjectionFacts,
    SourceFacts,
)
from core.bundle.publish import build_lock, new_stage, publish
from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.bundle.writer import expression_batch, write_array, write_bytes, write_table, write_tensors
from core.embedding.encoder import Encoder
from core.explore.projection import Loadings, fit_projection
from core.expression.recipe import Recipe
from core.search.canary import canary_tensors
from core.search.index import NeighborIndex, build_index
from tests.benchmarks.pool import N_GENES, Pool
from tests.benchmarks.resample import Source, sources, widen

N_CELLS = 150_000
CHUNK = 2_500
N_CHUNKS = N_CELLS // CHUNK
_GENES_AT_A_TIME = 500
_MARKERS = 200


@dataclass(frozen=True, eq=False)
class Chunk:
    """Cells of one resampled study: counts over all genes, types, and the rows of the genes it measured."""

    study: str
    counts: sparse.csr_matrix
    types: np.ndarray
    measured: np.ndarray


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything the files follow from; `trained` is the bundle whose encoder is used."""

    pool: Pool
    trained: Bundle

    @cached_property
    def encoder(self) -> Encoder:
        return Encoder.from_bundle(self.trained)

    @cached_property
    def sources(self) -> list[Source]:
        return sources(self.pool)

    def chunk(self, i: int, n: int = CHUNK) -> Chunk:
        """Cells of resampled study `i`; the same for the same arguments."""
        source = self.sources[i % len(self.sources)]
        counts, types = source.draw(np.random.default_rng([7, i]), n)
        name = f"{source.study.name}-{i // len(self.sources) + 1:03d}"
        return Chunk(name, widen(counts, source.study), types, source.study.genes)

    def chunks(self) -> Iterator[Chunk]:
        return map(self.chunk, range(N_CHUNKS))

    @cached_property
    def first(self) -> list[Chunk]:
        """One chunk of every real study: what statistics are taken from."""
        return [self.chunk(i) for i in range(len(self.sources))]

    @cached_property
    def vocabulary(self) -> np.ndarray:
        """Rows of the encoder's genes among the pool's, in the encoder's order."""
        place = {gene: i for i, gene in enumerate(self.pool.genes)}
        return np.array([place[gene] for gene in self.encoder.inputs.genes])

    def z(self, chunk: Chunk) -> np.ndarray:
        measured = np.isin(self.vocabulary, chunk.measured)
        return self.encoder.inputs.transform(sparse.csr_matrix(chunk.counts[:, self.vocabulary]), measured)

    def encode(self, z: np.ndarray) -> np.ndarray:
        return self.encoder.forward(z)


@dataclass(frozen=True, eq=False)
class Written:
    """What one pass over the cells leaves for the other tables."""

    cells: pd.DataFrame
    embedding: np.ndarray
    places: np.ndarray
    n_cells_of_gene: np.ndarray


def write_big_bundle(plan: Plan, out: Path) -> Path:
    """Publish the reference under `out`; 5 to 10 minutes on two cores, about 6 GB of memory."""
    with build_lock(out):
        stage = new_stage(out)
        axes = {
            "embedding": fit_projection(plan.encode(plan.z(c)) for c in plan.first),
            "raw": fit_projection(plan.z(c) for c in plan.first),
        }
        written = _write_cells(stage, plan, axes)
        _write_other_tables(stage, plan, written)
        write_tensors(stage, schema.ENCODER_WEIGHTS, plan.trained.tensors(schema.ENCODER_WEIGHTS))
        write_table(stage, schema.ENCODER_GENES, plan.trained.table(schema.ENCODER_GENES))
        write_tensors(
            stage, schema.PROJECTION_LOADINGS, axes["embedding"].tensors("embedding") | axes["raw"].tensors("raw")
        )
        canary = canary_tensors(plan.encode, written.embedding, plan.z(plan.first[0])[:8])
        write_tensors(stage, schema.CANARY, canary)
        for spec in schema.TABLES:
            if not (stage / spec.file).exists():  # nothing that is measured reads it
                write_table(stage, spec, [])
        write_bytes(stage, schema.REPORT, b"<!doctype html><title>Benchmark reference</title>")
        facts = build_index(written.embedding, stage / schema.INDEX)
        return publish(stage, out, _manifest(plan, facts, _unknown_distance(stage, written.embedding, facts), axes))


def _write_cells(stage: Path, plan: Plan, axes: dict[str, Loadings]) -> Written:
    """Stream the cells once: expression by cell, embedding, places; then gather expression by gene."""
    by_column: list[sparse.csc_matrix] = []
    frames, embedding, places = [], [], []

    def batches() -> Iterator[object]:
        for chunk in plan.chunks():
            z = plan.z(chunk)
            embedding.append(plan.encode(z))
            places.append(np.hstack([axes["embedding"].place(embedding[-1]), axes["raw"].place(z)]))
            frames.append(_cell_rows(chunk))
            x = Recipe().lognorm(chunk.counts)
            by_column.append(x.tocsc())
            yield expression_batch(schema.EXPRESSION_BY_CELL, x.indptr, x.indices, x.data)

    write_table(stage, schema.EXPRESSION_BY_CELL, batches())
    n_cells_of_gene = np.zeros(N_GENES, dtype=np.int64)

    def genes() -> Iterator[object]:
        for start in range(0, N_GENES, _GENES_AT_A_TIME):
            part = slice(start, start + _GENES_AT_A_TIME)
            x = sparse.csc_matrix(sparse.vstack([c[:, part] for c in by_column]))
            x.sort_indices()
            n_cells_of_gene[part] = np.diff(x.indptr)
            yield expression_batch(schema.EXPRESSION_BY_GENE, x.indptr, x.indices, x.data)

    write_table(stage, schema.EXPRESSION_BY_GENE, genes())
    cells = pd.concat(frames, ignore_index=True)
    write_table(stage, schema.CELLS, cells)
    joined, xy = anchored(np.concatenate(embedding), cells), np.concatenate(places)
    write_array(stage, schema.EMBEDDING, joined)
    write_table(stage, schema.PROJECTION, {c.name: xy[:, i] for i, c in enumerate(schema.PROJECTION.columns)})
    return Written(cells, joined, xy, n_cells_of_gene)


def _cell_rows(chunk: Chunk) -> pd.DataFrame:
    n = len(chunk.types)
    return pd.DataFrame({
        "cell_id": [f"{chunk.study}:{i:04d}" for i in range(n)],
        "study": chunk.study,
        "ontology_term_ids": [[t] for t in chunk.types],
        TYPE: chunk.types,
        "high_confidence": True,
        "split": "train",
        "n_genes": np.diff(chunk.counts.indptr).astype(np.int32),
        "total": np.asarray(chunk.counts.sum(axis=1)).ravel().astype(np.float32),
    })  # fmt: skip


def _write_other_tables(stage: Path, plan: Plan, written: Written) -> None:
    pool, cells = plan.pool, written.cells
    names = dict(zip(pool.tables["terms"]["term_id"], pool.tables["terms"]["name"], strict=True))
    measured = np.bincount(np.concatenate([c.measured for c in plan.first]), minlength=N_GENES)
    write_table(stage, schema.GENES, {
        "gene_symbol": pool.genes, "gene_id": [None] * N_GENES,
        "n_studies": measured * (N_CHUNKS // len(plan.first)), "n_cells": written.n_cells_of_gene,
        "in_encoder": np.isin(np.arange(N_GENES), plan.vocabulary),
    })  # fmt: skip
    empty: list[list[str]] = [[]] * N_GENES
    write_table(stage, schema.GENE_NAMES, {
        "gene_symbol": pool.genes, "ensembl_ids": empty, "entrez_ids": empty, "aliases": empty,
    })  # fmt: skip
    grouped = cells.groupby("study", sort=True)[TYPE]
    write_table(stage, schema.STUDIES, pd.DataFrame({
        "study": list(grouped.groups), "accession": [f"GSE{910000 + i}" for i in range(N_CHUNKS)],
        "title": [f"Cells resampled from {s.rsplit('-', 1)[0]}" for s in grouped.groups],
        "pubmed_id": None, "release_date": None, "technology": "10x", "tissue": "several", "licence": "as the source",
        "source": pool.origin, "unit": "counts", "status": "used", "reason": "", "n_cells": grouped.size().to_numpy(),
        "n_cells_offered": grouped.size().to_numpy(), "n_genes": N_GENES, "n_cell_types": grouped.nunique().to_numpy(),
    }))  # fmt: skip
    by_type = cells.groupby(TYPE, sort=True)["study"]
    write_table(stage, schema.CELL_TYPES, {
        TYPE: list(by_type.groups), "cell_type": [names[t] for t in by_type.groups],
        "n_cells": by_type.size().to_numpy(), "n_studies": by_type.nunique().to_numpy(),
        "in_training": [True] * len(by_type.groups),
    })  # fmt: skip
    for spec in (schema.TERMS, schema.EDGES, schema.TYPE_SIMILARITY):
        write_table(stage, spec, pool.tables[spec.name])
    _write_gene_tables(stage, _markers(plan), cells[TYPE].unique())


def _write_gene_tables(stage: Path, tests: pd.DataFrame, types: np.ndarray) -> None:
    """Write what `_markers` found as if it came from a whole differential step; no type's mean expression."""
    tests = tests.assign(
        background="others", p_value_stouffer=tests["p_value"], q_stouffer=tests["p_value_adj"], i2=None, specific=None,
        n_studies=1, rank=tests.groupby(TYPE).cumcount() % (_MARKERS // 2) + 1, same_study=True, method="wilcoxon",
    )  # fmt: skip
    counts = tests.groupby(TYPE).agg(n_in=("n_in", "first"), n_out=("n_out", "first"), n_genes=("n_in", "size"))
    others = [sorted(set(types) - {t}) for t in counts.index]
    contrasts = counts.reset_index().assign(
        background="others", compared_with=others, n_up=_MARKERS // 2, n_down=_MARKERS // 2, n_studies=1,
        same_study=True, method="wilcoxon",
    )  # fmt: skip
    write_table(stage, schema.CONTRASTS, contrasts)
    by_gene = tests.sort_values(["gene_symbol", "background", "p_value_adj", TYPE])
    for spec, frame in (
        (schema.DIFFERENTIAL, tests),
        (schema.DIFFERENTIAL_BY_STUDY, tests.sort_values([TYPE, "background", "gene_symbol"])),
        (schema.MARKERS_BY_GENE, by_gene),
    ):
        write_table(stage, spec, frame[[c.name for c in spec.columns]])
    zeros = {"n_cells": np.zeros(len(types), np.int32), "mean": np.zeros(len(types)), "pct": np.zeros(len(types))}
    write_table(stage, schema.EXPRESSION_BY_TYPE, {name: [value] * N_GENES for name, value in zeros.items()})


def _markers(plan: Plan) -> pd.DataFrame:
    """The genes that differ most, up and down, of every type within one chunk that holds it; Welch's test."""
    found: dict[str, pd.DataFrame] = {}
    for chunk in plan.first:
        x = Recipe().lognorm(chunk.counts).toarray()
        for type_id in sorted(set(chunk.types) - found.keys()):
            inside, outside = x[chunk.types == type_id], x[chunk.types != type_id]
            change = np.log2((np.expm1(inside).mean(axis=0) + 0.01) / (np.expm1(outside).mean(axis=0) + 0.01))
            change[(inside.mean(axis=0) + outside.mean(axis=0)) < 0.1] = 0
            order = np.argsort(change, kind="stable")
            genes = np.concatenate([order[: _MARKERS // 2], order[-_MARKERS // 2 :]])
            p = np.nan_to_num(stats.ttest_ind(inside[:, genes], outside[:, genes], equal_var=False).pvalue, nan=1.0)
            found[type_id] = pd.DataFrame({
                TYPE: type_id, "gene_symbol": plan.pool.genes[genes], "study": chunk.study,
                "log2_fold_change": change[genes].astype(np.float32), "log2_fold_change_se": 0.5, "p_value": p,
                "p_value_adj": stats.false_discovery_control(p),
                "pct_in": (inside[:, genes] > 0).mean(axis=0).astype(np.float32),
                "pct_out": (outside[:, genes] > 0).mean(axis=0).astype(np.float32),
                "mean_in": inside[:, genes].mean(axis=0), "mean_out": outside[:, genes].mean(axis=0),
                "n_in": len(inside), "n_out": len(outside),
            })  # fmt: skip
    return pd.concat([found[t] for t in sorted(found)], ignore_index=True)


def _unknown_distance(stage: Path, embedding: np.ndarray, facts: IndexFacts) -> float:
    index = NeighborIndex(stage / schema.INDEX, embedding, facts)
    near = index.search(embedding[:: N_CELLS // 1000], 11).distances[:, 1:]
    return float(np.quantile(near.mean(axis=1), 0.99))


def _manifest(plan: Plan, facts: IndexFacts, unknown_distance: float, axes: dict[str, Loadings]) -> Manifest:
    return Manifest(
        schema_version=schema.SCHEMA_VERSION, bundle_id="", name="benchmark", title="Benchmark reference",
        organism="human", organism_ontology_term_id="NCBITaxon:9606", built_at="2026-01-01T00:00:00+00:00",
        builder_version="benchmark", files={}, recipe=plan.trained.manifest.recipe,
        encoder=plan.trained.manifest.encoder,
        index=facts, confidence=ConfidenceFacts(unknown_distance, 0.99, 1000, "reference cells", 0.5),
        ontology=OntologyFacts("Cell Ontology", "see source", plan.pool.origin),
        sources=(SourceFacts("resampled", plan.pool.origin, "as the source", ""),),
        libraries={"numpy": np.__version__}, seed=0,
        counts=Counts(N_CELLS, N_GENES, N_CHUNKS, len(plan.pool.types), 0),
        projection=ProjectionFacts({k: tuple(float(v) for v in a.explained) for k, a in axes.items()}),
        notes=("Made for benchmarks from resampled cells; labels mean nothing here.",),
    )  # fmt: skip
