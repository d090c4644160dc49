import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from build_bundle.train import joining
from build_bundle.train.joining import fit_join, leading_directions
from core.embedding.encoder import Encoder
from core.embedding.nets import Layer, forward
from tests.build_bundle.train.test_dataset import dataset


def nets(seed: int = 0) -> list[tuple[Layer, ...]]:
    rng = np.random.default_rng(seed)
    return [
        (Layer(rng.normal(size=(20, 4)).astype(np.float32) / 4, rng.normal(size=4).astype(np.float32)),)
        for _ in range(2)
    ]


def encoder() -> Encoder:
    return Encoder(nets(), dataset().inputs)


def test_the_columns_are_the_leading_right_singular_vectors():
    joined = forward(nets(), dataset().dense(np.arange(12))).astype(np.float64)
    _, sizes, rows = np.linalg.svd(joined, full_matrices=False)
    join = fit_join(encoder(), dataset(), 3)
    assert join.shape == (8, 3)
    assert join.dtype == np.float32
    np.testing.assert_allclose(np.abs(join.T @ rows[:3].T), np.eye(3), atol=1e-3)
    kept = np.sum((joined @ join) ** 2)
    assert kept == pytest.approx(np.sum(sizes[:3] ** 2), rel=1e-4)


def test_weights_scale_the_rows_and_what_counts_nothing_is_left_out():
    weights = np.float32([1, 1, 1, 1, 0.5, 0.5, 0, 0])
    joined = forward(nets(), dataset().dense(np.arange(12))) * weights
    join = fit_join(encoder(), dataset(), 100, weights)
    assert join.shape == (8, 6)
    placed = forward(nets(), dataset().dense(np.arange(12))) @ join
    np.testing.assert_allclose(placed @ placed.T, joined @ joined.T, atol=1e-5)
    np.testing.assert_array_equal(join[6:], 0)


def test_batches_do_not_change_it(monkeypatch):
    whole = fit_join(encoder(), dataset(), 3)
    monkeypatch.setattr(joining, "CELLS_AT_A_TIME", 5)
    np.testing.assert_allclose(fit_join(encoder(), dataset(), 3), whole, atol=1e-4)


@pytest.mark.parametrize("n_latent", [8, 100])
def test_narrow_networks_need_no_join(n_latent):
    assert fit_join(encoder(), dataset(), n_latent) is None


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_directions_are_orthonormal_and_their_sign_is_settled(seed, n):
    x = np.random.default_rng(seed).normal(size=(30, 5)) * [5, 4, 3, 2, 1]
    directions = leading_directions(x.T @ x, n)
    np.testing.assert_allclose(directions.T @ directions, np.eye(n), atol=1e-5)
    largest = directions[np.argmax(np.abs(directions), axis=0), np.arange(n)]
    assert (largest > 0).all()
    lengths = np.linalg.norm(x @ directions, axis=0)
    assert (np.diff(lengths) <= 1e-6 * lengths[0]).all()
