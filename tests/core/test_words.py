import pytest

from core import words


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1 study"), (2, "2 studies"), (0, "0 studies"), (12_825, "12,825 studies")],
)
def test_counts_have_their_noun(value, text):
    assert words.count(value, "study", "studies") == text


def test_a_count_without_a_noun():
    assert words.count(2638) == "2,638"


@pytest.mark.parametrize(
    ("value", "text"),
    [(12, "12 bytes"), (94_000, "94 kB"), (5_123_456, "5.1 MB"), (391e6, "391 MB"), (4.26e9, "4.3 GB")],
)
def test_sizes(value, text):
    assert words.size(value) == text


@pytest.mark.parametrize(("value", "text"), [(312 * 2**20, "312 MB"), (4 * 2**30, "4 GB"), (1.5 * 2**30, "1.5 GB")])
def test_memory_counts_as_machines_do(value, text):
    assert words.memory(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (42.3, "42 s"), (60, "1 min 0 s"), (125, "2 min 5 s")]
)
def test_durations(value, text):
    assert words.seconds(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(86_399, "23 hours"), (3_600, "1 hour"), (3_599, "59 minutes"), (-5, "1 minute")]
)
def test_what_is_left_is_never_overstated(value, text):
    assert words.remaining(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.5512, "0.55"), (None, "–"), (float("nan"), "–"), (1.0, "1.00")])
def test_scores(value, text):
    assert words.score(value) == text


@pytest.mark.parametrize(("value", "text"), [(1e-80, "< 0.001"), (0.0312, "0.031"), (1.0, "1.000")])
def test_p_values(value, text):
    assert words.p_value(value) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dendritic cell: 7", "Dendritic cell: 7"),
        ("mDC: 7", "mDC: 7"),
        ("NK cell", "NK cell"),
        ("", ""),
        ("b: 1", "B: 1"),
    ],
)
def test_sentences_begin_with_a_capital(text, expected):
    assert words.sentence(text) == expected


def test_fingerprints_are_two_groups_of_four():
    assert words.fingerprint("c41d09fe77aa") == "c41d 09fe"


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 10, "0 %"),
        (1, 1_000, "< 1 %"),
        (5, 1_000, "< 1 %"),
        (10, 1_000, "1 %"),
        (995, 1_000, "> 99 %"),
        (1, 2, "50 %"),
        (999, 1_000, "> 99 %"),
        (7, 7, "100 %"),
        (0, 0, "0 %"),
    ],
)
def test_percent(part, whole, text):
    assert words.percent(part, whole) == text
