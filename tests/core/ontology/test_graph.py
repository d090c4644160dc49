import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ontology.graph import Ontology

#        cell
#       /    \
#   immune   epithelial
#    /   \        |
#  lymph  mono    |
#   / \      \    |
#  T   B    hybrid-+
TERMS = {t: t.upper() for t in ("cell", "immune", "epithelial", "lymph", "mono", "T", "B", "hybrid", "lone")}
EDGES = [
    ("immune", "cell"),
    ("epithelial", "cell"),
    ("lymph", "immune"),
    ("mono", "immune"),
    ("T", "lymph"),
    ("B", "lymph"),
    ("hybrid", "mono"),
    ("hybrid", "epithelial"),
    ("hybrid", "epithelial"),
]


@pytest.fixture(scope="module")
def blood() -> Ontology:
    return Ontology(TERMS, EDGES)


def test_relatives(blood):
    assert blood.parents("hybrid") == ("epithelial", "mono")
    assert blood.children("lymph") == ("B", "T")
    assert blood.ancestors("hybrid") == {"epithelial", "mono", "immune", "cell"}
    assert blood.descendants("immune") == {"lymph", "mono", "T", "B", "hybrid"}
    assert blood.ancestors("cell") == frozenset()
    assert blood.roots == ("cell", "lone")
    assert blood.name("T") == "T"
    assert len(blood) == 9
    assert "T" in blood
    assert "neuron" not in blood


def test_depth_is_the_longest_way_from_a_root(blood):
    assert {t: blood.depth(t) for t in TERMS} == {
        "cell": 0, "lone": 0, "immune": 1, "epithelial": 1, "lymph": 2, "mono": 2, "T": 3, "B": 3, "hybrid": 3,
    }  # fmt: skip


def test_parents_come_before_children_in_ids(blood):
    place = {t: i for i, t in enumerate(blood.ids)}
    assert all(place[parent] < place[child] for child, parent in EDGES)


def test_most_specific_keeps_no_ancestor(blood):
    assert blood.most_specific({"cell", "immune", "T", "epithelial"}) == {"T", "epithelial"}
    assert blood.most_specific(set()) == set()


def test_lowest_common_ancestors(blood):
    assert blood.lowest_common_ancestors("T", "B") == {"lymph"}
    assert blood.lowest_common_ancestors("T", "hybrid") == {"immune"}
    assert blood.lowest_common_ancestors("T", "lymph") == {"lymph"}
    assert blood.lowest_common_ancestors("T", "T") == {"T"}
    assert blood.lowest_common_ancestors("T", "lone") == set()


def test_subgraph_keeps_ancestors_and_edges(blood):
    part = blood.subgraph(["hybrid"])
    assert set(part.ids) == {"hybrid", "mono", "epithelial", "immune", "cell"}
    assert part.parents("hybrid") == ("epithelial", "mono")
    assert part.children("immune") == ("mono",)


def test_from_tables():
    terms = pd.DataFrame({"term_id": ["a", "b"], "name": ["A", "B"]})
    edges = pd.DataFrame({"child_id": ["b", "b"], "parent_id": ["a", "a"], "relation": ["is_a", "part_of"]})
    graph = Ontology.from_tables(terms, edges)
    assert graph.parents("b") == ("a",)


def test_unknown_term_in_an_edge_is_refused():
    with pytest.raises(ValueError, match=r"1 edges name unknown terms, the first is b"):
        Ontology({"a": "A"}, [("b", "a")])


def test_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        Ontology({"a": "A", "b": "B", "c": "C"}, [("b", "a"), ("a", "b"), ("c", "b")])


@st.composite
def graphs(draw) -> Ontology:
    n = draw(st.integers(1, 14))
    edges = []
    for child in range(1, n):
        parents = draw(st.sets(st.integers(0, child - 1), max_size=3))
        edges += [(f"t{child:02d}", f"t{p:02d}") for p in parents]
    return Ontology({f"t{i:02d}": str(i) for i in range(n)}, edges)


@given(graphs(), st.data())
def test_invariants(graph, data):
    term = data.draw(st.sampled_from(graph.ids))
    assert all(term in graph.descendants(a) for a in graph.ancestors(term))
    assert all(graph.depth(p) < graph.depth(term) for p in graph.parents(term))
    chosen = data.draw(st.sets(st.sampled_from(graph.ids)))
    specific = graph.most_specific(chosen)
    assert all(a not in graph.ancestors(b) for a in specific for b in specific)
