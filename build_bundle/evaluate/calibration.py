"""Learn how likely answers are right, and which threshold keeps to a tolerated error, from held-out studies.

Every study weighs alike. Whatever is told about how well this works comes from leaving each held-out study out once more:
its cells are judged with numbers learned from the other studies.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.schema import ALL, CALIBRATION
from core.search.calibration import (
    COVERAGE,
    RELIABILITY,
    SUMMARY,
    THRESHOLD,
    UNKNOWN,
    WEIGHT,
    WEIGHTS,
    Calibration,
    features,
)

ERRORS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3)
FEWEST_STUDIES = 3
FEWEST_KNOWN = 1 / 3
"""Share of a study's cells whose type the rest must have: what a study of other tissues gets wrong says little about labels."""
N_STEPS = 150  # candidate thresholds
N_BINS = 10
GROUPS = 10
"""Most groups of studies that thresholds are crossed over: with up to ten studies each is a group."""
STRENGTH = 100.0  # inverse of the regularisation: next to none
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Rows of `trust_rows` as arrays; cells numbered over all hold-outs, studies too."""

    table: pd.DataFrame

    @cached_property
    def cell(self) -> npt.NDArray[np.int64]:
        return pd.factorize(self.table["run"].astype(str) + ":" + self.table["cell"].astype(str))[0].astype(np.int64)

    @cached_property
    def study(self) -> npt.NDArray[np.int64]:
        return pd.factorize(self.table["held_out"])[0].astype(np.int64)

    @cached_property
    def studies(self) -> list[str]:
        return [str(name) for name in pd.unique(self.table["held_out"])]

    @cached_property
    def study_of_cell(self) -> npt.NDArray[np.int64]:
        return self.study[np.unique(self.cell, return_index=True)[1]]

    @cached_property
    def weight(self) -> Doubles:
        return 1e3 / np.bincount(self.study)[self.study]

    @cached_property
    def right(self) -> Flags:
        return self.table["right"].to_numpy(dtype=bool)

    @cached_property
    def x(self) -> Doubles:
        return features(self.table["share"], self.table["mean_distance"], self.table["is_label"])

    def wrong(self, probability: Doubles, threshold: float, rows: Flags) -> Doubles:
        """Return the share of wrong answers of each study, NaN for studies without rows; no answer is not wrong."""
        reached = np.flatnonzero((probability >= threshold) & rows)
        cells, first = np.unique(self.cell[reached], return_index=True)  # rows of a cell come narrowest first
        wrong = ~self.right[reached[first]]
        present = np.unique(self.cell[rows])
        sums = np.bincount(self.study_of_cell[cells], weights=wrong, minlength=len(self.studies))
        sizes = np.bincount(self.study_of_cell[present], minlength=len(self.studies))
        shares: Doubles = np.divide(sums, sizes, out=np.full(len(sums), np.nan), where=sizes > 0)
        return shares


def calibration_table(trust: pd.DataFrame, unknown_distance: float) -> pd.DataFrame:
    """Learn the bundle's calibration and measure it.

    Parameters
    ----------
    trust : pandas.DataFrame
        Rows of `build_bundle.evaluate.trust.trust_rows` of all hold-outs, with the columns ``run`` (names the hold-out) and
        ``split`` ("study", or "types" where types were left out as well).
    unknown_distance : float
        The bundle's distance past which a cell is unknown.

    Returns
    -------
    pandas.DataFrame
        Columns of `core.bundle.schema.CALIBRATION`; empty with fewer than three held-out studies that teach (at least a
        third of their cells have a type that the rest of the reference has), or where all answers were right or all wrong.

    Notes
    -----
    Logistic regression on `core.search.calibration.features`, every study weighing alike. The threshold of a tolerated
    error is the smallest one at which, over the held-out studies, the mean share of wrong answers is no larger; each study
    is asked with the probabilities that the others teach (cross-fitting), because a regression is too sure of the studies
    it was fitted to.
    """
    columns = [column.name for column in CALIBRATION.columns]
    trust = _teaching(trust)
    if trust.empty or trust["held_out"].nunique() < FEWEST_STUDIES or trust["right"].nunique() < 2:
        return pd.DataFrame(columns=columns)
    rows = _Rows(trust.reset_index(drop=True))
    learned = _learn(rows, np.ones(len(trust), dtype=bool))
    found = [*_learned(learned), *_measured(rows), *_unknown(trust, unknown_distance)]
    sizes = {"n_cells": int(rows.cell.max()) + 1, "n_studies": len(rows.studies)}
    table = pd.DataFrame([{"name": "", "x": 0.0, **sizes, **row} for row in found])
    return table.drop_duplicates(["kind", "name", "x"])[columns].reset_index(drop=True)


def _teaching(trust: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the studies from which something can be learned."""
    if trust.empty:
        return trust
    plain = trust[(trust["split"] == "study") & trust["is_label"]]
    known = plain.groupby("held_out")["known"].mean()
    return trust[trust["held_out"].isin(known.index[known >= FEWEST_KNOWN])]


def _learn(rows: _Rows, part: Flags) -> Calibration:
    weights = _weights(rows, part)
    probability = _crossed(rows, part, weights)
    steps = np.unique(np.concatenate([[0.0], np.quantile(probability[part], np.linspace(0, 1, N_STEPS)), [1.0]]))
    wrong = np.array([np.nanmean(rows.wrong(probability, step, part)) for step in steps])
    wrong = np.maximum.accumulate(wrong[::-1])[::-1]  # the least threshold after which the error stays below
    thresholds = [steps[np.argmax(wrong <= error)] if (wrong <= error).any() else 1.0 for error in ERRORS]
    return Calibration(weights, np.array(ERRORS), np.array(thresholds))


def _weights(rows: _Rows, part: Flags) -> Doubles:
    linear_model = importlib.import_module("sklearn.linear_model")
    model = linear_model.LogisticRegression(C=STRENGTH, max_iter=1000)
    model.fit(rows.x[part], rows.right[part], sample_weight=rows.weight[part])
    return np.concatenate([model.intercept_, model.coef_[0]]).astype(np.float64)


def _crossed(rows: _Rows, part: Flags, weights: Doubles) -> Doubles:
    """Return the probability of each row of a part as the other studies of the part teach it, by `weights` where they teach nothing."""
    probability = _probabilities(weights, rows)
    for group in range(GROUPS):
        mine = part & (rows.study % GROUPS == group)
        others = part & ~mine
        if mine.any() and len(np.unique(rows.right[others])) == 2:
            probability[mine] = _probabilities(_weights(rows, others), rows)[mine]
    return probability


def _probabilities(weights: Doubles, rows: _Rows) -> Doubles:
    table = rows.table
    bare = Calibration(weights, np.array([]), np.array([]))
    return bare.probability(table["share"], table["mean_distance"], table["is_label"])


def _learned(calibration: Calibration) -> Iterator[Row]:
    for name, value in zip(WEIGHTS, calibration.weights, strict=True):
        yield {"kind": WEIGHT, "name": name, "y": float(value)}
    for error, threshold in zip(calibration.errors, calibration.thresholds, strict=True):
        yield {"kind": THRESHOLD, "x": float(error), "y": float(threshold)}


def _measured(rows: _Rows) -> Iterator[Row]:
    """Judge each study with what the others teach."""
    probability = np.full(len(rows.table), np.nan)
    kept = {error: np.full(len(rows.studies), np.nan) for error in ERRORS}
    for number in range(len(rows.studies)):
        mine = rows.study == number
        if len(np.unique(rows.right[~mine])) < 2:
            continue  # nothing is ever wrong, or right, in the others: they teach nothing
        learned = _learn(rows, ~mine)
        probability[mine] = _probabilities(learned.weights, rows)[mine]
        for error in ERRORS:
            kept[error][number] = 1 - rows.wrong(probability, learned.threshold(error), mine)[number]
    for error, covered in kept.items():
        n_cells = np.bincount(rows.study_of_cell)
        yield {"kind": COVERAGE, "name": ALL, "x": 1 - error, "y": float(np.nanmean(covered))}
        for study, share, n in zip(rows.studies, covered, n_cells, strict=True):
            if np.isfinite(share):
                yield {
                    "kind": COVERAGE,
                    "name": study,
                    "x": 1 - error,
                    "y": float(share),
                    "n_cells": int(n),
                    "n_studies": 1,
                }
    yield from _reliability(rows, probability)


def _reliability(rows: _Rows, probability: Doubles) -> Iterator[Row]:
    labels = rows.table["is_label"].to_numpy(dtype=bool) & np.isfinite(probability)
    if not labels.any():
        return
    said, right = probability[labels], rows.right[labels]
    weight = 1 / np.bincount(rows.study_of_cell)[rows.study[labels]]
    place = np.minimum((said * N_BINS).astype(int), N_BINS - 1)
    error = 0.0
    for number in np.unique(place):
        mine = place == number
        mean, share = (float(np.average(v[mine], weights=weight[mine])) for v in (said, right.astype(float)))
        error += float(weight[mine].sum() / weight.sum()) * abs(mean - share)
        yield {"kind": RELIABILITY, "x": mean, "y": share, "n_cells": int(mine.sum())}
    yield {"kind": SUMMARY, "name": "calibration_error", "y": error}


def _unknown(trust: pd.DataFrame, unknown_distance: float) -> Iterator[Row]:
    """Tell cells of types that the reference lacks from the others by their distance."""
    cells = trust[trust["is_label"]]
    far = cells["mean_distance"].to_numpy() > unknown_distance
    known = cells["known"].to_numpy(dtype=bool)
    if known.all() or not known.any():
        return
    metrics = importlib.import_module("sklearn.metrics")
    by_run = [
        (metrics.roc_auc_score(~some["known"].to_numpy(dtype=bool), some["mean_distance"]), len(some))
        for _, some in cells.groupby("run")
        if some["known"].nunique() == 2
    ]
    sizes = {"n_cells": int((~known).sum())}
    if by_run:
        yield {"kind": SUMMARY, "name": "unknown_auroc", "y": float(np.mean([auc for auc, _ in by_run])), **sizes}
    yield {"kind": SUMMARY, "name": "unknown_flagged", "y": float(far[~known].mean()), **sizes}
    yield {"kind": SUMMARY, "name": "false_alarms", "y": float(far[known].mean()), "n_cells": int(known.sum())}
    distances = cells["mean_distance"].to_numpy()
    for step in np.quantile(distances, np.linspace(0, 1, 41)):
        beyond = distances > step
        yield {"kind": UNKNOWN, "x": float(beyond[known].mean()), "y": float(beyond[~known].mean()), **sizes}
