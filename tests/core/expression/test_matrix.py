"""The matrix type keeps names, values and metadata together."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from core.expression.matrix import ExpressionMatrix, RawMatrix, as_names


def small() -> ExpressionMatrix:
    return ExpressionMatrix(
        sparse.csr_matrix([[1.0, 0, 2], [0, 3, 0]]), ["a", "b"], ["G1", "G2", "G3"], pd.DataFrame({"donor": [1, 2]})
    )


def test_any_sparse_or_dense_input_becomes_float32_csr():
    for x in (np.eye(2), sparse.csc_matrix(np.eye(2)), sparse.coo_array(np.eye(2, dtype=int))):
        matrix = ExpressionMatrix(x, ["a", "b"], ["G1", "G2"])
        assert isinstance(matrix.x, sparse.csr_matrix)
        assert matrix.x.dtype == np.float32
        assert matrix.x.toarray().tolist() == [[1, 0], [0, 1]]


def test_names_become_text():
    assert as_names(np.array([1, 2])).tolist() == ["1", "2"]
    assert as_names(pd.Index(["x", None])).tolist()[0] == "x"


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="names are 1 x 2"):
        ExpressionMatrix(np.eye(2), ["a"], ["G1", "G2"])
    with pytest.raises(ValueError, match="3 rows for 2 cells"):
        ExpressionMatrix(np.eye(2), ["a", "b"], ["G1", "G2"], pd.DataFrame({"x": [1, 2, 3]}))


def test_metadata_is_never_missing():
    matrix = ExpressionMatrix(np.eye(2), ["a", "b"], ["G1", "G2"])
    assert matrix.obs.shape == (2, 0)
    assert matrix.obs.index.tolist() == ["a", "b"]


@pytest.mark.parametrize("rows", [np.array([1]), np.array([False, True])])
def test_taking_cells_takes_all_their_parts(rows):
    taken = small().take_obs(rows)
    assert taken.n_obs == 1
    assert taken.n_vars == 3
    assert taken.obs_names.tolist() == ["b"]
    assert taken.obs["donor"].tolist() == [2]
    assert taken.x.toarray().tolist() == [[0, 3, 0]]


def test_raw_matrix_reports_its_size():
    raw = RawMatrix(small(), "CSV")
    assert (raw.n_obs, raw.n_vars) == (2, 3)
    assert dict(raw.other_var_names) == {}
