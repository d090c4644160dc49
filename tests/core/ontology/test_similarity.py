import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bundle import schema
from core.ontology.graph import Ontology
from core.ontology.similarity import Similarity, distances, similarity_table

CHAIN = [("b", "a"), ("c", "b"), ("d", "c"), ("e", "d"), ("x", "a"), ("e", "x")]


@pytest.fixture(scope="module")
def graph() -> Ontology:
    return Ontology({t: t for t in "abcdexz"}, CHAIN)


def test_distances_ignore_direction(graph):
    assert distances(graph, "c") == {"c": 0, "b": 1, "d": 1, "a": 2, "e": 2, "x": 3}
    assert distances(graph, "c", 1) == {"c": 0, "b": 1, "d": 1}
    assert distances(graph, "z") == {"z": 0}


def test_table_holds_positive_pairs_in_both_orders(graph):
    table = similarity_table(graph, ["c", "a", "x", "z", "a"])
    assert list(table.columns) == [c.name for c in schema.TYPE_SIMILARITY.columns]
    assert table["similarity"].dtype == np.float32
    assert [tuple(r) for r in table.itertuples(index=False)] == [
        ("a", "a", 1.0), ("a", "c", 0.5), ("a", "x", 0.75),
        ("c", "a", 0.5), ("c", "c", 1.0), ("c", "x", 0.25),
        ("x", "a", 0.75), ("x", "c", 0.25), ("x", "x", 1.0),
        ("z", "z", 1.0),
    ]  # fmt: skip


def test_distance_four_is_unrelated():
    line = Ontology({t: t for t in "abcde"}, [("b", "a"), ("c", "b"), ("d", "c"), ("e", "d")])
    similar = Similarity.from_table(similarity_table(line, list("abcde")))
    assert similar("a", "d") == 0.25
    assert similar("a", "e") == 0.0
    assert similar("a", "unknown") == 0.0
    assert similar("unknown", "unknown") == 1.0


def test_matrix(graph):
    similar = Similarity.from_table(similarity_table(graph, list("abc")))
    np.testing.assert_array_equal(similar.matrix(list("ab")), np.float32([[1, 0.75], [0.75, 1]]))
    np.testing.assert_array_equal(similar.matrix(["a"], ["c", "b"]), np.float32([[0.5, 0.75]]))
    assert similar.matrix([], ["a"]).shape == (0, 1)


def test_empty_table(graph):
    table = similarity_table(graph, [])
    assert len(table) == 0
    assert Similarity.from_table(table)("a", "b") == 0


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda e: e[0] > e[1]), max_size=25))
def test_similarity_is_symmetric_and_matches_the_distance(pairs):
    graph = Ontology({str(i): "" for i in range(10)}, [(str(c), str(p)) for c, p in pairs])
    matrix = Similarity.from_table(similarity_table(graph, graph.ids)).matrix(graph.ids)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert (np.diag(matrix) == 1).all()
    for row, a in zip(matrix, graph.ids, strict=True):
        near = distances(graph, a, 10)
        expected = [max(0.0, 1 - near.get(b, 99) / 4) for b in graph.ids]
        np.testing.assert_array_equal(row, np.float32(expected))
