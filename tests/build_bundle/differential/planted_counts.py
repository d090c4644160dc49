"""Counts with a planted truth: which genes differ between two groups, with dropouts, depths and shifts between studies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from build_bundle.differential.sample import Sample
from core.expression.recipe import Recipe


@dataclass(frozen=True)
class Planted:
    """Samples of several studies, which genes differ (by direction: 1, -1, 0) in all of them, and by how much."""

    samples: tuple[Sample, ...]
    truth: np.ndarray
    log2_fold_change: np.ndarray


def planted_counts(
    seed: int, *, n_studies: int = 3, n_cells: int = 150, n_genes: int = 2000, n_up: int = 100, n_down: int = 100,
    dispersion: float = 0.5, dropouts: bool = True, batch: float = 0.7, replicates: int = 1,
) -> Planted:  # fmt: skip
    """Draw studies whose genes have the same planted differences and their own base rates.

    Base rates are log-normal; every study multiplies each gene by its own log-normal factor (the batch shift, sd `batch`
    of the log), and each cell by its own depth. A count is negative binomial, and lost with a chance that falls with its
    expectation. Planted genes differ by a factor of 2 to 6.
    """
    rng = np.random.default_rng(seed)
    base = np.exp(rng.normal(-0.5, 1.5, n_genes))
    truth = np.zeros(n_genes, dtype=int)
    chosen = rng.choice(np.flatnonzero(base > 0.3), n_up + n_down, replace=False)
    truth[chosen[:n_up]], truth[chosen[n_up:]] = 1, -1
    factor = np.exp(truth * rng.uniform(np.log(2), np.log(6), n_genes))
    samples = []
    for _ in range(n_studies):
        rates = base * np.exp(rng.normal(0, batch, n_genes))
        in_group = np.arange(2 * n_cells) < n_cells
        depth = np.exp(rng.normal(0, 0.4, 2 * n_cells))
        replicate = rng.integers(0, replicates, 2 * n_cells)
        mean = depth[:, None] * np.where(in_group[:, None], rates * np.sqrt(factor), rates / np.sqrt(factor))
        counts = rng.poisson(rng.gamma(1 / dispersion, dispersion * mean)).astype(np.float32)
        if dropouts:
            lost = rng.random(mean.shape) < 1 / (1 + np.exp(0.5 + 1.2 * np.log(mean)))
            counts[lost] = 0
        x = sparse.csr_matrix(counts)
        names = np.array([f"donor{r}" for r in replicate]) if replicates > 1 else np.full(2 * n_cells, "")
        totals = np.asarray(x.sum(axis=1)).ravel().astype(float)
        samples.append(Sample(x, Recipe().lognorm(x), totals, np.arange(n_genes), in_group, names, is_counts=True))
    return Planted(tuple(samples), truth, np.log2(factor))
