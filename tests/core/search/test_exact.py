import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.search import exact
from core.search.exact import checked_queries, exact_search

LINE = np.float32([[0, 0], [3, 4], [6, 8], [0, 1]])


def test_distances_are_euclidean_and_ascending():
    found = exact_search(LINE, np.float32([[0, 0]]), 3)
    np.testing.assert_array_equal(found.ids, [[0, 3, 1]])
    np.testing.assert_array_equal(found.distances, np.float32([[0, 1, 5]]))
    assert found.ids.dtype == np.int32
    assert found.distances.dtype == np.float32


def test_k_beyond_the_reference_gives_all():
    assert exact_search(LINE, LINE[:2], 100).ids.shape == (2, 4)


def test_only_allowed_cells_are_found():
    found = exact_search(LINE, LINE[:1], 2, allowed=np.array([False, True, True, False]))
    np.testing.assert_array_equal(found.ids, [[1, 2]])


def test_no_cell_allowed():
    assert exact_search(LINE, LINE[:1], 2, allowed=np.zeros(4, dtype=bool)).ids.shape == (1, 0)


def test_no_query():
    assert exact_search(LINE, LINE[:0], 2).ids.shape == (0, 2)


def test_near_cells_keep_their_digits():
    rng = np.random.default_rng(0)
    reference = rng.normal(size=(500, 30)).astype(np.float32)
    queries = reference[:50] + np.float32(1e-4)
    found = exact_search(reference, queries, 1)
    np.testing.assert_array_equal(found.ids[:, 0], np.arange(50))
    np.testing.assert_allclose(found.distances[:, 0], 1e-4 * np.sqrt(30), rtol=1e-2)


def test_blocks_do_not_change_the_answer(monkeypatch):
    rng = np.random.default_rng(1)
    reference, queries = rng.normal(size=(2, 40, 5)).astype(np.float32)
    whole = exact_search(reference, queries, 7)
    monkeypatch.setattr(exact, "BLOCK_BYTES", 4 * 40 * 3)
    parts = exact_search(reference, queries, 7)
    np.testing.assert_array_equal(parts.ids, whole.ids)
    np.testing.assert_allclose(parts.distances, whole.distances, rtol=1e-6)


@pytest.mark.parametrize("queries", [np.zeros(2), np.zeros((1, 3)), np.array([[np.nan, 0]]), np.array([[np.inf, 0]])])
def test_queries_of_wrong_shape_or_not_finite_are_refused(queries):
    with pytest.raises(ValueError, match="queries"):
        checked_queries(queries, 2)


POINTS = hnp.arrays(np.float32, st.tuples(st.integers(1, 30), st.just(3)), elements=st.integers(-20, 20))


@given(POINTS, POINTS, st.integers(1, 40), st.data())
def test_agrees_with_sorting_all_distances(reference, queries, k, data):
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(reference), max_size=len(reference))))
    found = exact_search(reference, queries, k, allowed=allowed)
    true = np.linalg.norm(queries[:, None].astype(float) - reference[allowed].astype(float), axis=2)
    expected = np.sort(true, axis=1)[:, :k]
    np.testing.assert_allclose(found.distances, expected, rtol=1e-5, atol=1e-6)
    assert allowed[found.ids].all()
    assert all(len(set(row)) == len(row) for row in found.ids.tolist())
