import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ontology.graph import Ontology
from core.search import confidence
from core.search.confidence import Backoff, learn_threshold, statuses

TERMS = {t: t for t in ("cell", "lymphocyte", "T", "B", "monocyte", "tissue")}
BLOOD = Ontology(TERMS, [("lymphocyte", "cell"), ("monocyte", "cell"), ("T", "lymphocyte"), ("B", "lymphocyte")])
TYPES = ["T", "B", "monocyte", "tissue", "elsewhere"]


def call(scores: list[float], label: int, threshold: float = 0.5) -> str:
    backoff = Backoff(BLOOD, TYPES)
    found = int(backoff.narrowest(np.float32([scores]), np.int32([label]), threshold)[0])
    return "" if found < 0 else backoff.term_ids[found]


def test_statuses():
    found = statuses(
        np.float32([0.5, 0.49, 0.9, 0.1]), np.float32([0.2, 0.2, 0.71, 0.71]), threshold=0.5, unknown_distance=0.7
    )
    assert found.tolist() == ["confident", "ambiguous", "unknown", "unknown"]


def test_rounding_of_scores_does_not_decide():
    score = np.float32([0.1] * 10).sum(dtype=np.float32)[np.newaxis]
    assert statuses(score, np.float32([0]), threshold=1.0, unknown_distance=1).tolist() == ["confident"]


def test_narrowest_ancestor_that_reaches_the_threshold():
    assert call([0.4, 0.3, 0.3, 0, 0], 0) == "lymphocyte"
    assert call([0.3, 0.1, 0.25, 0, 0.35], 0) == "cell"
    assert call([0.3, 0.1, 0.25, 0, 0.35], 0, threshold=0.9) == ""
    assert call([0.4, 0.3, 0.3, 0, 0], 0, threshold=1.0) == "cell"


def test_only_ancestors_of_the_label_are_candidates():
    assert call([0.3, 0.3, 0.4, 0, 0], 2) == "cell"  # not lymphocyte, although 0.6 say so


def test_a_label_that_is_a_root_or_not_in_the_graph_has_no_ancestor():
    assert call([0.1, 0.1, 0.1, 0.4, 0.3], 3) == ""
    assert call([0.1, 0.1, 0.1, 0.3, 0.4], 4) == ""


def test_no_ancestor_at_all():
    flat = Backoff(Ontology({"a": "A", "b": "B"}, []), ["a", "b"])
    assert flat.term_ids == []
    assert flat.narrowest(np.float32([[0.4, 0.6]]), np.int32([1]), 0.5).tolist() == [-1]


def test_a_label_that_is_itself_an_ancestor_counts_for_its_descendants_parent():
    backoff = Backoff(BLOOD, ["lymphocyte", "T", "monocyte"])
    found = backoff.narrowest(np.float32([[0.3, 0.4, 0.3]]), np.int32([1]), 0.5)
    assert backoff.term_ids[found[0]] == "lymphocyte"


def test_learn_threshold():
    distances = np.arange(101, dtype=np.float32)
    assert learn_threshold(distances) == pytest.approx(99)
    assert learn_threshold(distances, quantile=0.5) == pytest.approx(50)


@pytest.mark.parametrize("distances", [np.float32([]), np.float32([1, np.nan])])
def test_nothing_to_learn_from(distances):
    with pytest.raises(ValueError, match="cannot learn"):
        learn_threshold(distances)


@given(st.integers(0, 2**32), st.floats(0.05, 1), st.integers(1, 20))
def test_the_answer_is_the_deepest_that_reaches(seed, threshold, chunk):
    rng = np.random.default_rng(seed)
    raw = rng.random((9, len(TYPES))) ** 3
    scores = (raw / raw.sum(axis=1, keepdims=True)).astype(np.float32)
    label = scores.argmax(axis=1).astype(np.int32)
    backoff = Backoff(BLOOD, TYPES)
    before, confidence._CHUNK = confidence._CHUNK, chunk
    found = backoff.narrowest(scores, label, threshold)
    confidence._CHUNK = before
    for i, choice in enumerate(found.tolist()):
        name = TYPES[label[i]]
        above = BLOOD.ancestors(name) if name in BLOOD else frozenset()
        reached = {
            a: BLOOD.depth(a)
            for a in above
            if sum(s for s, t in zip(scores[i], TYPES, strict=True) if t in BLOOD and a in BLOOD.ancestors(t) | {t})
            >= threshold - 1e-5
        }
        assert (choice >= 0) == bool(reached)
        if reached:
            assert BLOOD.depth(backoff.term_ids[choice]) == max(reached.values())
            assert backoff.term_ids[choice] in reached
