"""Renumbering columns equals the dense way, in blocks of any size."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from core.expression import columns


@settings(deadline=None)
@given(st.integers(0, 9999), st.integers(1, 9), st.integers(1, 8), st.integers(1, 12))
def test_renumbering_is_adding_columns_up(seed, n, m, block):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, (n, m)).astype(np.float32)
    place = rng.integers(-1, 4, m).astype(np.int32)
    want = np.zeros((n, 4), dtype=np.float32)
    for j, to in enumerate(place):
        if to >= 0:
            want[:, to] += x[:, j]
    before, columns._BLOCK_VALUES = columns._BLOCK_VALUES, block
    try:
        made = columns.renumber(sparse.csr_matrix(x), place, 4)
    finally:
        columns._BLOCK_VALUES = before
    assert np.array_equal(made.toarray(), want)
    assert made.has_sorted_indices
    assert made.dtype == np.float32
    assert (made.data != 0).all()


def test_blocks_cover_all_rows_once():
    x = sparse.csr_matrix(np.ones((10, 3)))
    before, columns._BLOCK_VALUES = columns._BLOCK_VALUES, 7
    try:
        blocks = list(columns.row_blocks(x.indptr))
    finally:
        columns._BLOCK_VALUES = before
    assert [b.start for b in blocks] == [0, 2, 4, 6, 8]
    assert blocks[-1].stop == 10
