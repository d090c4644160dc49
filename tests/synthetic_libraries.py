"""Libraries of the synthetic genome as files: good cells, planted bad ones, and every planted fault with its state.

`write_libraries` is the small world of the quantification tests; `write_typed_study` gives cells of known types, for a
chain that ends in a bundle.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.synthetic_genome import Counts, SyntheticGenome, SyntheticLibrary

GOOD_FRAGMENTS, SMALL_FRAGMENTS = 12_000, 1_500
N_DROPLET_CELLS = 20


def write_libraries(genome: SyntheticGenome, folder: Path) -> list[SyntheticLibrary]:
    """Write the libraries of two studies: PLATES (one cell each) and DROPS (many cells each)."""
    return [*_good_plates(genome, folder / "PLATES"), *_faulty_plates(genome, folder / "PLATES"),
            *_droplets(genome, folder / "DROPS")]  # fmt: skip


def _good_plates(genome: SyntheticGenome, folder: Path) -> list[SyntheticLibrary]:
    found = []
    for number in range(4):
        counts = genome.draw(GOOD_FRAGMENTS, number)
        fragments = genome.fragments(counts, number)
        sample, is_paired = f"good{number}", number % 2 == 1
        files = (
            genome.write_paired(folder / sample, fragments)
            if is_paired
            else genome.write_single(folder / f"{sample}.fastq.gz", fragments)
        )
        found.append(_plate(sample, files, is_paired=is_paired, truth=counts))
    for number in (10, 11):  # three quarters of the reads are from nowhere
        counts = genome.draw(SMALL_FRAGMENTS, number)
        fragments = genome.fragments(counts, number, n_alien=3 * SMALL_FRAGMENTS)
        files = genome.write_single(folder / f"bad{number}.fastq.gz", fragments)
        found.append(_plate(f"bad{number}", files, truth=counts, state="low_alignment", reason="low_alignment"))
    return found


def _faulty_plates(genome: SyntheticGenome, folder: Path) -> list[SyntheticLibrary]:
    fragments = genome.fragments(genome.draw(SMALL_FRAGMENTS, 20), 20)
    lone, _ = genome.write_paired(folder / "lone", fragments)
    (folder / "lone_2.fastq.gz").unlink()
    uneven, shorter = genome.write_paired(folder / "uneven", fragments)
    genome.write_single(shorter, fragments[:-1])
    empty = folder / "empty.fastq.gz"
    empty.write_bytes(gzip.compress(b"", mtime=0))
    (cut,) = genome.write_single(folder / "cut.fastq.gz", fragments)
    cut.write_bytes(cut.read_bytes()[:-2000])
    (half,) = genome.write_single(folder / "half.fastq", fragments)
    half.write_bytes(half.read_bytes()[:-100])
    other = folder / "other.fastq.gz"
    other.write_bytes(gzip.compress(b"<html>Not found</html>\n" * 8, mtime=0))
    changed = genome.write_single(folder / "changed.fastq.gz", fragments)
    return [
        _plate("lone", (lone,), is_paired=True, state="failed", reason="missing_mate"),
        _plate("uneven", (uneven, shorter), is_paired=True, state="failed", reason="mates_differ"),
        _plate("empty", (empty,), state="failed", reason="empty_fastq"),
        _plate("cut", (cut,), state="failed", reason="truncated"),
        _plate("half", (half,), state="failed", reason="truncated"),
        _plate("other", (other,), state="failed", reason="not_fastq"),
        _plate("changed", changed, state="failed", reason="wrong_checksum"),
        _plate("gone", (folder / "gone.fastq.gz",), state="failed", reason="missing_file"),
        _plate("nothing", (), state="no_raw", reason="no_raw"),
    ]


def _droplets(genome: SyntheticGenome, folder: Path) -> list[SyntheticLibrary]:
    cells = np.array([genome.draw(900, 100 + i) for i in range(N_DROPLET_CELLS)])
    files, barcodes = genome.write_droplets(folder / "drops", cells, n_empty=60, seed=5)
    bare, _ = genome.write_droplets(folder / "bare", cells[:5], n_empty=0, seed=6, barcode_read=False)
    return [
        SyntheticLibrary("DROPS", "drops", "droplet", "PAIRED", files, barcodes=tuple(barcodes), cell_truth=cells),
        SyntheticLibrary("DROPS", "bare", "droplet", "SINGLE", bare, "multi_cell_no_barcode", "no_barcodes"),
    ]


def write_typed_study(
    genome: SyntheticGenome,
    folder: Path,
    study: str,
    types: Sequence[str],
    *,
    n_cells: int,
    seed: int,
    n_fragments: int = SMALL_FRAGMENTS,
) -> list[SyntheticLibrary]:
    """Write `n_cells` single-end cells of each type; a type raises its own tenth of the genes, a study shifts all a little."""
    rng = np.random.default_rng([genome.seed, seed, 9])
    shift = rng.lognormal(0, 0.2, len(genome.genes))
    base = genome.abundances(0) + 1e-4
    found = []
    for number, term in enumerate(types):
        raised = np.arange(len(genome.genes)) % max(10, len(types)) == number
        for cell in range(n_cells):
            noise = rng.lognormal(0, 0.3, len(genome.genes))
            shares = base * shift * noise * np.where(raised, 12.0, 1.0)
            key = seed * 10_000 + number * 100 + cell
            counts = genome.draw(n_fragments, key, shares / shares.sum())
            sample = f"{study}-{number}-{cell:02d}"
            files = genome.write_single(folder / study / f"{sample}.fastq.gz", genome.fragments(counts, key))
            found.append(SyntheticLibrary(study, sample, "plate", "SINGLE", files, truth=counts, term=term))
    return found


def write_table(folder: Path, libraries: Sequence[SyntheticLibrary]) -> Path:
    """Write ``runs.csv`` for libraries; the one with the wrong checksum gets one."""
    path = folder / "runs.csv"
    names = ("study", "sample", "protocol", "layout", "fastq_1", "fastq_2", "md5_1")
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.DictWriter(stream, names)
        rows.writeheader()
        for library in libraries:
            files = [file.relative_to(folder).as_posix() for file in library.fastq]
            wrong = "0" * 32 if library.expected_reason == "wrong_checksum" else ""
            rows.writerow(
                {
                    "study": library.study,
                    "sample": library.sample,
                    "protocol": library.protocol_family,
                    "layout": library.layout,
                    "fastq_1": files[0] if files else "",
                    "fastq_2": files[1] if len(files) > 1 else "",
                    "md5_1": wrong,
                }
            )
    return path


def _plate(
    sample: str,
    files: tuple[Path, ...],
    *,
    is_paired: bool = False,
    truth: Counts | None = None,
    state: str = "ok",
    reason: str = "",
) -> SyntheticLibrary:
    layout = "PAIRED" if is_paired else "SINGLE"
    return SyntheticLibrary("PLATES", sample, "plate", layout, files, state, reason, truth=truth)
