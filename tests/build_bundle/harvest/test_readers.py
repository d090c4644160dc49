"""Readers of small replies: what is damaged or not what was asked for is refused, never half read."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.harvest.arrayexpress import read_listing, read_search
from build_bundle.harvest.client import BadReplyError, Client
from build_bundle.harvest.ena import FIELDS, read_report, run_of
from build_bundle.harvest.eutils import read_elink, read_esearch, read_esummary
from build_bundle.harvest.geo import Geo
from build_bundle.harvest.geo_series import read_series
from build_bundle.harvest.mage_tab import read_idf, read_sdrf
from build_bundle.harvest.replies import ReplyStore
from build_bundle.harvest.run_table import read_run_table, records_of
from build_bundle.harvest.sdrf_study import accessions_of, draft_of, runs_of
from build_bundle.harvest.settings import Window, read_settings
from build_bundle.harvest.soft import read_soft, soft_lines
from build_bundle.harvest.sra_xml import read_sra_xml
from build_bundle.harvest.values import day, number
from core.errors import SourceError
from tests.build_bundle.harvest.planted_studies import arrayexpress_study, plate_study, sra_only_study
from tests.synthetic_records import file_report, idf, listing, packages, sdrf
from tests.synthetic_repository import SyntheticRepository

READERS = [
    read_esearch,
    read_esummary,
    read_elink,
    read_sra_xml,
    read_report,
    read_idf,
    read_sdrf,
    read_run_table,
    read_search,
    read_listing,
]
BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><eLinkResult>&b;</eLinkResult>"""


@pytest.mark.parametrize("read", READERS)
@given(
    body=st.binary(max_size=120)
    | st.text(max_size=80).map(str.encode)
    | st.sampled_from([b"{}", b"[]", b"null", b"<a/>", b'{"hits": 3}'])
)
def test_any_bytes_are_read_or_refused(read, body: bytes) -> None:
    try:
        read(body)
    except BadReplyError:
        return


@pytest.mark.parametrize("read", [read_elink, read_sra_xml, read_esearch, read_esummary])
def test_xml_with_entities_is_refused(read) -> None:
    with pytest.raises(BadReplyError):
        read(BOMB)


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":"API rate limit exceeded","count":"4"}', b'{"esearchresult":{"ERROR":"Invalid db name"}}',
        b'{"esearchresult":{"count":"x","idlist":[]}}', b'{"esearchresult":{"idlist":[]}}', b"<html></html>", b"<eSearchResult/>",
    ],
)  # fmt: skip
def test_a_search_that_failed(body: bytes) -> None:
    with pytest.raises(BadReplyError):
        read_esearch(body)


def test_summaries_that_failed() -> None:
    for body in (b'{"error":"expired"}', b'{"esummaryresult":["Unable to obtain query #1"]}', b'{"result":[]}'):
        with pytest.raises(BadReplyError):
            read_esummary(body)
    partly = {
        "result": {
            "uids": ["1", "2"],
            "1": {"uid": "1", "error": "cannot get document summary"},
            "2": {"accession": "GSE2"},
        }
    }
    assert read_esummary(json.dumps(partly).encode()) == [{"uid": "2", "accession": "GSE2"}]


def test_a_page_of_summaries_that_lacks_a_study_is_refused(tmp_path: Path) -> None:
    studies = [plate_study(), sra_only_study()]
    with SyntheticRepository(studies) as server:
        answer = server.answer
        server.answer = lambda path, query: (
            answer(path, query).replace(b'["200090001", ', b"[") if "esummary" in path else answer(path, query)
        )
        (tmp_path / "c.toml").write_text(server.config_text(attempts=2), encoding="utf-8")
        settings = read_settings(tmp_path / "c.toml", {})
        with (
            Client(settings, ReplyStore(tmp_path)) as client,
            pytest.raises(BadReplyError, match="lists 1 records, not 2"),
        ):
            list(Geo(client, "mouse").search(Window(dt.date(2017, 1, 1), dt.date(2018, 1, 1))))


def test_links_that_failed() -> None:
    with pytest.raises(BadReplyError, match="no links"):
        read_elink(b"<eLinkResult><ERROR>Invalid db</ERROR></eLinkResult>")


def test_every_cut_of_a_run_table_is_refused_or_shorter() -> None:
    whole = file_report(plate_study(), FIELDS)
    rows = read_report(whole)
    for cut in range(1, len(whole), 7):
        try:
            found = read_report(whole[:cut])
        except BadReplyError:
            continue
        # A cut inside the last field cannot be seen; the reply's announced length says it, which the client checks.
        assert [row["run_accession"] for row in found] == [row["run_accession"] for row in rows][: len(found)]


def test_runs_with_files_that_do_not_pair_up() -> None:
    row = {
        "run_accession": "SRR1",
        "library_layout": "PAIRED",
        "fastq_ftp": "h/SRR1.fastq.gz;h/SRR1_1.fastq.gz;h/SRR1_2.fastq.gz",
        "fastq_md5": "a;b",
    }
    run = run_of(row)
    assert [file.mate for file in run.files] == [0, 1, 2]
    assert {file.md5 for file in run.files} == {""}  # two sums for three files say nothing
    assert run.run.state == "ok"
    assert run_of({"run_accession": "SRR1"}).run.state == "no_files"
    bam = {"submitted_ftp": "h/a.bam;h/a.bam.bai", "submitted_md5": "A;B", "submitted_bytes": "1;2"}
    assert [(f.kind, f.md5, f.bytes) for f in run_of({"run_accession": "SRR1", **bam}).files] == [("bam", "a", 1)]


def test_sra_packages_made_here() -> None:
    study = sra_only_study()
    found = read_sra_xml(packages([(study, *study.runs[0]), (study, *study.runs[0])]))
    assert (len(found.runs), len(found.experiments), len(found.samples)) == (1, 1, 1)
    assert found.joined(found) == found


def test_another_series_than_asked_for_is_refused() -> None:
    from tests.synthetic_records import family_soft

    with pytest.raises(BadReplyError, match="holds GSE90001"):
        read_series(read_soft(soft_lines(family_soft(plate_study()), 1 << 20)), "GSE1")


def test_mage_tab_tables() -> None:
    study = arrayexpress_study()
    table, rows = read_idf(idf(study)), read_sdrf(sdrf(study))
    draft = draft_of(study.accession, table, rows, ())
    assert [s.sample_accession for s in draft.samples] == ["ERS9000051", "ERS9000052"]
    assert draft.samples[0].growth_protocol == ""  # the sample never went through it
    assert "Smart-seq2" in draft.samples[0].extract_protocol
    assert [len(run.files) for run in runs_of(rows)] == [2, 2]
    assert read_listing(listing(study)) == [
        ("counts.tsv", 12),
        ("E-MTAB-90001.idf.txt", 1),
        ("E-MTAB-90001.sdrf.txt", 1),
    ]


def test_samples_without_accessions_of_their_own_are_named_by_study_and_source() -> None:
    rows = read_sdrf(b"Source Name\tComment [ENA_SAMPLE]\na\tERS1\nb\tERS1\n")
    groups = {row.first("source name"): [row] for row in rows}
    assert accessions_of("E-MTAB-1", groups) == {"a": "E-MTAB-1:a", "b": "E-MTAB-1:b"}


def test_an_sdrf_cut_in_the_middle_of_a_row_is_refused() -> None:
    whole = sdrf(arrayexpress_study())
    with pytest.raises(BadReplyError) as caught:
        read_sdrf(whole[: whole.rindex(b"\tsequencing assay")])
    assert caught.value.code == "truncated"


def test_units_belong_to_the_value_before_them() -> None:
    (row,) = read_sdrf(
        b"Source Name\tCharacteristics[age]\tUnit[time unit]\tCharacteristics [sex]\nx\t8\tweek\tfemale\n"
    )
    (sample,) = draft_of("E-MTAB-1", read_idf(b"Investigation Title\tT\n"), [row], ()).samples
    assert [(c.name, c.value) for c in sample.characteristics] == [("age", "8 week"), ("sex", "female")]


def test_a_run_table_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(SourceError, match="lacks the columns"):
        records_of(tmp_path / "t.txt", "mouse")
    with pytest.raises(SourceError):
        records_of(tmp_path / "none.txt", "mouse")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2017/01/31", dt.date(2017, 1, 31)), ("2014-08-01T00:00:00Z", dt.date(2014, 8, 1)),
        ("Public on Feb 02 2011", dt.date(2011, 2, 2)), ("Mar 11, 2009", dt.date(2009, 3, 11)),
        ("2017-02-31", None), ("Private", None), ("Abc 11 2009", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_days(text: str | None, expected: dt.date | None) -> None:
    assert day(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("7", 7), (" 12 ", 12), ("-1", None), ("1e3", None), ("9" * 19, None), ("\u0663", None), (None, None)],
)
def test_numbers(text: str | None, expected: int | None) -> None:
    assert number(text) == expected
