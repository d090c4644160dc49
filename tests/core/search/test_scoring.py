import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search import scoring
from core.search.scoring import label_cells, mean_distance, score_types, similarity

CODES = np.int32([[0, 1, 1, 2], [2, 0, 2, 0], [1, 1, 1, 1]])
STUDIES = np.int32([[0, 0, 1, 1], [3, 3, 3, 0], [0, 1, 2, 0]])
DISTANCES = np.float32([[0, 1, 1, 3], [0.25, 1, 3, 4], [1, 1, 1, 1]])
MANY = np.full(5, 100)


def test_scores_by_hand():
    # first cell: s = 1, 1/2, 1/2, 1/4; total 2.25
    # second cell: s = 0.8, 0.5, 0.25, 0.2; total 1.75
    expected = [[1 / 2.25, 1 / 2.25, 0.25 / 2.25, 0], [0.7 / 1.75, 0, 1.05 / 1.75, 0], [0, 1, 0, 0]]
    np.testing.assert_allclose(score_types(CODES, DISTANCES, 4), expected, rtol=1e-6)


def test_labels_by_hand():
    found = label_cells(CODES, STUDIES, DISTANCES, MANY)
    assert found.label.tolist() == [
        0,
        2,
        1,
    ]  # first cell: types 0 and 1 are worth 1 each, the nearest neighbour is of type 0
    assert found.runner_up.tolist() == [1, 0, -1]
    np.testing.assert_allclose(found.fraction, [0.25, 0.5, 1])
    assert found.n_studies.tolist() == [1, 1, 3]
    np.testing.assert_allclose(found.mean_distance, [1.25, 2.0625, 1])


def test_a_type_with_thirty_cells_can_win():
    codes = np.int32([[1] * 25 + [0] * 75, [0] * 60 + [1] * 10 + [2] * 30, [2] * 2 + [0] * 98])
    found = label_cells(codes, np.zeros_like(codes), np.ones((3, 100), dtype=np.float32), np.array([5_000, 30, 2]))
    # of the places it could fill: .75 against 25 / 30; .6, 10 / 30 and 30 / 10; one or two odd cells count as of ten
    assert found.label.tolist() == [1, 2, 0]
    assert found.runner_up.tolist() == [0, 0, 2]
    np.testing.assert_allclose(found.fraction, [0.25, 0.3, 0.98])


def test_mean_distance_is_over_ten():
    assert mean_distance(np.arange(20, dtype=np.float32)[np.newaxis])[0] == 4.5


def test_similarity_of_equal_cells_is_one():
    assert similarity(np.float32([0.0]))[0] == 1
    assert similarity(np.float32([0.0])).dtype == np.float32


def test_no_cell():
    none = np.zeros((0, 5))
    found = label_cells(none.astype(np.int32), none.astype(np.int32), none.astype(np.float32), np.ones(3))
    assert found.label.shape == (0,)
    assert score_types(none.astype(np.int32), none.astype(np.float32), 3).shape == (0, 3)


@st.composite
def neighbors(draw):
    n, k, t = draw(st.integers(1, 6)), draw(st.integers(1, 25)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    codes = rng.integers(0, t, (n, k)).astype(np.int32)
    studies = rng.integers(0, 4, (n, k)).astype(np.int32)
    sizes = rng.integers(1, 40, t)
    return codes, studies, np.sort(rng.random((n, k)) * 2, axis=1).astype(np.float32), sizes


@given(neighbors())
def test_agrees_with_counting_by_hand(case):
    codes, studies, distances, sizes = case
    n_types, k = len(sizes), codes.shape[1]
    scores = score_types(codes, distances, n_types)
    found = label_cells(codes, studies, distances, sizes)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
    for i, row in enumerate(codes.tolist()):
        worth = 1 / (1 + distances[i].astype(float))
        places = np.minimum(k, np.maximum(sizes, min(10, k)))
        order = sorted(set(row), key=lambda t: -worth[codes[i] == t].sum() / places[t])
        assert found.label[i] == order[0]
        assert found.runner_up[i] == (order[1] if len(order) > 1 else -1)
        assert found.fraction[i] == pytest.approx(row.count(order[0]) / len(row))
        assert found.n_studies[i] == len({s for s, t in zip(studies[i].tolist(), row, strict=True) if t == order[0]})
        expected = [worth[codes[i] == t].sum() / worth.sum() for t in range(n_types)]
        np.testing.assert_allclose(scores[i], expected, rtol=1e-5, atol=1e-7)


def test_chunks_do_not_change_the_answer(monkeypatch):
    rng = np.random.default_rng(0)
    codes, studies = rng.integers(0, 5, (2, 50, 9)).astype(np.int32)
    distances = np.sort(rng.random((50, 9)), axis=1).astype(np.float32)
    whole, scores = label_cells(codes, studies, distances, MANY), score_types(codes, distances, 5)
    monkeypatch.setattr(scoring, "_CHUNK", 7)
    parts = label_cells(codes, studies, distances, MANY)
    for name in ("label", "runner_up", "fraction", "n_studies", "mean_distance"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))
    np.testing.assert_array_equal(score_types(codes, distances, 5), scores)
