from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from build_bundle.quantify import library_step
from build_bundle.quantify.library import Library, ReadFile
from build_bundle.quantify.library_step import LibraryJob, quantify_library
from build_bundle.quantify.reference import Reference
from build_bundle.quantify.settings import QuantifySettings
from tests.synthetic_genome import BASES, SyntheticGenome


def job(reference: Reference, *files: ReadFile, protocol: str = "", **settings: object) -> LibraryJob:
    return LibraryJob(Library("S", "s", protocol, files=files), reference, QuantifySettings(**settings))  # type: ignore[arg-type]


def test_reads_between_the_genes_are_no_cell(genome: SyntheticGenome, reference: Reference, tmp_path: Path) -> None:
    start = genome.sequences["chr1"][:480]  # before the first gene
    (path,) = genome.write_single(tmp_path / "a.fastq.gz", [start[i : i + 75] for i in range(400)])
    (tmp_path / "out").mkdir()
    facts = quantify_library(job(reference, ReadFile(path, "fastq", "a")), tmp_path / "out")
    assert (facts["state"], facts["reason_code"], facts["reason"]) == ("failed", "no_cells", "No read is in a gene.")
    assert (facts["rate_overall"], facts["rate_coding"]) == (1.0, 0.0)
    assert not list((tmp_path / "out").iterdir())


def test_the_coding_rate_may_rule(genome: SyntheticGenome, reference: Reference, tmp_path: Path) -> None:
    start = genome.sequences["chr1"][:480]
    reads = [*(start[i : i + 75] for i in range(400)), *(f[:75] for f in genome.fragments(genome.draw(100, 1), 1))]
    (path,) = genome.write_single(tmp_path / "a.fastq.gz", reads)
    states = []
    for rate in ("overall", "coding"):
        (tmp_path / rate).mkdir()
        states.append(
            quantify_library(job(reference, ReadFile(path, "fastq", "a"), rate=rate), tmp_path / rate)["state"]
        )
    assert states == ["ok", "low_alignment"]


def test_droplets_that_do_not_align_are_low(reference: Reference, genome: SyntheticGenome, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    n_reads = 2_000
    barcodes, cdna = tmp_path / "x_1.fastq.gz", tmp_path / "x_2.fastq.gz"
    genome.write_single(barcodes, [BASES[rng.integers(0, 4, 28)].tobytes() for _ in range(n_reads)])
    genome.write_single(cdna, [BASES[rng.integers(0, 4, 90)].tobytes() for _ in range(n_reads)], read_length=90)
    (tmp_path / "out").mkdir()
    files = (ReadFile(barcodes, "fastq", "x", 1), ReadFile(cdna, "fastq", "x", 2))
    facts = quantify_library(job(reference, *files), tmp_path / "out")
    assert (facts["state"], facts["protocol"], facts["n_reads"]) == ("low_alignment", "droplet", n_reads)


def test_a_full_disk_is_tried_again(
    reference: Reference, genome: SyntheticGenome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(library_step, "write_csr", full)
    (path,) = genome.write_single(tmp_path / "a.fastq.gz", genome.fragments(genome.draw(200, 3), 3))
    (tmp_path / "out").mkdir()
    facts = quantify_library(job(reference, ReadFile(path, "fastq", "a")), tmp_path / "out")
    assert (facts["state"], facts["reason_code"], facts["retry"]) == ("failed", "os_error", True)
    assert "No space left" in facts["reason"]
