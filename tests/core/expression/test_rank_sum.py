import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats

from core.expression.rank_sum import rank_sum


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 25),
    st.integers(1, 25),
    st.floats(0.02, 1.0),
    st.sampled_from([2, 4, 1000]),
)
def test_agrees_with_scipy(seed, n_in, n_out, density, n_levels):
    rng = np.random.default_rng(seed)
    n = n_in + n_out
    x = sparse.random(n, 15, density, format="csr", dtype=np.float32, rng=rng)
    x.data = np.ceil(x.data * n_levels).astype(np.float32) / 3  # few levels: many ties
    group = np.zeros(n, dtype=bool)
    group[rng.permutation(n)[:n_in]] = True
    found = rank_sum(x, group)
    dense = x.toarray().astype(float)  # scipy would work in float32
    for gene in range(15):
        column = dense[:, gene]
        if np.ptp(column) == 0:
            assert found.p_value[gene] == 1
            continue
        judge = stats.mannwhitneyu(column[group], column[~group], alternative="two-sided", method="asymptotic")
        assert found.p_value[gene] == pytest.approx(judge.pvalue, abs=1e-9, rel=1e-9)
        centred = judge.statistic - n_in * n_out / 2
        assert np.sign(found.z[gene]) in {np.sign(centred), 0}


def test_without_ties_it_is_the_textbook_value():
    x = sparse.csr_matrix(np.arange(1, 9, dtype=np.float32)[:, np.newaxis])
    group = np.arange(8) >= 4
    # U = 16, mean 8, sd sqrt(4 * 4 * 9 / 12) = sqrt(12), continuity 1/2
    assert rank_sum(x, group).z[0] == pytest.approx(7.5 / np.sqrt(12))


def test_swapping_the_sides_turns_the_sign_only():
    rng = np.random.default_rng(0)
    x = sparse.random(40, 30, 0.4, format="csr", dtype=np.float32, rng=rng)
    group = np.arange(40) < 13
    a, b = rank_sum(x, group), rank_sum(x, ~group)
    np.testing.assert_allclose(a.p_value, b.p_value, rtol=1e-12)
    np.testing.assert_allclose(a.z, -b.z)


def test_stored_zeros_are_zeros_and_row_order_does_not_matter():
    x = sparse.csr_matrix(np.array([[1.0, 2], [0, 3], [2, 0], [5, 1]], dtype=np.float32))
    stored = x.copy()
    stored.data[stored.data == 1] = 0
    clean = stored.copy()
    clean.eliminate_zeros()
    group = np.array([True, True, False, False])
    np.testing.assert_array_equal(rank_sum(stored, group).p_value, rank_sum(clean, group).p_value)
    np.testing.assert_array_equal(rank_sum(x[::-1], group[::-1]).z, rank_sum(x, group).z)


def test_extreme_but_legal_values_keep_their_order():
    values = np.array([1e-38, 1e-10, 1.0, 3.4e38], dtype=np.float32)
    x = sparse.csr_matrix(values[:, np.newaxis])
    assert rank_sum(x, np.array([False, False, True, True])).z[0] > 0


def test_a_matrix_of_zeros_says_nothing():
    found = rank_sum(sparse.csr_matrix((6, 3), dtype=np.float32), np.arange(6) < 3)
    assert (found.p_value == 1).all()
    assert (found.z == 0).all()


def test_refuses_empty_sides_and_negative_values():
    x = sparse.csr_matrix(np.ones((3, 2), dtype=np.float32))
    with pytest.raises(ValueError, match="3 and 0"):
        rank_sum(x, np.ones(3, dtype=bool))
    with pytest.raises(ValueError, match="not negative"):
        rank_sum(-x, np.array([True, False, False]))
