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
    """Test replicates: Student's t of their log odds, paired or by Welch.

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
        The odds ratio is that of the mean log odds. A replicate's log odds are those of its cells and a few more that have the type
        in the share of all cells, half a cell on the rarer side (of the type, or of all others), so that few cells are drawn to
        "no difference" and not to one half. The error is never smaller than what counting so many cells gives (Woolf); a few
        replicates that happen to agree would promise less.
    """
    share = (group.sum(axis=0) + against.sum(axis=0) + 0.5) / (n_group.sum() + n_against.sum() + 1)
    a, b = _drawn_log_odds(group, n_group, share), _drawn_log_odds(against, n_against, share)
    if paired:
        variance = np.var(a - b, axis=0, ddof=1) / len(a)
        freedom = np.full(len(share), len(a) - 1.0)
    else:
        parts = np.stack([np.var(x, axis=0, ddof=1) / len(x) for x in (a, b)])
        variance = parts.sum(axis=0)
        squares = (parts**2 / np.array([[len(a) - 1], [len(b) - 1]])).sum(axis=0)
        least = float(min(len(a), len(b)) - 1)
        freedom = np.divide(variance**2, squares, out=np.full(len(share), least), where=squares > 0)
    counting = _woolf(group.sum(axis=0), n_group.sum()) + _woolf(against.sum(axis=0), n_against.sum())
    error = np.sqrt(np.maximum(variance, counting))
    effect = a.mean(axis=0) - b.mean(axis=0)
    p = 2 * np.asarray(scipy.stats.t.sf(np.abs(effect) / error, freedom))
    return _tests(effect, error * scipy.stats.t.ppf(_CONFIDENCE, freedom), p)


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


def _drawn_log_odds(n: Counts, total: Counts, share: Floats) -> Floats:
    n_more = 0.5 / np.minimum(share, 1 - share)
    return np.log((n + n_more * share) / (total[:, None] - n + n_more * (1 - share)))


def _woolf(n: Counts, total: int | np.int64) -> Floats:
    variance: Floats = 1 / (n + 0.5) + 1 / (total - n + 0.5)
    return variance


def _tests(effect: Floats, reach: Floats, p: Floats) -> ShareTests:
    return ShareTests(np.exp(effect), np.exp(effect - reach), np.exp(effect + reach), p)
