from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from build_bundle.ontology.files import read_ontology
from core.ontology.graph import Ontology
from core.ontology.labels import place_labels
from core.ontology.layout import TIGHT_PITCH_Y, Drawing, draw
from core.ontology.text import text_width
from tests.core.ontology.drawn_worlds import BLOOD, matched_graphs


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def disc(node):
    r = node.diameter / 2
    return (node.x - r, node.y - r, node.x + r, node.y + r)


def check(drawing: Drawing) -> None:
    labelled = [node for node in drawing.nodes if node.label]
    for a, b in combinations(labelled, 2):
        assert not overlap(a.box, b.box), (a.label, b.label)
    for a in labelled:
        for b in drawing.nodes:
            assert a is b or not overlap(a.box, disc(b)), (a.label, b.name)
    for a, b in combinations(drawing.nodes, 2):
        assert np.hypot(a.x - b.x, a.y - b.y) >= (a.diameter + b.diameter) / 2, (a.name, b.name)
    for node in drawing.nodes:
        assert node.label or not node.matched
        for box in (node.box, disc(node)):
            assert box[0] >= -0.01
            assert box[1] >= -0.01
            assert box[2] <= drawing.width + 0.01
            assert box[3] <= drawing.height + 0.01
        size = 11.5 if node.matched else 10.5
        widest = max((text_width(line, size, bold=node.matched) for line in node.label.split("\n")), default=0)
        assert not node.label or node.box[2] - node.box[0] >= widest
    places = {node.id: node for node in drawing.nodes}
    for edge in drawing.edges:
        assert places[edge.source].x < places[edge.target].x, "wider terms stand left"


@settings(deadline=None, max_examples=60)
@given(case=matched_graphs())
def test_no_label_meets_a_label_or_a_circle(case):
    ontology, counts, rows, columns = case
    drawing = draw(ontology, counts, width=140 + 80 * columns, height=34 * rows)
    check(drawing)
    assert sum(node.count for node in drawing.nodes) == sum(counts.values())
    assert {term for node in drawing.nodes for term in node.types} == set(counts)


def test_a_small_drawing_is_as_large_as_its_panel_and_in_its_middle():
    drawing = draw(BLOOD, {"CD4": 5, "mono": 2}, width=640, height=240)
    assert (drawing.width, drawing.height) == (640, 240)
    ys = [y for node in drawing.nodes for y in (node.box[1], node.box[3])]
    assert abs((min(ys) + max(ys)) / 2 - 120) < 12
    labels = {node.id: node.label for node in drawing.nodes}
    assert labels["CD4"] == "CD4 T cell  5"
    assert next(node for node in drawing.nodes if node.id == "CD4").side == "right"


def test_circles_follow_the_share_by_area():
    drawing = draw(BLOOD, {"CD4": 75, "CD8": 25}, width=640, height=240)
    size = {node.id: node.diameter for node in drawing.nodes}
    assert size["CD4"] > size["CD8"] > size["root"] == 9
    assert ((size["CD4"] - 9) / (size["CD8"] - 9)) ** 2 == pytest.approx(3)


@pytest.mark.parametrize("width", [500, 560, 700])
def test_a_drawing_with_room_for_its_layers_is_no_wider_than_its_panel(width):
    counts = {"CD4": 50, "CD8": 40, "bcell": 30, "mono": 2, "beta": 1}
    assert draw(BLOOD, counts, width=width, height=300).width == width


def side(a, b, c):
    return np.sign((b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x))


def test_a_type_with_two_wider_terms_stands_where_its_lines_cross_no_other():
    """By size alone B would stand between A and C, and the line from C to the type of both would cross B's."""
    terms = ["root", "A", "B", "C", "a", "b", "c", "both"]
    edges = [
        ("A", "root"),
        ("B", "root"),
        ("C", "root"),
        ("a", "A"),
        ("b", "B"),
        ("c", "C"),
        ("both", "A"),
        ("both", "C"),
    ]
    ontology = Ontology({term: term for term in terms}, edges)
    counts = {"A": 1, "B": 1, "C": 1, "a": 40, "both": 30, "b": 20, "c": 10}
    drawing = draw(ontology, counts, width=640, height=300)
    at = {node.id: node for node in drawing.nodes}
    lines = [(at[edge.source], at[edge.target]) for edge in drawing.edges]
    assert {edge.source for edge in drawing.edges if edge.target == "both"} == {"A", "C"}
    for (a, b), (c, d) in combinations(lines, 2):
        apart = side(a, b, c) * side(a, b, d) >= 0 or side(c, d, a) * side(c, d, b) >= 0
        assert apart, (a.id, b.id, c.id, d.id)


def test_hidden_terms_are_named_and_dotted():
    drawing = draw(BLOOD, {"CD4": 5, "CD8": 5, "mono": 5}, width=400, height=200)
    edge = next(edge for edge in drawing.edges if edge.target == "CD4")
    assert edge.hidden == ("mature alpha-beta T cell", "alpha-beta T cell")
    assert not any(edge.dotted and not edge.hidden for edge in drawing.edges)
    assert edge.dotted


def test_nothing_to_draw():
    drawing = draw(BLOOD, {}, width=300, height=100)
    assert drawing == Drawing((), (), 300, 100)


def test_too_many_types_for_a_low_panel_are_folded():
    counts = {"CD4": 50, "CD8": 40, "bcell": 30, "mono": 2, "beta": 1}
    drawing = draw(BLOOD, counts, width=500, height=90)
    check(drawing)
    more = next(node for node in drawing.nodes if len(node.types) > 1)
    assert more.label.endswith(f"rarer types  {more.count}")
    assert "monocyte" in more.name
    assert drawing.height < 90 + 3 * TIGHT_PITCH_Y


def test_labels_without_room_say_so():
    from core.ontology.labels import Disc, Label

    crowd = {str(i): Disc(10.0, 10.0 + i, 4.0) for i in range(40)}
    labels = {term: Label("a long name of a type", 3, leaf=True) for term in crowd}
    assert place_labels(crowd, labels, [], spread=False) is None
    assert place_labels(crowd, labels, [], spread=True) is not None
    quiet = {term: Label("a long name of a type", 0, leaf=False) for term in crowd}
    placed = place_labels(crowd, quiet, [], spread=False)
    assert any(not lines for lines, _, _ in placed.values())


@pytest.fixture(scope="module", params=["CL-ontology-v2026-03-26.json.zst", "cl_uberon_2017-12-11.json.gz"])
def release(shared_data, request) -> Ontology:
    """A real release of the Cell Ontology: the newest, and the paper's with UBERON and part_of."""
    source = read_ontology(shared_data / "ontology" / request.param)
    return Ontology(
        {term: facts.name for term, facts in source.terms.items()},
        ((child, parent) for child, parent, _ in source.edges),
    )


@pytest.mark.shared
@pytest.mark.parametrize("size", [(660, 236), (520, 190), (1_200, 700)])
def test_every_shared_study_can_be_drawn(release, shared_data, size):
    labels = pd.read_csv(shared_data / "labels.csv")
    id_column = next(column for column in labels.columns if column.endswith("id") and "ontology" in column)
    labels = labels.dropna(subset=[id_column])
    drawn = 0
    for _, study in labels.groupby("study"):
        counts = {str(t): int(n) for t, n in study.groupby(id_column)["n"].sum().items() if str(t) in release and n > 0}
        if counts:
            drawing = draw(release, counts, width=size[0], height=size[1])
            check(drawing)
            assert sum(node.count for node in drawing.nodes) == sum(counts.values())
            drawn += 1
    assert drawn >= 20


@pytest.mark.shared
@pytest.mark.slow
def test_all_labels_together_can_be_drawn(release, shared_data):
    labels = pd.read_csv(shared_data / "labels.csv")
    id_column = next(column for column in labels.columns if column.endswith("id") and "ontology" in column)
    counts = labels.dropna(subset=[id_column]).groupby(id_column)["n"].sum()
    known = {str(t): int(n) for t, n in counts.items() if str(t) in release and n > 0}
    assert len(known) > 100
    check(draw(release, known, width=660, height=236))
    check(draw(release, known, width=1_600, height=1_000))
