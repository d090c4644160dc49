"""What the upload doctor says, one finding a line of the page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

Level = Literal["ok", "info", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """One thing found in a file.

    Parameters
    ----------
    code : str
        Stable identifier in kebab case.
    title : str
        "Format", "Orientation", "Scale", "Genes", "Repaired", "Species", "Depth" or "Cells".
    level : str
        "ok" as it should be; "info" repaired or chosen; "warning" the answer may suffer; "error" no answer is given.
    text : str
        One or two sentences, the number first.
    """

    code: str
    title: str
    level: Level
    text: str

    def to_dict(self) -> dict[str, str]:
        """Return plain values for JSON."""
        return asdict(self)


def count(n: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun.

    Parameters
    ----------
    n : int
        The number.
    noun : str
        Singular.
    plural : str
        Plural where it is not the noun and an s.

    Returns
    -------
    str
        For example "1 cell" or "2,638 cells".

    Examples
    --------
    >>> count(2638, "cell")
    '2,638 cells'
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def percent(part: float, whole: float) -> str:
    """Write a share as a percentage that says 100 or 0 only where it is so.

    Parameters
    ----------
    part, whole : float
        Two numbers.

    Returns
    -------
    str
        For example "99 %" or "< 1 %".

    Examples
    --------
    >>> percent(999, 1000)
    '99 %'
    """
    share = 100 * part / whole if whole else 0.0
    if 0 < share < 1:
        return "< 1 %"
    return f"{min(round(share), 99) if share < 100 else 100:d} %"
