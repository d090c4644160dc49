"""Reads what an address and a browser say: anybody can write them, so whatever does not fit is refused or stands for the usual."""

from __future__ import annotations

from core.bundle.schema import BACKGROUNDS
from core.errors import InputError
from core.explore.contrast import BACKGROUND
from core.explore.heatmap import DEFAULT_CLUSTERS, MAX_CLUSTERS

SMALLEST, LARGEST = 120, 4000  # pixels of a panel


def read_threshold(text: str | None) -> float | None:
    """Read a confidence level from the address.

    Parameters
    ----------
    text : str or None
        A number, or nothing.

    Returns
    -------
    float or None
        None for the level the search was made with.

    Raises
    ------
    InputError
        When it is no number from 0 to 1.
    """
    if not text:
        return None
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = -1.0
    if not 0 <= value <= 1:
        raise InputError(
            "The confidence level in this link is not a number from 0 to 1.",
            next_step="Move the slider Label only when confident.",
            code="threshold",
        )
    return value


def read_clusters(text: str | None) -> int:
    """Read the number of clusters from the address.

    Parameters
    ----------
    text : str or None
        A whole number, or anything.

    Returns
    -------
    int
        From 2 to the largest of the slider; the default for anything else.
    """
    if text and len(text) < 5 and text.isdecimal() and 2 <= int(text) <= MAX_CLUSTERS:
        return int(text)
    return DEFAULT_CLUSTERS


def read_detail(text: str | None) -> int:
    """Read the steps away from the finest types from the address.

    Parameters
    ----------
    text : str or None
        A whole number, or anything.

    Returns
    -------
    int
        0, the finest types, for anything else; more steps than there are mean the last.
    """
    return int(text) if text and text.isdecimal() and len(text) < 3 else 0


def read_size(size: object, usual: tuple[int, int]) -> tuple[int, int]:
    """Read what the browser measured.

    Parameters
    ----------
    size : object
        Two numbers, or anything.
    usual : tuple of int
        Stands in for what cannot be read.

    Returns
    -------
    tuple of int
        Within sensible bounds.
    """
    match size:
        case [int() | float() as width, int() | float() as height]:
            return _bounded(width), _bounded(height)
        case _:
            return usual


def _bounded(length: float) -> int:
    return int(min(max(length, SMALLEST), LARGEST)) if length == length else SMALLEST  # noqa: PLR0124  (NaN)


def read_contrast(text: str | None) -> str:
    """Read what a type is held against; all other types for anything unknown."""
    return text if text in BACKGROUNDS else BACKGROUND
