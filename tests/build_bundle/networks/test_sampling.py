import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.networks.sampling import draw_pairs, pk_batches

SIMILARITY = np.float32([[1, 0.75, 0], [0.75, 1, 0], [0, 0, 1]])


def draw(codes, *, per_type=750, even=False, graded=False, seed=0):
    rng = np.random.default_rng(seed)
    return draw_pairs(np.asarray(codes), SIMILARITY, per_type=per_type, even=even, graded=graded, rng=rng)


def test_a_type_gives_all_its_pairs_once_and_twice_as_many_of_different_types():
    pairs = draw([0, 0, 0, 1, 2])
    same = pairs.similarity == 1
    assert sorted(tuple(sorted(p)) for p in zip(pairs.a[same], pairs.b[same], strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert np.count_nonzero(~same) == 6
    assert (pairs.similarity[~same] == 0).all()


@given(st.lists(st.integers(0, 2), min_size=2, max_size=40), st.integers(1, 30), st.booleans(), st.booleans())
def test_pairs_are_what_they_say(codes, per_type, even, graded):
    codes = np.array(codes)
    pairs = draw(codes, per_type=per_type, even=even, graded=graded)
    same = codes[pairs.a] == codes[pairs.b]
    assert (pairs.a != pairs.b).all()
    assert np.array_equal(same, pairs.similarity == 1)
    sizes = np.bincount(codes, minlength=3)
    assert np.count_nonzero(same) == np.minimum(per_type, sizes * (sizes - 1) // 2).sum()
    expected = 2 * np.count_nonzero(same) if np.count_nonzero(sizes) > 1 else 0
    assert np.count_nonzero(~same) == expected
    if graded:
        np.testing.assert_allclose(pairs.similarity[~same], SIMILARITY[codes[pairs.a], codes[pairs.b]][~same])
    one_type = {tuple(sorted(pair)) for pair in zip(pairs.a[same], pairs.b[same], strict=True)}
    assert len(one_type) == np.count_nonzero(same)


def test_even_pairs_spread_over_the_similarities():
    codes = np.repeat([0, 1, 2], [40, 2, 2])
    related = {
        even: (draw(codes, even=even, graded=True).similarity == np.float32(0.75)).sum() for even in (False, True)
    }
    others = 2 * (750 + 1 + 1)
    assert abs(related[True] / others - 0.5) < 0.05
    assert draw(codes, even=True).similarity.max() == 1


def test_a_batch_has_p_types_of_k_cells_and_lonely_cells_stay_away():
    codes = np.repeat([0, 1, 2, 3], [10, 3, 1, 6])
    batches = list(pk_batches(codes, n_types=2, n_cells=4, rng=np.random.default_rng(1)))
    assert len(batches) == round(20 / 8)
    for rows in batches:
        found, counts = np.unique(codes[rows], return_counts=True)
        assert counts.tolist() == [4, 4]
        assert 2 not in found
    everything = list(pk_batches(codes, n_types=18, n_cells=4, rng=np.random.default_rng(1)))
    assert {len(rows) for rows in everything} == {12}
    full = next(rows for rows in everything if 0 in codes[rows])
    assert len(set(full[codes[full] == 0])) == 4  # enough cells: none twice


def test_without_two_types_of_two_cells_there_is_no_batch():
    assert list(pk_batches(np.array([0, 0, 1]), n_types=2, n_cells=2, rng=np.random.default_rng(0))) == []
