"""The SOFT reader: equal to GEOparse on real files, and safe with damaged ones."""

from __future__ import annotations

import gzip
import itertools
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.harvest.client import BadReplyError
from build_bundle.harvest.soft import SoftEntity, read_soft, soft_lines
from core.errors import FetchError
from tests.build_bundle.harvest.planted_studies import plate_study
from tests.synthetic_records import family_soft

RECORDED = [
    "GSE781_family.trimmed.soft.txt", "GSM11805.soft.txt", "geo/soft_ex_family.soft", "geo/soft_ex_series.soft",
    "geo/GSM2795971.soft.txt", "geo/GSE105845_family.soft",
]  # fmt: skip


def read(body: bytes) -> list[SoftEntity]:
    return list(read_soft(soft_lines(body, 1 << 30)))


def by_geoparse(path: Path) -> dict[tuple[str, str], object]:
    """What GEOparse makes of a file: an object for each entity. It takes a family with one series only, others one by one."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from GEOparse.GEOparse import parse_GPL, parse_GSE, parse_GSM, parse_metadata

        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        starts = [i for i, line in enumerate(lines) if line.startswith("^")]
        found: dict[tuple[str, str], object] = {}
        for start, end in itertools.pairwise([*starts, len(lines)]):
            kind, name = (part.strip() for part in lines[start][1:].split("=", 1))
            group = lines[start + 1 : end]
            parsers = {"SAMPLE": parse_GSM, "PLATFORM": parse_GPL}
            found[kind, name] = parsers[kind](iter(group), name) if kind in parsers else parse_metadata(group)
        if sum(kind == "SERIES" for kind, _ in found) == 1:
            family = parse_GSE(str(path), open_kwargs={"encoding": "utf-8"})
            assert {name for kind, name in found if kind == "SAMPLE"} == set(family.gsms)
            found["SERIES", family.name] = family.metadata
        return found


@pytest.mark.shared
@pytest.mark.parametrize("name", RECORDED)
def test_equal_to_geoparse_on_recorded_files(shared_data: Path, name: str) -> None:
    path = shared_data / "metadata" / name
    expected = by_geoparse(path)
    ours = {(entity.kind, entity.name): entity for entity in read(path.read_bytes())}
    assert ours.keys() == expected.keys()
    for key, other in expected.items():
        entity = ours[key]
        if isinstance(other, dict):
            assert entity.attributes == other
            continue
        assert entity.attributes == other.metadata
        assert entity.columns == other.columns["description"].to_dict()
        if len(other.table.columns):
            assert list(entity.header) == [str(column) for column in other.table.columns]
            assert entity.n_rows == len(other.table)
        else:
            assert (entity.header, entity.n_rows) == ((), 0)


def test_equal_to_geoparse_on_made_up_files(tmp_path: Path) -> None:
    path = tmp_path / "family.soft"
    path.write_bytes(gzip.decompress(family_soft(plate_study())))
    ours = {(entity.kind, entity.name): entity.attributes for entity in read(path.read_bytes())}
    expected = by_geoparse(path)
    assert ours == {key: value if isinstance(value, dict) else value.metadata for key, value in expected.items()}
    assert len(ours) == 3 + 9


def test_a_packed_file_reads_like_the_plain_one() -> None:
    packed = family_soft(plate_study())
    assert read(packed) == read(gzip.decompress(packed))
    assert read(packed + packed[:0] + gzip.compress(b"^SAMPLE = GSM1\n")) == [
        *read(packed),
        SoftEntity("SAMPLE", "GSM1"),
    ]


def test_text_that_is_not_utf8_is_read() -> None:
    (entity,) = read(b"^SAMPLE = GSM1\n!Sample_title = 5 \xb5L\n")
    assert entity.first("title") == "5 \N{REPLACEMENT CHARACTER}L"


def test_values_keep_equal_signs_and_order() -> None:
    (entity,) = read(b"^SAMPLE = GSM1\n!Sample_description = age = 70\n!Sample_description = b\n!Sample_empty\n")
    assert entity.text("description") == "age = 70\nb"
    assert entity.attributes["empty"] == [""]
    assert entity.first("absent") == ""


@pytest.mark.parametrize("cut", [10, 200, -9, -1])
def test_a_packed_file_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(BadReplyError) as caught:
        read(family_soft(plate_study())[:cut])
    assert caught.value.code == "truncated"


def test_a_damaged_packed_file_is_refused() -> None:
    packed = bytearray(family_soft(plate_study()))
    packed[len(packed) // 2] ^= 255
    with pytest.raises(BadReplyError):
        read(bytes(packed))


def test_what_is_no_soft_file_is_refused() -> None:
    with pytest.raises(BadReplyError, match="not a SOFT file"):
        read(b"<html>busy</html>")


def test_a_file_that_unpacks_to_too_much_is_refused() -> None:
    bomb = gzip.compress(b"^SAMPLE = GSM1\n" + b"!Sample_a = b\n" * 500_000)
    with pytest.raises(FetchError, match="unpacks to more") as caught:
        list(read_soft(soft_lines(bomb, 1 << 20)))
    assert caught.value.code == "too-large"


def test_an_endless_line_is_refused() -> None:
    with pytest.raises(FetchError) as caught:
        read(gzip.compress(b"^SAMPLE = GSM1\n!Sample_a = " + b"b" * (20 << 20)))
    assert caught.value.code == "too-large"


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read(body)
    except FetchError:
        return
