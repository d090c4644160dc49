import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.train.targets import class_targets
from core.ontology.similarity import Similarity

CHAIN = Similarity({("a", "b"): 0.75, ("b", "a"): 0.75, ("b", "c"): 0.25, ("c", "b"): 0.25})


def test_spreads_a_share_over_relatives_in_proportion():
    targets = class_targets(["a", "b", "c", "x"], CHAIN, 0.4)
    np.testing.assert_allclose(targets[0], [0.6, 0.4, 0, 0], rtol=1e-6)
    np.testing.assert_allclose(targets[1], [0.3, 0.6, 0.1, 0], rtol=1e-6)
    np.testing.assert_allclose(targets[3], [0, 0, 0, 1])  # no relative: hard


def test_no_share_is_hard():
    np.testing.assert_array_equal(class_targets(["a", "b"], CHAIN, 0.0), np.eye(2, dtype=np.float32))


@given(st.floats(0, 1), st.permutations(["a", "b", "c", "x"]))
def test_rows_are_distributions(soft, classes):
    targets = class_targets(classes, CHAIN, soft)
    assert (targets >= 0).all()
    np.testing.assert_allclose(targets.sum(axis=1), 1, rtol=1e-6)
