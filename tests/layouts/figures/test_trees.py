import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.explore.clustering import linkage_of, tree_order
from layouts.figures.trees import TOP_MERGES, tree


@settings(deadline=None)
@given(n=st.integers(2, 200), seed=st.integers(0, 1_000), plain=st.booleans())
def test_brackets_join_their_children(n, seed, plain):
    rng = np.random.default_rng(seed)
    values = rng.random((n, 3), dtype=np.float32)
    merges = linkage_of(values, method="average")
    order = tree_order(merges, values, optimal=False)
    sizes = rng.integers(1, 9, n)
    drawn = tree(merges, order, sizes, plain=plain)
    assert len(drawn.node) == min(n - 1, TOP_MERGES)
    assert drawn.along.dtype == drawn.height.dtype == np.float32
    assert np.isnan(drawn.along[:, 4]).all()
    heights = drawn.height[:, :4]
    assert (heights >= 0).all()
    assert heights.max() == np.float32(1)
    assert (heights[:, 1] >= heights[:, 0] - 1e-6).all()
    assert (heights[:, 1] >= heights[:, 3] - 1e-6).all()
    assert 0 < np.nanmin(drawn.along) <= np.nanmax(drawn.along) < sizes.sum()
    top = {int(node): i for i, node in enumerate(drawn.node)}
    for i, node in enumerate(drawn.node):
        left, right = merges[int(node) - n, :2].astype(int)
        for child, corner in ((left, 0), (right, 3)):
            if child in top:
                j = top[child]
                assert drawn.height[i, corner] == drawn.height[j, 1]
                assert np.isclose(drawn.along[i, corner], (drawn.along[j, 0] + drawn.along[j, 3]) / 2, rtol=1e-5)
            elif child < n:
                assert drawn.height[i, corner] == 0


def test_leaves_lie_in_the_middle_of_their_rows():
    values = np.float32([[0.0], [5.0], [0.1]])
    merges = linkage_of(values, method="average")
    drawn = tree(merges, np.int32([0, 2, 1]), np.array([4, 2, 6]))
    assert drawn.along[0, :4].tolist() == [2.0, 2.0, 7.0, 7.0]
    x, y = drawn.lines(np.array([True, False]))
    assert len(x) == len(y) == 5


def test_identical_rows_and_one_row():
    values = np.ones((4, 2), dtype=np.float32)
    merges = linkage_of(values, method="average")
    for plain in (True, False):
        drawn = tree(merges, np.arange(4, dtype=np.int32), plain=plain)
        assert np.isfinite(drawn.height[:, :4]).all()
    assert len(tree(np.empty((0, 4)), np.int32([0])).node) == 0
    assert tree(np.empty((0, 4)), np.int32([0])).lines()[0].tolist() == []
