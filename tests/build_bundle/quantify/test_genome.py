from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from build_bundle.quantify.genome import copy_genome
from core.errors import ConfigError


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_sequences_are_copied_and_measured(tmp_path: Path, pack: object) -> None:
    source = tmp_path / "genome.fa"
    source.write_bytes(pack(b">chr1 first\nACGT\nAC\n>chr2\nNNN\n"))  # type: ignore[operator]
    assert copy_genome(source, tmp_path / "out.fa") == {"chr1": 6, "chr2": 3}
    assert (tmp_path / "out.fa").read_bytes() == b">chr1\nACGT\nAC\n>chr2\nNNN\n"


@pytest.mark.parametrize(
    "data",
    [b"", b"ACGT\n", b">\nACGT\n", b">a\nA\n>a\nC\n", gzip.compress(b">a\n" + b"ACGT\n" * 9000)[:-30]],
    ids=["empty", "no header", "no name", "twice", "cut short"],
)
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    source = tmp_path / "genome.fa"
    source.write_bytes(data)
    with pytest.raises(ConfigError, match=r"genome\.fa"):
        copy_genome(source, tmp_path / "out.fa")
