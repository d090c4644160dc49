"""Wilcoxon's rank-sum test as a method of differential expression."""

from __future__ import annotations

from build_bundle.differential.methods import Verdict
from build_bundle.differential.sample import Sample
from core.expression.rank_sum import rank_sum


class Wilcoxon:
    """Wilcoxon's rank-sum test of log1p counts per 10,000, cell against cell."""

    name = "wilcoxon"

    def __call__(self, sample: Sample) -> Verdict:
        """Compare the cells of the type with the others; see `core.expression.rank_sum`."""
        return Verdict(*rank_sum(sample.lognorm, sample.in_group))
