import numpy as np
import pytest

from core.explore.ontology_view import ontology_view
from layouts.figures.ontology import elements, stylesheet
from layouts.figures.tokens import THEMES, TOKENS
from tests.worlds import CD4, B


@pytest.fixture
def drawn(answered, everything):
    view = ontology_view(answered.bundle, answered.result, everything, (640, 240))
    return view, elements(view, chosen=frozenset({B}))


def test_elements_carry_places_and_words(drawn):
    view, found = drawn
    nodes = {e["data"]["id"]: e for e in found if e["group"] == "nodes"}
    edges = [e for e in found if e["group"] == "edges"]
    assert set(nodes) == {node.id for node in view.drawing.nodes}
    assert len(edges) == len(view.drawing.edges)
    assert all(e["data"]["source"] in nodes and e["data"]["target"] in nodes for e in edges)
    b = nodes[B]
    assert b["data"]["types"] == B
    assert b["data"]["n"] == b["data"]["total"] == view.n_query[B]
    assert b["data"]["hint"].startswith(f"B cell: {view.n_query[B]:,} selected cells")
    assert set(b["classes"].split()) >= {"matched", "chosen"}
    assert "chosen" not in nodes[CD4]["classes"]
    root = nodes["CL:0000000"]
    assert root["classes"].split()[0] == "path"
    assert root["data"]["types"] == ""
    assert "of narrower types" in root["data"]["hint"]
    assert all(not e["grabbable"] for e in nodes.values())
    order = [e["group"] for e in found]
    assert order == sorted(order, reverse=True), "nodes before edges"


def test_labels_stand_where_the_layout_put_them(drawn):
    view, found = drawn
    nodes = {e["data"]["id"]: e for e in found if e["group"] == "nodes"}
    for node in view.drawing.nodes:
        e = nodes[node.id]
        x0, y0, x1, y1 = node.box
        if "right" in e["classes"].split():
            left = e["position"]["x"] + node.diameter / 2 + e["data"]["label_x"]
            assert left == pytest.approx(x0, abs=0.2)
        else:
            assert e["position"]["x"] + e["data"]["label_x"] == pytest.approx((x0 + x1) / 2, abs=0.2)
        assert e["position"]["y"] + e["data"]["label_y"] == pytest.approx((y0 + y1) / 2, abs=0.2)


def test_lines_leave_and_arrive_level(drawn):
    _, found = drawn
    places = {e["data"]["id"]: e["position"] for e in found if e["group"] == "nodes"}
    for e in (e for e in found if e["group"] == "edges"):
        a, b = (np.array([places[e["data"][k]][c] for c in "xy"]) for k in ("source", "target"))
        way = b - a
        side = np.array([-way[1], way[0]]) / np.linalg.norm(way)
        weights, bends = ([float(v) for v in e["data"][k].split()] for k in ("weights", "bends"))
        first, last = (a + w * way + d * side for w, d in zip(weights, bends, strict=True))
        assert first[1] == pytest.approx(a[1], abs=0.5)
        assert last[1] == pytest.approx(b[1], abs=0.5)


def test_types_without_a_selected_cell_fade(answered, everything):
    view = ontology_view(answered.bundle, answered.result, ~everything)
    nodes = [e for e in elements(view) if e["group"] == "nodes"]
    assert all("empty" in e["classes"] for e in nodes if "matched" in e["classes"])


def test_hidden_terms_are_in_the_hint(answered, everything):
    view = ontology_view(answered.bundle, answered.result, everything, (300, 200))
    hints = [e["data"]["hint"] for e in elements(view) if e["group"] == "edges"]
    assert any(hint.startswith("by way of ") for hint in hints)
    dotted = [e for e in elements(view) if e["group"] == "edges" and e["classes"] == "dotted"]
    assert all(e["data"]["hint"] for e in dotted)


def test_folded_types_are_listed(answered, everything):
    view = ontology_view(answered.bundle, answered.result, everything, (640, 60))
    more = [e for e in elements(view, chosen=frozenset({B})) if "more" in e.get("classes", "").split()]
    assert len(more) == 1
    assert "+" in more[0]["data"]["types"]
    assert more[0]["data"]["hint"].endswith(" selected cells")


@pytest.mark.parametrize("theme", THEMES)
def test_stylesheet(theme):
    sheet = {rule["selector"]: rule["style"] for rule in stylesheet(theme)}
    assert sheet[".matched"]["background-color"] == TOKENS[theme]["matched"]
    assert sheet[".chosen"]["border-color"] == TOKENS[theme]["selection"]
    assert sheet["node"]["text-background-color"] == TOKENS[theme]["surface"]
    assert "'" not in sheet["node"]["font-family"]
    assert {".right", ".dotted", ".empty", ".more", "edge"} <= set(sheet)
