import dataclasses

import numpy as np
import pytest

from core.explore.markers import VolcanoView, volcano
from core.ontology.text import ELLIPSIS
from layouts.figures.tokens import CATEGORICAL, THEMES
from layouts.figures.volcano import CAP, MAX_PLAIN_POINTS, WIDEST_FOLD, volcano_figure
from tests.worlds import MONO


def made(x, y, direction):
    n = len(x)
    return VolcanoView(
        genes=np.array([f"GENE{i}" for i in range(n)]),
        log2_fold_change=np.float32(x),
        minus_log10_p=np.float32(y),
        direction=np.int8(direction),
        n_up=int((np.int8(direction) > 0).sum()),
        n_down=int((np.int8(direction) < 0).sum()),
        q_threshold=1e-3,
        fold_threshold=1.0,
        background="other types",
    )


@pytest.mark.parametrize("theme", THEMES)
def test_figure_of_an_answer(answered, theme):
    view = volcano(answered.bundle, MONO)
    fig = volcano_figure(view, theme=theme, name="monocyte")
    plain, down, up = fig.data
    assert [t.name for t in fig.data] == ["other genes", "down", "up"]
    assert (len(down.x), len(up.x)) == (view.n_down, view.n_up)
    assert (down.marker.symbol, up.marker.symbol) == ("circle", "diamond")
    assert (down.marker.color, up.marker.color) == CATEGORICAL[theme][:2]
    assert set(up.text) == set(view.genes[view.direction > 0])
    assert plain.hoverinfo == "skip"
    assert fig.layout.xaxis.title.text == "log2 fold change, monocyte vs. all other types"
    lines = {(s.x0, s.x1, s.y0, s.y1) for s in fig.layout.shapes}
    assert (-1.0, -1.0, 0, 1) in lines
    assert any(np.isclose(s.y0, -np.log10(0.05)) for s in fig.layout.shapes)


def test_extreme_values_are_capped_and_the_axis_says_so():
    fig = volcano_figure(made([20, -30, 0.1], [300, 70, 1], [1, -1, 0]), theme="light", name="x")
    _, down, up = fig.data
    assert (float(up.x[0]), float(up.y[0])) == (WIDEST_FOLD, CAP)
    assert float(down.x[0]) == -WIDEST_FOLD
    assert fig.layout.yaxis.ticktext[-1] == "≥ 60"
    plain = volcano_figure(made([2, -2], [40, 35], [1, -1]), theme="light", name="x")
    assert plain.layout.yaxis.ticktext[-1] == "60"
    small = volcano_figure(made([2, -2], [4, 3], [1, -1]), theme="light", name="x")
    assert small.layout.yaxis.ticktext is None


def test_names_keep_their_distance_and_stay_inside():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.uniform(1, 7.9, 300), -rng.uniform(1, 7.9, 300)])
    y = rng.uniform(3, 90, 600)
    fig = volcano_figure(made(x, y, np.sign(x)), theme="light", name="x", size=(320, 360))
    notes = fig.layout.annotations
    assert 5 <= len(notes) <= 10
    above = sorted(note.x for note in notes if note.textangle)
    assert min(np.diff(above)) > 0.5
    reach = fig.layout.xaxis.range[1]
    per_pixel = 2 * reach / (320 - 52)
    for note in notes:
        if note.textangle is None:
            width = len(note.text) * 7.5 * per_pixel
            end = note.x + width if note.xanchor == "left" else note.x - width
            assert abs(end) < reach * 1.2


def test_a_name_covers_no_other_point():
    fig = volcano_figure(made([4, 5, -8], [40, 40, 20], [1, 1, -1]), theme="light", name="x")
    sides = {note.text: note.xanchor for note in fig.layout.annotations}
    assert sides == {
        "GENE0": "right",
        "GENE1": "left",
        "GENE2": "left",
    }  # each away from the other, or inwards at the edge
    between = volcano_figure(made([3, 4, 4.5, -8], [40, 40, 40, 20], [1, 1, 1, -1]), theme="light", name="x")
    assert {note.text for note in between.layout.annotations} == {"GENE0", "GENE2", "GENE3"}


def test_a_long_title_of_the_axis_has_two_lines():
    short, long = (
        volcano_figure(made([3], [9], [1]), theme="light", name=n) for n in ("B cell", "type B pancreatic cell")
    )
    assert short.layout.xaxis.title.text == "log2 fold change, B cell vs. other types"
    assert long.layout.xaxis.title.text == "log2 fold change<br>type B pancreatic cell vs. other types"
    assert long.layout.margin.b > long.layout.template.layout.margin.b
    endless = volcano_figure(made([3], [9], [1]), theme="light", name="x" * 99)
    assert endless.layout.xaxis.title.text.endswith(ELLIPSIS)


def test_no_genes():
    fig = volcano_figure(made([], [], []), theme="light", name="x")
    assert not fig.layout.annotations
    assert list(fig.layout.xaxis.range) == [-2, 2]


def test_many_plain_genes_are_thinned():
    n = 20_000
    fig = volcano_figure(made(np.zeros(n), np.ones(n), np.zeros(n)), theme="light", name="x")
    assert len(fig.data[0].x) == MAX_PLAIN_POINTS
    assert len(fig.to_json()) < 200_000


def test_names_are_escaped():
    view = dataclasses.replace(made([3, -3], [50, 40], [1, -1]), genes=np.array(["<i>a</i>", "b&c"]))
    text = volcano_figure(view, theme="light", name="<script>").to_json()
    for mark in ("<i>", "<script>", "\\u003cscript"):
        assert mark not in text
