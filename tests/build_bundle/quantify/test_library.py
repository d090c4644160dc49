from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from build_bundle.quantify.library import Chemistry, Library, ReadFile, choose_files, missing_runs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16+12", (16, 12)),
        ("10x 3' v2", (16, 10)),
        ("10x v3", (16, 12)),
        ("Drop-seq", (12, 8)),
        ("Smart-seq2", None),
        ("", None),
        ("10x", None),
    ],
)
def test_chemistry_is_read_from_words(text: str, expected: tuple[int, int] | None) -> None:
    found = Chemistry.of(text)
    assert (found and (found.barcode, found.umi)) == expected


def test_chemistry_is_known_by_length() -> None:
    assert Chemistry.of_length(28) == Chemistry(16, 12)
    assert Chemistry.of_length(26) == Chemistry(16, 10)
    assert Chemistry.of_length(75) is None
    assert Chemistry.of(Chemistry(9, 7).text) == Chemistry(9, 7)


LIBRARY = Library("GSE1", "GSM1", "plate", "PAIRED", (ReadFile(Path("a_1.fastq"), "fastq", "SRR1", 1, "0" * 32),))


def test_a_library_survives_json() -> None:
    library = replace(LIBRARY, whitelist=Path("w.txt"), fault=("http_404", "Gone."))
    assert Library.from_json(json.loads(json.dumps(library.to_json()))) == library
    assert Library.from_json(json.loads(json.dumps(LIBRARY.to_json()))) == LIBRARY


def test_keys_are_safe_and_never_shared() -> None:
    names = ["a b", "a/b", "a:b", "../b", "a_b", "é"]
    keys = {Library("E-MTAB-1", name).key for name in names}
    assert len(keys) == len(names)
    assert all("/" not in key and not key.startswith(".") and key.isascii() for key in keys)


def test_changed_files_are_other_material(tmp_path: Path) -> None:
    path = tmp_path / "a.fastq"
    library = Library("S", "s", files=(ReadFile(path, "fastq"),))
    before = library.material
    path.write_text("x", encoding="utf-8")
    after = library.material
    assert before != after
    assert library.material == after


def test_files_of_one_kind_are_chosen() -> None:
    pair = [ReadFile(Path(f"a_{mate}.fastq"), "fastq", "r", mate) for mate in (1, 2)]
    single, packed, aligned = (
        ReadFile(Path("a.fastq"), "fastq"),
        ReadFile(Path("a.sra"), "sra"),
        ReadFile(Path("a.bam"), "bam"),
    )
    assert choose_files([aligned, packed, *pair], "droplet") == tuple(pair)
    assert choose_files([aligned, single], "plate") == (single,)
    assert choose_files([aligned, packed], "") == (packed,)
    assert choose_files([single], "droplet") == (single,)
    assert choose_files([], "") == ()
    assert missing_runs([single, packed], [single]) == ("", "")


def test_a_run_without_files_of_the_kind_that_was_chosen() -> None:
    unpacked = [ReadFile(Path(f"{run}.fastq"), "fastq", run) for run in "ab"]
    packed = [ReadFile(Path(f"{run}.sra"), "sra", run) for run in "abc"]
    assert choose_files([*unpacked, *packed], "plate") == tuple(packed)
    assert choose_files([*unpacked, packed[2]], "plate") == tuple(unpacked)
    code, reason = missing_runs([*unpacked, packed[2]], unpacked)
    assert (code, "but not c;" in reason) == ("missing_run", True)
    assert missing_runs(packed, []) == ("", "")


@pytest.mark.parametrize("protocol", ["droplet", ""])
def test_barcodes_left_in_the_bam_alone_are_found_there(protocol: str) -> None:
    single, aligned = ReadFile(Path("a.fastq"), "fastq"), ReadFile(Path("a.bam"), "bam")
    assert choose_files([single, aligned], protocol) == (aligned,)  # type: ignore[arg-type]
