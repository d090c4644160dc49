import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.explore.clustering import (
    MAX_REPRESENTATIVES,
    MIN_REPRESENTATIVES,
    cut,
    leaves_under,
    linkage_of,
    nearest,
    representatives,
    tree_order,
)

rows = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 25), st.integers(1, 6)),
    elements=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]),
)


@settings(deadline=None)
@given(values=rows, n_clusters=st.integers(1, 30), method=st.sampled_from(["average", "ward"]))
def test_clusters_are_numbered_along_the_order_and_are_branches(values, n_clusters, method):
    merges = linkage_of(values, method=method)
    order = tree_order(merges, values, optimal=False)
    clusters = cut(merges, order, n_clusters)
    assert sorted(order) == list(range(len(values)))
    drawn = clusters[order]
    assert drawn[0] == 1
    assert set(np.diff(drawn)) <= {0, 1}
    assert drawn[-1] <= n_clusters
    n_distinct = len(np.unique(values, axis=0))
    assert drawn[-1] == min(n_clusters, n_distinct)
    for row in np.unique(values, axis=0):
        assert len(set(clusters[(values == row).all(axis=1)])) == 1, "identical rows stay together"


@settings(deadline=None)
@given(values=rows)
def test_a_finer_cut_refines_a_coarser_one(values):
    merges = linkage_of(values, method="ward")
    order = tree_order(merges, values, optimal=False)
    for n in range(1, 6):
        coarse, fine = cut(merges, order, n), cut(merges, order, n + 1)
        assert all(len(set(coarse[fine == cluster])) == 1 for cluster in set(fine))


def test_well_separated_groups_are_the_clusters():
    values = np.repeat(np.eye(4, dtype=np.float32), [5, 1, 7, 3], axis=0)
    merges = linkage_of(values, method="ward")
    clusters = cut(merges, tree_order(merges, values, optimal=False), 4)
    assert [len(set(clusters[values[:, i] == 1])) for i in range(4)] == [1] * 4
    assert len(set(clusters)) == 4


def test_branches_are_turned_towards_a_diagonal():
    values = np.eye(6, dtype=np.float32)[[3, 0, 5, 1, 4, 2]] + 0.01
    order = tree_order(linkage_of(values, method="ward"), values, optimal=False)
    dominant = values[order].argmax(axis=1)
    # The tree allows only turned branches: children of the root come in the order of their weight.
    assert np.abs(np.diff(dominant)).sum() <= np.abs(np.diff(values.argmax(axis=1))).sum()


def test_optimal_order_is_no_longer_than_the_turned_one():
    values = np.random.default_rng(0).random((30, 5), dtype=np.float32)
    merges = linkage_of(values, method="average")

    def length(order):
        return np.linalg.norm(np.diff(values[order], axis=0), axis=1).sum()

    assert length(tree_order(merges, values, optimal=True)) <= length(tree_order(merges, values, optimal=False)) + 1e-6


def test_leaves_under():
    values = np.float32([[0.0], [0.1], [1.0], [1.05]])
    merges = linkage_of(values, method="average")
    assert leaves_under(merges, 2).tolist() == [2]
    assert leaves_under(merges, 6).tolist() == [0, 1, 2, 3]
    assert {tuple(leaves_under(merges, node).tolist()) for node in (4, 5)} == {(0, 1), (2, 3)}
    with pytest.raises(ValueError, match="7 nodes, there is no node 7"):
        leaves_under(merges, 7)


def test_few_rows_stand_for_themselves():
    values = np.random.default_rng(0).random((20, 3), dtype=np.float32)
    row_of, means = representatives(values, max_exact=20)
    assert row_of.tolist() == list(range(20))
    assert means is values


def test_representatives_are_means_and_keep_a_rare_type():
    rng = np.random.default_rng(1)
    values = rng.dirichlet([5, 1, 1, 1], 40_000).astype(np.float32)
    values[:12] = [0, 0, 0, 1]
    row_of, means = representatives(values, max_exact=2_000)
    assert MIN_REPRESENTATIVES * 0.9 <= len(means) <= MAX_REPRESENTATIVES
    assert set(row_of) == set(range(len(means)))
    np.testing.assert_allclose(means[7], values[row_of == 7].mean(axis=0), atol=1e-5)
    assert means[row_of[0]][3] > 0.95, "twelve cells among forty thousand keep a row of their own"
    spread = np.linalg.norm(values - means[row_of], axis=1).mean()
    assert spread < 0.25 * np.linalg.norm(values - values.mean(axis=0), axis=1).mean()
    again, _ = representatives(values, max_exact=2_000)
    np.testing.assert_array_equal(row_of, again)


def test_many_identical_rows_need_few_representatives():
    values = np.repeat(np.eye(3, dtype=np.float32), 1_000, axis=0)
    row_of, means = representatives(values, max_exact=2_000)
    assert len(means) == 3
    np.testing.assert_array_equal(means[row_of], values)


def test_nearest_is_the_true_nearest_in_blocks():
    rng = np.random.default_rng(2)
    values, centres = rng.random((50, 4), dtype=np.float32), rng.random((7, 4), dtype=np.float32)
    exact = np.linalg.norm(values[:, None] - centres[None], axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest(values, centres, block=8), exact)
