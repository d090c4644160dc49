"""ArrayExpress: pages of hits, days, and what is left where the run table cannot be had."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from build_bundle.harvest.arrayexpress import ArrayExpress
from build_bundle.harvest.catalogue import read_catalogue
from build_bundle.harvest.client import Client
from build_bundle.harvest.repository import Found
from build_bundle.harvest.settings import Window
from core.errors import FetchError
from tests.build_bundle.harvest.conftest import Harvest
from tests.build_bundle.harvest.planted_studies import arrayexpress_study, paired
from tests.synthetic_records import Sample, Study
from tests.synthetic_repository import Fault, SyntheticRepository

ClientOf = Callable[..., Client]
START = dt.date(2016, 1, 1)


def many(n: int) -> list[Study]:
    sample = Sample("ERS1", "cell 1", runs=(paired(1),))
    released = [(START + dt.timedelta(days=i)).isoformat() for i in range(n)]
    return [Study(f"E-MTAB-{i}", "Cells", (sample,), day, repository="arrayexpress") for i, day in enumerate(released)]


def test_pages_are_asked_for_until_they_are_too_old(client_of: ClientOf) -> None:
    window = Window(START + dt.timedelta(days=150), START + dt.timedelta(days=240))
    with SyntheticRepository(many(330)) as server, client_of(server) as client:
        found = [f.accession for f in ArrayExpress(client, "mouse").search(window)]
        assert len(server.requests) == 2  # the newest 100, and 100 that reach behind the window
    assert sorted(found) == sorted(f"E-MTAB-{i}" for i in range(150, 241))


def test_a_last_full_page_is_followed_by_an_empty_one(client_of: ClientOf) -> None:
    with SyntheticRepository(many(100)) as server, client_of(server) as client:
        window = Window(START - dt.timedelta(days=9), START + dt.timedelta(days=900))
        assert len(list(ArrayExpress(client, "mouse").search(window))) == 100
        assert len(server.requests) == 2


def test_studies_copied_from_geo_are_left_to_geo(client_of: ClientOf) -> None:
    copied = Study("E-GEOD-90001", "Cells", many(1)[0].samples, "2016-01-01", repository="arrayexpress")
    with SyntheticRepository([copied]) as server, client_of(server) as client:
        assert list(ArrayExpress(client, "mouse").search(Window(START, START))) == []


@pytest.mark.parametrize("has_runs", [True, False])
def test_without_the_run_table_the_sdrf_names_the_files(harvest: Harvest, tmp_path: Path, has_runs: bool) -> None:
    study = arrayexpress_study()
    faults = [] if has_runs else [Fault("filereport", "500")]
    study = Study(**{**vars(study), "in_ena": not has_runs})
    with SyntheticRepository([study], faults) as server:
        assert harvest(server) == 0
    catalogue = read_catalogue(tmp_path / "out")
    assert list(catalogue.studies["state"]) == ["kept" if has_runs else "incomplete"]
    fastq = catalogue.files[catalogue.files["kind"] == "fastq"]
    assert list(fastq["mate"]) == [1, 2]
    assert set(fastq["md5"]) == {""}  # an SDRF has none


def test_a_study_of_another_organism_costs_no_run_table(harvest: Harvest, tmp_path: Path) -> None:
    human = [
        Sample("ERS5", "cell", organism="Homo sapiens", runs=(paired(5),)),
        Sample("ERS6", "x", organism="Mus musculus domesticus", runs=(paired(6),)),
    ]
    with SyntheticRepository(
        [Study("E-MTAB-5", "Cells", tuple(human), "2017-01-01", repository="arrayexpress")]
    ) as server:
        assert harvest(server) == 0
        assert not any("filereport" in path for path in server.requests)
    assert list(read_catalogue(tmp_path / "out").studies["reason_code"]) == ["other_organism"]


def test_a_table_that_is_no_file_name_is_not_asked_for(client_of: ClientOf) -> None:
    with SyntheticRepository([arrayexpress_study()]) as server, client_of(server) as client:
        answer = server.answer
        server.answer = lambda path, query: (answer(path, query) or b"").replace(
            b"E-MTAB-90001.sdrf.txt", b"../../secret"
        )
        with pytest.raises(FetchError, match="which is no file name"):
            ArrayExpress(client, "mouse").read(Found("E-MTAB-90001"))
        assert len(server.requests) == 1
