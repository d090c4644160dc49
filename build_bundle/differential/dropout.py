"""A count model with dropouts, in the spirit of SCDE (Kharchenko, Silberstein and Scadden 2014), for all genes at once.

A cell's count of a gene is either lost (a dropout, 0) or negative binomial around the gene's mean times the cell's depth.
How often it is lost falls with the mean, along one logistic curve for all genes. The type and the background differ where
two means explain the counts better than one: a likelihood ratio test.

With fewer than 75 cells on a side it finds somewhat more false genes than it should.

Simpler than SCDE: the dropout curve is one for all cells instead of one for each; a lost count is 0, not Poisson(0.1); the
means are those of highest likelihood, not posterior distributions; a gene has one dispersion on both sides. Depths are
taken in `N_BINS` steps: then sums over the cells of a step say everything about a gene, and the likelihood of all genes
over a grid of means is a matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from build_bundle.differential.methods import NotApplicableError, Verdict
from build_bundle.differential.sample import Sample
from core.expression.effect import PSEUDO_COUNT

Doubles = npt.NDArray[np.float64]
N_BINS = 8
N_MEANS = 96
SIZES = np.geomspace(0.1, 100.0, 19)  # 1 / dispersion of the negative binomial
CURVE_MEAN = 1.0  # counts in the typical cell from which a gene says something about dropouts
CURVE_CELLS = 20  # cells with the gene, ditto
CURVE_GENES = 30  # such genes needed for a curve
_TINY = 1e-300


@dataclass(frozen=True, eq=False)
class _Side:
    """Sums over the cells of each depth step on one side: n_genes x n_bins, and how many cells a step has."""

    cells: Doubles
    positive: Doubles
    total: Doubles

    @property
    def zero(self) -> Doubles:
        return np.asarray(self.cells - self.positive)


class Dropout:
    """Likelihood ratio test of the negative binomial model with dropouts."""

    name = "dropout"

    def __call__(self, sample: Sample) -> Verdict:
        """Compare the mean of the type with that of the others.

        Parameters
        ----------
        sample : Sample
            With counts.

        Returns
        -------
        Verdict
            The root of the likelihood ratio is held to Student's distribution with n - 2 degrees of freedom, which for many
            cells is the chi-square of the textbook and for few is more careful. The fold change is that of the means that
            dropouts were taken out of, its error follows from the curvature of the likelihood.

        Raises
        ------
        NotApplicableError
            Where the values are no counts.
        """
        if not sample.is_counts:
            raise NotApplicableError("the values are no counts")
        depth, sides = _sums(sample)
        means = _means(sides, depth)
        constants = _constants(sample)
        curve = _dropout_curve(sides, depth, means, constants)
        best, alternative, null = _likelihoods(sides, depth, means, constants, curve)
        ratio = np.maximum(2 * (alternative - null), 0.0)
        logs, errors = zip(*best, strict=True)
        unit = 1e4 / np.median(np.maximum(sample.totals, 1.0))
        raised = [np.exp(log) * unit + PSEUDO_COUNT for log in logs]
        change = np.log2(raised[0] / raised[1])
        parts = [(1 - PSEUDO_COUNT / r) * e for r, e in zip(raised, errors, strict=True)]
        p_value = np.minimum(2 * special.stdtr(len(sample.totals) - 2, -np.sqrt(ratio)), 1.0)
        z = np.sign(logs[0] - logs[1]) * -special.ndtri(np.maximum(p_value, _TINY) / 2)
        return Verdict(z, p_value, change, np.maximum(np.hypot(*parts) / np.log(2), 1e-3))


def _sums(sample: Sample) -> tuple[Doubles, tuple[_Side, _Side]]:
    """Return the depth of every step relative to the typical cell, and the sums of both sides."""
    totals = np.maximum(sample.totals, 1.0)
    edges = np.quantile(totals, np.linspace(0, 1, N_BINS + 1)[1:-1])
    bins = np.searchsorted(edges, totals, side="right")
    weight = np.bincount(bins, minlength=N_BINS)
    depth = np.bincount(bins, weights=totals, minlength=N_BINS) / np.maximum(weight, 1) / np.median(totals)
    x, n_genes = sample.counts, sample.counts.shape[1]
    code = (~sample.in_group).astype(np.int64) * N_BINS + bins
    slot = np.repeat(code, np.diff(x.indptr)) * n_genes + x.indices
    shape = (2, N_BINS, n_genes)
    positive = np.bincount(slot, minlength=2 * N_BINS * n_genes).reshape(shape).astype(np.float64)
    total = np.bincount(slot, weights=x.data, minlength=2 * N_BINS * n_genes).reshape(shape)
    cells = np.bincount(code, minlength=2 * N_BINS).reshape(2, N_BINS).astype(np.float64)
    inside, outside = (_Side(cells[i], positive[i].T, total[i].T) for i in (0, 1))
    return np.maximum(depth, 1e-6), (inside, outside)


def _means(sides: Sequence[_Side], depth: Doubles) -> Doubles:
    """Return the logs of the grid of means, in counts of the typical cell."""
    highest = max(float((s.total.sum(axis=1) / max(s.cells @ depth, 1e-9)).max(initial=1e-3)) for s in sides)
    n = sum(s.cells.sum() for s in sides)
    return np.linspace(np.log(0.05 / n), np.log(20 * highest + 1), N_MEANS)


def _constants(sample: Sample) -> Doubles:
    """Return the part of the log likelihood that no mean changes: n_sizes x n_genes, summed over all cells."""
    y = np.rint(sample.counts.data).astype(np.int64)
    values = np.arange(int(y.max(initial=0)) + 1)
    rows = []
    for size in SIZES:
        table = special.gammaln(values + size) - special.gammaln(size)
        rows.append(np.bincount(sample.counts.indices, weights=table[y], minlength=sample.counts.shape[1]))
    return np.stack(rows)


def _terms(size: float, depth: Doubles, means: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Return log(m / (r + m)), r log(r / (r + m)) and the chance of 0 counts: n_bins x n_means."""
    m = depth[:, np.newaxis] * np.exp(means)
    unseen = size * np.log(size / (size + m))
    return np.log(m / (size + m)), unseen, np.exp(unseen)


def _dropout_curve(sides: Sequence[_Side], depth: Doubles, means: Doubles, constants: Doubles) -> Doubles:
    """Return the chance of a dropout at every mean of the grid.

    The positive counts of a gene tell its mean and dispersion (a truncated negative binomial); zeros beyond what these
    explain are dropouts. The curve is logistic in the log mean, fitted to the genes that are seen well.
    """
    typical = sum(s.total.sum(axis=1) for s in sides) / sum(s.cells @ depth for s in sides)
    seen = sum(s.positive.sum(axis=1) for s in sides)
    well = np.flatnonzero((typical >= CURVE_MEAN) & (seen >= CURVE_CELLS))
    if len(well) < CURVE_GENES:
        return np.zeros(len(means))
    found = np.full((len(well), 2), -np.inf)  # likelihood of both sides, place of the size
    places = [np.zeros((len(SIZES), len(well)), np.int64) for _ in sides]
    for i, size in enumerate(SIZES):
        seen_log, unseen, none = _terms(size, depth, means)
        some = np.log(np.maximum(1 - none, _TINY))
        value = constants[i, well]
        for side, place in zip(sides, places, strict=True):
            table = side.total[well] @ seen_log + side.positive[well] @ (unseen - some)
            place[i] = table.argmax(axis=1)
            value = value + table.max(axis=1)
        better = value > found[:, 0]
        found[better] = np.stack([value, np.full(len(well), i)], axis=1)[better]
    return _logistic(sides, depth, means, well, found[:, 1].astype(np.int64), places)


def _logistic(
    sides: Sequence[_Side], depth: Doubles, means: Doubles, well: npt.NDArray[np.int64], size: npt.NDArray[np.int64],
    places: Sequence[npt.NDArray[np.int64]],
) -> Doubles:  # fmt: skip
    """Fit the curve to how many cells are positive and how many the counts' distribution expects to be."""
    log_mean, positive, expected = [], [], []
    for side, place in zip(sides, places, strict=True):
        at = means[place[size, np.arange(len(well))]]
        r = SIZES[size][:, np.newaxis]
        m = np.exp(at)[:, np.newaxis] * depth
        expected.append(((1 - (r / (r + m)) ** r) * side.cells).sum(axis=1))
        positive.append(side.positive[well].sum(axis=1))
        log_mean.append(at)
    x, k, n = np.concatenate(log_mean), np.concatenate(positive), np.concatenate(expected)
    k = np.minimum(k, n)

    def loss(parameters: Doubles) -> float:
        t = parameters[0] - np.exp(parameters[1]) * x  # falls with the mean
        return float(-(k * -np.logaddexp(0, t) + (n - k) * -np.logaddexp(0, -t)).sum() / n.sum())

    fitted = optimize.minimize(loss, np.array([-1.0, 0.0]), method="Nelder-Mead").x
    return np.asarray(special.expit(fitted[0] - np.exp(fitted[1]) * means), dtype=np.float64)


def _likelihoods(
    sides: Sequence[_Side], depth: Doubles, means: Doubles, constants: Doubles, curve: Doubles
) -> tuple[list[tuple[Doubles, Doubles]], Doubles, Doubles]:
    """Return log mean and its error of both sides, and the highest log likelihoods with two means and with one."""
    n_genes = constants.shape[1]
    logs, errors = np.zeros((2, n_genes)), np.zeros((2, n_genes))
    alternative, null = np.full(n_genes, -np.inf), np.full(n_genes, -np.inf)
    for i, size in enumerate(SIZES):
        seen_log, unseen, none = _terms(size, depth, means)
        kept = np.log1p(-np.minimum(curve, 1 - 1e-12))
        empty = np.log(np.maximum(curve + (1 - curve) * none, _TINY))
        tables = [s.total @ seen_log + s.positive @ (unseen + kept) + s.zero @ empty for s in sides]
        peaks = [_peak(table, means) for table in tables]
        value = constants[i] + peaks[0][0] + peaks[1][0]
        better = value > alternative
        alternative[better] = value[better]
        null = np.maximum(null, constants[i] + _peak(tables[0] + tables[1], means)[0])
        for side, (_, log, error) in enumerate(peaks):
            logs[side, better], errors[side, better] = log[better], error[better]
    return [(logs[0], errors[0]), (logs[1], errors[1])], alternative, null


def _peak(table: Doubles, means: Doubles) -> tuple[Doubles, Doubles, Doubles]:
    """Return height, place and width (1 / sqrt of the curvature) of each row's maximum, by a parabola through three points."""
    step = means[1] - means[0]
    at = table.argmax(axis=1)
    inner = np.clip(at, 1, len(means) - 2)
    rows = np.arange(len(table))
    low, mid, high = (table[rows, inner + shift] for shift in (-1, 0, 1))
    curvature = np.maximum(2 * mid - low - high, 1e-9)
    shift = np.where(at == inner, np.clip(0.5 * (high - low) / curvature, -0.5, 0.5), 0.0)
    height = np.where(at == inner, mid + 0.25 * (high - low) * shift, table[rows, at])
    place = np.where(at == inner, means[inner] + shift * step, means[at])
    return height, place, np.minimum(step / np.sqrt(curvature), 3.0)
