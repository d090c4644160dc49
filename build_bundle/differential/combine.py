"""From tests in several studies to one row a gene.

Not here: which rows a bundle keeps (``strength``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
AVERAGED = ("pct_in", "pct_out", "mean_in", "mean_out")
STACKED = ("log2_fold_change", "log2_fold_change_se", "z", "p_value", "p_value_adj", *AVERAGED)


@dataclass(frozen=True, eq=False)
class StudyTest:
    """One contrast tested in one part of a study.

    Parameters
    ----------
    study : str
        Study of the type's cells.
    table : pandas.DataFrame
        Of `build_bundle.differential.compare.compare`.
    n_in, n_out : int
        Cells on either side.
    same_study : bool
        Whether the background is of the same study.
    method : str
        Method that gave the p-values.
    """

    study: str
    table: pd.DataFrame
    n_in: int
    n_out: int
    same_study: bool
    method: str


@dataclass(frozen=True, eq=False)
class Stack:
    """Tests side by side: arrays of tests x genes, NaN where a test does not speak for a gene.

    Parameters
    ----------
    tests : tuple of StudyTest
        Rows.
    values : mapping of str to ndarray
        One array for each name of `STACKED`.
    """

    tests: tuple[StudyTest, ...]
    values: dict[str, Doubles]

    @property
    def tested(self) -> Flags:
        """Where a test speaks for a gene."""
        return ~np.isnan(self.values["p_value"])

    @property
    def weights(self) -> tuple[Doubles, Doubles]:
        """Cells of the type and of the background in each test, as columns."""
        return (
            np.array([[t.n_in] for t in self.tests], dtype=np.float64),
            np.array([[t.n_out] for t in self.tests], dtype=np.float64),
        )


def stacked(tests: Sequence[StudyTest], n_genes: int) -> Stack:
    """Put the tests of a contrast side by side, one for each gene and study.

    Parameters
    ----------
    tests : sequence of StudyTest
        At least one.
    n_genes : int
        Genes of the corpus.

    Returns
    -------
    Stack
        Where two parts of a study tested a gene, the one with more cells of the type speaks.
    """
    ordered = tuple(sorted(tests, key=lambda t: (t.study, -t.n_in)))
    values = {name: np.full((len(ordered), n_genes), np.nan) for name in STACKED}
    spoken: dict[str, Flags] = {}
    for row, test in enumerate(ordered):
        taken = spoken.setdefault(test.study, np.zeros(n_genes, dtype=bool))
        genes = test.table["gene"].to_numpy()
        free = ~taken[genes]
        for name in STACKED:
            values[name][row, genes[free]] = test.table[name].to_numpy()[free]
        taken[genes] = True
    return Stack(ordered, values)


def combined(stack: Stack) -> pd.DataFrame:
    """Combine the studies of one contrast.

    Parameters
    ----------
    stack : Stack
        Of `stacked`.

    Returns
    -------
    pandas.DataFrame
        One row a gene whose fold change has the same sign in all studies that tested it: ``gene``,
        ``log2_fold_change`` (mean), ``log2_fold_change_se``, ``p_value`` and ``p_value_adj`` (largest),
        ``p_value_stouffer``, ``q_stouffer``, ``z`` (Stouffer's), ``i2`` (NaN with one study), ``pct_in``, ``pct_out``,
        ``mean_in``, ``mean_out`` (over all cells), ``n_studies``.

    Notes
    -----
    The largest adjusted p-value is the paper's rule: a gene must hold up in every study. Stouffer's method adds signed
    normal quantiles with weights sqrt(n), n the cells of a test. I2 = max(0, (Q - (k - 1)) / Q) with Cochran's Q over k
    studies (Higgins and Thompson 2002); the spread between studies in the error of the mean is DerSimonian and Laird's.
    """
    change = stack.values["log2_fold_change"]
    sign = np.sign(np.where(stack.tested, change, np.nan))
    n_studies = stack.tested.sum(axis=0)
    genes = np.flatnonzero((n_studies > 0) & (np.abs(np.nansum(sign, axis=0)) == n_studies))
    kept = Stack(stack.tests, {name: values[:, genes] for name, values in stack.values.items()})
    p_stouffer, q_stouffer, z = (values[genes] for values in _stouffer(stack))
    error, i2 = _heterogeneity(kept)
    return pd.DataFrame({
        "gene": genes,
        "log2_fold_change": np.nanmean(kept.values["log2_fold_change"], axis=0),
        "log2_fold_change_se": error,
        "p_value": np.nanmax(kept.values["p_value"], axis=0),
        "p_value_adj": np.nanmax(kept.values["p_value_adj"], axis=0),
        "p_value_stouffer": p_stouffer,
        "q_stouffer": q_stouffer,
        "z": z,
        "i2": i2,
        **_averages(kept),
        "n_studies": n_studies[genes],
    })  # fmt: skip


def _stouffer(stack: Stack) -> tuple[Doubles, Doubles, Doubles]:
    """Return Stouffer's p-value, its adjustment over all tested genes, and z.

    Adjusted before genes with two signs are dropped: among genes of one sign, chance alone gives larger |z| than it should.
    """
    n_in, n_out = stack.weights
    squared = np.where(stack.tested, n_in + n_out, 0.0)
    z = np.nan_to_num(stack.values["z"])
    z = np.asarray((np.sqrt(squared) * z).sum(axis=0) / np.sqrt(np.maximum(squared.sum(axis=0), 1.0)))
    p_value = np.minimum(2 * special.ndtr(-np.abs(z)), 1.0)
    tested = stack.tested.any(axis=0)
    q = np.ones_like(p_value)
    q[tested] = stats.false_discovery_control(p_value[tested])
    return p_value, q, z


def _heterogeneity(stack: Stack) -> tuple[Doubles, Doubles]:
    """Return the standard error of the mean fold change, and I2."""
    change, error = stack.values["log2_fold_change"], stack.values["log2_fold_change_se"]
    k = stack.tested.sum(axis=0)
    w = np.where(stack.tested, 1 / error**2, 0.0)
    total = w.sum(axis=0)
    center = np.nansum(w * change, axis=0) / total
    q = np.nansum(w * (change - center) ** 2, axis=0)
    surplus = np.maximum(q - (k - 1), 0.0)
    i2 = np.divide(surplus, q, out=np.zeros_like(q), where=q > 0)
    scale = total - (w**2).sum(axis=0) / total
    between = np.divide(surplus, scale, out=np.zeros_like(q), where=(k > 1) & (scale > 0))
    return np.sqrt(np.nansum(error**2, axis=0) / k**2 + between / k), np.where(k > 1, i2, np.nan)


def _averages(stack: Stack) -> dict[str, Doubles]:
    """Average shares and means over all cells of all studies."""
    found = {}
    for name in AVERAGED:
        n = np.where(stack.tested, stack.weights[name.endswith("_out")], 0.0)
        found[name] = np.nansum(n * stack.values[name], axis=0) / n.sum(axis=0)
    return found
