import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.networks.losses import batch_hard, contrastive, distances
from build_bundle.train.network import load_keras


def as_array(value):
    return np.asarray(value, dtype=np.float64)


def test_contrastive_by_hand():
    load_keras()
    # one type at distance 2; strangers at .25 and 3; margin 1
    found = contrastive(np.float32([1, 0, 0]), np.float32([2, 0.25, 3]), 1.0)
    assert as_array(found) == pytest.approx([2.0, 0.75**2 / 2, 0.0])


def test_flexible_contrastive_asks_for_less_distance_between_relatives():
    found = contrastive(np.float32([0.75, 0.5, 0.75]), np.float32([0.1, 0.1, 0.3]), 1.0)
    assert as_array(found) == pytest.approx([0.15**2 / 2, 0.4**2 / 2, 0.0], rel=1e-5)


@given(st.floats(0, 0.99), st.floats(0, 5), st.floats(0.1, 3))
def test_strangers_far_enough_apart_cost_nothing_and_no_loss_is_negative(similarity, distance, margin):
    (loss,) = as_array(contrastive(np.float32([similarity]), np.float32([distance]), margin))
    assert loss >= 0
    if distance > (1 - similarity) * margin + 1e-3:
        assert loss == 0


def test_distances_are_euclidean_also_between_equal_rows():
    a = np.float32([[0, 0], [3, 4]])
    assert as_array(distances(a, np.float32([[0, 0], [0, 0]]))) == pytest.approx([0, 5], abs=1e-5)


CODES = np.array([0, 0, 1, 1])
LINE = np.float32([[0.0], [1.0], [1.5], [4.0]])


def test_batch_hard_by_hand():
    # anchor: farthest partner - nearest stranger: 1 - 1.5, 1 - .5, 2.5 - .5, 2.5 - 3
    gaps = np.array([-0.5, 0.5, 2.0, -0.5])
    assert as_array(batch_hard(CODES, LINE, 0.2)) == pytest.approx(np.maximum(0, gaps + 0.2), abs=1e-4)
    assert as_array(batch_hard(CODES, LINE, 0.0)) == pytest.approx([math.log1p(math.exp(g)) for g in gaps], abs=1e-4)
    assert as_array(batch_hard(CODES[:, np.newaxis], LINE, 0.2)) == pytest.approx(np.maximum(0, gaps + 0.2), abs=1e-4)


def test_an_anchor_without_partner_or_stranger_teaches_nothing():
    found = as_array(batch_hard(np.array([0, 1, 1]), LINE[:3], 5.0))
    assert found[0] == 0
    assert (found[1:] > 0).all()
    assert (as_array(batch_hard(np.zeros(3, int), LINE[:3], 5.0)) == 0).all()


@given(st.integers(0, 10_000))
def test_batch_hard_is_at_least_every_triplet_of_the_anchor(seed):
    rng = np.random.default_rng(seed)
    codes, x = rng.integers(0, 3, 9), rng.normal(size=(9, 4)).astype(np.float32)
    loss = as_array(batch_hard(codes, x, 0.2))
    d = np.linalg.norm(x[:, np.newaxis].astype(float) - x, axis=2)
    for a in range(9):
        triplets = [d[a, p] - d[a, n] + 0.2 for p in range(9) for n in range(9)
                    if p != a and codes[p] == codes[a] != codes[n]]  # fmt: skip
        assert loss[a] == pytest.approx(max([0.0, *triplets]), abs=2e-3)
