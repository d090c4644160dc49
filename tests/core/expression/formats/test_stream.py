"""Bounded streams and unpacking."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import FileFormatError, LimitError
from core.expression.formats import archive, stream
from core.expression.limits import Limits


@given(st.binary(max_size=300), st.integers(0, 300))
def test_a_bounded_stream_gives_all_or_refuses(data, budget):
    reader = io.BufferedReader(stream.BoundedReader(io.BytesIO(data), budget, "It"))
    if len(data) <= budget:
        assert reader.read() == data
    else:
        with pytest.raises(LimitError, match="It inflates to more than"):
            reader.read()


def test_the_allowance_grows_with_the_file():
    limits = Limits()
    assert limits.inflated_bytes(10) == limits.expansion_floor_bytes
    assert limits.inflated_bytes(10**6) == 200 * 10**6
    assert limits.inflated_bytes(10**9) == limits.max_inflated_bytes
    assert limits.seconds(0) == limits.wall_floor_s
    assert limits.seconds(10**10) == limits.wall_s


def test_a_broken_stream_says_how_far_it_came(tmp_path):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"abc" * 100_000)[:-9])
    with pytest.raises(FileFormatError, match="cut off or damaged"):
        stream.inflate(path, tmp_path / "out", Limits(), "x")


def test_unknown_errors_of_libraries_become_one_sentence():
    error = stream.unreadable(ValueError("first line\nsecond"))
    assert error.message == "The file cannot be read: first line."
    assert stream.unreadable(KeyError()).message == "The file cannot be read: KeyError."


def test_a_folder_lists_its_files_without_clutter(tmp_path):
    for name in ("b.txt", "a.txt", ".DS_Store"):
        (tmp_path / name).write_text("x")
    (tmp_path / "sub").mkdir()
    assert [m.name for m in archive.folder_members(tmp_path, Limits())] == ["a.txt", "b.txt"]
    with pytest.raises(LimitError, match="More than 1 files"):
        archive.folder_members(tmp_path, Limits(max_members=1))
