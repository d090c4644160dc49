"""Variances of many genes moderated by one another (Smyth, Statistical Applications in Genetics and Molecular Biology 3, 2004)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy
from scipy import special

Doubles = npt.NDArray[np.float64]
ALL_ALIKE = 1e6
"""Prior degrees of freedom where the variances differ no more than chance makes them."""
LEAST = 1e-5
"""Of the median variance; less is none, but for rounding."""
MOST = 1 / 8
"""Prior degrees of freedom, of those that all other genes have together: a handful cannot tell how alike they are."""


def moderated(variance: Doubles, df: float) -> tuple[Doubles, float]:
    """Draw the variances of genes to a common one, the more the fewer observations they rest on.

    Parameters
    ----------
    variance : ndarray of float64, n_genes
        Of each gene; a gene with none at all says nothing about the others.
    df : float
        Degrees of freedom of each, more than 0.

    Returns
    -------
    tuple of (ndarray of float64, n_genes; float)
        Moderated variances and their degrees of freedom, for a t-test.

    Notes
    -----
    A scaled F distribution is fitted to the variances by the mean and the variance of their logarithms. The limit on the prior is not
    Smyth's: it never matters among thousands of genes, and lets two shares that mirror each other, so vary alike, be what they are.
    """
    seen = variance[variance > 0]
    seen = seen[seen > LEAST * np.median(seen)] if len(seen) else seen
    if len(seen) < 2:
        return variance, df
    logs = np.log(seen) - special.digamma(df / 2) + np.log(df / 2)
    spread = logs.var(ddof=1) - special.polygamma(1, df / 2)
    prior_df, prior = ALL_ALIKE, float(np.exp(logs.mean()))
    if spread > special.polygamma(1, ALL_ALIKE / 2):
        prior_df = 2 * float(scipy.optimize.brentq(lambda half: special.polygamma(1, half) - spread, 1e-3, ALL_ALIKE))
        prior = float(np.exp(logs.mean() + special.digamma(prior_df / 2) - np.log(prior_df / 2)))
    prior_df = min(prior_df, MOST * df * (len(variance) - 1))
    return (prior_df * prior + df * variance) / (prior_df + df), prior_df + df
