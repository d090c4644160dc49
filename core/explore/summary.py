"""The answer in one sentence, and the counts behind it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Cells under one name of the answer sentence.

    Parameters
    ----------
    id, name : str
        A type, or a wider term that stands for several.
    n : int
        Confident cells in it.
    share : float
        Of all selected cells, 0..1.
    types : tuple of str
        Ids of the types it stands for.
    """

    id: str
    name: str
    n: int
    share: float
    types: tuple[str, ...]


@dataclass(frozen=True)
class SummaryView:
    """The answer line.

    Parameters
    ----------
    title : str
        "Mostly T cells (53 %), monocytes (24 %) and B cells (14 %)".
    detail : str
        "2,638 cells, 11 types. 89 % have a confident type; 248 are ambiguous and carry the parent type; 40 resemble nothing in
        the reference."
    groups : tuple of Group
        Parts of the title, most cells first; they do not overlap.
    n_cells, n_confident, n_ambiguous, n_unknown : int
        Selected cells; the last three sum to the first.
    n_types : int
        Types with a confident cell.
    thin : tuple of str
        Sentences on types whose reference is thin, most cells first.
    """

    title: str
    detail: str
    groups: tuple[Group, ...]
    n_cells: int
    n_confident: int
    n_ambiguous: int
    n_unknown: int
    n_types: int
    thin: tuple[str, ...]
