"""One selection of query cells that every panel shows.

A selection is a short text in the page's URL, so that a link reopens the same view:

===========================================  ================================================================
text                                         cells
===========================================  ================================================================
``all``                                      every query cell
``cluster:5/9``                              the fifth of nine clusters of the heatmap
``branch:2710``                              the leaves below a node of the heatmap's row tree
``type:CL:0000236``                          labelled with exactly this type (confident or ambiguous)
``under:CL:0000084``                         labelled with this type or a narrower one (confident or ambiguous)
``box:embedding:x0,x1,y0,y1``                inside a rectangle of the map, ``embedding`` or ``raw`` space
``status:unknown``                           ``confident``, ``ambiguous`` or ``unknown``
``obs:donor=A%3D1``                          a value of a column of the user's own metadata, percent-encoded
===========================================  ================================================================

Not here: drawing, and the words of single panels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote, unquote

import numpy as np

from core.bundle.reader import Bundle
from core.errors import InputError
from core.explore.clustering import leaves_under
from core.explore.heatmap import clusters
from core.explore.naming import narrower, percent, type_names
from core.explore.query import Mask, Query

Kind = Literal["all", "cluster", "branch", "type", "under", "box", "status", "obs"]
SPACES = {"embedding": ("pc1", "pc2"), "raw": ("raw_pc1", "raw_pc2")}
STATUSES = ("confident", "ambiguous", "unknown")
MAX_TEXT = 400


@dataclass(frozen=True)
class Selection:
    """A choice of query cells.

    Parameters
    ----------
    kind : str
        What the cells have in common, see the module's table.
    value : str
        The text after the kind, empty for ``all``.
    """

    kind: Kind = "all"
    value: str = ""

    def __str__(self) -> str:
        """Text for the URL; `Selection.parse` reads it back."""
        return f"{self.kind}:{self.value}" if self.value else self.kind

    @classmethod
    def parse(cls, text: str) -> Selection:
        """Read the URL's text.

        Parameters
        ----------
        text : str
            As in the module's table; empty means all cells.

        Returns
        -------
        Selection
            With a checked value.

        Raises
        ------
        InputError
            If the text is no selection (code ``selection``).
        """
        kind, _, value = text[: MAX_TEXT + 1].partition(":")
        if len(text) > MAX_TEXT or (text and kind not in get_args(Kind)) or (kind != "all" and text and not value):
            raise _unreadable(text)
        if kind in ("", "all"):
            return cls()
        selection = cls(kind, value)  # type: ignore[arg-type]  # checked above
        selection._check(text)
        return selection

    @classmethod
    def cluster(cls, number: int, n_clusters: int) -> Selection:
        """Choose one cluster of a cut."""
        return cls("cluster", f"{number}/{n_clusters}")

    @classmethod
    def box(cls, space: str, x: tuple[float, float], y: tuple[float, float]) -> Selection:
        """Choose a rectangle of the map; the ends of a range may come in any order."""
        edges = (*sorted(x), *sorted(y))
        selection = cls("box", f"{space}:" + ",".join(f"{v:.5g}" for v in edges))
        selection._check(str(selection))
        return selection

    @classmethod
    def obs(cls, column: str, value: str) -> Selection:
        """Choose one value of a metadata column."""
        return cls("obs", f"{quote(column, safe='')}={quote(value, safe='')}")

    def cluster_numbers(self) -> tuple[int, int]:
        """Give number and count of a ``cluster`` selection."""
        number, count = self.value.split("/")
        return int(number), int(count)

    def box_ranges(self) -> tuple[str, tuple[float, float, float, float]]:
        """Give space and (x0, x1, y0, y1) of a ``box`` selection."""
        space, edges = self.value.split(":")
        x0, x1, y0, y1 = (float(v) for v in edges.split(","))
        return space, (x0, x1, y0, y1)

    def obs_pair(self) -> tuple[str, str]:
        """Give column and value of an ``obs`` selection."""
        column, value = self.value.split("=")
        return unquote(column), unquote(value)

    def _check(self, text: str) -> None:
        try:
            sound = _CHECKS[self.kind](self)
        except ValueError:
            sound = False
        if not sound:
            raise _unreadable(text)


@dataclass(frozen=True)
class SelectionView:
    """What the selection bar says.

    Parameters
    ----------
    text : str
        URL form.
    title : str
        "Cluster 5: 338 of 2,638 cells".
    detail : str
        What the cells are, "all B cell, median score 1.00"; empty for no cells.
    n_selected, n_query : int
        Cells chosen, cells in all.
    n_studies : int
        Reference studies that hold the chosen cells' majority type among their neighbours and agree on it, see
        `agreeing_studies`; 0 for no cells.
    """

    text: str
    title: str
    detail: str
    n_selected: int
    n_query: int
    n_studies: int


def mask(bundle: Bundle, result: Query, selection: Selection) -> Mask:
    """Say for each query cell whether it is selected.

    Parameters
    ----------
    bundle : Bundle
        For narrower types.
    result : Query
        The query.
    selection : Selection
        What to choose; a type, column or cluster that does not exist chooses no cell.

    Returns
    -------
    numpy.ndarray of bool, shape (n_query,)
        True where selected.
    """
    return _MASKS[selection.kind](bundle, result, selection)


def describe(bundle: Bundle, result: Query, selection: Selection, chosen: Mask) -> SelectionView:
    """Put a selection into words.

    Parameters
    ----------
    bundle : Bundle
        For the names of types.
    result : Query
        The query.
    selection : Selection
        What was chosen.
    chosen : numpy.ndarray of bool, shape (n_query,)
        `mask` of the same selection.

    Returns
    -------
    SelectionView
        Words and counts.
    """
    n_selected = int(chosen.sum())
    title = f"{_subject(bundle, selection)}: {n_selected:,} of {result.n_query:,} cells"
    if selection.kind == "all":
        title = f"All {result.n_query:,} cells"
    return SelectionView(
        text=str(selection),
        title=title,
        detail=_detail(result, chosen),
        n_selected=n_selected,
        n_query=result.n_query,
        n_studies=agreeing_studies(result, chosen),
    )


def agreeing_studies(result: Query, chosen: Mask) -> int:
    """Count the studies behind the label of a typical selected cell.

    Parameters
    ----------
    result : Query
        The query.
    chosen : numpy.ndarray of bool, shape (n_query,)
        Selected cells.

    Returns
    -------
    int
        Median over the selected cells of ``n_studies``: how many studies hold neighbours with the cell's own label.
    """
    counts = result.labels["n_studies"].to_numpy()[chosen]
    return int(np.median(counts)) if len(counts) else 0


def _unreadable(text: str) -> InputError:
    return InputError(
        f"'{text[:60]}' is not a selection of cells.",
        next_step="Clear the selection to see all cells.",
        code="selection",
    )


def _is_cluster(selection: Selection) -> bool:
    number, count = selection.cluster_numbers()
    return 1 <= number <= count


def _is_box(selection: Selection) -> bool:
    space, edges = selection.box_ranges()
    return (
        space in SPACES and all(math.isfinite(edge) for edge in edges) and edges[0] <= edges[1] and edges[2] <= edges[3]
    )


def _is_term(selection: Selection) -> bool:
    prefix, colon, number = selection.value.partition(":")
    return bool(colon) and prefix.isalpha() and number.isalnum()


_CHECKS = {
    "cluster": _is_cluster,
    "branch": lambda s: int(s.value) >= 0,
    "type": _is_term,
    "under": _is_term,
    "box": _is_box,
    "status": lambda s: s.value in STATUSES,
    "obs": lambda s: bool(s.obs_pair()[0]),
}


def _all(bundle: Bundle, result: Query, selection: Selection) -> Mask:  # noqa: ARG001
    return np.ones(result.n_query, dtype=np.bool_)


def _cluster(bundle: Bundle, result: Query, selection: Selection) -> Mask:  # noqa: ARG001
    number, count = selection.cluster_numbers()
    return clusters(result, count) == number


def _branch(bundle: Bundle, result: Query, selection: Selection) -> Mask:  # noqa: ARG001
    arrays = result.heatmap
    try:
        rows = leaves_under(arrays["row_merges"], int(selection.value))
    except ValueError:
        return np.zeros(result.n_query, dtype=np.bool_)
    return np.isin(arrays["row_of_cell"], rows)


def _type(bundle: Bundle, result: Query, selection: Selection) -> Mask:  # noqa: ARG001
    return _labelled(result, {selection.value})


def _under(bundle: Bundle, result: Query, selection: Selection) -> Mask:
    return _labelled(result, narrower(bundle, selection.value))


def _labelled(result: Query, types: set[str]) -> Mask:
    known = result.labels["status"].to_numpy() != "unknown"
    return np.asarray(result.labels["cell_type_ontology_term_id"].isin(types).to_numpy() & known, dtype=np.bool_)


def _box(bundle: Bundle, result: Query, selection: Selection) -> Mask:  # noqa: ARG001
    space, (x0, x1, y0, y1) = selection.box_ranges()
    x, y = (result.projection[column].to_numpy() for column in SPACES[space])
    return np.asarray((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1), dtype=np.bool_)


def _status(bundle: Bundle, result: Query, selection: Selection) -> Mask:  # noqa: ARG001
    return np.asarray(result.labels["status"].to_numpy() == selection.value, dtype=np.bool_)


def _obs(bundle: Bundle, result: Query, selection: Selection) -> Mask:  # noqa: ARG001
    column, value = selection.obs_pair()
    if column not in result.obs.columns:
        return np.zeros(result.n_query, dtype=np.bool_)
    return np.asarray(result.obs[column].astype(str).to_numpy() == value, dtype=np.bool_)


_MASKS = {
    "all": _all,
    "cluster": _cluster,
    "branch": _branch,
    "type": _type,
    "under": _under,
    "box": _box,
    "status": _status,
    "obs": _obs,
}


def _subject(bundle: Bundle, selection: Selection) -> str:
    names = type_names(bundle)
    match selection.kind:
        case "cluster":
            return f"Cluster {selection.cluster_numbers()[0]}"
        case "type":
            return names.get(selection.value, selection.value)
        case "under":
            return f"{names.get(selection.value, selection.value)} and narrower types"
        case "status":
            return {"confident": "Confident", "ambiguous": "Ambiguous", "unknown": "Unknown to the reference"}[
                selection.value
            ]
        case "obs":
            return " = ".join(selection.obs_pair())
        case "box":
            return "Box on the map"
        case _:
            return "Branch"


def _detail(result: Query, chosen: Mask) -> str:
    labels = result.labels.loc[chosen]
    if labels.empty:
        return ""
    counts = labels["cell_type"].value_counts()
    name, n = str(counts.index[0]), int(counts.iloc[0])
    share = "all" if n == len(labels) else percent(n, len(labels))
    return f"{share} {name}, median score {float(labels['confidence'].median()):.2f}"
