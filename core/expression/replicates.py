"""A t-test of many things (genes, cell types) between replicates that were counted with unequal care.

A replicate of ten cells says less than one of a thousand, and says nothing at all of a gene that few cells have. So each value has
a variance of its own: that between replicates, the same for all things of a group, and that of counting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from core.expression.moderated import moderated

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measured:
    """The replicates of one group, or the differences of pairs; all of shape (n_replicates, n_things).

    Parameters
    ----------
    value : ndarray of float64
        On a logarithmic scale.
    kept : ndarray of float64
        How much of what sets a replicate apart, taken as alike for all things, is left in its value; above 0.
    noise : ndarray of float64
        Variance of the value that counting so many cells alone gives, above 0.
    """

    value: Doubles
    kept: Doubles
    noise: Doubles


@dataclass(frozen=True, eq=False)
class Difference:
    """First group minus the second.

    Parameters
    ----------
    change, error : ndarray of float64, shape (n_things,)
        The difference and its standard error.
    freedom : float
        Degrees of freedom.
    """

    change: Doubles
    error: Doubles
    freedom: float

    @property
    def p_value(self) -> Doubles:
        """Two-sided, by Student's t."""
        p: Doubles = 2 * scipy.stats.t.sf(np.abs(self.change) / self.error, self.freedom)
        return p


def difference(*groups: Measured) -> Difference:
    """Compare two groups of replicates, or the differences of pairs with 0.

    Parameters
    ----------
    *groups : Measured
        Two groups, or one of pairs; at least two replicates each.

    Returns
    -------
    Difference
        Of the means.

    Notes
    -----
    Values are weighted by the inverse of their variance, as voom does (Law and others 2014). That between replicates is one for all
    things of a group, and another in the other group where it varies more (as in voomByGroup, You and others 2023): with one for
    both, a small group that varies more would call far too much different. It is never less than that of both together, since two
    replicates can be alike by chance. What the residuals of a thing tell beyond is moderated (Smyth 2004). The error is never smaller
    than that of counting; a few replicates that happen to agree would promise less.
    """
    df = sum(len(group.value) - 1 for group in groups)
    change, scale, counting, residual = (np.zeros(groups[0].value.shape[1]) for _ in range(4))
    of_all = _between(*groups)
    for group, sign in zip(groups, (1, -1), strict=False):
        weight, centre, squares = _fitted(group, max(of_all, _between(group)))
        change += sign * centre
        residual += squares
        scale += 1 / weight.sum(axis=0)
        counting += (weight**2 * group.noise).sum(axis=0) / weight.sum(axis=0) ** 2
    variance, freedom = moderated(residual / df, df)
    error = np.sqrt(np.maximum(variance * scale, counting))
    return Difference(change, error, freedom)


def _between(*groups: Measured) -> float:
    """Estimate the variance between replicates: that with which half of the best counted things vary more than half would by chance."""
    worth = np.sum([(group.noise / group.kept**2).mean(axis=0) for group in groups], axis=0)
    best = worth <= np.median(worth)
    parts = [Measured(group.value[:, best], group.kept[:, best], group.noise[:, best]) for group in groups]
    expected = scipy.stats.chi2.median(sum(len(group.value) - 1 for group in groups))

    def excess(between: float) -> float:
        return float(np.median(np.sum([_fitted(part, between)[2] for part in parts], axis=0)) - expected)

    if not best.any() or excess(0.0) <= 0:
        return 0.0
    high = 1.0
    while excess(high) > 0:
        high *= 4
    return float(scipy.optimize.brentq(excess, 0.0, high, xtol=1e-6))


def _fitted(group: Measured, between: float) -> tuple[Doubles, Doubles, Doubles]:
    """Return weights, weighted means, and weighted sums of the squares of what is left."""
    weight = 1 / (group.kept**2 * between + group.noise)
    centre = (weight * group.value).sum(axis=0) / weight.sum(axis=0)
    return weight, centre, (weight * (group.value - centre) ** 2).sum(axis=0)
