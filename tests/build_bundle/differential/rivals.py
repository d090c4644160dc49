"""Other people's tests of the same cells: scanpy's Wilcoxon, and a moderated t-test as limma makes it."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy import stats

from build_bundle.differential.sample import Sample
from core.expression.moderated import moderated


def scanpy_wilcoxon(sample: Sample) -> pd.DataFrame:
    """`scanpy.tl.rank_genes_groups` of the type against the background, tie-corrected: gene, log2_fold_change, z, p_value."""
    with warnings.catch_warnings():  # its imports and its use of pandas warn
        warnings.simplefilter("ignore")
        import anndata
        import scanpy

        side = pd.Categorical(np.where(sample.in_group, "in", "out"))
        obs = pd.DataFrame({"side": side}, index=[f"c{i}" for i in range(len(side))])
        var = pd.DataFrame(index=[f"{g}" for g in sample.genes])
        data = anndata.AnnData(sample.lognorm, obs=obs, var=var)
        scanpy.tl.rank_genes_groups(
            data, "side", groups=["in"], reference="out", method="wilcoxon", tie_correct=True, use_raw=False
        )
        found = scanpy.get.rank_genes_groups_df(data, "in")
    found = found.assign(gene=found["names"].astype(int)).set_index("gene").reindex(sample.genes).reset_index()
    return pd.DataFrame({
        "gene": sample.genes, "log2_fold_change": found["logfoldchanges"].to_numpy(),
        "z": found["scores"].to_numpy(dtype=float), "p_value": found["pvals"].to_numpy(dtype=float),
    })  # fmt: skip


def moderated_t(sample: Sample) -> pd.DataFrame:
    """Two-sample t-test on log1p counts per 10,000 with variances shrunken to a common one (Smyth 2004)."""
    x = sample.lognorm.toarray().astype(float)
    a, b = x[sample.in_group], x[~sample.in_group]
    df = len(x) - 2
    variance = (((a - a.mean(axis=0)) ** 2).sum(axis=0) + ((b - b.mean(axis=0)) ** 2).sum(axis=0)) / df
    seen = variance > 0
    shrunken, freedom = moderated(variance, df)
    change = a.mean(axis=0) - b.mean(axis=0)
    t = change / np.sqrt(shrunken * (1 / len(a) + 1 / len(b)))
    p = np.where(seen, 2 * stats.t.sf(np.abs(t), freedom), 1.0)
    return pd.DataFrame({"gene": sample.genes, "log2_fold_change": change, "z": t, "p_value": p})


def with_adjusted(table: pd.DataFrame, sample: Sample) -> pd.DataFrame:
    """Keep the genes seen in a cell and adjust their p-values, as the builder does."""
    seen = np.asarray((sample.counts > 0).sum(axis=0)).ravel() > 0
    kept = table[seen].reset_index(drop=True)
    return kept.assign(p_value_adj=stats.false_discovery_control(kept["p_value"].to_numpy(dtype=float)))
