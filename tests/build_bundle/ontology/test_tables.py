import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.ontology.files import OntologySource, SourceTerm
from build_bundle.ontology.tables import similarity_table, subgraph_tables
from core.bundle.schema import EDGES, TERMS, TYPE_SIMILARITY
from core.errors import ConfigError


def source(edges, extra=()):
    ids = {end for edge in edges for end in edge} | set(extra)
    terms = {i: SourceTerm(f"name of {i}", "", (f"syn {i}",)) for i in ids}
    return OntologySource(terms, tuple((a, b, "is_a") for a, b in edges), {"CL:old": "CL:a", "CL:gone": ""})


DIAMOND = source(
    [("CL:d", "CL:b"), ("CL:d", "CL:c"), ("CL:b", "CL:a"), ("CL:c", "CL:a"), ("CL:e", "CL:c"), ("CL:d", "CL:a")]
)


def test_keeps_labels_and_all_their_ancestors_with_the_longest_depth():
    tables = subgraph_tables(DIAMOND, ["CL:d"])
    assert dict(zip(tables["terms"].term_id, tables["terms"].depth, strict=True)) == {
        "CL:a": 0, "CL:b": 1, "CL:c": 1, "CL:d": 2,
    }  # fmt: skip
    assert len(tables["edges"]) == 5
    assert list(tables["terms"].columns) == [c.name for c in TERMS.columns]
    assert list(tables["edges"].columns) == [c.name for c in EDGES.columns]
    assert tables["terms"].synonyms[0] == ["syn CL:a"]


def test_similarity_falls_by_a_quarter_an_edge_through_terms_that_are_no_labels():
    table = similarity_table(DIAMOND, ["CL:d", "CL:e", "CL:b"])
    got = {(a, b): s for a, b, s in table.itertuples(index=False)}
    assert got[("CL:d", "CL:d")] == 1
    assert got[("CL:d", "CL:b")] == got[("CL:b", "CL:d")] == 0.75
    assert got[("CL:d", "CL:e")] == 0.5
    assert got[("CL:b", "CL:e")] == 0.25
    assert list(table.columns) == [c.name for c in TYPE_SIMILARITY.columns]
    assert table.similarity.dtype == np.float32


def test_terms_four_edges_apart_or_unconnected_have_no_row():
    chain = source([(f"CL:{i}", f"CL:{i + 1}") for i in range(4)], extra=["CL:x"])
    table = similarity_table(chain, ["CL:0", "CL:4", "CL:x"])
    assert set(zip(table.a, table.b, strict=True)) == {("CL:0", "CL:0"), ("CL:4", "CL:4"), ("CL:x", "CL:x")}


def test_names_every_unknown_label_and_what_replaces_it():
    with pytest.raises(ConfigError) as caught:
        subgraph_tables(DIAMOND, ["CL:d", "CL:old", "CL:none"])
    assert "CL:none, CL:old (replaced by CL:a)" in str(caught.value)
    with pytest.raises(ConfigError, match=r"CL:gone\."):
        similarity_table(DIAMOND, ["CL:gone"])


@given(
    st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda p: p[0] < p[1]), min_size=1, max_size=40)
)
def test_agrees_with_networkx(pairs):
    graph = source([(f"CL:{a}", f"CL:{b}") for a, b in set(pairs)])
    judge = nx.Graph([(a, b) for a, b, _ in graph.edges])
    table = similarity_table(graph, graph.terms)
    expected = {
        (a, b): 1 - d / 4
        for a, reached in nx.all_pairs_shortest_path_length(judge)
        for b, d in reached.items()
        if d < 4
    }
    assert {(a, b): s for a, b, s in table.itertuples(index=False)} == expected
    directed = nx.DiGraph([(b, a) for a, b, _ in graph.edges])
    terms = subgraph_tables(graph, ["CL:0"] if "CL:0" in graph.terms else list(graph.terms))["terms"]
    for term, depth in zip(terms.term_id, terms.depth, strict=True):
        above = nx.ancestors(directed, term) | {term}
        assert depth == nx.dag_longest_path_length(directed.subgraph(above))
