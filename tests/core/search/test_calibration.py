import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ontology.graph import Ontology
from core.search.calibration import LABEL, NOTHING, Calibration, features
from core.search.confidence import Backoff

ONTOLOGY = Ontology(
    {"C": "cell", "L": "lymphocyte", "T": "T cell", "B": "B cell", "M": "monocyte"},
    [("T", "L"), ("B", "L"), ("L", "C"), ("M", "C")],
)
BACKOFF = Backoff(ONTOLOGY, ["T", "B", "M"])
# probability = sigmoid(logit of the share): the share itself, whatever the distance
PLAIN = Calibration(np.array([0.0, 1.0, 0.0, 0.0]), np.array([0.1, 0.4]), np.array([0.9, 0.6]))


def answers(scores, error=0.1, calibration=PLAIN, distance=0.3):
    scores = np.asarray(scores, dtype=np.float32)
    label = scores.argmax(axis=1).astype(np.int32)
    place, p = calibration.answer(BACKOFF, scores, label, np.full(len(scores), distance, np.float32), error)
    named = ["label" if i == LABEL else "none" if i == NOTHING else BACKOFF.term_ids[i] for i in place]
    return named, p


def test_features_by_hand():
    got = features([0.5, 0.75, 1.0], 0.2, [True, False, False])
    np.testing.assert_allclose(got, [[0, 0.2, 1], [np.log(3), 0.2, 0], [np.log(999), 0.2, 0]], rtol=1e-6)


def test_the_answer_is_the_narrowest_term_that_is_safe_enough():
    scores = [[0.95, 0.05, 0], [0.6, 0.35, 0.05], [0.5, 0.1, 0.4]]
    named, p = answers(scores)
    assert named == ["label", "L", "C"]
    np.testing.assert_allclose(p, [0.95, 0.95, 0.999], rtol=1e-3)
    assert answers(scores, error=0.4)[0] == ["label", "label", "L"]


def test_no_term_is_safe_where_distance_takes_every_certainty_away():
    far = Calibration(np.array([0.0, 1.0, -20.0, 0.0]), np.array([0.1]), np.array([0.9]))
    named, p = answers([[1.0, 0, 0]], calibration=far, distance=0.9)
    assert named == ["none"]
    assert p.tolist() == [0.0]


def test_an_error_below_all_learned_ones_asks_for_certainty_and_between_two_the_stricter_counts():
    assert PLAIN.threshold(0.05) == 1.0
    assert PLAIN.threshold(0.1) == 0.9
    assert PLAIN.threshold(0.25) == 0.9
    assert PLAIN.threshold(0.9) == 0.6


@given(st.integers(0, 5000), st.floats(0, 1))
def test_answers_contain_the_label_and_widen_as_the_error_shrinks(seed, distance):
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.ones(3) * 0.5, size=5).astype(np.float32)
    calibration = Calibration(rng.normal([0, 1, -1, 0], 0.3), np.array([0.1, 0.3]), np.array([0.9, 0.6]))
    depth = {"label": 99, "none": -1, **{t: ONTOLOGY.depth(t) for t in BACKOFF.term_ids}}
    strict, loose = (answers(scores, error, calibration, distance)[0] for error in (0.1, 0.3))
    label = [BACKOFF.type_ids[i] for i in scores.argmax(axis=1)]
    for a, b, name in zip(strict, loose, label, strict=True):
        assert depth[a] <= depth[b]
        assert a in {"label", "none"} or a in ONTOLOGY.ancestors(name)


def test_what_was_learned_is_read_from_the_table_and_nothing_from_an_empty_one():
    rows = [
        ("weight", n, 0.0, y)
        for n, y in zip(("intercept", "log_odds", "mean_distance", "is_label"), (1, 2, 3, 4), strict=True)
    ]
    rows += [("threshold", "", 0.2, 0.7), ("threshold", "", 0.1, 0.8), ("summary", "calibration_error", 0.0, 0.02)]
    table = pd.DataFrame(rows, columns=["kind", "name", "x", "y"])
    read = Calibration.from_table(table)
    assert read.weights.tolist() == [1, 2, 3, 4]
    assert (read.errors.tolist(), read.thresholds.tolist()) == ([0.1, 0.2], [0.8, 0.7])
    assert Calibration.from_table(table.iloc[:0]) is None
    assert Calibration.from_table(table[table["kind"] != "threshold"]) is None


def test_a_probability_is_one_number_a_cell_between_0_and_1():
    p = PLAIN.of_labels(np.float32([[0.2, 0.8, 0], [1, 0, 0]]), np.int32([1, 0]), np.float32([0.1, 0.1]))
    assert p == pytest.approx([0.8, 0.999], abs=1e-3)


def test_labels_that_are_wider_terms_are_judged_as_terms_above_a_label():
    graded = Calibration(np.array([0.0, 1.0, 0.0, -2.0]), np.array([0.1]), np.array([0.9]))
    wider = graded.for_wider_types()
    assert wider.probability(0.5, 0.2, is_label=True) == graded.probability(0.5, 0.2, is_label=False) == 0.5
    assert graded.probability(0.5, 0.2, is_label=True) < 0.2
