"""Settings of the differential expression step."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import ConfigError


@dataclass(frozen=True)
class DifferentialSettings:
    """How genes that set a type apart are found.

    Parameters
    ----------
    min_cells : int
        Cells of a type that a study should have for a test of its own.
    fewest_cells : int
        A type that no study has enough of is tested in its largest study if that has at least this many.
    max_cells : int
        Cells taken at most on either side of a test.
    significance : float
        Largest adjusted p-value that counts.
    max_rows : int
        Rows kept at most for one type: significant genes first, at most three quarters of them where there are more,
        and a random sample of the others, so that a volcano plot has its background.
    """

    min_cells: int = 75
    fewest_cells: int = 10
    max_cells: int = 1000
    significance: float = 0.05
    max_rows: int = 2000

    def __post_init__(self) -> None:
        small = [n for n in ("min_cells", "fewest_cells", "max_cells", "max_rows") if getattr(self, n) < 2]
        if small or not 0 < self.significance < 1 or self.fewest_cells > self.min_cells:
            raise ConfigError(
                f"[differential] {', '.join(small) or 'significance or fewest_cells'} is out of range.",
                next_step="Use numbers of at least 2, fewest_cells up to min_cells, and a significance between 0 and 1.",
            )
