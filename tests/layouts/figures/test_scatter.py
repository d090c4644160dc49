import dataclasses

import numpy as np
import pytest

from core.explore.composition import type_ranks
from core.explore.projection import ProjectionView, projection
from layouts.figures.map_labels import Frame, type_labels
from layouts.figures.scatter import MAX_GROUPS, MAX_QUERY_POINTS, map_figure
from layouts.figures.tokens import THEMES, TOKENS, type_colours
from tests.worlds import ALPHA

LIMIT = 1_500_000


def traces(fig, name):
    return [t for t in fig.data if t.name == name]


@pytest.fixture
def colours(answered):
    return type_colours(type_ranks(answered.bundle, answered.result), "light")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("space", ["embedding", "raw"])
def test_figure_of_an_answer(answered, theme, space):
    view = projection(answered.bundle, answered.result, space)
    colours = type_colours(type_ranks(answered.bundle, answered.result)[:3], theme)
    fig = map_figure(view, theme=theme, colours=colours)
    reference = [t for t in fig.data if t.name not in ("User Query", "selected")]
    assert sum(len(t.x) for t in reference) == len(view.reference_xy)
    ghosts = traces(fig, "reference")
    assert ghosts
    assert {t.marker.color for t in ghosts} == {TOKENS[theme]["ghost"]}
    assert {t.marker.color for t in reference} - {TOKENS[theme]["ghost"]} <= set(colours.values())
    query = traces(fig, "User Query")
    assert sorted(row for t in query for row in t.customdata) == list(range(answered.result.n_query))
    assert {t.marker.symbol for t in query} == {"triangle-down"}
    assert all(t.x.dtype == np.float32 for t in fig.data)
    assert any("unknown to the reference" in t.hovertemplate for t in query)
    assert "% of variance" in fig.layout.xaxis.title.text
    assert all(t.type == "scattergl" for t in fig.data)
    assert len(fig.to_json()) < LIMIT


def test_hover_names_type_id_and_accession(answered, colours):
    view = projection(answered.bundle, answered.result)
    fig = map_figure(view, theme="light", colours=colours)
    alpha = traces(fig, "pancreatic A cell")
    assert len(alpha) == 2, "one trace a study"
    accessions = answered.bundle.studies.set_index("study")["accession"]
    wanted = {
        accessions[s] if isinstance(accessions[s], str) else "no accession" for s in ("ferreira2021", "tanaka2022")
    }
    found = {t.hovertemplate.split("<br>")[-1].removesuffix("<extra></extra>") for t in alpha}
    assert found == wanted
    assert all(ALPHA in t.hovertemplate for t in alpha)
    assert all(t.text is None for t in fig.data), "no text is sent per point"


def test_selected_cells_are_red_and_on_top(answered, colours):
    view = projection(answered.bundle, answered.result)
    chosen = np.zeros(answered.result.n_query, dtype=bool)
    chosen[:60] = True
    fig = map_figure(view, theme="light", colours=colours, selected=chosen)
    red = traces(fig, "selected")
    assert sorted(row for t in red for row in t.customdata) == list(range(60))
    assert list(fig.data[-len(red) :]) == red
    assert red[0].marker.size == 7.5
    few = map_figure(view, theme="light", colours=colours, selected=np.arange(len(chosen)) < 4)
    assert traces(few, "selected")[0].marker.size == 11
    whole = map_figure(view, theme="light", colours=colours, selected=np.ones(len(chosen), dtype=bool))
    assert not traces(whole, "selected")
    nothing = map_figure(view, theme="light", colours=colours, selected=np.zeros(len(chosen), dtype=bool))
    assert not traces(nothing, "selected")
    np.testing.assert_array_equal(nothing.layout.xaxis.range, fig.layout.xaxis.range)


def large(n_query=100_000, n_types=300, n_studies=120):
    rng = np.random.default_rng(0)
    n = 20_000
    return ProjectionView(
        space="raw",
        reference_xy=rng.standard_normal((n, 2)).astype(np.float32),
        reference_rows=np.arange(n),
        reference_type=rng.integers(0, n_types, n).astype(np.int16),
        reference_study=rng.integers(0, n_studies, n).astype(np.int16),
        type_ids=tuple(f"CL:{i:07d}" for i in range(n_types)),
        type_names=tuple(f"a rather long name of cell type {i}" for i in range(n_types)),
        accessions=tuple(f"GSE{i}" for i in range(n_studies)),
        query_xy=rng.standard_normal((n_query, 2)).astype(np.float32),
        query_type=rng.integers(-1, n_types, n_query).astype(np.int16),
        explained_variance=(0.3, 0.2),
        type_xy=rng.standard_normal((n_types, 2)).astype(np.float32),
        n_reference=150_000,
    )


def test_a_large_map_stays_small_and_has_few_traces():
    view = large()
    colours = type_colours(view.type_ids, "light")
    fig = map_figure(view, theme="light", colours=colours, selected=np.arange(100_000) % 9 == 0)
    assert len(fig.to_json()) < LIMIT
    reference = [t for t in fig.data if t.name not in ("User Query", "selected")]
    assert len(reference) <= MAX_GROUPS + 13
    assert sum(len(t.x) for t in reference) == 20_000
    assert sum(len(t.x) for t in fig.data) <= 20_000 + 2 * MAX_QUERY_POINTS


def test_few_points_and_no_points():
    view = large(n_query=1, n_types=2, n_studies=1)
    empty = np.empty((0, 2), dtype=np.float32)
    codes = np.empty(0, dtype=np.int16)
    nothing = dataclasses.replace(
        view, reference_xy=empty, reference_type=codes, reference_study=codes, query_xy=empty, query_type=codes
    )
    fig = map_figure(nothing, theme="light", colours={})
    assert list(fig.layout.xaxis.range) == [-1, 1]
    same = dataclasses.replace(nothing, query_xy=np.ones((1, 2), dtype=np.float32), query_type=np.int16([0]))
    fig = map_figure(same, theme="light", colours={})
    assert fig.layout.xaxis.range[0] < 1 < fig.layout.xaxis.range[1]


def boxes(notes, frame):
    from core.ontology.text import text_width

    out = []
    for note in notes:
        x, y = frame.pixels(note["x"], note["y"])
        width = text_width(note["text"], 11, bold=True) + 6
        out.append((x + note["ax"] - width / 2, y + note["ay"] - 9, x + note["ax"] + width / 2, y + note["ay"] + 9))
    return out


@pytest.mark.parametrize("spread", [0.0, 0.3, 1.0, 3.0])
def test_names_never_overlap_and_stay_inside(spread):
    rng = np.random.default_rng(3)
    frame = Frame((-10, 10), (-10, 10), (352, 300))
    places = [(f"type of cell {i}", rng.normal(0, spread, 2)) for i in range(12)]
    notes = type_labels(places, frame, "light")
    assert 3 <= len(notes) <= 12
    found = boxes(notes, frame)
    for i, a in enumerate(found):
        assert a[0] >= 0
        assert a[1] >= 0
        assert a[2] <= frame.width
        assert a[3] <= frame.height
        for b in found[i + 1 :]:
            assert not (a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])


def test_names_are_escaped_and_the_first_one_stays_in_place():
    frame = Frame((0, 1), (0, 1), (400, 400))
    notes = type_labels([("<b>x</b>", np.array([0.5, 0.5])), ("y", np.array([0.5, 0.5]))], frame, "dark")
    assert notes[0]["text"] == "&lt;b&gt;x&lt;/b&gt;"
    assert (notes[0]["ax"], notes[0]["ay"], notes[0]["showarrow"]) == (0, 0, False)
    assert notes[1]["showarrow"]
    assert type_labels([("far away", np.array([9.0, 9.0]))], frame, "light") == []
