"""Gene tables as large as a whole differential step writes them, for the benchmark's reference: drawn numbers, real shapes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from core.bundle import schema
from core.bundle.manifest import Manifest
from core.bundle.publish import build_lock, new_stage, publish
from core.bundle.schema import TYPE
from core.bundle.writer import write_table

N_LISTED, N_RANKED, N_STUDIES = 2_000, 1_200, 6
_TABLES = (
    schema.CONTRASTS, schema.DIFFERENTIAL, schema.DIFFERENTIAL_BY_STUDY, schema.MARKERS_BY_GENE, schema.EXPRESSION_BY_TYPE,
)  # fmt: skip


def with_gene_tables(plain: Path, manifest: Manifest, out: Path) -> Path:
    """Publish under `out` the bundle in the folder `plain` with large gene tables; its other files are linked, not copied."""
    with build_lock(out):
        stage = new_stage(out)
        replaced = {spec.file for spec in _TABLES} | {schema.MANIFEST}
        for path in plain.iterdir():
            if path.name not in replaced:
                os.link(path, stage / path.name)
        _write_tables(stage)
        return publish(stage, out, replace(manifest, files={}, bundle_id=""))


def _write_tables(stage: Path) -> None:
    genes = pd.read_parquet(stage / schema.GENES.file, columns=["gene_symbol"])["gene_symbol"].to_numpy()
    types = pd.read_parquet(stage / schema.CELL_TYPES.file, columns=[TYPE])[TYPE].to_numpy()
    studies = pd.read_parquet(stage / schema.STUDIES.file, columns=["study"])["study"].to_numpy()[:N_STUDIES]
    rng = np.random.default_rng(0)
    parts = [_contrast(rng, genes, t, b) for t in sorted(types) for b in sorted(schema.BACKGROUNDS)]
    table = pd.concat(parts, ignore_index=True)
    write_table(stage, schema.DIFFERENTIAL, table[[c.name for c in schema.DIFFERENTIAL.columns]])
    by_gene = table[table["p_value_adj"] < 0.05].sort_values(["gene_symbol", "background", "p_value_adj", TYPE])
    write_table(stage, schema.MARKERS_BY_GENE, by_gene[[c.name for c in schema.MARKERS_BY_GENE.columns]])
    tests = table.loc[table.index.repeat(len(studies))].assign(
        study=np.tile(studies, len(table)), n_in=500, n_out=1_000, same_study=True, method="wilcoxon"
    )
    tests = tests.sort_values([TYPE, "background", "gene_symbol", "study"])
    write_table(stage, schema.DIFFERENTIAL_BY_STUDY, tests[[c.name for c in schema.DIFFERENTIAL_BY_STUDY.columns]])
    made = table.groupby([TYPE, "background"], sort=True).size().index.to_frame(index=False)
    write_table(stage, schema.CONTRASTS, made.assign(
        compared_with=[[t for t in types if t != own] for own in made[TYPE]], n_genes=len(genes), n_up=N_RANKED // 2,
        n_down=N_RANKED // 2, n_studies=len(studies), n_in=3_000, n_out=6_000, same_study=True, method="wilcoxon",
    ))  # fmt: skip
    shape = (len(genes), len(types))
    by_type = {
        "n_cells": list(np.full(shape, 5_000, dtype=np.int32)),
        "mean": list(rng.gamma(0.3, 1, shape).astype(np.float32)),
        "pct": list(rng.random(shape).astype(np.float32)),
    }
    write_table(stage, schema.EXPRESSION_BY_TYPE, by_type)


def _contrast(rng: np.random.Generator, genes: np.ndarray, term: str, background: str) -> pd.DataFrame:
    """One contrast: half of the ranked genes up, half down, then genes that are not significant."""
    listed = rng.choice(genes, N_LISTED, replace=False)
    up = np.arange(N_LISTED) % 2 == 0
    ranked = np.arange(N_LISTED) < N_RANKED
    p = np.where(ranked, 10.0 ** -rng.uniform(2, 200, N_LISTED), rng.uniform(0.05, 1, N_LISTED))
    change = np.where(up, 1, -1) * np.where(ranked, rng.uniform(1, 8, N_LISTED), rng.uniform(0, 1, N_LISTED))
    mean = rng.gamma(1, 1, N_LISTED)
    rank = pd.Series(np.arange(N_LISTED) // 2 + 1, dtype="Int32").where(ranked)
    return pd.DataFrame({
        TYPE: term, "background": background, "gene_symbol": listed, "rank": rank,
        "log2_fold_change": change.astype(np.float32), "log2_fold_change_se": np.float32(0.3), "p_value": p, "p_value_adj": p,
        "p_value_stouffer": p, "q_stouffer": p, "i2": np.float32(0.2),
        "pct_in": np.where(up, 0.8, 0.1).astype(np.float32), "pct_out": np.where(up, 0.1, 0.8).astype(np.float32),
        "mean_in": np.where(up, mean + 1, mean).astype(np.float32), "mean_out": np.where(up, mean, mean + 1).astype(np.float32),
        "n_studies": N_STUDIES, "specific": True,
    })  # fmt: skip
