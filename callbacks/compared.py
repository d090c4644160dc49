"""Who is compared: what every part of the tab Compare listens to and reads."""

from __future__ import annotations

from collections.abc import Sequence

from dash import Input

from callbacks.opened import Shown
from core.errors import InputError
from core.explore.compare_choice import Choice
from layouts import ids

CHOSEN = (Input(ids.BY, "data"), Input(ids.GROUP, "data"), Input(ids.AGAINST, "data"), Input(ids.REPLICATES, "data"))
ADDRESS = (Input(ids.SELECTION, "data"), Input(ids.THRESHOLD, "data"), Input(ids.DETAIL, "data"))
"""What every part of the tab listens to: who is compared, and which cells at which confidence level and detail."""
N_CHOSEN = len(CHOSEN)


def choice_of(shown: Shown, chosen: Sequence[str | None]) -> Choice:
    """Return who is compared.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    chosen : sequence of str or None
        Column, group, the one against it, replicates.

    Returns
    -------
    Choice
        With what stands in for parts that were not chosen.

    Raises
    ------
    InputError
        When the file has no groups.
    """
    choice = shown.engine.compared(shown.result, *chosen)
    if choice is None:
        raise InputError("This file has no groups to compare.", next_step="Go back to Results.", code="no-groups")
    return choice
