from dataclasses import replace

import numpy as np
import pytest

from core.explore.gene import GeneMapView
from layouts.figures.gene_map import GeneWindow, gene_map_figure

LIMIT = 1_500_000


def view(n_query=100, n_reference=50, seed=0) -> GeneMapView:
    rng = np.random.default_rng(seed)
    values = rng.gamma(1, 1, n_query).astype(np.float32) * (rng.random(n_query) < 0.5)
    reference = rng.gamma(1, 1, n_reference).astype(np.float32)
    reference[: n_reference // 5] = np.nan
    return GeneMapView(
        "<b>G", "embedding", rng.standard_normal((n_query, 2)).astype(np.float32), values,
        rng.standard_normal((n_reference, 2)).astype(np.float32), reference, (0.3, 0.1),
    )  # fmt: skip


def named(fig):
    return {trace.name: trace for trace in fig.data}


def test_cells_with_the_gene_are_coloured_and_the_strongest_drawn_last():
    shown = view()
    traces = named(gene_map_figure(shown, theme="light", selected=np.ones(100, dtype=bool)))
    colours = traces["with"].marker.color
    assert (np.diff(colours) >= 0).all()
    np.testing.assert_array_equal(shown.query_values[traces["with"].customdata], colours)
    assert len(traces["with"].x) + len(traces["without"].x) == 100
    assert (shown.query_values[traces["without"].customdata] == 0).all()
    assert traces["with"].marker.cmin == 0


def test_the_map_reaches_over_all_cells_and_a_little_more():
    shown = view()
    layout = gene_map_figure(shown, theme="light", selected=np.ones(100, dtype=bool)).layout
    every = np.concatenate([shown.query_xy, shown.reference_xy])
    for axis, places in ((layout.xaxis, every[:, 0]), (layout.yaxis, every[:, 1])):
        low, high = axis.range
        span = places.max() - places.min()
        assert places.min() - 0.2 * span < low < places.min()
        assert places.max() < high < places.max() + 0.2 * span


def test_only_selected_cells_are_asked_about():
    selected = np.arange(100) < 30
    traces = named(gene_map_figure(view(), theme="dark", selected=selected))
    assert set(traces["with"].customdata) | set(traces["without"].customdata) == set(range(30))


def test_the_reference_leaves_unmeasured_cells_in_the_ground():
    traces = named(
        gene_map_figure(view(), theme="light", selected=np.ones(100, dtype=bool), window=GeneWindow("reference"))
    )
    assert len(traces["ground"].x) == 10
    assert len(traces["with"].x) == 40
    assert traces["with"].customdata is None


@pytest.mark.parametrize("selected", [np.zeros(100, dtype=bool), np.ones(100, dtype=bool)])
def test_a_gene_nobody_has(selected):
    nobody = replace(view(), query_values=np.zeros(100, dtype=np.float32))
    traces = named(gene_map_figure(nobody, theme="light", selected=selected))
    assert len(traces["with"].x) == 0
    assert not traces["with"].marker.showscale


def test_a_gene_that_was_not_measured_leaves_the_ground():
    fig = gene_map_figure(replace(view(), query_values=None), theme="light", selected=np.ones(100, dtype=bool))
    assert {trace.name for trace in fig.data} == {"ground"}


def test_the_hover_is_escaped():
    fig = gene_map_figure(view(), theme="light", selected=np.ones(100, dtype=bool))
    assert "<b>&lt;b&gt;G</b>" in named(fig)["with"].hovertemplate


def test_a_large_map_stays_small():
    fig = gene_map_figure(view(100_000, 20_000), theme="light", selected=np.arange(100_000) % 2 == 0)
    assert len(fig.to_json()) < LIMIT
