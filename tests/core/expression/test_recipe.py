"""The recipe: what must hold for any cell, whatever its depth, panel or batch."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from core.expression.matrix import ExpressionMatrix
from core.expression.recipe import EncoderInputs, Recipe

N_VOCAB = 12
counts = hnp.arrays(np.float32, (5, N_VOCAB), elements=st.sampled_from([0, 0, 0, 1, 2, 3, 7, 100]))
panels = hnp.arrays(bool, N_VOCAB)


def inputs(**recipe) -> EncoderInputs:
    rng = np.random.default_rng(0)
    profile = rng.random(N_VOCAB)
    return EncoderInputs(
        Recipe(**recipe),
        [f"G{i}" for i in range(N_VOCAB)],
        mean=rng.random(N_VOCAB),
        sd=rng.random(N_VOCAB),
        profile=profile / profile.sum(),
        detected=rng.random(N_VOCAB),
    )


def test_transform_is_the_written_formula():
    e = inputs()
    x = np.array([[0, 3, 0, 1, 0, 0, 9, 0, 0, 2, 0, 5.0]])
    m = np.arange(N_VOCAB) % 5 != 1
    s = e.profile[m].sum()
    v = np.log1p(1e4 * s * x[:, m] / x[:, m].sum())
    z = np.clip((v - e.mean[m]) / (e.sd[m] + 0.02), -5, 5)
    want = np.zeros((1, N_VOCAB))
    want[:, m] = z * np.sqrt(N_VOCAB) / np.linalg.norm(z)
    got = e.transform(sparse.csr_matrix(x, dtype=np.float32), m)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)


@settings(deadline=None)
@given(counts, panels, st.floats(0.01, 1000))
def test_scaling_a_cell_changes_nothing(x, measured, factor):
    e = inputs()
    once = e.transform(sparse.csr_matrix(x), measured)
    again = e.transform(sparse.csr_matrix(x * np.float32(factor)), measured)
    np.testing.assert_allclose(once, again, rtol=1e-4, atol=1e-4)


@settings(deadline=None)
@given(counts, panels)
def test_unmeasured_genes_are_exactly_zero_and_rows_have_one_length(x, measured):
    z = inputs().transform(sparse.csr_matrix(x), measured)
    assert np.isfinite(z).all()
    assert not z[:, ~measured].any()
    lengths = np.linalg.norm(z, axis=1)
    assert np.all(np.isclose(lengths, np.sqrt(N_VOCAB), rtol=1e-5) | (lengths == 0))


@settings(deadline=None)
@given(counts, panels, st.integers(1, 4))
def test_batches_give_the_same_numbers(x, measured, cut):
    e = inputs()
    whole = e.transform(sparse.csr_matrix(x), measured)
    parts = [e.transform(sparse.csr_matrix(p), measured) for p in (x[:cut], x[cut:])]
    assert np.array_equal(whole, np.vstack(parts))


@settings(deadline=None)
@given(counts, panels)
def test_values_of_unmeasured_genes_do_not_matter(x, measured):
    e = inputs()
    without = np.where(measured, x, 0).astype(np.float32)
    assert np.array_equal(
        e.transform(sparse.csr_matrix(x), measured), e.transform(sparse.csr_matrix(without), measured)
    )


def test_without_row_norm_values_are_clipped_z_scores():
    z = inputs(row_norm=False).transform(sparse.csr_matrix(np.eye(N_VOCAB, dtype=np.float32)), np.ones(N_VOCAB, bool))
    assert np.abs(z).max() == 5


def test_nothing_measured_gives_zeros():
    z = inputs().transform(sparse.csr_matrix(np.ones((2, N_VOCAB), np.float32)), np.zeros(N_VOCAB, bool))
    assert not z.any()


def test_lognorm_sums_to_the_target_and_keeps_empty_cells():
    x = sparse.csr_matrix([[1.0, 3, 0], [0, 0, 0], [5, 0, 5]], dtype=np.float32)
    y = Recipe().lognorm(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(np.expm1(y.toarray()).sum(1), [1e4, 0, 1e4], rtol=1e-5)
    np.testing.assert_allclose(y.toarray()[0], np.log1p([2500, 7500, 0]), rtol=1e-6)


def test_lognorm_of_a_huge_cell_keeps_its_precision():
    x = sparse.csr_matrix(np.full((1, 20_000), 12_345.0, dtype=np.float32))
    np.testing.assert_allclose(np.expm1(Recipe().lognorm(x).data.astype(float)).sum(), 1e4, rtol=1e-5)


def test_align_orders_drops_and_adds_up():
    e = inputs()
    matrix = ExpressionMatrix(np.array([[1, 2, 4, 8], [0, 0, 16, 0]]), ["a", "b"], ["G5", "unknown", "G2", "G5"])
    values, measured = e.align(matrix)
    want = np.zeros((2, N_VOCAB))
    want[0, 5], want[0, 2], want[1, 2] = 9, 4, 16
    assert np.array_equal(values.toarray(), want)
    assert np.flatnonzero(measured).tolist() == [2, 5]
    assert values.has_sorted_indices


def test_align_with_no_genes_at_all():
    values, measured = inputs().align(ExpressionMatrix(np.zeros((2, 0)), ["a", "b"], []))
    assert values.shape == (2, N_VOCAB)
    assert not measured.any()


@settings(deadline=None)
@given(counts, st.permutations(range(N_VOCAB)))
def test_the_order_of_columns_does_not_matter(x, order):
    e = inputs()
    matrix = ExpressionMatrix(x[:, order], list("abcde"), e.genes[np.array(order)])
    values, measured = e.align(matrix)
    assert measured.all()
    assert np.array_equal(values.toarray(), x)


def test_recipe_survives_json():
    recipe = Recipe(target_sum=1e6, row_norm=False)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"clip": -1},
        {"target_sum": float("nan")},
        {"sd_offset": float("inf")},
        {"one_sided": 1.5},
        {"one_sided": -0.1},
    ],
)
def test_a_wrong_recipe_is_refused(change):
    with pytest.raises(ValueError, match="recipe"):
        Recipe.from_dict(Recipe().to_dict() | change)


def test_what_was_found_at_all_stands_behind_the_z_scores():
    e = inputs(detected=0.5)
    x = np.random.default_rng(1).poisson(0.7, (6, N_VOCAB)).astype(np.float32)
    measured = np.arange(N_VOCAB) % 3 > 0
    x *= measured
    found = e.transform(sparse.csr_matrix(x), measured)
    assert found.shape == (6, e.n_inputs) == (6, 2 * N_VOCAB)
    np.testing.assert_array_equal(found[:, :N_VOCAB], e.z_scores(sparse.csr_matrix(x), measured))
    p = e.detected.astype(float)
    expected = np.clip(((x > 0) - p) / np.sqrt(p * (1 - p) + 0.02), -5, 5) * measured
    expected *= 0.5 * np.sqrt(N_VOCAB) / np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(found[:, N_VOCAB:], expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), e.length, rtol=1e-5)


def test_depth_changes_what_was_found_only_through_zeros():
    e = inputs(detected=1.0)
    x = np.random.default_rng(1).poisson(0.7, (6, N_VOCAB)).astype(np.float32)
    once, thrice = (e.detections(sparse.csr_matrix(factor * x), np.ones(N_VOCAB, bool)) for factor in (1, 3))
    np.testing.assert_array_equal(once, thrice)


def test_inputs_from_the_bundle_table():
    e = inputs()
    columns = e.to_table()
    for table in (pa.table(columns), pd.DataFrame(columns)):
        again = EncoderInputs.from_table(Recipe(), table)
        assert again.genes.tolist() == e.genes.tolist()
        assert np.array_equal(again.profile, e.profile)
        assert np.array_equal(again.detected, e.detected)


def test_inputs_refuse_what_cannot_be():
    ok = np.ones(2)
    with pytest.raises(ValueError, match="twice"):
        EncoderInputs(Recipe(), ["A", "A"], ok, ok, ok, ok)
    with pytest.raises(ValueError, match="sd must hold 2"):
        EncoderInputs(Recipe(), ["A", "B"], ok, np.ones(3), ok, ok)
    with pytest.raises(ValueError, match="mean must hold 2"):
        EncoderInputs(Recipe(), ["A", "B"], np.array([1, np.nan]), ok, ok, ok)
