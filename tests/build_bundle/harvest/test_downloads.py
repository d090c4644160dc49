"""Single downloads: taken up where they stopped, checked, never half there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.harvest.client import Client
from build_bundle.harvest.downloads import download, place_of, safe_name
from build_bundle.harvest.records import FileRow
from core.errors import FetchError
from tests.synthetic_records import Run, Sample, Study
from tests.synthetic_repository import Fault, SyntheticRepository

DATA = bytes(range(256)) * 4000
URL = "ftp://ftp.sra.ebi.ac.uk/vol1/fastq/SRR900/SRR9000001/SRR9000001.fastq.gz"
ClientOf = Callable[..., Client]


@pytest.fixture
def server() -> SyntheticRepository:
    study = Study("GSE90001", "t", (Sample("GSM1", "t", runs=(Run("SRR9000001", reads=(DATA,)),)),))
    with SyntheticRepository([study]) as running:
        yield running


def row(**fields: object) -> FileRow:
    known: dict[str, object] = {"url": URL, "md5": hashlib.md5(DATA).hexdigest(), "bytes": len(DATA)}
    return FileRow("GSE90001", "GSM1", "SRR9000001", "fastq", 0, "SRR9000001.fastq.gz", **{**known, **fields})


def test_a_connection_that_ends_in_the_middle_is_taken_up_there(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path
) -> None:
    server.faults.append(Fault("SRR9000001", "truncated_reply", times=1))
    with client_of(server) as client:
        digest = download(client, row(), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA
    assert digest == hashlib.sha256(DATA).hexdigest()
    assert len(server.requests) == 2
    assert not (tmp_path / "f.part").exists()


def test_what_an_earlier_harvest_left_is_taken_up(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path
) -> None:
    (tmp_path / "f.part").write_bytes(DATA[:1000])
    with client_of(server) as client:
        download(client, row(), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA


@pytest.mark.parametrize("left", [b"other bytes", DATA + b"more", b"x" * len(DATA)])
def test_what_does_not_fit_is_fetched_whole(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path, left: bytes
) -> None:
    (tmp_path / "f.part").write_bytes(left)
    with client_of(server) as client:
        download(client, row(), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA


def test_a_file_that_was_whole_when_the_harvest_was_killed_is_not_fetched(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path
) -> None:
    (tmp_path / "f.part").write_bytes(DATA)
    with client_of(server) as client:
        download(client, row(), tmp_path / "f")
    assert server.requests == []
    assert (tmp_path / "f").read_bytes() == DATA


def test_a_kept_part_longer_than_the_file_of_unknown_size_is_dropped(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path
) -> None:
    (tmp_path / "f.part").write_bytes(DATA + b"more")
    with client_of(server) as client:
        download(client, row(bytes=None), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA
    assert len(server.requests) == 2


def test_without_a_checksum_nothing_is_taken_up(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path
) -> None:
    (tmp_path / "f.part").write_bytes(b"\0" * 1000)
    with client_of(server) as client:
        download(client, row(md5="", bytes=None), tmp_path / "f")
    assert (tmp_path / "f").read_bytes() == DATA


def test_a_file_that_is_wrong_twice_is_not_asked_for_a_third_time(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path
) -> None:
    with client_of(server, attempts=6) as client, pytest.raises(FetchError) as caught:
        download(client, row(md5="0" * 32), tmp_path / "f")
    assert caught.value.code == "wrong-checksum"
    assert len(server.requests) == 2
    assert list(tmp_path.glob("f*")) == []


@pytest.mark.parametrize(
    ("fields", "extra", "code"),
    [
        ({}, "file_gb = 0.0001\n", "too-large"),
        ({}, "keep_free_gb = 1e9\n", "disk-full"),
        ({"url": "ftp://192.0.2.7/SRR9000001.fastq.gz"}, "", "host-not-allowed"),
        ({"url": "file:///etc/passwd"}, "", "host-not-allowed"),
        ({"url": "gopher://ftp.sra.ebi.ac.uk/x"}, "", "host-not-allowed"),
        ({"url": "ftp://ftp.sra.ebi.ac.uk@192.0.2.7/x"}, "", "host-not-allowed"),
        ({"bytes": 7}, "", "truncated"),
    ],
)
def test_refusals(
    server: SyntheticRepository, client_of: ClientOf, tmp_path: Path, fields: dict[str, object], extra: str, code: str
) -> None:
    text = server.config_text
    server.config_text = lambda **manners: text(**manners).replace(
        "keep_free_gb = 0.0\n", "" if "keep_free" in extra else "keep_free_gb = 0.0\n"
    )
    with client_of(server, extra=extra) as client, pytest.raises(FetchError) as caught:
        download(client, row(**fields), tmp_path / "f")
    assert caught.value.code == code
    assert not (tmp_path / "f").exists()


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_names_are_safe_and_tell_apart(one: str, other: str) -> None:
    for text in (one, other):
        name = safe_name(text)
        assert name not in {"", ".", ".."}
        assert "/" not in name
        assert "\\" not in name
        assert "\0" not in name
        assert len(name) < 140
    assert (safe_name(one) == safe_name(other)) == (one == other)


def test_a_submitters_path_leads_nowhere_else() -> None:
    two = [place_of(FileRow("GSE1", "GSM1", run, "bam", 0, "possorted.bam", "u")) for run in ("SRR1", "SRR2")]
    assert two == ["reads/GSM1/SRR1_possorted.bam", "reads/GSM1/SRR2_possorted.bam"]
    place = place_of(FileRow("E-MTAB-1", "../../etc", "", "matrix", 0, "../../../passwd", "u"))
    assert place.startswith("processed/E-MTAB-1/")
    assert ".." not in place.split("/")
    assert place.count("/") == 3
