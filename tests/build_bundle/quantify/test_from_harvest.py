from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from build_bundle.quantify.sheet import Sheet, read_sheet
from core.errors import ConfigError

SAMPLE = {
    "study_accession": "GSE1", "organism_ontology_term_id": "NCBITaxon:10090", "protocol_family": "plate",
    "technology": "Smart-seq2", "library_layout": "SINGLE", "available": "fastq", "state": "kept", "reason_code": "",
    "reason": "", "description": "",
}  # fmt: skip
FILE = {
    "study_accession": "GSE1",
    "kind": "fastq",
    "mate": 0,
    "md5": "",
    "state": "downloaded",
    "reason_code": "",
    "reason": "",
}


def sample(name: str, **other: str) -> dict[str, object]:
    return {**SAMPLE, "sample_accession": name, "title": f"Cell {name}", **other}


def file(name: str, of: str, **other: object) -> dict[str, object]:
    return {**FILE, "sample_accession": of, "run_accession": f"SRR-{of}", "path": f"reads/{of}/{name}", **other}


def run(of: str, state: str = "ok", code: str = "", reason: str = "") -> dict[str, object]:
    return {"sample_accession": of, "state": state, "reason_code": code, "reason": reason}


def harvest(folder: Path, samples: list[object], files: list[object], runs: list[object]) -> Sheet:
    (folder / "catalogue").mkdir()
    (folder / "catalogue" / "catalogue.json").write_text("{}", encoding="utf-8")
    for name, rows in {"samples": samples, "files": files, "runs": runs}.items():
        pq.write_table(pa.Table.from_pylist(rows), folder / "catalogue" / f"{name}.parquet")
    return read_sheet(folder, "mouse")


def test_kept_samples_of_the_organism_are_libraries(tmp_path: Path) -> None:
    samples = [
        sample("GSM1"),
        sample("GSM2", state="excluded", reason_code="not_rna"),
        sample("GSM3", organism_ontology_term_id="NCBITaxon:9606"),
        sample("GSM4", protocol_family="droplet", technology="10x 3' v2"),
        sample("d1", available="author_labelled"),  # collect takes its cells as they are
    ]
    files = [
        file("a.fastq.gz", "GSM1"),
        file("b_1.fastq.gz", "GSM4", mate=1, md5="abc"),
        file("b_2.fastq.gz", "GSM4", mate=2),
        file("b.bam", "GSM4", kind="bam"),
        file("c.sra", "GSM1", kind="sra", state="listed"),
    ]
    one, four = harvest(tmp_path, samples, files, [run("GSM1"), run("GSM4")]).libraries
    assert (one.sample, one.protocol, one.layout, one.runs) == ("GSM1", "plate", "SINGLE", "SRR-GSM1")
    assert [f.path for f in one.files] == [tmp_path / "reads/GSM1/a.fastq.gz"]
    assert (four.protocol, four.chemistry) == ("droplet", "10x 3' v2")
    assert [(f.kind, f.mate, f.md5) for f in four.files] == [("fastq", 1, "abc"), ("fastq", 2, "")]


def test_what_the_harvest_missed_is_the_fault(tmp_path: Path) -> None:
    files = [file("a.fastq.gz", "GSM1", state="failed", reason_code="wrong_checksum", reason="Other bytes.")]
    runs = [run("GSM1"), run("GSM2", "missing_mate", "missing_mate", "Mate 2 is not listed."), run("GSM3", "no_files")]
    sheet = harvest(tmp_path, [sample(f"GSM{i}", state="incomplete") for i in (1, 2, 3)], files, runs)
    assert [library.fault for library in sheet.libraries] == [
        ("wrong_checksum", "Other bytes."), ("missing_mate", "Mate 2 is not listed."), ("", ""),
    ]  # fmt: skip


def test_runs_that_could_not_be_asked_for_are_no_absence_of_reads(tmp_path: Path) -> None:
    """A statistic of studies without data must not count an archive that did not answer."""
    unasked = sample("GSM1", state="incomplete", available="no_raw", reason_code="http_500", reason="ENA answered 500.")
    (library,) = harvest(tmp_path, [unasked], [file("x.fastq.gz", "GSM9")], [run("GSM9")]).libraries
    assert library.fault == ("http_500", "ENA answered 500.")


def test_a_deposited_bam_stands_in_for_lost_mates(tmp_path: Path) -> None:
    files = [
        file("a.fastq.gz", "GSM1"),
        file("a.bam", "GSM1", kind="bam"),
        file("b.fastq.gz", "GSM2", state="failed", reason_code="http_404", reason="Gone."),
        file("b.bam", "GSM2", kind="bam"),
    ]
    samples = [sample("GSM1", protocol_family="droplet"), sample("GSM2")]
    sheet = harvest(tmp_path, samples, files, [run("GSM1", "missing_mate", "missing_mate", "No mate."), run("GSM2")])
    assert [[f.kind for f in library.files] for library in sheet.libraries] == [["bam"], ["bam"]]
    assert [library.fault for library in sheet.libraries] == [("", ""), ("", "")]


def test_no_run_is_left_out_without_a_word(tmp_path: Path) -> None:
    """A BAM stands in for its own run alone, and a run of which nothing came is missing."""
    files = [
        file("a.bam", "GSM1", kind="bam", run_accession="SRR1"),
        file("b.bam", "GSM1", kind="bam", run_accession="SRR2", state="failed", reason_code="http_404", reason="Gone."),
        file("c.fastq.gz", "GSM2", run_accession="SRR3"),
        file("d.fastq.gz", "GSM2", run_accession="SRR4", state="listed", path=""),
    ]
    sheet = harvest(tmp_path, [sample("GSM1"), sample("GSM2")], files, [run("GSM1"), run("GSM2")])
    one, two = sheet.libraries
    assert one.fault == ("http_404", "Gone.")
    assert (two.fault[0], "SRR4" in two.fault[1]) == ("missing_run", True)


def test_reads_that_were_only_listed_are_said_to_be(tmp_path: Path) -> None:
    files = [
        file("a.fastq.gz", "GSM1", state="listed", path=""),
        file("b.fastq.gz", "GSM2", state="listed", path="", study_accession="GSE2"),
        file("m.csv", "", kind="matrix", path="processed/GSE2/study/m.csv", study_accession="GSE2"),
    ]
    samples = [sample("GSM1"), sample("GSM2", study_accession="GSE2"), sample("GSM3", available="no_raw")]
    one, three, two = harvest(tmp_path, samples, files, [run("GSM1"), run("GSM2")]).libraries
    assert one.fault[0] == "not_downloaded"
    assert (two.fault, two.has_author_matrix) == (("", ""), True)
    assert (three.fault, three.has_author_matrix) == (("", ""), False)


def test_matrices_of_authors_stand_in(tmp_path: Path) -> None:
    samples = [sample("GSM1"), sample("GSM2", title="GSM1"), sample("GSM3", study_accession="GSE2")]
    files = [
        file("m.csv", "", kind="matrix", path="processed/GSE1/study/m.csv"),
        file("n.csv", "GSM2", kind="matrix", path="processed/GSE1/GSM2/n.csv"),
    ]
    sheet = harvest(tmp_path, samples, files, [run("GSM1", "no_files")])
    assert [library.has_author_matrix for library in sheet.libraries] == [True, True, False]
    (authors,) = sheet.authors
    assert (authors.study, authors.organism) == ("GSE1", "mouse")
    assert [(m.path.name, m.sample) for m in authors.matrices] == [("m.csv", ""), ("n.csv", "GSM2")]
    assert authors.samples == {"cell gsm1": "GSM1", "gsm2": "GSM2"}  # "GSM1" means two samples here


def test_a_damaged_catalogue_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue" / "catalogue.json").write_text("{}", encoding="utf-8")
    (tmp_path / "catalogue" / "samples.parquet").write_bytes(b"PAR1")
    with pytest.raises(ConfigError, match=r"samples\.parquet"):
        read_sheet(tmp_path)
