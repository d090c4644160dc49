"""CSR arrays: what is accepted equals scipy's view of it, what contradicts itself is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from core.errors import FileFormatError
from core.expression.formats import csr

matrices = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 6), st.integers(1, 7)), elements=st.sampled_from([0, 0, 1, 2.5])
)


def arrays(dense):
    m = sparse.csr_matrix(dense)
    return m.data, m.indices.astype(np.int32), m.indptr.astype(np.int64)


def dense(triplet, shape):
    return sparse.csr_matrix(triplet, shape=shape).toarray()


@settings(deadline=None)
@given(matrices)
def test_dense_blocks_and_turning(x):
    made = csr.from_dense(iter([x[:1], x[1:]]))
    assert np.array_equal(dense(made, x.shape), x)
    assert np.array_equal(dense(csr.flip(made, x.shape[1]), x.T.shape), x.T)


@settings(deadline=None)
@given(matrices, st.randoms(use_true_random=False))
def test_tidy_sorts_adds_up_and_drops_zeros(x, random):
    data, indices, indptr = arrays(x)
    data = np.concatenate((data, data * 0))  # every value a second time, as 0
    rows = np.repeat(np.arange(len(x)), np.diff(indptr))
    order = list(range(len(data)))
    random.shuffle(order)
    order.sort(key=lambda i: np.tile(rows, 2)[i])
    shuffled = (data[order], np.tile(indices, 2)[order], indptr * 2)
    tidied = csr.tidy(shuffled, x.shape[1])
    assert np.array_equal(dense(tidied, x.shape), x)
    assert (tidied[0] != 0).all()


@given(matrices)
def test_tidy_leaves_tidy_arrays_alone(x):
    made = arrays(x)
    assert all(a is b for a, b in zip(csr.tidy(made, x.shape[1]), made, strict=True))


def test_order_is_checked_across_the_edges_of_slices(monkeypatch):
    monkeypatch.setattr(csr, "_STEP", 2)
    x = np.array([[1, 1, 1, 1, 1.0]], dtype=np.float32)
    data, indices, indptr = arrays(x)
    assert csr.tidy((data, indices, indptr), 5)[1] is indices
    turned = csr.tidy((data, indices[::-1].copy(), indptr), 5)
    assert turned[1].tolist() == [0, 1, 2, 3, 4]


@given(matrices, st.data())
def test_keeping_columns(x, data):
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=x.shape[1], max_size=x.shape[1])))
    made = csr.keep_columns(arrays(x), kept)
    assert np.array_equal(dense(made, (len(x), int(kept.sum()))), x[:, kept])


@pytest.mark.parametrize("indptr", [[0, 1], [0, 2, 1, 4], [1, 2, 3, 4], [0, 1, 2, 3], [0, -1, 2, 4]])
def test_row_pointers_that_do_not_fit(indptr):
    with pytest.raises(FileFormatError, match="X/indptr"):
        csr.check_indptr(np.array(indptr), 3, 4, "X")


@pytest.mark.parametrize("indices", [[0, 3], [-1, 0]])
def test_columns_outside_the_matrix(indices):
    with pytest.raises(FileFormatError, match="X/indices points to"):
        csr.check_indices(np.array(indices), 3, "X")


def test_nothing_is_fine():
    csr.check_indptr(np.array([0, 0]), 1, 0, "X")
    csr.check_indices(np.array([], dtype=np.int32), 3, "X")
    assert csr.from_dense(iter([]))[2].tolist() == [0]
