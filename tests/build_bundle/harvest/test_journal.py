"""The journal: which days were searched, which studies are to be read."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.harvest.journal import READER, Download, Journal
from build_bundle.harvest.records import (
    Characteristic,
    FileRow,
    RunRow,
    SampleRow,
    StudyRecord,
    StudyRow,
    from_plain,
    to_plain,
)
from build_bundle.harvest.repository import Found
from build_bundle.harvest.settings import Window
from core.errors import ConfigError

START = dt.date(2017, 1, 1)


def days(first: int, last: int) -> Window:
    return Window(START + dt.timedelta(days=first), START + dt.timedelta(days=last))


def covered(windows: list[Window]) -> set[dt.date]:
    return {w.since + dt.timedelta(days=i) for w in windows for i in range((w.until - w.since).days + 1)}


spans = st.tuples(st.integers(0, 60), st.integers(0, 20)).map(lambda pair: days(pair[0], pair[0] + pair[1]))


@given(st.lists(spans, max_size=6), spans, st.integers(0, 10))
def test_what_is_open_is_what_was_not_searched(
    tmp_path_factory: pytest.TempPathFactory, closed: list[Window], wanted: Window, overlap: int
) -> None:
    with Journal(tmp_path_factory.mktemp("journal"), "mouse") as journal:
        for window in closed:
            journal.close_window("geo", "q", window)
        exact = covered(journal.open_windows("geo", "q", wanted, 0))
        assert exact == covered([wanted]) - covered(closed)
        wide = covered(journal.open_windows("geo", "q", wanted, overlap))
        assert exact <= wide <= covered([wanted])
        assert bool(wide) == bool(exact)
        assert covered(journal.open_windows("geo", "another question", wanted, overlap)) == covered([wanted])


def test_a_gap_begins_some_days_earlier(tmp_path: Path) -> None:
    with Journal(tmp_path, "mouse") as journal:
        journal.close_window("geo", "q", days(0, 20))
        assert journal.open_windows("geo", "q", days(0, 34), 7) == [days(14, 34)]
        assert journal.open_windows("geo", "q", days(19, 34), 7) == [days(19, 34)]


def record(accession: str, state: str = "kept", related: tuple[str, ...] = ()) -> StudyRecord:
    study = StudyRow(accession, "geo", "t", release_date=START, pubmed_ids=("1", "2"), state=state)
    sample = SampleRow(
        "GSM1", accession, "geo", characteristics=(Characteristic("tissue", "lung"),), release_date=None, is_scrna=True
    )
    run = RunRow("SRR1", "GSM1", accession, "SRX1", read_count=7, first_public=START)
    return StudyRecord(
        study, (sample,), (run,), (FileRow(accession, "GSM1", "SRR1", "fastq", 1, "a", "u", bytes=3),), related
    )


def test_records_come_back_as_they_were() -> None:
    assert from_plain(StudyRecord, to_plain(record("GSE1", related=("GSE2",)))) == record("GSE1", related=("GSE2",))


def test_studies_to_read(tmp_path: Path) -> None:
    with Journal(tmp_path, "mouse") as journal:
        for name in ("GSE10", "GSE9", "GSE8", "GSE7"):
            journal.add_found("geo", Found(name, {"uid": name}))
        journal.save(record("GSE10", related=("GSE11",)), 100.0)
        journal.save(record("GSE9", "failed"), 100.0)
        journal.save(record("GSE8", "incomplete"), 300.0)
        assert [f.accession for f in journal.pending("geo", 200.0)] == ["GSE7", "GSE9", "GSE11"]
        assert [f.accession for f in journal.pending("geo", 400.0)] == ["GSE7", "GSE8", "GSE9", "GSE11"]
        assert journal.pending("geo", 0.0)[0].hints == {"uid": "GSE7"}
        journal.forget("GSE10")
        assert "GSE10" in {f.accession for f in journal.pending("geo", 0.0)}
        assert journal.pending("arrayexpress", 400.0) == []


def test_known_studies_are_read_again_by_a_newer_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Journal(tmp_path, "mouse") as journal:
        journal.add_found("geo", Found("GSE1"))
        journal.save(record("GSE1"), 100.0)
        assert journal.pending("geo", 0.0) == []
        monkeypatch.setattr("build_bundle.harvest.journal.READER", READER + 1)
        assert [f.accession for f in journal.pending("geo", 0.0)] == ["GSE1"]


def test_downloads_are_remembered(tmp_path: Path) -> None:
    note = Download("reads/a", "ftp://x/a", "m", "failed", reason="r", reason_code="http_404", tried_at=5.0)
    with Journal(tmp_path, "mouse") as journal:
        journal.note(note)
        journal.note(note)
    with Journal(tmp_path, "mouse") as journal:
        assert journal.downloads() == {"reads/a": note}


def test_a_folder_is_for_one_organism(tmp_path: Path) -> None:
    with Journal(tmp_path, "mouse"):
        pass
    with pytest.raises(ConfigError, match="holds a harvest of mouse, not of human"):
        Journal(tmp_path, "human")
