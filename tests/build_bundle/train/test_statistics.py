import numpy as np
import pytest
from scipy import sparse

from build_bundle.train.statistics import Block, encoder_inputs
from core.expression.recipe import Recipe

GENES = np.array(["A", "B", "C", "D"], dtype=object)


def block(values, measured=(True, True, True, True), part="p"):
    x = np.asarray(values, dtype=np.float32)
    return Block(part, part, sparse.csr_matrix(x), np.array(measured), np.array(["t"] * len(x), dtype=object))


def test_one_part_gives_its_own_moments():
    x = np.array([[1, 1, 2, 0], [3, 1, 0, 0]], dtype=np.float32)
    inputs = encoder_inputs(GENES, [block(x)], Recipe())
    v = np.log1p(1e4 * x / x.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(inputs.mean, v.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(inputs.sd, v.std(axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(inputs.detected, [1, 1, 0.5, 0])
    np.testing.assert_allclose(inputs.profile, (x / x.sum(axis=1, keepdims=True)).mean(axis=0), rtol=1e-6)


def test_parts_are_weighted_by_their_cells_and_differ_in_the_variance():
    a, b = np.tile([[1, 1, 1, 1]], (30, 1)), np.tile([[4, 2, 1, 1]], (10, 1))
    inputs = encoder_inputs(GENES, [block(a), block(b, part="q")], Recipe())
    va, vb = np.log1p(1e4 * 0.25), np.log1p(1e4 * 0.5)
    mean = (30 * va + 10 * vb) / 40
    assert inputs.mean[0] == pytest.approx(mean, rel=1e-6)
    variance = (30 * (va - mean) ** 2 + 10 * (vb - mean) ** 2) / 40
    assert inputs.sd[0] == pytest.approx(np.sqrt(variance), rel=1e-4)
    assert inputs.profile[0] == pytest.approx((30 * 0.25 + 10 * 0.5) / 40)


def test_a_part_weighs_no_more_than_500_cells():
    many, few = np.tile([[1, 1, 1, 1]], (2000, 1)), np.tile([[4, 2, 1, 1]], (500, 1))
    inputs = encoder_inputs(GENES, [block(many), block(few, part="q")], Recipe())
    assert inputs.mean[0] == pytest.approx((np.log1p(2500) + np.log1p(5000)) / 2, rel=1e-6)


def test_a_missing_gene_counts_for_nothing():
    full = block([[1, 1, 1, 1]] * 4)
    narrow = block([[8, 0, 0, 0], [2, 0, 0, 0]], measured=(True, False, False, False), part="narrow")
    alone, both = encoder_inputs(GENES, [full], Recipe()), encoder_inputs(GENES, [full, narrow], Recipe())
    np.testing.assert_array_equal(alone.profile, both.profile)  # too narrow to speak for the profile
    np.testing.assert_allclose(alone.mean[1:], both.mean[1:])
    # its single gene holds a quarter of a cell, as the profile says, so v agrees with the full part's
    assert both.mean[0] == pytest.approx(alone.mean[0], rel=1e-5)


def test_a_gene_only_narrow_parts_measured_gets_an_average_share():
    wide = block([[2, 1, 1, 0]] * 3, measured=(True, True, True, False))
    narrow = block([[0, 0, 0, 5]] * 3, measured=(False, False, False, True), part="narrow")
    inputs = encoder_inputs(GENES, [wide, narrow], Recipe())
    assert inputs.profile.sum() == pytest.approx(1)
    assert inputs.profile[3] == pytest.approx(inputs.profile[:3].mean())
    assert np.isfinite(inputs.transform(narrow.x, narrow.measured)).all()


def test_where_all_parts_are_narrow_all_speak():
    a = block([[1, 1, 0, 0]], measured=(True, True, False, False))
    b = block([[0, 0, 1, 3]], measured=(False, False, True, True), part="q")
    assert (encoder_inputs(GENES, [a, b], Recipe()).profile > 0).all()


def test_cells_without_any_count_do_not_break_it():
    inputs = encoder_inputs(GENES, [block([[0, 0, 0, 0]] * 3)], Recipe())
    assert np.isfinite(inputs.transform(sparse.csr_matrix((2, 4), dtype=np.float32), np.ones(4, bool))).all()
    np.testing.assert_allclose(inputs.profile, 0.25)
