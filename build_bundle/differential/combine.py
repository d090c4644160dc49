"""From tests in several studies to one row a gene, and which rows a bundle keeps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from build_bundle.differential.settings import DifferentialSettings

Doubles = npt.NDArray[np.float64]
GREY_SHARE = 0.25  # of the rows of a type, left for genes that are not significant


def one_per_study(tests: Mapping[str, tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Put the tests of a type together, one row a gene and study.

    Parameters
    ----------
    tests : mapping of part to (study, table)
        Tables of `build_bundle.differential.compare.compare`.

    Returns
    -------
    pandas.DataFrame
        With a column ``study``. A gene that two parts of a study tested keeps the test with more cells of the type.
    """
    table = pd.concat([frame.assign(study=study) for study, frame in tests.values()], ignore_index=True)
    ordered = table.sort_values(["gene", "study", "n_in"], ascending=[True, True, False], kind="stable")
    return ordered.drop_duplicates(["gene", "study"]).reset_index(drop=True)


def combined(tests: pd.DataFrame) -> pd.DataFrame:
    """Combine the studies of one type.

    Parameters
    ----------
    tests : pandas.DataFrame
        Of `one_per_study`.

    Returns
    -------
    pandas.DataFrame
        One row a gene whose fold change has the same sign in all studies that tested it: ``log2_fold_change`` (mean),
        ``p_value`` and ``p_value_adj`` (largest), ``p_value_stouffer``, ``z`` (Stouffer's), ``pct_in``, ``pct_out``,
        ``mean_in``, ``mean_out`` (over all cells), ``n_studies``.

    Notes
    -----
    The largest adjusted p-value is the paper's rule: a gene must hold up in every study. Stouffer's method adds signed
    normal quantiles with weights sqrt(n), n the cells of a test.
    """
    sign = np.sign(tests["log2_fold_change"])
    agrees = sign.groupby(tests["gene"]).transform("nunique") == 1
    kept = tests[agrees & (sign != 0)]
    weight = np.sqrt(kept["n_in"] + kept["n_out"])
    parts = kept.assign(
        weighted_z=weight * kept["z"],
        squared_weight=weight**2,
        **{
            f"sum_{name}": kept[name] * kept[f"n_{name.split('_')[1]}"]
            for name in ("pct_in", "pct_out", "mean_in", "mean_out")
        },
    )
    groups = parts.groupby("gene", sort=True)
    out: pd.DataFrame = groups.agg(
        log2_fold_change=("log2_fold_change", "mean"),
        p_value=("p_value", "max"),
        p_value_adj=("p_value_adj", "max"),
        n_studies=("study", "nunique"),
        weighted_z=("weighted_z", "sum"),
        squared_weight=("squared_weight", "sum"),
        n_in=("n_in", "sum"),
        n_out=("n_out", "sum"),
        **{f"sum_{n}": (f"sum_{n}", "sum") for n in ("pct_in", "pct_out", "mean_in", "mean_out")},
    ).reset_index()
    out["z"] = out["weighted_z"] / np.sqrt(out["squared_weight"])
    out["p_value_stouffer"] = np.minimum(2 * special.ndtr(-np.abs(out["z"].to_numpy(dtype=np.float64))), 1.0)
    for name in ("pct_in", "pct_out", "mean_in", "mean_out"):
        out[name] = out[f"sum_{name}"] / out[f"n_{name.split('_')[1]}"]
    sums = [c for c in out.columns if c.startswith("sum_")]
    return out.drop(columns=[*sums, "weighted_z", "squared_weight", "n_in", "n_out"])


def kept_rows(table: pd.DataFrame, settings: DifferentialSettings, *, seed: int) -> pd.DataFrame:
    """Choose the rows of a type that go into a bundle.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `combined`.
    settings : DifferentialSettings
        Significance and number of rows.
    seed : int
        Seed of the sample of genes that are not significant.

    Returns
    -------
    pandas.DataFrame
        Strongest first: by adjusted p-value, then by Stouffer's |z|.
    """
    strength = np.abs(table["z"].to_numpy(dtype=np.float64))
    ordered = table.iloc[np.lexsort((-strength, table["p_value_adj"].to_numpy(dtype=np.float64)))]
    significant = ordered[ordered["p_value_adj"] < settings.significance]
    others = ordered[ordered["p_value_adj"] >= settings.significance]
    n_grey = min(len(others), max(int(settings.max_rows * GREY_SHARE), settings.max_rows - len(significant)))
    grey = np.sort(np.random.default_rng([seed, 19]).choice(len(others), n_grey, replace=False))
    return pd.concat([significant.iloc[: settings.max_rows - n_grey], others.iloc[grey]], ignore_index=True)
