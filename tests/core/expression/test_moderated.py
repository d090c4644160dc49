import numpy as np
import pytest

from core.expression.moderated import moderated


@pytest.mark.parametrize("df", [2, 8])
def test_variances_are_drawn_to_their_prior(df):
    """Of variances drawn from the model: the prior comes back, and the moderated ones are nearer the truth."""
    rng = np.random.default_rng(0)
    true = 6 * 0.3 / rng.chisquare(6, 20_000)
    seen = true * rng.chisquare(df, 20_000) / df
    shrunken, freedom = moderated(seen, df)
    assert freedom == pytest.approx(df + 6, rel=0.15)
    assert np.mean((np.log(shrunken) - np.log(true)) ** 2) < 0.6 * np.mean((np.log(seen) - np.log(true)) ** 2)


def test_variances_that_are_all_alike_become_one():
    rng = np.random.default_rng(1)
    shrunken, freedom = moderated(0.5 * rng.chisquare(4, 5_000) / 4, 4)
    assert freedom > 100
    assert np.ptp(shrunken) / shrunken.mean() < 0.5
    assert shrunken.mean() == pytest.approx(0.5, rel=0.05)


def test_no_variance_to_learn_from():
    shrunken, freedom = moderated(np.array([0.0, 2.0, 0.0]), 3)
    np.testing.assert_array_equal(shrunken, [0, 2, 0])
    assert freedom == 3


def test_variances_of_rounding_alone_say_nothing():
    rng = np.random.default_rng(2)
    seen = 6 * 0.3 / rng.chisquare(6, 5_000) * rng.chisquare(4, 5_000) / 4
    shrunken, freedom = moderated(np.append(seen, np.full(50, 1e-31)), 4)
    expected, expected_freedom = moderated(seen, 4)
    assert freedom == expected_freedom
    np.testing.assert_array_equal(shrunken[:-50], expected)


def test_a_handful_of_genes_says_little_of_how_alike_they_are():
    """Nine variances that are the same have prior degrees of freedom of an eighth of what eight others have together."""
    shrunken, freedom = moderated(np.full(9, 0.5), 4)
    assert freedom == 4 + 8 * 4 / 8
    assert np.ptp(shrunken) == pytest.approx(0)
    two, freedom = moderated(np.array([0.5, 0.5]), 4)
    assert freedom == 4 + 1 * 4 / 8
    assert np.ptp(two) == pytest.approx(0)
