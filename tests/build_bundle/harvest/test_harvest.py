"""Whole harvests of the loopback repository."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from build_bundle.harvest.catalogue import FOLDER, TABLES, Catalogue, read_catalogue
from tests.build_bundle.harvest.conftest import Harvest, arguments
from tests.build_bundle.harvest.planted_studies import plate_study, single, world
from tests.synthetic_records import Sample, Study
from tests.synthetic_repository import SyntheticRepository

KINDS = "fastq,bam,matrix"
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """The catalogue of the planted world, with everything downloaded."""
    from build_bundle.cli import main

    out = tmp_path_factory.mktemp("harvest")
    with SyntheticRepository(world()) as server:
        assert main(arguments(server, out, "--download", KINDS)) == 0
    return read_catalogue(out)


def bytes_of(out: Path) -> dict[str, bytes]:
    names = [*(f"{name}.parquet" for name in TABLES), "catalogue.json"]
    return {name: (out / FOLDER / name).read_bytes() for name in names} | {"report": (out / "report.html").read_bytes()}


def test_every_study_ends_in_its_state(first: Catalogue) -> None:
    studies = first.studies.set_index("study_accession")
    assert studies["state"].to_dict() == {
        "E-MTAB-90001": "kept", "GSE90001": "kept", "GSE90002": "kept", "GSE90003": "kept", "GSE90004": "excluded",
        "GSE90005": "excluded", "GSE90006": "kept",
    }  # fmt: skip
    assert studies.loc["GSE90004", "reason_code"] == "not_single_cell"
    assert studies.loc["GSE90005", "reason_code"] == "superseries"
    assert list(studies.loc["GSE90001", "pubmed_ids"]) == ["11111111"]
    assert studies.loc["GSE90001", "release_date"].isoformat() == "2017-03-01"
    assert studies.loc["GSE90001", "organisms"].tolist() == ["Homo sapiens", "Mus musculus"]


def test_samples_that_are_no_single_cell_rna_are_left_out_with_the_reason(first: Catalogue) -> None:
    samples = first.samples.set_index("sample_accession")
    left_out = samples.loc[~samples["is_scrna"], "excluded_code"].to_dict()
    assert left_out == {
        "GSM9000004": "not_single_cell", "GSM9000005": "control", "GSM9000006": "not_rna", "GSM9000007": "other_organism",
        "GSM9000008": "small_rna", "GSM9000009": "array", "GSM9000031": "not_single_cell", "ERS9000052": "control",
    }  # fmt: skip
    assert all(samples.loc[list(left_out), "excluded_reason"].str.len() > 20)
    assert not set(left_out) & set(first.runs["sample_accession"])


def test_a_kept_sample_has_what_its_records_say(first: Catalogue) -> None:
    sample = first.samples.set_index("sample_accession").loc["GSM9000001"]
    assert [tuple(pair.values()) for pair in sample["characteristics"]] == [
        ("tissue", "lung"),
        ("cell type", "pneumocyte"),
    ]
    expected = {
        "title": "alveolar type 2 cell, well A1", "organism": "Mus musculus", "organism_ontology_term_id": "NCBITaxon:10090",
        "molecule": "polyA RNA", "library_strategy": "RNA-Seq", "library_source": "TRANSCRIPTOMIC SINGLE CELL",
        "library_layout": "SINGLE", "technology": "Smart-seq2", "protocol_family": "plate", "available": "fastq", "n_runs": 1,
        "sra_experiment": "SRX9000001", "biosample": "SAMN9000001", "state": "kept", "reason": "",
    }  # fmt: skip
    assert {name: sample[name] for name in expected} == expected


def test_what_there_is_to_count_from(first: Catalogue) -> None:
    available = first.samples.set_index("sample_accession")["available"]
    assert available["GSM9000013"] == "author_only"
    assert available["GSM9000021"] == "bam"
    assert available["GSM9000011"] == "fastq"
    kinds = first.files[first.files["sample_accession"] == "GSM9000012"]["kind"]
    assert set(kinds) == {"fastq", "bam"}  # the barcodes are left in the deposited alignment only
    run = first.runs.set_index("run_accession").loc["SRR9000014"]
    assert (run["state"], run["reason_code"]) == ("missing_mate", "missing_mate")
    assert "SRR9000014.fastq.gz" in run["reason"]


def test_downloads_are_whole_and_vouched_for(first: Catalogue) -> None:
    got = first.files[first.files["kind"].isin(KINDS.split(","))]
    assert len(got) == 17
    assert set(got["state"]) == {"downloaded"}
    for row in got.to_dict("records"):
        data = (first.folder / row["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
        assert not row["md5"] or hashlib.md5(data).hexdigest() == row["md5"]
    mates = got[got["run_accession"] == "SRR9000002"].set_index("mate")["path"].to_dict()
    assert mates == {1: "reads/GSM9000002/SRR9000002_1.fastq.gz", 2: "reads/GSM9000002/SRR9000002_2.fastq.gz"}


def test_a_second_run_asks_nothing_again(harvest: Harvest, tmp_path: Path) -> None:
    with SyntheticRepository(world()) as server:
        assert harvest(server, "--download", KINDS) == 0
        before, asked = bytes_of(tmp_path / "out"), len(server.requests)
        assert harvest(server, "--download", KINDS) == 0
        assert server.requests[asked:] == []
    assert bytes_of(tmp_path / "out") == before


def test_a_later_run_asks_for_what_is_new_only(harvest: Harvest, tmp_path: Path) -> None:
    new = Study(
        "GSE90009", "Single fibroblasts", (Sample("GSM9000091", "fibroblast 1", runs=(single(9000091),)),), "2018-01-09"
    )
    late = Study(
        "GSE90008", "Single pericytes", (Sample("GSM9000081", "pericyte 1", runs=(single(9000081),)),), "2017-12-30"
    )
    with SyntheticRepository(world()) as server:
        harvest(server)
        asked = len(server.requests)
        server.studies += [new, late]  # one published since, one that appeared late
        harvest(server, until="2018-01-15")
        later = [path for path in server.requests[asked:] if "search" not in path and "esummary" not in path]
    assert [path.split("?")[0].rpartition("/")[2] for path in later] == [
        "GSE90008_family.soft.gz", "filereport", "GSE90009_family.soft.gz", "filereport",
    ]  # fmt: skip
    assert {"GSE90008", "GSE90009"} <= set(read_catalogue(tmp_path / "out").studies["study_accession"])


def test_refresh_asks_for_a_known_study_anew(harvest: Harvest, tmp_path: Path) -> None:
    with SyntheticRepository([plate_study()]) as server:
        harvest(server)
        server.studies = [Study("GSE90001", "A better title about single cells", plate_study().samples, "2017-03-01")]
        harvest(server)
        assert read_catalogue(tmp_path / "out").studies.loc[0, "title"] == plate_study().title
        harvest(server, "--refresh", "GSE90001")
    assert read_catalogue(tmp_path / "out").studies.loc[0, "title"] == "A better title about single cells"


@pytest.mark.slow
@pytest.mark.parametrize("after", [3, 14, 30])
def test_killed_in_the_middle_it_resumes_to_the_same_catalogue(tmp_path: Path, first: Catalogue, after: int) -> None:
    out = tmp_path / "killed"
    with SyntheticRepository(world(), delay_s=0.03) as server:
        command = [sys.executable, "-m", "build_bundle", *arguments(server, out, "--download", KINDS)]
        process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
        deadline = time.monotonic() + 60
        while len(server.requests) < after and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert len(server.requests) >= after
        assert not (out / FOLDER / "catalogue.json").exists()
        killed_at = len(server.requests)
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        again = server.requests[killed_at:]
        known = set(server.requests[: killed_at - 1]) - {
            path for path in server.requests if "search" in path or "esummary" in path
        }
    assert not known & set(again)  # what was answered before the kill is not asked again
    assert bytes_of(out) == bytes_of(first.folder)
