"""How much memory a query will take, said before it is begun."""

from __future__ import annotations

from core.errors import LimitError
from core.words import memory

BASE_BYTES = 500_000_000
BYTES_PER_CELL = 2_500
BYTES_PER_VALUE = 8
"""As measured on 5,000 to 100,000 cells with 1,000 to 3,000 values each; most of it are the values, held twice for a while."""


def memory_needed(n_cells: int, n_values: int) -> int:
    """Foretell the largest private memory of a query.

    Parameters
    ----------
    n_cells : int
        Cells to search.
    n_values : int
        Their values other than 0.

    Returns
    -------
    int
        Bytes.
    """
    return BASE_BYTES + BYTES_PER_CELL * n_cells + BYTES_PER_VALUE * n_values


def check_memory(n_cells: int, n_values: int, most: int) -> None:
    """Refuse a query that would be stopped for want of memory later.

    Parameters
    ----------
    n_cells, n_values : int
        As in `memory_needed`.
    most : int
        Bytes it may use; 0: any.

    Raises
    ------
    LimitError
        With code "too-big" and how many cells would fit.
    """
    needed = memory_needed(n_cells, n_values)
    if not most or needed <= most:
        return
    fits = _rounded_down(int(n_cells * max(0, most - BASE_BYTES) / (needed - BASE_BYTES)))
    instead = f"Search {fits:,} of them, drawn at random, or use the command line on a larger machine."
    raise LimitError(
        f"{n_cells:,} cells with {n_values / n_cells:,.0f} values each need about {memory(needed)}; this server allows {memory(most)}.",
        next_step=instead if fits else "Use the command line on a larger machine.",
        code="too-big",
        fits=fits,
    )


def _rounded_down(n: int) -> int:
    """Keep the two leading digits."""
    unit: int = 10 ** max(0, len(str(n)) - 2)
    return n // unit * unit
