"""From scored query cells to the rows of the evaluation table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from build_bundle.evaluate.metrics import macro_f1, mean_over_labels
from core.bundle.schema import ALL, ENCODER, EVALUATION, RARE, TYPE

BASELINE = "pca_100"
Doubles = npt.NDArray[np.float64]
Figures = dict[str, float]


def _accuracy(cells: pd.DataFrame) -> Doubles:
    return np.asarray(cells["predicted"] == cells[TYPE], dtype=np.float64)


def _near(cells: pd.DataFrame) -> Doubles:
    return cells["near"].to_numpy(dtype=np.float64)


def _afp(cells: pd.DataFrame) -> Doubles:
    return cells["afp"].to_numpy(dtype=np.float64)


def _ap(cells: pd.DataFrame) -> Doubles:
    return cells["ap"].to_numpy(dtype=np.float64)


PER_CELL: Mapping[str, Callable[[pd.DataFrame], Doubles]] = {
    "mafp_weighted": _afp,
    "map": _ap,
    "accuracy": _accuracy,
    "near_accuracy": _near,
}
PER_LABEL = ("mafp", "macro_f1")


def figures(cells: pd.DataFrame) -> Figures:
    """Return every metric over the queries of one study and model.

    Parameters
    ----------
    cells : pandas.DataFrame
        Rows of `build_bundle.evaluate.trial.run_trial`.

    Returns
    -------
    dict of str to float
        Metric -> value, 0..1. Weighted means count every cell alike, ``mafp`` and ``macro_f1`` every label.
    """
    labels = cells[TYPE].to_numpy(dtype=object)
    per_cell = {name: float(of(cells).mean()) for name, of in PER_CELL.items()}
    predicted = cells["predicted"].to_numpy(dtype=object)
    return {**per_cell, "mafp": mean_over_labels(_afp(cells), labels), "macro_f1": macro_f1(labels, predicted)}


def evaluation_table(cells: pd.DataFrame, *, n_bootstrap: int, seed: int) -> pd.DataFrame:
    """Summarise scored cells as the bundle's evaluation table.

    Parameters
    ----------
    cells : pandas.DataFrame
        Rows of `run_trial` with a column ``split``.
    n_bootstrap : int
        Resamples of the studies.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        Columns of `core.bundle.schema.EVALUATION`. Rows of ``held_out`` = "all" are plain means over studies; their
        intervals resample the studies (none with fewer than three). Rows of type "rare" hold the types below 1 % of
        the reference. p-values: paired t-test against PCA-100 over query cells.
    """
    columns = [column.name for column in EVALUATION.columns]
    if cells.empty:
        return pd.DataFrame(columns=columns)
    rows = [
        row
        for split, part in cells.groupby("split", sort=True)
        for name, some in _by_type(part)
        for row in _rows(str(split), name, some, n_bootstrap, seed)
    ]
    table = pd.DataFrame(rows)[columns]
    return table[table["value"].notna()].reset_index(drop=True)  # a method that only names types retrieves nothing


def _by_type(cells: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    yield ALL, cells
    if cells["rare"].any():
        yield RARE, cells[cells["rare"]]
    for name, some in cells.groupby(TYPE, sort=True):
        yield str(name), some


def _rows(split: str, name: str, cells: pd.DataFrame, n_bootstrap: int, seed: int) -> Iterator[dict[str, Any]]:
    metrics = (*PER_CELL, *PER_LABEL) if name in {ALL, RARE} else tuple(PER_CELL)
    base = cells[cells["model"] == BASELINE].set_index(["held_out", "cell"])
    for model, mine in cells.groupby("model", sort=True):
        by_study = {str(study): some for study, some in mine.groupby("held_out", sort=True)}
        values = {study: figures(some) for study, some in by_study.items()}
        common = {"split": split, "model": str(model), TYPE: name}
        for metric in metrics:
            for study, some in by_study.items():
                row = {
                    "held_out": study,
                    "metric": metric,
                    "value": values[study][metric],
                    "ci_low": None,
                    "ci_high": None,
                }
                p = _p_value(metric, some, base) if name == ALL else None
                yield {**common, **row, "p_value": p, "n_query": len(some), "k": int(some["k"].min())}
            over = np.array([values[study][metric] for study in by_study])
            low, high = bootstrap_interval(over, n_bootstrap, seed)
            row = {"held_out": ALL, "metric": metric, "value": float(over.mean()), "ci_low": low, "ci_high": high}
            p = _p_value(metric, mine, base)
            yield {**common, **row, "p_value": p, "n_query": len(mine), "k": int(mine["k"].min())}


def bootstrap_interval(
    values: Doubles, n_bootstrap: int, seed: int, sizes: Doubles | None = None
) -> tuple[float | None, float | None]:
    """Return the 95 % interval of a mean over studies, or over cell types.

    Parameters
    ----------
    values : ndarray of float64
        One figure a study or type.
    n_bootstrap : int
        Resamples.
    seed : int
        Seed.
    sizes : ndarray of float64, optional
        How much each counts in the mean, for instance its cells; alike without.

    Returns
    -------
    low, high : float or None
        Percentiles 2.5 and 97.5 of the resampled means; None with fewer than three figures.
    """
    if len(values) < 3:
        return None, None
    picks = np.random.default_rng([seed, 13]).integers(len(values), size=(n_bootstrap, len(values)))
    weights = np.ones(len(values)) if sizes is None else sizes
    means = (values * weights)[picks].sum(axis=1) / weights[picks].sum(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def _p_value(metric: str, mine: pd.DataFrame, base: pd.DataFrame) -> float | None:
    """Return the two-sided paired t-test against PCA-100 over query cells, where there is something to test."""
    if metric not in PER_CELL or base.empty or mine["model"].iloc[0] == BASELINE or len(mine) < 2:
        return None
    theirs = base.loc[pd.MultiIndex.from_frame(mine[["held_out", "cell"]])]
    difference = PER_CELL[metric](mine) - PER_CELL[metric](theirs)
    if np.ptp(difference) == 0:
        return None if difference[0] else 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nearly equal differences: the p-value is still right
        p = float(stats.ttest_1samp(difference, 0.0).pvalue)
    return p if np.isfinite(p) else None


def markdown(table: pd.DataFrame, metrics: Sequence[str] = ("mafp_weighted", "accuracy", "macro_f1")) -> str:
    """Write the figures over all types as Markdown tables, one a split and metric.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `evaluation_table`.
    metrics : sequence of str
        Metrics shown.

    Returns
    -------
    str
        A row a held-out study, a column a model; the last row is the mean over studies with its interval.
    """
    whole = table[table[TYPE] == ALL]
    blocks = []
    for split in sorted(set(whole["split"])):
        for metric in metrics:
            some = whole[(whole["split"] == split) & (whole["metric"] == metric)]
            blocks.append(f"### {metric}, {split} held out\n\n" + "\n".join(_lines(some)))
    return "\n\n".join(blocks) + "\n"


def _lines(some: pd.DataFrame) -> Iterator[str]:
    models = sorted(set(some["model"]), key=lambda name: (name != ENCODER, name))
    yield "| held out | cells | K | " + " | ".join(models) + " |"
    yield "|---|---|---|" + "---|" * len(models)
    for study in [*sorted(set(some["held_out"]) - {ALL}), ALL]:
        rows = some[some["held_out"] == study].set_index("model")
        first = rows.iloc[0]
        yield (
            f"| {study} | {first['n_query']} | {first['k']} | " + " | ".join(_cell(rows.loc[m]) for m in models) + " |"
        )


def _cell(row: pd.Series) -> str:
    interval = "" if pd.isna(row["ci_low"]) else f" ({row['ci_low']:.3f} to {row['ci_high']:.3f})"
    return f"{row['value']:.3f}{interval}"
