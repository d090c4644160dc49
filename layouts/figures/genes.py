"""A type's genes in query cells: a clustered heatmap by dash-bio, the reference's mean leftmost.

dash-bio's Clustergram computes the order of genes and cells and the cells' tree; they are set into a figure of our own,
so that colours, fonts and places are those of the other panels, and the tree is one trace instead of one a merge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.explore.markers import GeneHeatmapView
from core.ontology.text import text_width
from layouts.dash_bio_door import clustergram_traces
from layouts.figures.templates import bare_axis, figure
from layouts.figures.text import escape
from layouts.figures.tokens import SEQUENTIAL, TOKENS, Theme, colour_scale

HIGHEST = 4.0
REFERENCE, CELLS = (0.0, 0.035), (0.05, 1.0)
TREE_PIXELS, GAP_PIXELS, EDGE_PIXELS, ROW_PIXELS, LEAST_PIXELS = 40, 4, 32, 12, 160
SCALE_PIXELS = 110
GAP = " "
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Clustered:
    """What the Clustergram found.

    Parameters
    ----------
    genes, cells : numpy.ndarray of int
        Rows from top to bottom and columns from left to right, as positions in the view.
    tree_x, tree_y : numpy.ndarray of float32
        The cells' tree as one NaN-separated line: leaf i lies at x = i, heights 0..1.
    """

    genes: npt.NDArray[np.intp]
    cells: npt.NDArray[np.intp]
    tree_x: Floats
    tree_y: Floats


def gene_figure(view: GeneHeatmapView, *, theme: Theme) -> go.Figure:
    """Draw log expression of a type's genes in query cells.

    Parameters
    ----------
    view : GeneHeatmapView
        At most 100 genes and 160 cells; one of either is enough.
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.Figure
        Traces ``reference``, ``cells`` (customdata: position of the cell in ``view.cell_ids``) and ``tree``. Without genes or
        cells: empty axes and a sentence.
    """
    fig = figure(theme)
    if not view.genes or not view.cell_ids:
        return _empty(fig, view)
    order = cluster(view.values, view.n_up)
    names = [escape(view.genes[i]) for i in order.genes]
    # The empty row between up and down genes.
    at = view.n_up if 0 < view.n_up < len(names) else len(names)
    rows = [*names[:at], *([GAP] if at < len(names) else []), *names[at:]]
    reference = _spaced(view.reference[order.genes][:, None], at)
    cells = _spaced(view.values[np.ix_(order.genes, order.cells)], at)
    scale = {"zmin": 0, "zmax": HIGHEST, "colorscale": colour_scale(SEQUENTIAL[theme]), "hoverongaps": False}
    fig.add_trace(_reference(rows, reference).update(scale))
    fig.add_trace(_cells(rows, cells, order.cells).update(scale))
    if len(order.tree_x):
        line = {"width": 0.7, "color": TOKENS[theme]["text3"]}
        fig.add_trace(
            go.Scatter(
                name="tree", x=order.tree_x, y=order.tree_y, mode="lines", line=line, hoverinfo="skip", yaxis="y2"
            )
        )
    _lay_out(fig, view, rows)
    return fig


def height(n_genes: int) -> int:
    """Return the pixels at which every gene can be named."""
    return max(LEAST_PIXELS, EDGE_PIXELS + TREE_PIXELS + GAP_PIXELS + ROW_PIXELS * (n_genes + 1))


def _tree_from(n_rows: int) -> float:
    """Return where the tree begins, as a share of the height: it is as high for a hundred genes as for five."""
    return 1 - TREE_PIXELS / (height(n_rows) - EDGE_PIXELS)


def cluster(values: Floats, n_up: int) -> Clustered:
    """Order genes and cells with dash-bio's Clustergram.

    Parameters
    ----------
    values : numpy.ndarray of float32, shape (n_genes, n_cells)
        log1p counts per 10,000.
    n_up : int
        The first `n_up` genes stay above the others.

    Returns
    -------
    Clustered
        The order as it is where there is one gene or one cell: the Clustergram needs two.
    """
    n_genes, n_cells = values.shape
    genes, cells = np.arange(n_genes), np.arange(n_cells)
    nothing = np.empty(0, dtype=np.float32)
    along = {(True, True): "all", (True, False): "row", (False, True): "col"}.get((n_genes > 1, n_cells > 1))
    if along is None:
        return Clustered(genes, cells, nothing, nothing)
    traces = clustergram_traces(
        data=values.astype(np.float64),
        cluster=along,
        link_method="average",
        # The default would subtract the mean and show numbers that nobody measured.
        center_values=False,
    )
    found = np.asarray(traces["row_ids"], dtype=np.intp)[::-1]
    genes = np.concatenate([found[found < n_up], found[found >= n_up]])
    cells = np.asarray(traces["column_ids"], dtype=np.intp)
    x, y = _one_line(traces["dendro_traces"]["col"])
    return Clustered(genes, cells, x, y)


def _one_line(brackets: list[Any]) -> tuple[Floats, Floats]:
    """Join dash-bio's brackets; it puts leaf i at 10 i + 5 and heights in units of distance."""
    if not brackets:
        return np.empty(0, dtype=np.float32), np.empty(0, dtype=np.float32)
    x = np.concatenate([[*np.ravel(b["x"]), np.nan] for b in brackets]).astype(np.float32)
    y = np.concatenate([[*np.ravel(b["y"]), np.nan] for b in brackets]).astype(np.float32)
    highest = float(np.nanmax(y)) or 1.0
    return ((x - 5) / 10).astype(np.float32), (y / highest).astype(np.float32)


def _spaced(values: Floats, at: int) -> Floats:
    """Insert the empty row, if there is one."""
    inserted = values if at >= len(values) else np.insert(values.astype(np.float32), at, np.nan, axis=0)
    return np.ascontiguousarray(inserted, dtype=np.float32)


def _reference(rows: list[str], values: Floats) -> go.Heatmap:
    return go.Heatmap(
        name="reference",
        x=np.array([0, 1], dtype=np.float32),
        y=rows,
        z=values,
        showscale=False,
        hovertemplate="<b>%{y}</b><br>mean in the reference %{z:.2f}<extra></extra>",
        xaxis="x2",
    )


def _cells(rows: list[str], values: Floats, cells: npt.NDArray[np.intp]) -> go.Heatmap:
    return go.Heatmap(
        name="cells",
        x=np.arange(len(cells) + 1, dtype=np.float32) - 0.5,
        y=rows,
        z=values,
        customdata=np.repeat(cells.astype(np.int16)[None, :], len(values), axis=0),
        hovertemplate="<b>%{y}</b><br>log expression %{z:.2f}<extra></extra>",
        colorbar={
            "title": {"text": "log<br>expr."},
            "x": 1.02,
            "xanchor": "left",
            "y": 1.0,
            "yanchor": "top",
            "lenmode": "pixels",
            "len": SCALE_PIXELS,
            "tickvals": [0, HIGHEST / 2, HIGHEST],
        },
    )


def _lay_out(fig: go.Figure, view: GeneHeatmapView, rows: list[str]) -> None:
    n_cells = len(view.cell_ids)
    longest = max(text_width(name, 10.5) for name in rows)
    noun = "cell" if n_cells == 1 else "cells"
    of = f" of {view.n_available:,} selected" if n_cells < view.n_available else ""
    shown = f"{n_cells:,}{of} {noun}"
    tree = _tree_from(len(rows))
    fig.update_layout(
        margin={"l": round(min(longest + 12, 118)), "r": 40, "t": 6, "b": 26},
        dragmode=False,
        xaxis=bare_axis(domain=CELLS, range=[-0.5, n_cells - 0.5]),
        xaxis2=bare_axis(domain=REFERENCE, range=[0, 1], anchor="y"),
        yaxis={
            **bare_axis(
                domain=(0.0, tree - GAP_PIXELS / height(len(rows))), range=[len(rows) - 0.5, -0.5], anchor="x2"
            ),
            "type": "category",
            "showticklabels": True,
            "tickmode": "array",
            "tickvals": [row for row in rows if row != GAP],
            "tickfont": {"size": 10.5},
        },
        yaxis2=bare_axis(domain=(tree, 1.0), range=[0, 1.05], anchor="x"),
        annotations=[
            _below("ref.", (REFERENCE[0] + REFERENCE[1]) / 2),
            _below(f"{shown}, clustered" if n_cells > 1 else shown, (CELLS[0] + CELLS[1]) / 2),
        ],
    )


def _below(text: str, x: float) -> dict[str, Any]:
    place = {"x": x, "y": 0, "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "top", "yshift": -5}
    return {"text": text, "font": {"size": 10.5}, **place}


def _empty(fig: go.Figure, view: GeneHeatmapView) -> go.Figure:
    why = "No cells are selected." if not view.cell_ids else "None of this type's genes is in your file."
    fig.update_layout(
        xaxis={"visible": False},
        yaxis={"visible": False},
        annotations=[{"text": why, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper", "font": {"size": 12}}],
    )
    return fig
