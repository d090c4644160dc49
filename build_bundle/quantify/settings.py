"""Settings of the quantification, all of which end in its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.errors import ConfigError

Rate = Literal["overall", "coding"]
RpkmTotal = Literal["assigned", "aligned"]

DROPLET_STRANDS = ("Forward", "Reverse", "Unstranded")
RPKM_TOTALS = {
    "assigned": "N = fragments assigned to a coding interval of exactly one gene",
    "aligned": "N = fragments that align to the genome at least once",
}


@dataclass(frozen=True)
class QuantifySettings:
    """How libraries are quantified.

    Parameters
    ----------
    min_alignment_rate : float
        Share of fragments below which a library is set aside (the paper: 0.4).
    rate : str
        Which share the rule looks at: "overall" (fragments that align) or "coding" (fragments counted in a gene).
        Both are recorded.
    rpkm_total : str
        N of RPKM = count * 1e9 / (N * L): "assigned" or "aligned" fragments. L is the merged coding length in bases.
    strandedness : int
        0 unstranded, 1 stranded, 2 reversely stranded (featureCounts -s).
    droplet_strand : str
        "Forward" for 3' kits, "Reverse" for 5' kits, "Unstranded" (STARsolo's --soloStrand).
    cell_filter : str
        STARsolo's rule for which barcodes are cells.
    expected_cells : int
        Cells that rule expects in a droplet library.
    threads : int
        Threads of one aligner.
    timeout_s : float
        Seconds one program may take for one library.

    Raises
    ------
    ConfigError
        For values outside their range.
    """

    min_alignment_rate: float = 0.4
    rate: Rate = "overall"
    rpkm_total: RpkmTotal = "assigned"
    strandedness: int = 0
    droplet_strand: Literal["Forward", "Reverse", "Unstranded"] = "Forward"
    cell_filter: Literal["CellRanger2.2", "EmptyDrops_CR"] = "CellRanger2.2"
    expected_cells: int = 3000
    threads: int = 1
    timeout_s: float = 6 * 3600.0

    def __post_init__(self) -> None:
        _require(0 <= self.min_alignment_rate <= 1, f"min_alignment_rate is {self.min_alignment_rate}, outside 0..1.")
        _require(self.rate in {"overall", "coding"}, f"rate is {self.rate!r}, expected overall or coding.")
        _require(self.rpkm_total in RPKM_TOTALS, f"rpkm_total is {self.rpkm_total!r}, expected assigned or aligned.")
        _require(self.strandedness in {0, 1, 2}, f"strandedness is {self.strandedness}, expected 0, 1 or 2.")
        _require(self.droplet_strand in DROPLET_STRANDS, f"droplet_strand is {self.droplet_strand!r}.")
        _require(self.cell_filter in {"CellRanger2.2", "EmptyDrops_CR"}, f"cell_filter is {self.cell_filter!r}.")
        _require(self.expected_cells >= 1, "expected_cells is below 1.")
        _require(self.threads >= 1, "threads is below 1.")
        _require(self.timeout_s > 0, "timeout_s is not above 0.")

    @property
    def star_cell_filter(self) -> tuple[str, ...]:
        """Arguments of ``--soloCellFilter``: the two rules take the same first three (STARsolo's manual)."""
        rule = (self.cell_filter, str(self.expected_cells), "0.99", "10")
        if self.cell_filter == "CellRanger2.2":
            return rule
        return (*rule, "45000", "90000", "500", "0.01", "20000", "0.01", "10000")

    @property
    def rpkm_words(self) -> str:
        """The definition of RPKM for the record."""
        return f"count * 1e9 / (N * L); {RPKM_TOTALS[self.rpkm_total]}; L = merged coding length in bases"


def _require(holds: bool, problem: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise ConfigError(f"Quantify settings: {problem}")
