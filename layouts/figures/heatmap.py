"""The Scores figure: cells against types, both trees, clusters, the selection (the paper's Figure 5a).

Few traces whatever the number of cells, all arrays float32 or smaller, so that plotly sends them as base64:

==============  =========================================  ==================================================================
trace name      what                                       customdata of a point
==============  =========================================  ==================================================================
``scores``      the heatmap, row heights = cells           cluster number of the row (int8, n_rows x n_types)
``strip``       one cell a cluster                         cluster number
``row tree``    dendrogram of the rows                     [tree node, cells below it]: ``branch:<node>`` selects them
``chosen``      its branch of the selection, in red        as ``row tree``
``col tree``    dendrogram of the types                    none
``picked``      arrows at rows of a selection that is no   cluster number
                branch
==============  =========================================  ==================================================================

``y`` counts cells from the top. What a click means is read from its customdata (``assets/scquery.js``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.explore.clustering import leaves_under
from core.explore.heatmap import HeatmapView
from core.ontology.text import clip_text, text_width
from layouts.figures.templates import bare_axis, figure
from layouts.figures.text import escape, escaped_brief_names
from layouts.figures.tokens import SEQUENTIAL, TOKENS, Theme, colour_scale
from layouts.figures.trees import Tree, tree

HIGHEST_SCORE = 0.9
ROW_TREE, STRIP, CELLS = (0.0, 0.15), (0.18, 0.192), (0.2, 1.0)
COL_TREE, ROWS = (0.915, 1.0), (0.0, 0.9)
MIN_LABEL_SHARE = 0.045
MAX_TICK_WIDTH = 140.0
TICK_PITCH = 14.0
LEFT, RIGHT = 8, 46
MARGINS = LEFT + RIGHT
BAR_GAP = 10.0
DASH = "4px,3px"


def heatmap_figure(
    view: HeatmapView, *, theme: Theme, selected: npt.NDArray[np.bool_] | None = None, width: int = 440
) -> go.Figure:
    """Draw the clustered heatmap.

    Parameters
    ----------
    view : HeatmapView
        Rows, trees and clusters.
    theme : {"light", "dark"}
        Colour scheme.
    selected : numpy.ndarray of bool, shape (n_query,), optional
        Selected cells. None or all: nothing is marked. A whole branch: its lines in red and its rows between dashed lines.
        Anything else: an arrow at each row that holds selected cells.
    width : int
        Width of the panel in pixels: decides how many column names have room.

    Returns
    -------
    plotly.graph_objects.Figure
        At most six traces; under 1.5 MB of JSON for any number of cells.
    """
    rows = _Rows.of(view)
    marked = _marked(view, selected)
    row_tree = tree(view.row_merges, view.row_order, view.row_sizes)
    fig = figure(theme)
    fig.add_trace(_scores(view, rows, width))
    fig.add_trace(_strip(view, rows, theme, marked))
    _add_row_tree(fig, view, row_tree, theme, marked)
    _add_col_tree(fig, view, theme)
    if marked is not None and marked.interval is None:
        fig.add_trace(_arrows(view, rows, theme, marked))
    _lay_out(fig, view, rows, theme, width)
    _mark(fig, rows, theme, marked)
    return fig


@dataclass(frozen=True)
class _Rows:
    """Rows in drawing order: edges in cells from the top, and their clusters."""

    edges: npt.NDArray[np.float32]
    clusters: npt.NDArray[np.int32]

    @classmethod
    def of(cls, view: HeatmapView) -> _Rows:
        sizes = view.row_sizes[view.row_order]
        return cls(np.concatenate([[0], np.cumsum(sizes)]).astype(np.float32), view.cluster_of_row[view.row_order])

    @property
    def n_cells(self) -> float:
        return float(self.edges[-1])

    def cluster_edges(self) -> npt.NDArray[np.float32]:
        """Give the top of the first cluster and the bottom of each."""
        last = np.flatnonzero(np.diff(self.clusters, append=-1))
        return np.concatenate([[0], self.edges[last + 1]]).astype(np.float32)


@dataclass(frozen=True)
class _Marked:
    """The selection on the rows: `interval` of places in drawing order for a branch, None for anything else."""

    rows: npt.NDArray[np.bool_]
    interval: tuple[int, int] | None
    node: int | None


def _marked(view: HeatmapView, selected: npt.NDArray[np.bool_] | None) -> _Marked | None:
    shown = view.row_of_cell >= 0
    if selected is None or bool(selected[shown].all()):
        return None
    hits = np.bincount(view.row_of_cell[selected & shown], minlength=len(view.row_sizes))
    whole = hits == view.row_sizes
    if bool(((hits == 0) | whole).all()):
        places = np.flatnonzero(whole[view.row_order])
        node = _node_of(view, whole)
        if node is not None:
            return _Marked(whole, (int(places[0]), int(places[-1])), node)
    return _Marked(hits > 0, None, None)


def _node_of(view: HeatmapView, rows: npt.NDArray[np.bool_]) -> int | None:
    """Find the tree node that stands for exactly these rows."""
    n, wanted = len(rows), int(rows.sum())
    if wanted == 1:
        return int(np.flatnonzero(rows)[0])
    inside = np.concatenate([rows.astype(np.int64), np.zeros(n - 1, dtype=np.int64)])
    for step, (left, right) in enumerate(view.row_merges[:, :2].astype(np.intp)):
        inside[n + step] = inside[left] + inside[right]
        if inside[n + step] == wanted == view.row_merges[step, 3]:
            return n + step
    return None


def _scores(view: HeatmapView, rows: _Rows, width: int) -> go.Heatmap:
    values = view.values[np.ix_(view.row_order, view.col_order)]
    names = [escape(view.type_names[i]) for i in view.col_order]
    clusters = np.repeat(rows.clusters.astype(np.int8)[:, None], len(names), axis=1)
    cells = "%{customdata}" if view.n_clusters > 1 else "1"
    return go.Heatmap(
        name="scores",
        x=names,
        y=rows.edges,
        z=np.ascontiguousarray(values, dtype=np.float32),
        customdata=clusters,
        zmin=0,
        zmax=HIGHEST_SCORE,
        hovertemplate=f"<b>%{{x}}</b><br>score %{{z:.2f}}<br>cluster {cells}<extra></extra>",
        colorbar={
            "title": {"text": "score"},
            "x": 1 + BAR_GAP / (width - MARGINS),
            "xanchor": "left",
            "y": 0.9,
            "yanchor": "top",
            "tickvals": [0, HIGHEST_SCORE / 2, HIGHEST_SCORE],
        },
    )


def _strip(view: HeatmapView, rows: _Rows, theme: Theme, marked: _Marked | None) -> go.Heatmap:
    colours = TOKENS[theme]
    numbers = np.arange(1, view.n_clusters + 1)
    shade = (numbers % 2).astype(np.float32)
    if marked is not None:
        full = [bool(marked.rows[view.cluster_of_row == number].all()) for number in numbers]
        shade[full] = 2
    return go.Heatmap(
        name="strip",
        x=np.array([0, 1], dtype=np.float32),
        y=rows.cluster_edges(),
        z=shade[:, None],
        customdata=numbers.astype(np.int8)[:, None],
        zmin=0,
        zmax=2,
        colorscale=colour_scale((colours["border"], colours["border2"], colours["selection"])),
        showscale=False,
        hovertemplate="cluster %{customdata}<extra></extra>",
        xaxis="x2",
    )


def _add_row_tree(fig: go.Figure, view: HeatmapView, row_tree: Tree, theme: Theme, marked: _Marked | None) -> None:
    colours = TOKENS[theme]
    below = _cells_below(view)
    red = np.zeros(len(row_tree.node), dtype=np.bool_)
    if marked is not None and marked.node is not None:
        n = len(view.row_sizes)
        leaves = set(leaves_under(view.row_merges, marked.node).tolist())
        first = np.array([leaves_under(view.row_merges, int(node))[0] for node in row_tree.node], dtype=np.intp)
        inside = view.row_merges[row_tree.node - n, 3] <= len(leaves)
        red = inside & np.array([int(leaf) in leaves for leaf in first], dtype=np.bool_)
    for name, chosen, colour, line_width in (
        ("row tree", ~red, colours["text3"], 0.7),
        ("chosen", red, colours["selection"], 1.4),
    ):
        if chosen.any():
            along, height = row_tree.lines(chosen)
            nodes = np.repeat(row_tree.node[chosen], 5)
            fig.add_trace(
                go.Scatter(
                    name=name,
                    x=height,
                    y=along,
                    mode="lines",
                    line={"width": line_width, "color": colour},
                    customdata=np.stack([nodes, below[nodes]], axis=1).astype(np.int32),
                    hovertemplate="branch of %{customdata[1]:,} cells<extra></extra>",
                    xaxis="x3",
                )
            )


def _cells_below(view: HeatmapView) -> npt.NDArray[np.int64]:
    n = len(view.row_sizes)
    below = np.concatenate([view.row_sizes.astype(np.int64), np.zeros(max(n - 1, 0), dtype=np.int64)])
    for step, (left, right) in enumerate(view.row_merges[:, :2].astype(np.intp)):
        below[n + step] = below[left] + below[right]
    return below


def _add_col_tree(fig: go.Figure, view: HeatmapView, theme: Theme) -> None:
    along, height = tree(view.col_merges, view.col_order, plain=True).lines()
    if len(along):
        line = {"width": 0.7, "color": TOKENS[theme]["text3"]}
        fig.add_trace(
            go.Scatter(
                name="col tree", x=along, y=height, mode="lines", line=line, hoverinfo="skip", xaxis="x4", yaxis="y2"
            )
        )


def _arrows(view: HeatmapView, rows: _Rows, theme: Theme, marked: _Marked) -> go.Scatter:
    places = np.flatnonzero(marked.rows[view.row_order])
    return go.Scatter(
        name="picked",
        x=np.full(len(places), 0.5, dtype=np.float32),
        y=(rows.edges[places] + rows.edges[places + 1]) / 2,
        mode="markers",
        marker={"symbol": "triangle-right", "size": 7, "color": TOKENS[theme]["selection"]},
        customdata=rows.clusters[places].astype(np.int8),
        hovertemplate="holds selected cells<extra></extra>",
        xaxis="x2",
        cliponaxis=False,
    )


def _lay_out(fig: go.Figure, view: HeatmapView, rows: _Rows, theme: Theme, width: int) -> None:
    full = [escape(view.type_names[i]) for i in view.col_order]
    short = escaped_brief_names(view.type_names[i] for i in view.col_order)
    short = [clip_text(name, MAX_TICK_WIDTH, 11.0) for name in short]
    named = _named_columns(view, width)
    longest = max((text_width(name, 11.0) for i, name in enumerate(short) if i in named), default=0.0)
    m = len(full)
    fig.update_layout(
        margin={"l": LEFT, "r": RIGHT, "t": 6, "b": round(longest * 0.72 + 16)},
        dragmode=False,
        xaxis={
            "domain": CELLS,
            "type": "category",
            "fixedrange": True,
            "showgrid": False,
            "tickangle": -45,
            "tickmode": "array",
            "tickvals": [full[i] for i in named],
            "ticktext": [short[i] for i in named],
            "range": [-0.5, m - 0.5],
        },
        xaxis2=bare_axis(domain=STRIP, range=[0, 1], anchor="y"),
        xaxis3=bare_axis(domain=ROW_TREE, range=[1.02, -0.02], anchor="y"),
        xaxis4=bare_axis(domain=CELLS, range=[0, m], anchor="y2"),
        yaxis=bare_axis(domain=ROWS, range=[rows.n_cells, 0]),
        yaxis2=bare_axis(domain=COL_TREE, range=[0, 1.02], anchor="x4"),
        annotations=_cluster_numbers(view, rows, theme),
    )
    fig.update_traces(colorscale=colour_scale(SEQUENTIAL[theme]), selector={"name": "scores"})


def _named_columns(view: HeatmapView, width: int) -> list[int]:
    """Choose the columns whose names have room: all, or the heaviest ones far enough from each other."""
    m = len(view.type_ids)
    pitch = (width - MARGINS) * (CELLS[1] - CELLS[0]) / m
    if pitch >= TICK_PITCH:
        return list(range(m))
    weight = view.row_sizes @ view.values[:, view.col_order]
    named: list[int] = []
    for column in np.argsort(-weight, kind="stable"):
        if all(abs(int(column) - other) * pitch >= TICK_PITCH for other in named):
            named.append(int(column))
    return sorted(named)


def _cluster_numbers(view: HeatmapView, rows: _Rows, theme: Theme) -> list[dict[str, Any]]:
    """Write cluster numbers beside the strip, large clusters first; a number without room is left out."""
    edges = rows.cluster_edges()
    middles, sizes = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    if view.n_clusters < 2:
        return []
    taken: list[float] = []
    numbers = []
    for i in np.argsort(-sizes, kind="stable"):
        middle = float(middles[i])
        if all(abs(middle - other) >= MIN_LABEL_SHARE * rows.n_cells for other in taken):
            taken.append(middle)
            numbers.append(
                {
                    "text": str(int(i) + 1),
                    "x": (ROW_TREE[1] + STRIP[0]) / 2,
                    "xref": "paper",
                    "y": middle,
                    "yref": "y",
                    "xanchor": "center",
                    "font": {"size": 10.5, "color": TOKENS[theme]["text2"]},
                    "name": f"cluster {int(i) + 1}",
                }
            )
    return numbers


def _mark(fig: go.Figure, rows: _Rows, theme: Theme, marked: _Marked | None) -> None:
    if marked is None or marked.interval is None:
        return
    first, last = marked.interval
    line = {"color": TOKENS[theme]["selection"], "width": 1.3, "dash": DASH}
    for edge in (rows.edges[first], rows.edges[last + 1]):
        fig.add_shape(type="line", xref="x domain", yref="y", x0=0, x1=1, y0=float(edge), y1=float(edge), line=line)
    inside = {int(number) for number in np.unique(rows.clusters[first : last + 1])}
    for annotation in fig.layout.annotations:
        if annotation.name in {f"cluster {number}" for number in inside}:
            annotation.font = {"size": 10.5, "color": TOKENS[theme]["selection"], "weight": 600}
