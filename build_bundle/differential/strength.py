"""Which genes of a contrast are sure, in what order they stand, and which rows a bundle keeps."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.differential.settings import DifferentialSettings

FOLD = 1.0  # |log2 fold change| from which a sure gene has a rank
GREY_SHARE = 0.25  # of the rows of a contrast, left for genes that are not significant


def ranked(table: pd.DataFrame, significance: float) -> pd.DataFrame:
    """Give the sure genes of a contrast their rank.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `combine.combined`.
    significance : float
        Largest adjusted p-value that counts.

    Returns
    -------
    pandas.DataFrame
        With a column ``rank``: 1 for the strongest up and for the strongest down gene, NaN for genes that are not sure.

    Notes
    -----
    A gene is sure with a small adjusted p-value in every study, at least a twofold change, and a mean of logs that moves
    the same way. The strength is the difference of mean log expression times the root of the log2 fold change: p-values
    are 0 for hundreds of genes of a large type, fold changes alone are largest for genes that hardly any cell has, and
    differences alone for genes that all cells have much of.
    """
    change = table["log2_fold_change"].to_numpy()
    difference = (table["mean_in"] - table["mean_out"]).to_numpy()
    strength = np.abs(difference) * np.sqrt(np.abs(change))
    sure = (table["p_value_adj"].to_numpy() < significance) & (np.abs(change) >= FOLD)
    rank = np.full(len(table), np.nan)
    for direction in (1, -1):
        mine = np.flatnonzero(sure & (np.sign(change) == direction) & (np.sign(difference) == direction))
        order = mine[np.argsort(-strength[mine], kind="stable")]
        rank[order] = np.arange(1, len(order) + 1)
    return table.assign(rank=rank)


def flag_specific(
    tables: Mapping[str, pd.DataFrame], tried: Collection[int], significance: float
) -> dict[str, pd.DataFrame]:
    """Say which genes set a type apart from its siblings too.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        By background.
    tried : collection of int
        Genes that were tested against the siblings, in one direction or not.
    significance : float
        Largest adjusted p-value that counts.

    Returns
    -------
    dict of str to pandas.DataFrame
        With a column ``specific``: True, False, or NA where the siblings were not tested for the gene.
    """
    against = {name: _directions(tables[name], significance) for name in ("others", "siblings") if name in tables}
    marked = {}
    for name, table in tables.items():
        genes, sign = table["gene"].to_numpy(), np.sign(table["log2_fold_change"].to_numpy())
        flags = pd.array([pd.NA] * len(table), dtype="boolean")
        if len(against) == 2:
            known = np.isin(genes, list(tried))
            both = np.all([found.reindex(genes).to_numpy() == sign for found in against.values()], axis=0)
            flags[known] = both[known]
        marked[name] = table.assign(specific=flags)
    return marked


def _directions(table: pd.DataFrame, significance: float) -> pd.Series:
    """Return 1, -1 or (not significant) 0 for every gene of a contrast."""
    sure = table["p_value_adj"].to_numpy() < significance
    return pd.Series(np.where(sure, np.sign(table["log2_fold_change"]), 0.0), index=table["gene"])


def kept_rows(table: pd.DataFrame, settings: DifferentialSettings, *, seed: int) -> pd.DataFrame:
    """Choose the rows of a contrast that go into a bundle.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `ranked`.
    settings : DifferentialSettings
        Significance and number of rows.
    seed : int
        Seed of the sample of genes that are not significant.

    Returns
    -------
    pandas.DataFrame
        Strongest first: by adjusted p-value, then by Stouffer's |z|. Of more significant genes than there is room for,
        half are those of the best rank, the others those of the smallest p-value.
    """
    strength = np.abs(table["z"].to_numpy(dtype=np.float64))
    ordered = table.iloc[np.lexsort((-strength, table["p_value_adj"].to_numpy(dtype=np.float64)))]
    significant = ordered[ordered["p_value_adj"] < settings.significance]
    others = ordered[ordered["p_value_adj"] >= settings.significance]
    n_grey = min(len(others), max(int(settings.max_rows * GREY_SHARE), settings.max_rows - len(significant)))
    chosen = _strongest(significant["rank"].to_numpy(dtype=np.float64), settings.max_rows - n_grey)
    grey = np.sort(np.random.default_rng([seed, 19]).choice(len(others), n_grey, replace=False))
    return pd.concat([significant.iloc[chosen], others.iloc[grey]], ignore_index=True)


def _strongest(rank: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.int64]:
    """Return ascending places of at most n rows that are sorted by p-value: half by rank, the others the first."""
    by_rank = np.argsort(rank, kind="stable")[: n // 2]
    first = np.setdiff1d(np.arange(len(rank)), by_rank)[: n - len(by_rank)]
    return np.sort(np.concatenate([by_rank, first]))
