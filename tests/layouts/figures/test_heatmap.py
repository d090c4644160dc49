import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core.explore.heatmap import clusters, heatmap, heatmap_of, prepare
from core.ontology.text import text_width
from layouts.figures.heatmap import MAX_TICK_WIDTH, heatmap_figure
from layouts.figures.tokens import SEQUENTIAL, THEMES, TOKENS

LIMIT = 1_500_000


def trace(fig, name):
    found = [t for t in fig.data if t.name == name]
    assert len(found) <= 1
    return found[0] if found else None


def synthetic(scores, names=None):
    n, m = scores.shape
    ids = [f"CL:{i:07d}" for i in range(m)]
    labels = pd.DataFrame({"cell_id": [f"cell{i}" for i in range(n)]})
    terms = pd.DataFrame({"term_id": ids, "name": names or [f"type {i}" for i in range(m)]})
    query = SimpleNamespace(n_query=n, type_ids=ids, labels=labels, heatmap=prepare(scores), scores=scores)
    return SimpleNamespace(terms=terms), query


@pytest.mark.parametrize("theme", THEMES)
def test_figure_of_an_answer(answered, theme):
    view = heatmap(answered.bundle, answered.result, 5)
    fig = heatmap_figure(view, theme=theme)
    scores = trace(fig, "scores")
    assert scores.z.dtype == np.float32
    np.testing.assert_array_equal(scores.z, view.values[np.ix_(view.row_order, view.col_order)])
    assert (scores.zmin, scores.zmax) == (0, 0.9)
    assert scores.colorscale[0][1] == SEQUENTIAL[theme][0]
    assert scores.y[-1] == view.n_cells
    np.testing.assert_array_equal(scores.customdata[:, 0], view.cluster_of_row[view.row_order])
    assert list(scores.x) == [view.type_names[i] for i in view.col_order]
    assert trace(fig, "row tree") is not None
    assert trace(fig, "col tree") is not None
    assert trace(fig, "chosen") is trace(fig, "picked") is None
    assert not fig.layout.shapes
    assert list(fig.layout.yaxis.range) == [view.n_cells, 0]
    assert fig.layout.width is fig.layout.height is None
    assert len(fig.to_json()) < LIMIT


def test_a_cluster_is_framed_and_its_branch_is_red(answered):
    view = heatmap(answered.bundle, answered.result, 5)
    chosen = clusters(answered.result, 5) == 3
    fig = heatmap_figure(view, theme="light", selected=chosen)
    red = TOKENS["light"]["selection"]
    branch = trace(fig, "chosen")
    assert branch.line.color == red
    node = branch.customdata[:, 0].max()
    assert branch.customdata[branch.customdata[:, 0] == node][0, 1] == chosen.sum()
    frame = sorted(shape.y0 for shape in fig.layout.shapes)
    assert frame[1] - frame[0] == chosen.sum()
    assert all(shape.line.dash == "4px,3px" and shape.line.color == red for shape in fig.layout.shapes)
    strip = trace(fig, "strip")
    assert strip.z[:, 0].tolist().count(2) == 1
    assert strip.customdata[strip.z == 2].tolist() == [3]
    numbers = {note.text: note.font.color for note in fig.layout.annotations}
    assert numbers["3"] == red
    assert numbers["1"] != red


def test_another_selection_gets_arrows(answered):
    view = heatmap(answered.bundle, answered.result, 5)
    chosen = np.zeros(answered.result.n_query, dtype=bool)
    chosen[::7] = True
    fig = heatmap_figure(view, theme="dark", selected=chosen)
    arrows = trace(fig, "picked")
    assert len(arrows.y) == chosen.sum()
    assert set(view.row_order[arrows.y.astype(int)]) == set(view.row_of_cell[chosen]), "a row is one cell high"
    assert not fig.layout.shapes
    assert trace(fig, "chosen") is None


@pytest.mark.parametrize("what", ["all", "none"])
def test_everything_and_nothing_mark_nothing(answered, what):
    view = heatmap(answered.bundle, answered.result, 5)
    chosen = np.full(answered.result.n_query, what == "all")
    fig = heatmap_figure(view, theme="light", selected=chosen)
    assert not fig.layout.shapes
    assert trace(fig, "chosen") is None
    picked = trace(fig, "picked")
    assert picked is None or len(picked.y) == 0


def test_one_cell_is_a_branch_too(answered):
    view = heatmap(answered.bundle, answered.result, 5)
    chosen = np.zeros(answered.result.n_query, dtype=bool)
    chosen[17] = True
    fig = heatmap_figure(view, theme="light", selected=chosen)
    assert len(fig.layout.shapes) == 2
    top = min(shape.y0 for shape in fig.layout.shapes)
    assert view.row_order[int(top)] == view.row_of_cell[17]


def test_an_opened_branch(answered):
    chosen = clusters(answered.result, 3) == 1
    view = heatmap_of(answered.bundle, answered.result, chosen, 4)
    fig = heatmap_figure(view, theme="light", selected=chosen)
    assert trace(fig, "scores").y[-1] == chosen.sum()
    assert not fig.layout.shapes, "all shown cells are selected, nothing is marked"


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (5, 1), (2, 2)])
def test_tiny_queries(shape):
    scores = np.full(shape, 1 / shape[1], dtype=np.float32)
    bundle, query = synthetic(scores)
    view = heatmap(bundle, query, 9)
    fig = heatmap_figure(view, theme="light")
    assert trace(fig, "scores").z.shape == shape
    assert fig.to_json()


def test_cluster_numbers_keep_their_distance(answered):
    view = heatmap(answered.bundle, answered.result, 20)
    fig = heatmap_figure(view, theme="light")
    places = sorted(note.y for note in fig.layout.annotations)
    assert len(places) >= 5
    assert min(np.diff(places)) >= 0.045 * view.n_cells


def test_crowded_columns_are_named_as_far_as_there_is_room():
    scores = np.random.default_rng(0).dirichlet(np.full(60, 0.05), 500).astype(np.float32)
    bundle, query = synthetic(scores, [f"cell of the very long kind number {i}" for i in range(60)])
    view = heatmap(bundle, query, 9)
    narrow, wide = (heatmap_figure(view, theme="light", width=width).layout.xaxis for width in (440, 1_400))
    assert 15 <= len(narrow.ticktext) <= 24
    assert len(wide.ticktext) == 60
    assert all(text_width(text, 11.0) <= MAX_TICK_WIDTH for text in wide.ticktext)


def test_names_from_a_bundle_are_escaped():
    bundle, query = synthetic(np.float32([[0.5, 0.5], [1, 0]]), ["<img src=x onerror=alert(1)>", "a & b"])
    text = heatmap_figure(heatmap(bundle, query, 2), theme="light").to_json()
    assert "<img" not in text
    assert "\\u003cimg" not in text


def test_a_hundred_thousand_cells_stay_small():
    rng = np.random.default_rng(0)
    scores = rng.dirichlet(np.full(60, 0.05), 100_000).astype(np.float32)
    bundle, query = synthetic(scores)
    view = heatmap(bundle, query, 20)
    chosen = rng.random(100_000) < 0.3
    for selected in (None, chosen, view.cluster_of_row[view.row_of_cell] == 7):
        assert len(heatmap_figure(view, theme="light", selected=selected).to_json()) < LIMIT


def test_the_largest_exact_heatmap_stays_small():
    scores = np.random.default_rng(0).dirichlet(np.full(60, 0.05), 2_000).astype(np.float32)
    bundle, query = synthetic(scores)
    view = heatmap(bundle, query, 20)
    assert len(view.row_sizes) == 2_000
    assert len(heatmap_figure(view, theme="dark").to_json()) < LIMIT
    assert dataclasses.is_dataclass(view)
