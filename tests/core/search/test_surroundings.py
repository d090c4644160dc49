import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.search import surroundings
from core.search.surroundings import expression_axes, spread_evenly, steadied
from core.vectors import unit_rows


def crowd(n: int, seed: int, noise: float = 0.6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return noisy places of cells of three types, their expression, and their types."""
    rng = np.random.default_rng(seed)
    types = rng.integers(3, size=n)
    places = unit_rows((np.eye(8)[types] + noise * rng.normal(size=(n, 8)) / np.sqrt(8)).astype(np.float32))
    z = (3 * rng.normal(size=(3, 40))[types] + rng.normal(size=(n, 40))).astype(np.float32)
    return places, z, types


def test_noisy_places_come_nearer_to_their_type():
    places, z, types = crowd(300, 0)
    out = steadied(places, expression_axes(z)(z))
    right = np.eye(8)[types]
    before, after = (places * right).sum(axis=1), (out * right).sum(axis=1)
    assert after.mean() > before.mean() + 0.1
    assert after.min() > before.min()


@pytest.mark.parametrize("one_sided", [1.0, 0.3, 0.0])
def test_the_written_formula(one_sided):
    places, z, _ = crowd(40, 1)
    directions = expression_axes(z)(z)
    cosines = directions.astype(np.float64) @ directions.T
    company = [[j for j in np.argsort(-cosines[i]) if j != i][: surroundings.N_ALIKE] for i in range(40)]
    assert any(i not in company[j] for i in range(40) for j in company[i])
    expected = []
    for i, others in enumerate(company):
        weights = [max(cosines[i, j], 0) * max(float(places[i] @ places[j]), 0) for j in others]
        counted = [w * (1 if i in company[j] else one_sided) for w, j in zip(weights, others, strict=True)]
        expected.append(places[i] + sum(w * places[j] for w, j in zip(counted, others, strict=True)))
    np.testing.assert_allclose(steadied(places, directions, one_sided), unit_rows(np.array(expected)), atol=1e-4)


def test_a_rare_type_keeps_away_from_the_many_who_do_not_see_it():
    rng = np.random.default_rng(6)
    rare = np.arange(45) >= 40
    axes = unit_rows(np.array([[1, 0, 0], [0.6, 0.8, 0]], dtype=np.float32))[rare.astype(int)]
    directions = unit_rows((axes + 0.05 * rng.normal(size=(45, 3))).astype(np.float32))
    places = np.eye(2, dtype=np.float32)[rare.astype(int)]
    places = unit_rows((places + 0.2).astype(np.float32))
    right = np.eye(2)[rare.astype(int)]

    def own(out: np.ndarray) -> np.ndarray:
        return (out * right).sum(axis=1)

    drawn, kept = steadied(places, directions), steadied(places, directions, 0.0)
    assert (own(drawn)[rare] < own(places)[rare] - 0.1).all()
    np.testing.assert_allclose(own(kept), own(places), atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 60), st.integers(0, 1_000), st.sampled_from([1.0, 0.3, 0.0]))
def test_any_file_keeps_its_shape_and_every_row_its_length(n, seed, one_sided):
    places, z, _ = crowd(n, seed)
    out = steadied(places, expression_axes(z)(z), one_sided)
    assert out.shape == places.shape
    assert out.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, rtol=1e-4)
    if n < 3:
        np.testing.assert_array_equal(out, places)


@settings(max_examples=20, deadline=None)
@given(st.integers(3, 60), st.integers(0, 1_000), st.sampled_from([1.0, 0.3]))
def test_the_order_of_the_cells_does_not_matter(n, seed, one_sided):
    places, z, _ = crowd(n, seed)
    order = np.random.default_rng(seed).permutation(n)
    directions = expression_axes(z)(z)
    np.testing.assert_allclose(
        steadied(places[order], directions[order], one_sided),
        steadied(places, directions, one_sided)[order],
        atol=1e-4,
    )


def test_cells_that_nothing_resembles_keep_their_places():
    places = np.eye(6, dtype=np.float32)
    directions = np.eye(6, dtype=np.float32)
    np.testing.assert_array_equal(steadied(places, directions), places)


def test_a_cell_without_any_answer_stays_without():
    places, z, _ = crowd(20, 3)
    places[4] = 0
    out = steadied(places, expression_axes(z)(z))
    np.testing.assert_array_equal(out[4], 0)
    assert np.isfinite(out).all()


@pytest.mark.parametrize("one_sided", [1.0, 0.3])
def test_large_files_are_compared_with_some_of_their_cells(monkeypatch, one_sided):
    places, z, types = crowd(500, 4)
    directions = expression_axes(z)(z)
    monkeypatch.setattr(surroundings, "MOST_COMPARED", 100)
    monkeypatch.setattr(surroundings, "_BLOCK", 64)
    told: list[float] = []
    out = steadied(places, directions, one_sided, told.append)
    right = np.eye(8)[types]
    assert (out * right).sum(axis=1).mean() > (places * right).sum(axis=1).mean() + 0.1
    assert told == sorted(told)
    assert told[-1] == 1
    one = steadied(places, directions, one_sided)
    monkeypatch.setattr(surroundings, "_BLOCK", 500)
    np.testing.assert_allclose(steadied(places, directions, one_sided), one, atol=1e-5)


def test_equal_files_have_equal_axes():
    _, z, _ = crowd(50, 5)
    np.testing.assert_array_equal(expression_axes(z)(z), expression_axes(z.copy())(z))


def test_a_file_of_equal_cells_is_no_trouble():
    z = np.ones((30, 12), dtype=np.float32)
    places = unit_rows(np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32))
    out = steadied(places, expression_axes(z)(z))
    assert np.isfinite(out).all()


@pytest.mark.parametrize(("n", "most", "rows"), [(0, 5, [0]), (3, 5, [0, 1, 2]), (9, 3, [0, 4, 8])])
def test_rows_are_spread_evenly(n, most, rows):
    assert spread_evenly(n, most).tolist() == (rows if n else [])
