import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from core.expression import columns
from core.expression.by_gene import ByGene, write_by_gene
from core.expression.matrix import ExpressionMatrix
from core.expression.recipe import Recipe


def matrix_of(dense: np.ndarray) -> ExpressionMatrix:
    n, m = dense.shape
    return ExpressionMatrix(
        sparse.csr_matrix(dense.astype(np.float32)), [f"c{i}" for i in range(n)], [f"G{j}" for j in range(m)]
    )


def test_values_are_normalised_over_all_genes_and_kept_by_gene(tmp_path):
    seen = []
    matrix = matrix_of(np.array([[1, 0, 3], [0, 0, 0], [0, 2, 2]]))
    write_by_gene(tmp_path / "x", matrix, Recipe(), {"G0": 5, "G2": 1, "other": 2}, seen.append)
    store = ByGene(tmp_path / "x", 3)
    assert store.genes == ["G0", "G2"]
    assert "G1" not in store
    np.testing.assert_allclose(store.expression("G0"), np.log1p([2500, 0, 0]), rtol=1e-6)
    np.testing.assert_allclose(store.expression("G2"), np.log1p([7500, 0, 5000]), rtol=1e-6)
    assert store.expression("G2").dtype == np.float32
    assert seen[-1] == 1
    with pytest.raises(KeyError):
        store.expression("G1")


def test_several_genes_in_some_cells(tmp_path):
    write_by_gene(tmp_path / "x", matrix_of(np.array([[1, 0], [1, 1], [0, 1]])), Recipe(), {"G0": 0, "G1": 1})
    found = ByGene(tmp_path / "x", 3).expression_of(["G1", "nowhere", "G0"], np.array([2, 1]))
    np.testing.assert_allclose(found, np.log1p([[1e4, 0, 0], [5e3, 0, 5e3]]), rtol=1e-6)


@pytest.mark.parametrize("dense", [np.zeros((2, 2)), np.ones((2, 0)), np.zeros((1, 1))])
def test_nothing_to_store(tmp_path, dense):
    matrix = matrix_of(dense)
    write_by_gene(tmp_path / "x", matrix, Recipe(), dict.fromkeys(matrix.var_names, 0))
    store = ByGene(tmp_path / "x", matrix.n_obs)
    assert all((store.expression(g) == 0).all() for g in store.genes)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 7), st.integers(1, 12))
def test_chunks_give_the_columns_of_the_whole(tmp_path_factory, seed, n, m, chunk):
    folder = tmp_path_factory.mktemp("by_gene") / "x"
    dense = np.random.default_rng(seed).poisson(0.7, (n, m))
    matrix = matrix_of(dense)
    before, columns._BLOCK_VALUES = columns._BLOCK_VALUES, chunk
    write_by_gene(folder, matrix, Recipe(), dict.fromkeys(matrix.var_names, 0))
    columns._BLOCK_VALUES = before
    expected = Recipe().lognorm(matrix.x).toarray()
    store = ByGene(folder, n)
    np.testing.assert_array_equal(np.stack([store.expression(g) for g in store.genes], axis=1), expected)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 12), m=st.integers(0, 9), chunk=st.integers(1, 9))
def test_all_genes_in_some_cells(tmp_path_factory, seed, n, m, chunk):
    rng = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("x") / "x"
    write_by_gene(folder, matrix_of(rng.poisson(0.7, (n, m))), Recipe(), {f"G{j}" for j in range(m)})
    store = ByGene(folder, n)
    rows = np.sort(rng.permutation(n)[: rng.integers(0, n + 1)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns, "_BLOCK_VALUES", chunk)
        found = store.cells(rows)
    assert found.format == "csr"
    np.testing.assert_array_equal(found.toarray(), store.expression_of(store.genes, rows))
