import copy
import dataclasses

import numpy as np
import pytest

from core.explore.cell_facts import CellFacts
from core.explore.composition import type_ranks
from core.explore.projection import ProjectionView, projection
from layouts.figures.map_axes import LookedAt
from layouts.figures.map_labels import Crowd, Frame, crosses, type_labels
from layouts.figures.scatter import MAX_GROUPS, MAX_QUERY_POINTS, Window, map_figure
from layouts.figures.tokens import THEMES, TOKENS, type_colours
from tests.worlds import ALPHA

LIMIT = 1_500_000
LIMIT_TOLD = 2_500_000  # a fourth of it when compressed


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
    assert sum(len(t.x) for t in query) == answered.result.n_query
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
    drawn = {(x, y) for t in red for x, y in zip(t.x.tolist(), t.y.tolist(), strict=True)}
    assert drawn == {tuple(place) for place in view.query_xy[:60].tolist()}
    assert sum(len(t.x) for t in red) == 60
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
        query_type_xy=rng.standard_normal((n_types, 2)).astype(np.float32),
        n_reference=150_000,
    )


def large_facts(view):
    n = len(view.query_xy)
    rng = np.random.default_rng(1)
    return CellFacts(
        names=np.array([f"AAACATACAACCAC-{i}" for i in range(n)], dtype=object),
        label=np.maximum(view.query_type, 0),
        score=rng.random(n, dtype=np.float32),
        runner_up=rng.integers(-1, len(view.type_ids), n).astype(np.int16),
        runner_up_score=rng.random(n, dtype=np.float32),
        is_ambiguous=rng.random(n) < 0.2,
    )


def test_a_large_map_stays_small_and_has_few_traces():
    view = large()
    colours = type_colours(view.type_ids, "light")
    facts = large_facts(view)
    fig = map_figure(view, theme="light", colours=colours, selected=np.arange(100_000) % 12 == 0, facts=facts)
    assert len(fig.to_json()) < LIMIT_TOLD
    assert len(map_figure(view, theme="light", colours=colours, facts=facts).to_json()) < LIMIT
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


@pytest.mark.parametrize("theme", THEMES)
def test_the_files_own_map_is_coloured_by_type(answered, theme):
    result = copy.copy(answered.result)
    result.own_places = {"X_umap": np.random.default_rng(0).random((result.n_query, 2), dtype=np.float32)}
    colours = type_colours(type_ranks(answered.bundle, result), theme)
    view = projection(answered.bundle, result, "X_umap")
    chosen = np.arange(result.n_query) < 60
    fig = map_figure(view, theme=theme, colours=colours, selected=chosen)
    assert {t.name for t in fig.data} == {"User Query", "selected"}
    of_type = {
        t.hovertemplate.split("<br>")[1].removesuffix("<extra></extra>"): t.marker.color
        for t in traces(fig, "User Query")
    }
    names = dict(zip(view.type_ids, view.type_names, strict=True))
    assert of_type.pop("unknown to the reference") == TOKENS[theme]["text3"]
    assert of_type == {names[term]: colours[term] for term in colours if names[term] in of_type}
    assert len(of_type) >= 4
    assert (fig.layout.xaxis.title.text, fig.layout.meta) == ("UMAP 1", {"space": "X_umap"})
    assert fig.layout.annotations


def test_the_axes_can_span_the_query_alone(answered, colours):
    view = projection(answered.bundle, answered.result)
    fig = map_figure(view, theme="light", colours=colours, window=Window(zoomed=True))
    for axis, values in ((fig.layout.xaxis, view.query_xy[:, 0]), (fig.layout.yaxis, view.query_xy[:, 1])):
        span = values.max() - values.min()
        assert axis.range[0] < values.min()
        assert values.max() < axis.range[1] < values.max() + 0.1 * span
    named = {note.text for note in fig.layout.annotations}
    away = dataclasses.replace(view, type_xy=view.type_xy + 100)
    named_at_query = map_figure(away, theme="light", colours=colours, window=Window(zoomed=True)).layout.annotations
    assert named_at_query
    assert {note.text for note in named_at_query} >= named - {"T"}  # no query cell is a T cell only


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


def test_names_are_placed_for_what_the_user_zoomed_to(answered, colours):
    view = projection(answered.bundle, answered.result)
    chosen = (answered.result.labels["cell_type"] == "B cell").to_numpy()
    low, high = view.query_xy[chosen].min(axis=0) - 0.01, view.query_xy[chosen].max(axis=0) + 0.01
    zoom = LookedAt("map embedding", (low[0], high[0]), (low[1], high[1]))
    frame = Frame(zoom.x, zoom.y, (352, 300))
    fig = map_figure(view, theme="light", colours=colours, selected=chosen, window=Window(looked_at=zoom))
    x, y = frame.pixels(view.query_xy[chosen, 0], view.query_xy[chosen, 1])
    for left, top, right, bottom in boxes(fig.layout.annotations, frame):
        assert not ((x > left) & (x < right) & (y > top) & (y < bottom)).any()
    plain = map_figure(view, theme="light", colours=colours, selected=chosen)
    assert fig.layout.xaxis.range == pytest.approx(zoom.x), "another selection or theme keeps it"
    of_another = map_figure(
        view,
        theme="light",
        colours=colours,
        selected=chosen,
        window=Window(looked_at=dataclasses.replace(zoom, of="map raw")),
    )
    assert of_another.layout == plain.layout, "another map does not"
    assert fig.layout.annotations != plain.layout.annotations


def test_no_name_lies_over_a_selected_cell():
    frame, rng = Frame((-10, 10), (-10, 10), (352, 300)), np.random.default_rng(3)
    selected = rng.normal(0, 0.8, (136, 2))
    nowhere = np.empty((0, 2))
    places = [(f"type of cell {i}", rng.normal(0, 1, 2)) for i in range(6)]
    notes = type_labels(places, frame, "light", Crowd(frame, nowhere, nowhere, selected))
    assert notes
    x, y = frame.pixels(selected[:, 0], selected[:, 1])
    for left, top, right, bottom in boxes(notes, frame):
        assert not ((x > left - 4) & (x < right + 4) & (y > top - 4) & (y < bottom + 4)).any()
    everywhere = rng.uniform(-10, 10, (4_000, 2))
    assert type_labels(places, frame, "light", Crowd(frame, nowhere, nowhere, everywhere)) == [], "left out instead"


def test_a_name_lies_beside_the_cells_it_names():
    frame, rng = Frame((-10, 10), (-10, 10), (352, 300)), np.random.default_rng(3)
    cells, nowhere = rng.normal(0, 0.5, (500, 2)), np.empty((0, 2))
    [note] = type_labels([("monocyte", np.zeros(2))], frame, "light", Crowd(frame, cells, nowhere, nowhere))
    [(left, top, right, bottom)] = boxes([note], frame)
    x, y = frame.pixels(cells[:, 0], cells[:, 1])
    assert ((x > left) & (x < right) & (y > top) & (y < bottom)).mean() <= 0.01
    assert np.hypot(note["ax"], note["ay"]) < 80


@pytest.mark.parametrize(
    ("end", "expected"),
    [((10, 0), True), ((4, 0), False), ((-10, 0), False), ((10, 9), False), ((0, 10), False), ((10, 1.5), True)],
)
def test_lines_that_pass_under_a_name(end, expected):
    assert crosses((0.0, 0.0), end, (5.0, -1.0, 7.0, 1.0)) is expected
    assert not crosses((6.0, 0.0), end, (5.0, -1.0, 7.0, 1.0)), "it names a place that is under the name already"


def test_a_line_passes_beside_another_name():
    """Straight up lies the first name; a little farther to the side the way is free."""
    frame, nowhere = Frame((0, 352), (0, 300), (404, 344)), np.empty((0, 2))
    wall = np.array([(x, y) for x in range(20, 330, 6) for y in range(100, 145, 6) if not 160 < x < 190])
    places = [("first name", np.array([175.0, 170.0])), ("second name", np.array([175.0, 122.0]))]
    first, second = type_labels(places, frame, "light", Crowd(frame, nowhere, nowhere, wall))
    [box, _] = boxes([first, second], frame)
    x, y = frame.pixels(second["x"], second["y"])
    line = [(x + share * second["ax"], y + share * second["ay"]) for share in np.linspace(0, 1, 100)]
    assert not any(box[0] < at[0] < box[2] and box[1] < at[1] < box[3] for at in line)


def test_names_are_escaped_and_the_first_one_stays_in_place():
    frame = Frame((0, 1), (0, 1), (400, 400))
    notes = type_labels([("<b>x</b>", np.array([0.5, 0.5])), ("y", np.array([0.5, 0.5]))], frame, "dark")
    assert notes[0]["text"] == "&lt;b&gt;x&lt;/b&gt;"
    assert (notes[0]["ax"], notes[0]["ay"], notes[0]["showarrow"]) == (0, 0, False)
    assert notes[1]["showarrow"]
    assert type_labels([("far away", np.array([9.0, 9.0]))], frame, "light") == []
