import pytest

from callbacks import reading
from core.errors import InputError


@pytest.mark.parametrize("level", ["2", "-1", "nan", "high", "0x1"])
def test_a_confidence_level_is_a_share(level):
    with pytest.raises(InputError, match="confidence level"):
        reading.read_threshold(level)


@pytest.mark.parametrize(("level", "value"), [(None, None), ("", None), ("0.7", 0.7), ("0", 0.0), ("1", 1.0)])
def test_confidence_levels_are_read(level, value):
    assert reading.read_threshold(level) == value


@pytest.mark.parametrize(
    ("clusters", "n"),
    [(None, 9), ("12", 12), ("1", 9), ("21", 9), ("x", 9), ("-3", 9), ("²", 9), ("2", 2), ("9" * 5000, 9)],
)
def test_cluster_numbers_are_read(clusters, n):
    assert reading.read_clusters(clusters) == n


@pytest.mark.parametrize(
    ("size", "read"),
    [
        ([400, 300], (400, 300)),
        ([400.6, 300.2], (400, 300)),
        ([1, 10**9], (120, 4000)),
        ([float("nan"), 300], (120, 300)),
        (["400", "300"], (5, 6)),
        ([400], (5, 6)),
        ("400x300", (5, 6)),
        ({}, (5, 6)),
    ],
)
def test_sizes_are_bounded(size, read):
    assert reading.read_size(size, (5, 6)) == read


@pytest.mark.parametrize(
    ("text", "contrast"), [(None, "others"), ("", "others"), ("siblings", "siblings"), ("x", "others")]
)
def test_what_a_type_is_held_against_is_read(text, contrast):
    assert reading.read_contrast(text) == contrast


@pytest.mark.parametrize(("text", "steps"), [(None, 0), ("", 0), ("2", 2), ("12", 12), ("123", 0), ("-1", 0), ("x", 0)])
def test_a_level_of_detail_is_read(text, steps):
    assert reading.read_detail(text) == steps
