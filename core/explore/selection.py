"""One selection of query cells that every panel shows.

A selection is a short text in the page's URL, so that a link reopens the same view:

=====================================  =====================================================================
text                                   cells
=====================================  =====================================================================
``all``                                every query cell
``cluster:5/9``                        the fifth of nine clusters of the heatmap
``branch:2710``                        the leaves below a node of the heatmap's row tree
``type:CL:0000236``                    labelled with exactly this type, or one of several: ``type:CL:1+CL:2``
``under:CL:0000084``                   labelled with this type or a narrower one
``box:embedding:x0,x1,y0,y1``          inside a rectangle of the map, ``embedding``, ``raw``, or one of the file's own
``lasso:raw:x,y;x,y;x,y``              inside a polygon of the map, 3 to 60 corners
``rival:CL:0000451``                   with this type as a serious runner-up (`core.explore.thin`)
``status:unknown``                     ``confident``, ``ambiguous`` or ``unknown``
``obs:donor=A%3D1``                    a value of a column of the user's own metadata, percent-encoded
=====================================  =====================================================================

Types mean the label of confident and ambiguous cells; cells unknown to the reference have no type.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote, unquote

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.errors import InputError
from core.explore.clustering import leaves_under
from core.explore.heatmap import clusters
from core.explore.naming import narrower, type_names
from core.explore.projection import COLUMNS, query_places
from core.explore.query import Mask, Query
from core.explore.thin import serious_runner_up
from core.expression.places import is_own_map
from core.ontology.text import plural, short_name
from core.search.confidence import AMBIGUOUS, CONFIDENT, STATUSES, UNKNOWN
from core.words import percent

Kind = Literal["all", "cluster", "branch", "type", "under", "box", "lasso", "rival", "status", "obs"]
MAX_TEXT = 2_000
MAX_CORNERS = 60


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
        if text in ("", "all"):
            return cls()
        kind, _, value = text[: MAX_TEXT + 1].partition(":")
        check = _CHECKS.get(kind)
        try:
            sound = check is not None and len(text) <= MAX_TEXT and bool(value) and check(value)
        except ValueError:
            sound = False
        if not sound:
            raise InputError(
                f"'{text[:60]}' is not a selection of cells.",
                next_step="Clear the selection to see all cells.",
                code="selection",
            )
        return cls(next(known for known in get_args(Kind) if known == kind), value)

    @classmethod
    def cluster(cls, number: int, n_clusters: int) -> Selection:
        """Choose one cluster of a cut."""
        return cls("cluster", f"{number}/{n_clusters}")

    @classmethod
    def types(cls, type_ids: Sequence[str]) -> Selection:
        """Choose the cells of one type or of several."""
        return cls("type", "+".join(type_ids))

    @classmethod
    def box(cls, space: str, x: tuple[float, float], y: tuple[float, float]) -> Selection:
        """Choose a rectangle of the map; the ends of a range may come in any order.

        Raises
        ------
        InputError
            If the space is unknown or an end is not finite.
        """
        edges = ",".join(f"{v:.5g}" for v in (*sorted(x), *sorted(y)))
        return cls.parse(f"box:{space}:{edges}")

    @classmethod
    def lasso(cls, space: str, points: Sequence[tuple[float, float]]) -> Selection:
        """Choose a polygon of the map; a long outline is thinned to 60 corners.

        Raises
        ------
        InputError
            If there are fewer than three corners, the space is unknown or a coordinate is not finite.
        """
        step = max(1, math.ceil(len(points) / MAX_CORNERS))
        corners = ";".join(f"{x:.5g},{y:.5g}" for x, y in points[::step])
        return cls.parse(f"lasso:{space}:{corners}")

    @classmethod
    def obs(cls, column: str, value: str) -> Selection:
        """Choose one value of a metadata column."""
        return cls("obs", f"{quote(column, safe='')}={quote(value, safe='')}")


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
        What the cells are, "all B cells, median score 1.00"; empty for no cells.
    n_selected, n_query : int
        Cells chosen, cells in all.
    n_studies : int
        Median over the chosen cells of the number of studies that hold neighbours with the cell's own label; 0 for no cells.
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
        What to choose; a type, column, cluster or map that does not exist chooses no cell.

    Returns
    -------
    numpy.ndarray of bool, shape (n_query,)
        True where selected.
    """
    if selection.kind == "under":
        return _labelled(result, set().union(*(narrower(bundle, term) for term in selection.value.split("+"))))
    return _MASKS[selection.kind](result, selection.value)


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
    labels = result.labels.loc[chosen]
    title = f"{_subject(bundle, selection)}: {len(labels):,} of {result.n_query:,} cells"
    return SelectionView(
        text=str(selection),
        title=f"All {result.n_query:,} cells" if selection.kind == "all" else title,
        detail=_detail(labels),
        n_selected=len(labels),
        n_query=result.n_query,
        n_studies=int(labels["n_studies"].median()) if len(labels) else 0,
    )


def _cluster_numbers(value: str) -> tuple[int, int]:
    number, count = (int(part) for part in value.split("/"))
    return number, count


def _box_ranges(value: str) -> tuple[str, list[float]]:
    space, edges = value.split(":")
    return space, [float(v) for v in edges.split(",")]


def _corners(value: str) -> tuple[str, npt.NDArray[np.float64]]:
    space, corners = value.split(":")
    return space, np.array([[float(v) for v in corner.split(",")] for corner in corners.split(";")])


def _obs_pair(value: str) -> tuple[str, str]:
    column, text = value.split("=")
    return unquote(column), unquote(text)


def _is_cluster(value: str) -> bool:
    number, count = _cluster_numbers(value)
    return 1 <= number <= count


def _is_types(value: str) -> bool:
    return all(prefix.isalpha() and number.isalnum() for prefix, number in (t.split(":") for t in value.split("+")))


def _is_space(space: str) -> bool:
    return space in COLUMNS or is_own_map(space)


def _is_box(value: str) -> bool:
    space, edges = _box_ranges(value)
    in_order = len(edges) == 4 and edges[0] <= edges[1] and edges[2] <= edges[3]
    return _is_space(space) and in_order and all(math.isfinite(edge) for edge in edges)


def _is_lasso(value: str) -> bool:
    space, corners = _corners(value)
    sound = corners.ndim == 2 and corners.shape[1] == 2 and 3 <= len(corners) <= MAX_CORNERS
    return _is_space(space) and sound and bool(np.isfinite(corners).all())


_CHECKS: dict[str, Callable[[str], bool]] = {
    "cluster": _is_cluster,
    "branch": lambda value: value.isdecimal() and len(value) < 9,
    "type": _is_types,
    "under": _is_types,
    "box": _is_box,
    "lasso": _is_lasso,
    "rival": _is_types,
    "status": lambda value: value in STATUSES,
    "obs": lambda value: bool(_obs_pair(value)[0]),
}


def _labelled(result: Query, types: set[str]) -> Mask:
    known = result.labels["status"].to_numpy() != UNKNOWN
    return np.asarray(result.labels[TYPE].isin(types).to_numpy() & known, dtype=np.bool_)


def _in_cluster(result: Query, value: str) -> Mask:
    number, count = _cluster_numbers(value)
    return np.asarray(clusters(result, count) == number, dtype=np.bool_)


def _in_branch(result: Query, value: str) -> Mask:
    arrays = result.heatmap
    if int(value) > 2 * len(arrays["row_merges"]):
        return np.zeros(result.n_query, dtype=np.bool_)
    return np.isin(arrays["row_of_cell"], leaves_under(arrays["row_merges"], int(value)))


def _places(result: Query, space: str) -> npt.NDArray[np.float64]:
    """Give x and y of the query cells; NaN, inside of nothing, where the file has no such map."""
    places = query_places(result, space)
    nowhere = np.full((result.n_query, 2), np.nan)
    return np.asarray(nowhere if places is None else places, dtype=np.float64).T


def _in_box(result: Query, value: str) -> Mask:
    space, (x0, x1, y0, y1) = _box_ranges(value)
    x, y = _places(result, space)
    return np.asarray((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1), dtype=np.bool_)


def _in_lasso(result: Query, value: str) -> Mask:
    """Count the edges a ray to the right crosses; odd means inside."""
    space, corners = _corners(value)
    x, y = _places(result, space)
    inside = np.zeros(result.n_query, dtype=np.bool_)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 != y1:
            inside ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def _with_obs(result: Query, value: str) -> Mask:
    column, text = _obs_pair(value)
    if column not in result.obs.columns:
        return np.zeros(result.n_query, dtype=np.bool_)
    return np.asarray(result.obs[column].astype(str).to_numpy() == text, dtype=np.bool_)


_MASKS: dict[str, Callable[[Query, str], Mask]] = {
    "all": lambda result, _: np.ones(result.n_query, dtype=np.bool_),
    "cluster": _in_cluster,
    "branch": _in_branch,
    "type": lambda result, value: _labelled(result, set(value.split("+"))),
    "box": _in_box,
    "lasso": _in_lasso,
    "rival": lambda result, value: np.asarray(serious_runner_up(result) == value, dtype=np.bool_),
    "status": lambda result, value: np.asarray(result.labels["status"].to_numpy() == value, dtype=np.bool_),
    "obs": _with_obs,
}
_FIXED_SUBJECTS = {"box": "Box on the map", "lasso": "Outline on the map", "branch": "Branch"}
_STATUS_SUBJECTS = {CONFIDENT: "Confident", AMBIGUOUS: "Ambiguous", UNKNOWN: "Unknown to the reference"}


def _subject(bundle: Bundle, selection: Selection) -> str:
    kind, value = selection.kind, selection.value
    if kind in {"type", "under"}:
        named = [short_name(type_names(bundle).get(t, t)) for t in value.split("+")]
        what = named[0] if len(named) == 1 else f"{len(named)} types"
        return what + (" and narrower types" if kind == "under" else "")
    if kind == "rival":
        return f"Runner-up {short_name(type_names(bundle).get(value, value))}"
    if kind == "cluster":
        return f"Cluster {_cluster_numbers(value)[0]}"
    if kind == "obs":
        return " = ".join(_obs_pair(value))
    return _STATUS_SUBJECTS[value] if kind == "status" else _FIXED_SUBJECTS.get(kind, "All")


def _detail(labels: pd.DataFrame) -> str:
    if labels.empty:
        return ""
    score = f"median score {float(labels['confidence'].median()):.2f}"
    counts = labels.loc[labels["status"] != UNKNOWN, "cell_type"].value_counts()
    if counts.empty:
        return f"all unknown, {score}"
    name, n = plural(short_name(str(counts.index[0]))), int(counts.iloc[0])
    share = "all" if n == len(labels) else percent(n, len(labels))
    return f"{share} {name}, {score}"
