import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.evaluate.nearest import NearestStream


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 15), st.integers(1, 13))
def test_blocks_of_any_size_give_the_nearest_of_the_whole(seed, n_ref, k, block):
    rng = np.random.default_rng(seed)
    reference, queries = (
        rng.standard_normal((n_ref, 3)).astype(np.float32),
        rng.standard_normal((4, 3)).astype(np.float32),
    )
    names = np.sort(rng.choice(1000, n_ref, replace=False)).astype(np.int64)
    stream = NearestStream(queries, k)
    for start in range(0, n_ref, block):
        stream.add(names[start : start + block], reference[start : start + block])
    ids, distances = stream.result()
    true = np.linalg.norm(queries[:, None] - reference[None], axis=2)
    expected = np.sort(true, axis=1)[:, :k]
    assert ids.shape == expected.shape
    np.testing.assert_allclose(distances, expected, atol=2e-3)
    np.testing.assert_allclose(np.take_along_axis(true, np.searchsorted(names, ids), axis=1), distances, atol=2e-3)


def test_a_cell_is_at_distance_zero_from_itself_and_ties_keep_order():
    x = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    stream = NearestStream(x[:1], 2)
    stream.add(np.arange(3), x)
    ids, distances = stream.result()
    assert ids.tolist() == [[0, 1]]
    assert distances.tolist() == [[0, 0]]
