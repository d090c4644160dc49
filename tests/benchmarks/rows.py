"""One line of the benchmark's table, and the table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measure.

    Parameters
    ----------
    measure : str
        What was measured.
    value : float
        The figure.
    unit : str
        Its unit.
    against : str
        The rival or limit in words.
    bound : float or None
        The limit itself, in the same unit as the figure that is held to it; None where the row only informs.
    at_least : bool
        Whether the ratio must reach the bound (a speed-up) instead of staying below it.
    held : float or None
        The figure held to the bound, where it is not `value` (for example the ratio to a rival).
    """

    measure: str
    value: float
    unit: str
    against: str
    bound: float | None = None
    at_least: bool = False
    held: float | None = None

    @property
    def passed(self) -> bool:
        if self.bound is None:
            return True
        figure = self.value if self.held is None else self.held
        return figure >= self.bound if self.at_least else figure <= self.bound

    @property
    def ratio(self) -> str:
        """How often the figure fits into the limit, or the rival's figure over ours; above 1 is good."""
        if self.bound is None:
            return ""
        if self.held is not None:
            return f"{self.held:.1f}x"
        return f"{self.value / self.bound:.2f}x" if self.at_least else f"{self.bound / max(self.value, 1e-9):.1f}x"


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table in plain text."""
    head = ("measure", "value", "rival or limit", "ratio", "")
    lines = [head, *((r.measure, f"{r.value:,.3g} {r.unit}", r.against, r.ratio, _verdict(r)) for r in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([shown[0], "-" * max(map(len, shown)), *shown[1:]])


def _verdict(row: Row) -> str:
    if row.bound is None:
        return "info"
    return "pass" if row.passed else "FAIL"
