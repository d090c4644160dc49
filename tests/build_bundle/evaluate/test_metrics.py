import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.metrics import f1_score

from build_bundle.evaluate.metrics import average_flexible_precision, average_precision, macro_f1, mean_over_labels

relevances = arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(1, 20)), elements=st.sampled_from([0, 0.25, 0.5, 0.75, 1])
)
labels = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcde")), min_size=1, max_size=40)


def test_afp_of_a_hand_computed_case():
    # rel 1, .5, 0, 1: scores 1, .75, .5, .625
    assert average_flexible_precision(np.array([[1, 0.5, 0, 1]]))[0] == pytest.approx((1 + 0.75 + 0.5 + 0.625) / 4)


def test_ap_of_a_hand_computed_case():
    # hits at 1, 3 and 4 of 4, six relevant in the reference: (1 + 2/3 + 3/4) / min(4, 6)
    exact = np.array([[True, False, True, True]])
    assert average_precision(exact, np.array([6]))[0] == pytest.approx((1 + 2 / 3 + 3 / 4) / 4)
    assert average_precision(exact, np.array([3]))[0] == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)


@given(relevances)
def test_afp_follows_its_definition_and_its_bounds(relevance):
    afp = average_flexible_precision(relevance)
    expected = [[np.mean(row[: i + 1]) for i in range(len(row))] for row in relevance]
    np.testing.assert_allclose(afp, np.mean(expected, axis=1))
    assert (afp <= relevance.max(axis=1) + 1e-12).all()
    assert (afp >= relevance.min(axis=1) - 1e-12).all()


@given(relevances)
def test_bringing_related_cells_forward_never_lowers_afp(relevance):
    forward = -np.sort(-relevance, axis=1)
    assert (average_flexible_precision(forward) >= average_flexible_precision(relevance) - 1e-12).all()


@given(relevances)
def test_all_relevant_is_one_and_none_is_zero(relevance):
    ones, zeros = np.ones_like(relevance), np.zeros_like(relevance)
    np.testing.assert_allclose(average_flexible_precision(ones), 1)
    np.testing.assert_allclose(average_flexible_precision(zeros), 0)
    many = np.full(len(relevance), 1000)
    np.testing.assert_allclose(average_precision(ones.astype(bool), many), 1)
    np.testing.assert_allclose(average_precision(zeros.astype(bool), many), 0)


@given(relevances)
def test_ap_lies_between_zero_and_one(relevance):
    exact = relevance == 1
    ap = average_precision(exact, np.maximum(exact.sum(axis=1), 1))
    assert ((ap >= 0) & (ap <= 1 + 1e-12)).all()


@given(labels)
def test_macro_f1_agrees_with_scikit_learn(pairs):
    truth, predicted = (np.array(side, dtype=object) for side in zip(*pairs, strict=True))
    names = sorted(set(truth))
    expected = f1_score(truth, predicted, labels=names, average="macro", zero_division=0)
    assert macro_f1(truth, predicted) == pytest.approx(expected)


def test_every_label_counts_alike():
    values = np.array([1.0, 1.0, 1.0, 0.0])
    assert mean_over_labels(values, np.array(["a", "a", "a", "b"], dtype=object)) == 0.5
    assert stats.describe(values).mean == 0.75
