"""How large the figures are that the server sends: every figure of a real result, and the heatmap at its limits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go

from core.engine import Engine, QueryResult, Selection
from core.explore.clustering import cut
from core.explore.heatmap import MAX_CELL_ROWS, MAX_TYPES, HeatmapView, prepare
from layouts.figures.genes import gene_figure
from layouts.figures.heatmap import heatmap_figure
from layouts.figures.ontology import elements
from layouts.figures.scatter import map_figure
from layouts.figures.tokens import type_colours
from layouts.figures.volcano import volcano_figure
from tests.benchmarks.rows import Row

LIMIT_MB = 1.5


def figure_rows(bundle: Path, result_folder: Path) -> list[Row]:
    """The largest figure of the result, and the largest heatmap there can be."""
    engine = Engine.open([bundle])
    result = engine.result(result_folder)
    sizes = dict(figure_sizes(engine, result))
    name = max(sizes, key=lambda n: sizes[n])
    others = ", ".join(f"{n} {size:.2f}" for n, size in sizes.items() if n != name)
    view = _largest_heatmap(engine.heatmap(result))
    full = _megabytes(heatmap_figure(view, theme="light", selected=view.cluster_of_row[view.row_of_cell] == 3))
    return [
        Row(f"largest figure as JSON: {name}", sizes[name], "MB", f"<= 1.5 MB ({others})", LIMIT_MB),
        Row(f"heatmap at its limits, {MAX_CELL_ROWS:,} x {MAX_TYPES}", full, "MB", "<= 1.5 MB", LIMIT_MB),
    ]


def figure_sizes(engine: Engine, result: QueryResult) -> Iterator[tuple[str, float]]:
    mask = engine.selection_mask(result, Selection.parse("cluster:2/9"))
    everything = np.ones(result.n_query, dtype=bool)
    top = engine.type_ranks(result)[0]
    yield "heatmap", _megabytes(heatmap_figure(engine.heatmap(result), theme="light", selected=mask))
    colours = type_colours(engine.type_ranks(result), "light")
    for space in ("embedding", "raw"):
        view = engine.projection(result, space)
        yield f"{space} map", _megabytes(map_figure(view, theme="light", colours=colours, selected=mask))
    yield "genes", _megabytes(gene_figure(engine.gene_heatmap(result, top, everything), theme="light"))
    yield "volcano", _megabytes(volcano_figure(engine.volcano(result, top), theme="light", name=top))
    yield "ontology", len(json.dumps(elements(engine.ontology_view(result, everything)))) / 1e6


def _largest_heatmap(view: HeatmapView) -> HeatmapView:
    """As many rows and columns as there may be, every row another one."""
    rng = np.random.default_rng(0)
    scores = rng.dirichlet(np.full(MAX_TYPES, 0.05), MAX_CELL_ROWS).astype(np.float32)
    arrays = prepare(scores)
    shown = arrays["columns"]
    clusters = cut(arrays["row_merges"], arrays["row_order"], 9)
    return replace(
        view,
        type_ids=tuple(f"CL:{i:07d}" for i in shown), type_names=tuple(f"type {i} with a long name" for i in shown),
        row_sizes=arrays["row_sizes"], values=arrays["values"], row_merges=arrays["row_merges"],
        col_merges=arrays["col_merges"], row_order=arrays["row_order"], col_order=arrays["col_order"],
        cluster_of_row=clusters, row_of_cell=arrays["row_of_cell"],
        n_clusters=int(clusters.max()),
    )  # fmt: skip


def _megabytes(figure: go.Figure) -> float:
    return len(figure.to_json().encode()) / 1e6
