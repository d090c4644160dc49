"""Every planted fault ends in its state, with a reason a person can read; the rest of the harvest is as without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from build_bundle.harvest.catalogue import Catalogue, read_catalogue
from tests.build_bundle.harvest.conftest import Harvest
from tests.build_bundle.harvest.planted_studies import arrayexpress_study, droplet_study, plate_study, sra_only_study
from tests.synthetic_repository import Fault, SyntheticRepository

SOFT = "GSE90001_family.soft.gz"
PASSING = ["429", "500", "truncated_reply", "html"]
PLACES = ["esearch", "esummary", SOFT, "accession=SRP90001", "efetch", "elink", "arrayexpress/search", "E-MTAB-90001.sdrf.txt",
          "E-MTAB-90001.idf.txt", "studies/E-MTAB-90001"]  # fmt: skip


def studies() -> list:
    return [plate_study(), droplet_study(), sra_only_study(), arrayexpress_study()]


def states(catalogue: Catalogue) -> dict[str, str]:
    return catalogue.studies.set_index("study_accession")["state"].to_dict()


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    from build_bundle.cli import main
    from tests.build_bundle.harvest.conftest import arguments

    out = tmp_path_factory.mktemp("unharmed")
    with SyntheticRepository(studies()) as server:
        assert main(arguments(server, out)) == 0
    return read_catalogue(out)


@pytest.mark.parametrize(
    ("place", "kind"),
    [(place, PASSING[i % 4]) for i, place in enumerate(PLACES)] + [(p, k) for p in PLACES[2:4] for k in PASSING],
)
def test_a_fault_that_passes_leaves_no_trace(
    harvest: Harvest, tmp_path: Path, unharmed: Catalogue, place: str, kind: str
) -> None:
    with SyntheticRepository(studies(), [Fault(place, kind, times=2)]) as server:
        assert harvest(server) == 0
        assert server.faults[0].times == 0
    catalogue = read_catalogue(tmp_path / "out")
    for name in ("studies", "samples", "runs", "files"):
        assert getattr(catalogue, name).equals(getattr(unharmed, name)), name


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("429", "http_429", "answered 429"), ("500", "http_500", "answered 500"), ("404", "http_404", "answered 404"),
        ("truncated_reply", "truncated", "cut short"), ("truncated_file", "truncated", "cut short"),
        ("html", "bad_reply", "not a SOFT file"), ("wrong_checksum", "bad_reply", "damaged"),
        ("elsewhere", "host_not_allowed", "192.0.2.1"),
    ],
)  # fmt: skip
def test_a_study_whose_record_cannot_be_had_has_failed(
    harvest: Harvest, tmp_path: Path, kind: str, code: str, words: str
) -> None:
    with SyntheticRepository(studies(), [Fault(SOFT, kind)]) as server:
        assert harvest(server) == 0
    catalogue = read_catalogue(tmp_path / "out")
    assert states(catalogue) == {"GSE90001": "failed", "GSE90002": "kept", "GSE90003": "kept", "E-MTAB-90001": "kept"}
    study = catalogue.studies.set_index("study_accession").loc["GSE90001"]
    assert study["reason_code"] == code
    assert words in study["reason"]
    assert study["title"] == plate_study().title  # the search knew it


@pytest.mark.parametrize(
    ("kind", "code"),
    [("500", "http_500"), ("truncated_reply", "truncated"), ("truncated_file", "truncated"), ("html", "bad_reply")],
)
def test_a_study_whose_runs_cannot_be_had_is_incomplete(harvest: Harvest, tmp_path: Path, kind: str, code: str) -> None:
    with SyntheticRepository([plate_study()], [Fault("accession=SRP90001", kind)]) as server:
        assert harvest(server) == 0
    catalogue = read_catalogue(tmp_path / "out")
    assert states(catalogue) == {"GSE90001": "incomplete"}
    kept = catalogue.samples[catalogue.samples["is_scrna"]]
    assert set(kept["state"]) == {"incomplete"}
    assert set(kept["reason_code"]) == {code}
    assert len(catalogue.runs) == 0


def test_what_failed_is_asked_for_again_when_told_to(harvest: Harvest, tmp_path: Path, unharmed: Catalogue) -> None:
    with SyntheticRepository(studies(), [Fault(SOFT, "500"), Fault("accession=SRP90002", "500")]) as server:
        harvest(server)
        server.faults.clear()
        asked = len(server.requests)
        harvest(server)
        assert server.requests[asked:] == []  # not at once
        harvest(server, "--retry")
    catalogue = read_catalogue(tmp_path / "out")
    assert catalogue.studies.equals(unharmed.studies)
    assert catalogue.samples.equals(unharmed.samples)


def test_what_failed_is_asked_for_again_after_a_while(harvest: Harvest, tmp_path: Path, unharmed: Catalogue) -> None:
    with SyntheticRepository(studies(), [Fault(SOFT, "500")]) as server:
        harvest(server)
        server.faults.clear()
        harvest(server, retry_hours=0.0)
    assert read_catalogue(tmp_path / "out").studies.equals(unharmed.studies)


@pytest.mark.parametrize("place", ["esearch", "esummary", "arrayexpress/search"])
def test_a_search_that_fails_is_said_and_done_again(
    harvest: Harvest, tmp_path: Path, unharmed: Catalogue, capsys: pytest.CaptureFixture[str], place: str
) -> None:
    with SyntheticRepository(studies(), [Fault(place, "500")]) as server:
        assert harvest(server) == 1
        assert "could not be searched from 2013-01-01 to 2018-01-01" in capsys.readouterr().out
        assert "could not be searched" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
        server.faults.clear()
        assert harvest(server) == 0
    assert read_catalogue(tmp_path / "out").samples.equals(unharmed.samples)


@pytest.mark.parametrize(
    ("kind", "code", "words"),
    [
        ("truncated_file", "truncated", "were announced"), ("wrong_checksum", "wrong_checksum", "another checksum"),
        ("404", "http_404", "answered 404"), ("500", "http_500", "answered 500"), ("elsewhere", "host_not_allowed", "192.0.2.1"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_had_is_said_at_file_run_and_sample(
    harvest: Harvest, tmp_path: Path, kind: str, code: str, words: str
) -> None:
    with SyntheticRepository([plate_study()], [Fault("SRR9000002_2.fastq.gz", kind)]) as server:
        assert harvest(server, "--download", "fastq") == 0
    catalogue = read_catalogue(tmp_path / "out")
    file = catalogue.files.set_index("name").loc["SRR9000002_2.fastq.gz"]
    assert (file["state"], file["reason_code"], file["path"], file["sha256"]) == ("failed", code, "", "")
    assert words in file["reason"]
    run = catalogue.runs.set_index("run_accession").loc["SRR9000002"]
    sample = catalogue.samples.set_index("sample_accession").loc["GSM9000002"]
    assert (run["state"], run["reason"]) == (sample["state"], sample["reason"]) == ("incomplete", file["reason"])
    assert set(catalogue.files.drop(file.name, errors="ignore")["state"]) <= {"downloaded", "listed", "failed"}
    assert sorted(path.name for path in (tmp_path / "out" / "reads").rglob("*") if path.is_file()) == [
        "SRR9000001.fastq.gz", "SRR9000002_1.fastq.gz", "SRR9000003.fastq.gz", "SRR9000033.fastq.gz",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["truncated_file", "wrong_checksum", "truncated_reply", "500", "429"])
def test_a_download_that_fails_once_is_whole_in_the_end(harvest: Harvest, tmp_path: Path, kind: str) -> None:
    with SyntheticRepository([plate_study()], [Fault("SRR9000002_2.fastq.gz", kind, times=1)]) as server:
        assert harvest(server, "--download", "fastq") == 0
    assert set(read_catalogue(tmp_path / "out").samples.query("is_scrna")["state"]) == {"kept"}


def test_a_failed_download_is_tried_again_later(harvest: Harvest, tmp_path: Path) -> None:
    with SyntheticRepository([plate_study()], [Fault("SRR9000002_2.fastq.gz", "404")]) as server:
        harvest(server, "--download", "fastq")
        server.faults.clear()
        asked = len(server.requests)
        harvest(server, "--download", "fastq")
        assert server.requests[asked:] == []
        harvest(server, "--download", "fastq", "--retry")
        assert [path.rpartition("/")[2] for path in server.requests[asked:]] == ["SRR9000002_2.fastq.gz"]
    assert set(read_catalogue(tmp_path / "out").runs["state"]) == {"ok"}


def test_a_downloaded_file_that_was_removed_is_fetched_again(harvest: Harvest, tmp_path: Path) -> None:
    with SyntheticRepository([plate_study()]) as server:
        harvest(server, "--download", "fastq")
        target = tmp_path / "out" / "reads" / "GSM9000001" / "SRR9000001.fastq.gz"
        before = target.read_bytes()
        target.unlink()
        harvest(server, "--download", "fastq")
    assert target.read_bytes() == before
