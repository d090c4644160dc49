"""Settings of the differential expression step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import ConfigError

MethodName = Literal["wilcoxon", "pseudobulk", "dropout"]
Background = Literal["others", "siblings", "parent"]


@dataclass(frozen=True)
class DifferentialSettings:
    """How genes that set a type apart are found: the table ``[differential]`` of a configuration.

    Parameters
    ----------
    method : str
        ``wilcoxon`` (rank-sum test of log1p counts per 10,000; cells are the units, so differences between donors count
        as differences between types), ``pseudobulk`` (PyDESeq2 over sums per replicate; needs ``replicate`` columns and
        counts) or ``dropout`` (negative binomial with dropouts; needs counts). A study where the chosen method cannot work
        is tested with ``wilcoxon``, and the build report names it.
    backgrounds : tuple of str
        What a type is held against: ``others`` (all other types), ``siblings`` (the other children of its parent),
        ``parent`` (everything else of its parent, as the cells come).
    wider_terms : bool
        Whether wider terms of the ontology are tested too, as the union of their narrower labels.
    min_cells : int
        Cells of a type that a study should have for a test of its own.
    fewest_cells : int
        A type that no study has enough of is tested in its largest study if that has at least this many; a background
        has at least as many.
    max_cells : int
        Cells taken at most on either side of a test.
    significance : float
        Largest adjusted p-value that counts.
    max_rows : int
        Rows kept at most for one type and background: significant genes first, at most three quarters of them where
        there are more, and a random sample of the others, so that a volcano plot has its background.
    workers : int
        Processes that test at the same time; 0: one a processor, at most 8.
    """

    method: MethodName = "wilcoxon"
    backgrounds: tuple[Background, ...] = ("others", "siblings", "parent")
    wider_terms: bool = True
    min_cells: int = 75
    fewest_cells: int = 10
    max_cells: int = 1000
    significance: float = 0.05
    max_rows: int = 2000
    workers: int = 0

    def __post_init__(self) -> None:
        small = [n for n in ("min_cells", "fewest_cells", "max_cells", "max_rows") if getattr(self, n) < 2]
        if small or not 0 < self.significance < 1 or self.fewest_cells > self.min_cells:
            raise ConfigError(
                f"[differential] {', '.join(small) or 'significance or fewest_cells'} is out of range.",
                next_step="Use numbers of at least 2, fewest_cells up to min_cells, and a significance between 0 and 1.",
            )
        if not self.backgrounds or self.workers < 0:
            raise ConfigError(
                f"[differential] {'workers' if self.backgrounds else 'backgrounds'} is out of range.",
                next_step="Name at least one background; workers is 0 or more.",
            )
