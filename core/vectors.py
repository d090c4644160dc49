"""Rows as directions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def unit_rows(values: Floats) -> Floats:
    """Divide rows by their lengths; a row of zeros stays."""
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    unit: Floats = np.divide(values, lengths, out=np.zeros_like(values), where=lengths > 0)
    return unit
