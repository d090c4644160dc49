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
