import numpy as np
import pytest
from scipy import stats

from core.expression.replicates import Measured, difference


def measured(value, noise=1e-9, kept=1.0) -> Measured:
    return Measured(value, np.full_like(value, kept), noise * np.ones_like(value))


def test_one_thing_without_noise_is_student_s_t():
    a, b = np.array([[1.0], [1.4], [0.9], [1.2]]), np.array([[0.2], [0.5], [0.4], [0.1]])
    pairs = difference(measured(a - b))
    judge = stats.ttest_rel(a[:, 0], b[:, 0])
    assert pairs.change[0] == pytest.approx((a - b).mean())
    assert pairs.p_value[0] == pytest.approx(judge.pvalue, rel=1e-4)
    assert pairs.freedom == 3


def rejected(sizes, spread, *, n_things: int, noise: float, seed: int) -> float:
    """Share of p < .05 between groups of replicates without a difference: size and spread by group."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(max(2, 3_000 // n_things)):
        groups = []
        for k, sd in zip(sizes, spread, strict=True):
            own = noise / rng.integers(1, 30, (k, 1)) * np.ones(n_things)
            groups.append(Measured(rng.normal(0, np.sqrt(sd**2 + own)), np.ones_like(own), own))
        found.append(difference(*groups).p_value < 0.05)
    return float(np.mean(found))


@pytest.mark.parametrize("sizes", [(2, 2), (3, 3), (2, 10), (8, 8)])
@pytest.mark.parametrize("n_things", [8, 2_000])
def test_the_level_is_kept_whatever_the_replicates_cells(sizes, n_things):
    level = rejected(sizes, (0.5, 0.5), n_things=n_things, noise=1.0, seed=0)
    assert 0.015 <= level <= 0.065


def test_a_small_group_that_varies_more():
    """One variance for both groups would reject a fifth."""
    assert rejected((2, 10), (1.0, 0.5), n_things=2_000, noise=0.1, seed=1) <= 0.1
    rng = np.random.default_rng(1)
    a, b = rng.normal(0, 1, (2, 2_000)), rng.normal(0, 0.5, (10, 2_000))
    assert (stats.ttest_ind(a, b).pvalue < 0.05).mean() > 0.15


def test_a_well_counted_replicate_weighs_more():
    value = np.array([[0.0], [1.0], [1.0]])
    noise = np.array([[4.0], [0.01], [0.01]])
    assert difference(Measured(value, np.ones_like(value), noise)).change[0] > 0.9


def test_replicates_that_agree_promise_no_more_than_counting():
    found = difference(measured(np.full((3, 4), 0.3), noise=1.0))
    assert (found.error >= np.sqrt(1 / 3) - 1e-9).all()


def test_two_shares_are_one_observation():
    """Of two types that mirror each other the second tells nothing that would make the first more certain."""
    value = np.array([[0.5], [0.9], [0.1]]) * np.array([1.0, -1.0])
    assert difference(measured(value)).freedom < 2.5
