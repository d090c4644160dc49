import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from core.expression.depth import at_one_depth
from core.expression.rank_sum import rank_sum


def logged(counts):
    return sparse.csr_matrix(np.log1p(1e4 * counts / counts.sum(axis=1, keepdims=True)).astype(np.float32))


def cells(seed, n, n_genes, depths):
    """Counts of two groups of cells alike but for their depth."""
    rng = np.random.default_rng(seed)
    rate = rng.lognormal(0, 1.8, n_genes)
    depth = np.repeat(depths, n)[:, None] * rng.lognormal(0, 0.35, (2 * n, 1))
    counts = rng.poisson(depth * rate / rate.sum() * rng.gamma(3, 1 / 3, (2 * n, n_genes))).astype(float)
    return logged(counts), np.arange(2 * n) < n


@pytest.mark.parametrize("times", [1.3, 2, 5])
def test_depth_alone_makes_no_difference(times):
    x, in_group = cells(0, 400, 800, (2_000 * times, 2_000))
    found = np.bincount(x.indices, minlength=x.shape[1]) >= 10
    thinned = at_one_depth(x, in_group)
    assert thinned.deeper == pytest.approx(times, rel=0.1)
    before, after = (rank_sum(values[:, found], in_group).p_value for values in (x, thinned.x))
    assert (before < 0.05).mean() > 0.08
    assert (after < 0.05).mean() < 0.07
    n_genes = [(values.data > 0).sum() / values.shape[0] for values in (thinned.x[in_group], thinned.x[~in_group])]
    assert n_genes[0] == pytest.approx(n_genes[1], rel=0.02)


def test_groups_of_one_depth_keep_their_molecules_and_what_differs():
    x, in_group = cells(1, 400, 300, (2_000, 2_000))
    counts = np.expm1(x.toarray())
    counts[np.ix_(in_group, np.arange(20))] *= 3
    x = sparse.csr_matrix(np.log1p(counts).astype(np.float32))
    thinned = at_one_depth(x, in_group)
    assert np.expm1(thinned.x.data).sum() == pytest.approx(np.expm1(x.data).sum(), rel=0.01)
    found = np.bincount(x.indices, minlength=300) >= 10
    before, after = (np.log10(rank_sum(values[:, found], in_group).p_value) for values in (x, thinned.x))
    assert (before < -6).sum() >= 10
    assert after[before < -6].sum() == pytest.approx(before[before < -6].sum(), rel=0.05)


def test_molecules_by_hand():
    """Two cells a side; the deeper side's lose half of their molecules, the unit stays that of the cell's own depth."""
    counts = np.array([[1000.0, 999, 1], [2000, 1999, 1], [500, 499, 1], [1000, 999, 1]])
    thinned = at_one_depth(logged(counts), np.array([True, True, False, False]))
    assert thinned.deeper == pytest.approx(2)
    np.testing.assert_allclose(thinned.x[2:].toarray(), logged(counts)[2:].toarray(), rtol=1e-6)
    molecule = 1e4 / counts[:2].sum(axis=1, keepdims=True) * 2
    left = np.expm1(thinned.x[:2].toarray().astype(float)) / molecule
    np.testing.assert_allclose(left, np.rint(left), atol=0.01)
    assert (np.rint(left) <= counts[:2]).all()
    np.testing.assert_allclose(left[:, :2], counts[:2, :2] / 2, rtol=0.1)


def test_what_is_no_count_is_left_alone():
    rng = np.random.default_rng(0)
    rpkm = rng.gamma(1, 1, (50, 40)) * (rng.random((50, 40)) < 0.5)
    assert at_one_depth(logged(rpkm + 1e-9), np.arange(50) < 25) is None


@pytest.mark.parametrize("empty", [slice(0, 3), slice(3, 6)])
def test_a_side_without_a_value_is_left_alone(empty):
    counts = np.ones((6, 4))
    counts[empty] = 0
    x = sparse.csr_matrix(np.log1p(counts).astype(np.float32))
    assert at_one_depth(x, np.arange(6) < 3) is None


@given(seed=st.integers(0, 10_000), n=st.integers(1, 30), times=st.floats(0.2, 5))
def test_nothing_is_added_and_the_draw_is_always_the_same(seed, n, times):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(2, (2 * n, 12)).astype(float)
    counts[:n] *= rng.binomial(1, min(times, 1), (n, 12))
    counts[:, 0] = 1  # so that every cell's smallest value is one molecule
    x, in_group = logged(counts), np.arange(2 * n) < n
    thinned, again = at_one_depth(x, in_group), at_one_depth(x, in_group)
    assert (thinned.x != again.x).nnz == 0
    assert thinned.x.nnz == x.nnz
    equal = at_one_depth(sparse.vstack([x[:n], x[:n]]).tocsr(), in_group)
    assert equal.deeper == 1
    np.testing.assert_allclose(equal.x[:n].toarray(), x[:n].toarray(), rtol=1e-5)
