"""Many cells from few real ones: each is a Poisson draw around the sum of some real cells of one type and study.

Sums make cells as deep as today's, so that about 10 % of 20,000 genes are seen in a cell, and no two are the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from tests.benchmarks.pool import N_GENES, Pool, Study

GENES_PER_CELL = N_GENES // 10
_TRIAL = 100


@dataclass(frozen=True, eq=False)
class Source:
    """A study to draw cells from."""

    study: Study

    @cached_property
    def parents(self) -> int:
        """How many real cells make one, so that a cell has about `GENES_PER_CELL` genes."""
        rng = np.random.default_rng(0)
        for n in range(1, 40):
            counts, _ = self.draw(rng, _TRIAL, parents=n)
            if counts.nnz / _TRIAL >= GENES_PER_CELL:
                return n
        return 40

    def draw(self, rng: np.random.Generator, n: int, *, parents: int = 0) -> tuple[sparse.csr_matrix, np.ndarray]:
        """Draw cells: csr float32 counts (n, measured genes) and their types; all types of the study alike often."""
        parents = parents or self.parents
        by_type = {t: np.flatnonzero(self.study.types == t) for t in np.unique(self.study.types.astype(str))}
        types = rng.choice(np.array(list(by_type), dtype=object), n)
        chosen = np.stack([rng.choice(by_type[t], parents) for t in types])
        pick = sparse.csr_matrix(
            (np.ones(n * parents, np.float32), chosen.ravel(), np.arange(n + 1) * parents),
            shape=(n, len(self.study.types)),
        )
        summed = sparse.csr_matrix(pick @ self.study.counts)
        depth = np.repeat(rng.uniform(0.5, 1.5, n), np.diff(summed.indptr))
        summed.data = rng.poisson(summed.data * depth).astype(np.float32)
        summed.eliminate_zeros()
        summed.sort_indices()
        return summed, types


def widen(counts: sparse.csr_matrix, study: Study) -> sparse.csr_matrix:
    """The same cells over all genes of the pool."""
    indices = study.genes.astype(np.int32)[counts.indices]
    return sparse.csr_matrix((counts.data, indices, counts.indptr), shape=(counts.shape[0], N_GENES))


def sources(pool: Pool) -> list[Source]:
    return [Source(s) for s in pool.studies]
