from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.quantify.fastq import FastqFacts, check_fastq, check_mates, check_md5
from build_bundle.quantify.library import LibraryFaultError, ReadFile

READ = b"@r\nACGT\n+\nIIII\n"
# Without a time inside: data of a test are its name, and two processes must find the same names.
PACKED = gzip.compress(READ * 5000, mtime=0)


@given(st.lists(st.integers(1, 300), min_size=1, max_size=30), st.booleans(), st.booleans())
def test_reads_are_counted(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int], packed: bool, newline: bool
) -> None:
    text = b"".join(b"@r\n%s\n+\n%s\n" % (b"A" * n, b"I" * n) for n in lengths)
    text = text if newline else text[:-1]
    path = tmp_path_factory.mktemp("fastq") / "a.fastq"
    path.write_bytes(gzip.compress(text) if packed else text)
    assert check_fastq(path) == FastqFacts(len(lengths), min(lengths), max(lengths))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_fastq"),
        (gzip.compress(b"", mtime=0), "empty_fastq"),
        (READ * 5000 + READ[:6], "truncated"),
        (PACKED[:-30], "truncated"),
        (PACKED[:-4] + b"xxxx", "truncated"),
        (b"<html>\n" * 8, "not_fastq"),
        (b"<html>", "not_fastq"),
        (READ + b"r\nACGT\n+\nIIII\n", "not_fastq"),
    ],
)
def test_bad_files_have_their_code(tmp_path: Path, data: bytes, code: str) -> None:
    path = tmp_path / "bad.fastq"
    path.write_bytes(data)
    with pytest.raises(LibraryFaultError, match=r"bad\.fastq") as caught:
        check_fastq(path)
    assert caught.value.code == code


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LibraryFaultError) as caught:
        check_fastq(tmp_path / "none.fastq")
    assert caught.value.code == "missing_file"


def test_mates_must_be_as_many() -> None:
    check_mates(FastqFacts(2, 1, 1), FastqFacts(2, 9, 9), "a")
    with pytest.raises(LibraryFaultError, match="2 and 3 reads"):
        check_mates(FastqFacts(2, 1, 1), FastqFacts(3, 1, 1), "a")


def test_checksums_are_compared_where_given(tmp_path: Path) -> None:
    path = tmp_path / "a.fastq"
    path.write_bytes(READ)
    right = hashlib.md5(READ).hexdigest()
    check_md5([ReadFile(path, "fastq"), ReadFile(path, "fastq", md5=right.upper())])
    with pytest.raises(LibraryFaultError) as caught:
        check_md5([ReadFile(path, "fastq", md5="0" * 32)])
    assert caught.value.code == "wrong_checksum"
