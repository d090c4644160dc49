"""Whether cell types have other shares in one group of cells than in another: between cells, or between replicates.

Cells of one donor are not independent, so a test between cells calls differences between any two donors significant. Between
replicates each replicate is one observation, however many cells it has. Not here: who is compared
(`core.explore.compare_choice`), the table of types (`core.explore.compare`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from core.expression.replicates import Measured, difference

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

N_TABLES = 9_999
"""Random tables of the test of a whole composition; the smallest p it can give is 1 in 10,000."""
_BATCH = 2_000_000
"""Counts of random tables held at once."""
_SEED = 0
_CONFIDENCE = 0.975


@dataclass(frozen=True)
class ShareTests:
    """Tests of several types, one a place.

    Parameters
    ----------
    odds_ratio, low, high : ndarray of float64, shape (n_types,)
        Odds of the type in the group over its odds in the other, with the 95 % interval.
    p_value : ndarray of float64, shape (n_types,)
        Two-sided.
    """

    odds_ratio: Floats
    low: Floats
    high: Floats
    p_value: Floats


def between_cells(group: Counts, against: Counts, n_group: int, n_against: int) -> ShareTests:
    """Test cells: Fisher's exact test of each type against all others.

    Parameters
    ----------
    group, against : ndarray of int64, shape (n_types,)
        Cells of each type.
    n_group, n_against : int
        All cells of the groups.

    Returns
    -------
    ShareTests
        Odds ratio with half a cell added to all four counts (Haldane, Anscombe), interval of its logarithm by Woolf (1955).
    """
    effect = _log_odds(group, n_group) - _log_odds(against, n_against)
    error = np.sqrt(_woolf(group, n_group) + _woolf(against, n_against))
    tables = np.stack([group, n_group - group, against, n_against - against], axis=1).reshape(-1, 2, 2)
    p = [scipy.stats.fisher_exact(table).pvalue for table in tables]
    return _tests(effect, error * scipy.stats.norm.ppf(_CONFIDENCE), np.array(p, dtype=np.float64))


def between_replicates(
    group: Counts, against: Counts, n_group: Counts, n_against: Counts, *, paired: bool
) -> ShareTests:
    """Test replicates: a weighted moderated t-test of their log odds (`core.expression.replicates`), paired or not.

    Parameters
    ----------
    group, against : ndarray of int64, shape (n_replicates, n_types)
        Cells of each type in each replicate; at least two replicates, and where paired the same ones in one order.
    n_group, n_against : ndarray of int64, shape (n_replicates,)
        All cells of the replicates.
    paired : bool
        Whether each replicate is in both groups.

    Returns
    -------
    ShareTests
        The odds ratio is that of the weighted mean log odds: a replicate of few cells counts less. A replicate's log odds are those
        of its cells and a few more that have the type in the share of all cells, half a cell on the rarer side (of the type, or of
        all others), so that few cells are drawn to "no difference" and not to one half. The error is never smaller than what
        counting so many cells gives; a few replicates that happen to agree would promise less.
    """
    share = (group.sum(axis=0) + against.sum(axis=0) + 0.5) / (n_group.sum() + n_against.sum() + 1)
    n_more = 0.5 / np.minimum(share, 1 - share)
    sizes = [n_group[:, None], n_against[:, None]]
    # both sides of a pair are drawn alike, so that what is the donor's own falls out of their difference
    drawn = [np.minimum(*sizes)] * 2 if paired else sizes
    a, b = (
        _measured(n / size, share, size, d / (d + n_more))
        for n, size, d in zip((group, against), sizes, drawn, strict=True)
    )
    found = difference(Measured(a.value - b.value, a.kept, a.noise + b.noise)) if paired else difference(a, b)
    return _tests(found.change, found.error * scipy.stats.t.ppf(_CONFIDENCE, found.freedom), found.p_value)


def whole_composition(table: Counts) -> float | None:
    """Test whether a whole table of types and groups is due to chance: Fisher's exact test.

    Parameters
    ----------
    table : ndarray of int64, shape (n_types, n_groups)
        Cells.

    Returns
    -------
    float or None
        p: exact for two types and two groups, else from 9,999 random tables with the same sums (so it is never below .0001), the
        same for the same table. None where one type or one group has all cells.
    """
    kept = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(kept.shape) < 2:
        return None
    if kept.shape == (2, 2):
        return float(scipy.stats.fisher_exact(kept).pvalue)
    return _by_random_tables(kept)


def _by_random_tables(table: Counts) -> float:
    """Return the share of tables with the same sums that are no more likely than this one.

    Likelihoods are compared as logarithms: those of large tables are too small for a float, where all would look alike.
    """
    drawn = scipy.stats.random_table(table.sum(axis=1), table.sum(axis=0))
    log_factorial = scipy.special.gammaln(np.arange(table.sum(axis=1).max() + 1) + 1.0)
    rng, at_once = np.random.default_rng(_SEED), max(1, _BATCH // table.size)
    least, n_as_rare = log_factorial[table].sum() * (1 - 1e-12), 0
    for start in range(0, N_TABLES, at_once):
        tables = drawn.rvs(size=min(at_once, N_TABLES - start), random_state=rng).astype(np.int64)
        n_as_rare += int((log_factorial[tables].reshape(len(tables), -1).sum(axis=1) >= least).sum())
    return (1 + n_as_rare) / (1 + N_TABLES)


def _log_odds(n: Counts, total: int) -> Floats:
    return np.log((n + 0.5) / (total - n + 0.5))


def _measured(of_replicate: Floats, share: Floats, size: Counts, kept: Floats) -> Measured:
    """Return the log odds of every type in every replicate, of whose distance to the share of all cells `kept` is kept.

    The log odds of a noisy share of a rare type lie too low; to the second order this is added. Those of rare types vary more between
    replicates: not as much as in a Dirichlet distribution (by the inverse of the share), and not as little as with a factor for
    each type. The middle, the root of it, keeps the level in both.
    """
    drawn = share + kept * (of_replicate - share)
    noise = kept**2 / (size * share * (1 - share))
    return Measured(
        np.log(drawn / (1 - drawn)) + noise * (0.5 - share), kept / (4 * share * (1 - share)) ** 0.25, noise
    )


def _woolf(n: Counts, total: int | np.int64) -> Floats:
    variance: Floats = 1 / (n + 0.5) + 1 / (total - n + 0.5)
    return variance


def _tests(effect: Floats, reach: Floats, p: Floats) -> ShareTests:
    return ShareTests(np.exp(effect), np.exp(effect - reach), np.exp(effect + reach), p)
