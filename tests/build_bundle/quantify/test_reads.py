from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

import numpy as np
import pytest

from build_bundle.quantify.alignment import Reads, count_cell
from build_bundle.quantify.droplets import DropletReads, count_droplets
from build_bundle.quantify.library import Chemistry, Library, LibraryFaultError, ReadFile
from build_bundle.quantify.reads import NoBarcodesError, prepare_reads
from build_bundle.quantify.reference import Reference
from build_bundle.quantify.settings import QuantifySettings
from tests.build_bundle.quantify.conftest import World, require
from tests.synthetic_genome import SyntheticGenome, write_fastq

SETTINGS = QuantifySettings(expected_cells=20)
N = 1_000


def call(*command: str | Path, cwd: Path) -> None:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr


def library(*files: ReadFile, protocol: str = "", layout: str = "") -> Library:
    return Library("S", "s", protocol, layout, files)  # type: ignore[arg-type]


def fastq(path: Path, mate: int = 0, run: str = "r") -> ReadFile:
    return ReadFile(path, "fastq", run, mate)


@pytest.fixture(scope="module")
def fragments(genome: SyntheticGenome) -> list[bytes]:
    return genome.fragments(genome.draw(N, 50), 50)


@pytest.fixture
def pair(genome: SyntheticGenome, fragments: list[bytes], tmp_path: Path) -> tuple[Path, ...]:
    return genome.write_paired(tmp_path / "cell", fragments)


def sra(folder: Path, *mates: Path) -> Path:
    """Pack FASTQ files as the archive does: latf-load, then kar."""
    require("latf-load", "kar", "fasterq-dump")
    plain = []
    for number, path in enumerate(mates, 1):
        lines = gzip.decompress(path.read_bytes()).split(b"\n")
        lines[0::4] = [line + b"/%d" % number if line else line for line in lines[0::4]]
        plain.append(folder / f"plain_{number}.fastq")
        plain[-1].write_bytes(b"\n".join(lines))
    call("latf-load", "-p", "ILLUMINA", "--quality", "PHRED_33", "-o", "load", *plain, cwd=folder)
    call("kar", "-c", "run.sra", "-d", "load", cwd=folder)
    return folder / "run.sra"


def test_an_sra_file_gives_its_pairs(pair: tuple[Path, ...], tmp_path: Path, reference: Reference) -> None:
    path = sra(tmp_path, *pair)
    (tmp_path / "work").mkdir()
    found = prepare_reads(library(ReadFile(path, "sra", "SRR1")), tmp_path / "work", SETTINGS)
    assert isinstance(found.reads, Reads)
    assert (found.reads.is_paired, found.n_fragments) == (True, N)
    packed = count_cell(found.reads, reference, SETTINGS, tmp_path / "work")
    plain = count_cell(Reads(first=pair[:1], second=pair[1:]), reference, SETTINGS, tmp_path)
    assert (packed.counts == plain.counts).all()


def test_an_sra_file_of_single_reads(pair: tuple[Path, ...], tmp_path: Path) -> None:
    path = sra(tmp_path, pair[0])
    (tmp_path / "work").mkdir()
    found = prepare_reads(library(ReadFile(path, "sra", "SRR1")), tmp_path / "work", SETTINGS)
    assert isinstance(found.reads, Reads)
    assert (found.reads.is_paired, found.n_fragments) == (False, N)


def test_a_damaged_sra_file_is_said_to_be(pair: tuple[Path, ...], tmp_path: Path) -> None:
    path = sra(tmp_path, *pair)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (tmp_path / "work").mkdir()
    with pytest.raises(LibraryFaultError) as caught:
        prepare_reads(library(ReadFile(path, "sra")), tmp_path / "work", SETTINGS)
    assert caught.value.code == "truncated"


def test_an_sra_file_of_droplets_gives_barcodes_and_molecules(world: World, tmp_path: Path) -> None:
    drops = next(item for item in world.libraries if item.sample == "drops")
    path = sra(tmp_path, *drops.fastq)
    (tmp_path / "work").mkdir()
    found = prepare_reads(library(ReadFile(path, "sra", "SRR1"), protocol="droplet"), tmp_path / "work", SETTINGS)
    assert isinstance(found.reads, DropletReads)
    assert found.reads.chemistry == Chemistry(16, 12)
    assert found.n_fragments == len(reads_of(drops.fastq[0]))


ARCHIVE = """\
#!/bin/sh
# What fasterq-dump makes of a run whose barcodes the archive keeps as technical reads.
while [ $# -gt 1 ]; do
    case "$1" in
    -O) out="$2" ;;
    --include-technical) technical=yes ;;
    esac
    shift
done
mkdir -p "$out"
cp "$(dirname "$0")/molecule.fastq" "$out/run${technical:+_3}.fastq"
if [ -n "$technical" ]; then
    cp "$(dirname "$0")/index.fastq" "$out/run_1.fastq"
    cp "$(dirname "$0")/barcode.fastq" "$out/run_2.fastq"
fi
"""


@pytest.mark.parametrize(
    ("protocol", "n_bases", "is_droplet"),
    [("droplet", 28, True), ("", 26, True), ("", 23, False), ("plate", 28, False)],
)
def test_barcodes_kept_as_technical_reads_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: str, n_bases: int, is_droplet: bool
) -> None:
    for name, length in {"index": 8, "barcode": n_bases, "molecule": 91}.items():
        write_fastq(tmp_path / f"{name}.fastq", [(b"ACGT" * 30)[:length]] * 5)
    (tmp_path / "fasterq-dump").write_text(ARCHIVE, encoding="ascii")
    (tmp_path / "fasterq-dump").chmod(0o755)
    (tmp_path / "run.sra").write_bytes(b"")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = prepare_reads(library(ReadFile(tmp_path / "run.sra", "sra", "r"), protocol=protocol), tmp_path, SETTINGS)
    assert isinstance(found.reads, DropletReads) == is_droplet
    if isinstance(found.reads, DropletReads):
        assert [path.name for path in (*found.reads.barcodes, *found.reads.cdna)] == ["run_2.fastq", "run_3.fastq"]


def test_runs_of_a_sample_are_read_in_turn(
    genome: SyntheticGenome, fragments: list[bytes], tmp_path: Path, reference: Reference
) -> None:
    whole = genome.write_single(tmp_path / "whole.fastq.gz", fragments)
    parts = [fastq(genome.write_single(tmp_path / f"{i}.fastq.gz", fragments[i::3])[0], run=str(i)) for i in range(3)]
    found = prepare_reads(library(*parts), tmp_path, SETTINGS)
    assert isinstance(found.reads, Reads)
    assert found.n_fragments == N
    one = count_cell(found.reads, reference, SETTINGS, tmp_path)
    assert one.n_fragments == N
    assert (
        np.abs(one.counts - count_cell(Reads(single=whole), reference, SETTINGS, tmp_path).counts).sum() <= 4
    )  # other errors


@pytest.mark.parametrize(
    ("mates", "layout", "code"),
    [
        ((1,), "", "missing_mate"),
        ((2,), "", "missing_mate"),
        ((0,), "PAIRED", "missing_mate"),
        ((1, 1), "", "two_files"),
    ],
)
def test_mates_that_do_not_fit(
    pair: tuple[Path, ...], tmp_path: Path, mates: tuple[int, ...], layout: str, code: str
) -> None:
    files = [fastq(pair[0], mate) for mate in mates]
    with pytest.raises(LibraryFaultError) as caught:
        prepare_reads(library(*files, layout=layout), tmp_path, SETTINGS)
    assert caught.value.code == code


def test_a_run_that_is_not_paired_is_not_left_out_without_a_word(
    genome: SyntheticGenome, pair: tuple[Path, ...], tmp_path: Path
) -> None:
    (alone,) = genome.write_single(tmp_path / "alone.fastq.gz", [b"A" * 75] * 3)
    files = (fastq(pair[0], 1), fastq(pair[1], 2), fastq(alone, 0, run="other"))
    with pytest.raises(LibraryFaultError, match="others do not") as caught:
        prepare_reads(library(*files), tmp_path, SETTINGS)
    assert (caught.value.code, "(other)" in caught.value.message) == ("two_layouts", True)


def test_the_remainder_of_split_3_stays_out(genome: SyntheticGenome, pair: tuple[Path, ...], tmp_path: Path) -> None:
    (alone,) = genome.write_single(tmp_path / "alone.fastq.gz", [b"A" * 75] * 3)
    found = prepare_reads(library(fastq(pair[0], 1), fastq(pair[1], 2), fastq(alone, 0)), tmp_path, SETTINGS)
    assert found.n_fragments == N


def test_a_short_mate_is_a_barcode_read(pair: tuple[Path, ...], tmp_path: Path) -> None:
    short = tmp_path / "short.fastq.gz"
    write_fastq(short, [b"ACGT" * 7] * N)
    for first, second, place in ((short, pair[1], 0), (pair[1], short, 1)):
        found = prepare_reads(library(fastq(first, 1), fastq(second, 2)), tmp_path, SETTINGS)
        assert isinstance(found.reads, DropletReads)
        assert found.reads.chemistry == Chemistry(16, 12)
        assert (found.reads.barcodes, found.reads.cdna)[place] == (first,)


@pytest.mark.parametrize("length", [23, 39])
def test_barcodes_of_unknown_layout_are_no_barcodes(pair: tuple[Path, ...], tmp_path: Path, length: int) -> None:
    short = tmp_path / "short.fastq.gz"
    write_fastq(short, [b"A" * length] * N)
    with pytest.raises(NoBarcodesError, match=f"{length} bases"):
        prepare_reads(library(fastq(short, 1), fastq(pair[1], 2)), tmp_path, SETTINGS)


def test_two_long_mates_of_droplets_have_no_barcodes(pair: tuple[Path, ...], tmp_path: Path) -> None:
    with pytest.raises(NoBarcodesError, match="neither mate"):
        prepare_reads(library(fastq(pair[0], 1), fastq(pair[1], 2), protocol="droplet"), tmp_path, SETTINGS)


def sam(reads: list[tuple[str, bytes, str]], path: Path) -> Path:
    """Write unaligned reads with tags as BAM."""
    text = "@HD\tVN:1.6\n" + "".join(
        f"{name}\t4\t*\t0\t0\t*\t*\t0\t0\t{sequence.decode()}\t{'I' * len(sequence)}{tags}\n"
        for name, sequence, tags in reads
    )
    path.with_suffix(".sam").write_text(text, encoding="ascii")
    call("samtools", "view", "-b", "-o", path, path.with_suffix(".sam"), cwd=path.parent)
    return path


def reads_of(path: Path) -> list[bytes]:
    return gzip.decompress(path.read_bytes()).split(b"\n")[1::4]


def test_a_deposited_bam_counts_as_its_reads_did(world: World, reference: Reference, tmp_path: Path) -> None:
    drops = next(item for item in world.libraries if item.sample == "drops")
    barcodes, cdna = (reads_of(path) for path in drops.fastq)
    tagged = [
        (f"r{i}", sequence, f"\tCB:Z:{word[:16].decode()}-1\tUB:Z:{word[16:].decode()}")
        for i, (word, sequence) in enumerate(zip(barcodes, cdna, strict=True))
    ]
    untagged = [(f"u{i}", cdna[i], "") for i in range(50)]
    half = len(tagged) // 2
    bams = [sam([*untagged, *tagged[:half]], tmp_path / "lane1.bam"), sam(tagged[half:], tmp_path / "lane2.bam")]
    found = prepare_reads(library(*(ReadFile(bam, "bam", bam.stem) for bam in bams)), tmp_path, SETTINGS)
    assert isinstance(found.reads, DropletReads)
    assert found.n_fragments == len(tagged)
    counts = count_droplets(found.reads, reference, SETTINGS, tmp_path)
    assert sorted(counts.barcodes) == sorted(drops.barcodes)
    order = [[gene.gene_id for gene in world.genome.genes].index(gene_id) for gene_id in reference.genes["gene_id"]]
    truth = np.asarray(drops.cell_truth)[[drops.barcodes.index(name) for name in counts.barcodes]][:, order]
    assert np.corrcoef(counts.counts.toarray().ravel(), truth.ravel())[0, 1] >= 0.999


def test_a_bam_without_barcodes(genome: SyntheticGenome, fragments: list[bytes], tmp_path: Path) -> None:
    require("samtools")
    bam = sam([(f"r{i}", f[:75], "") for i, f in enumerate(fragments)], tmp_path / "cell.bam")
    with pytest.raises(NoBarcodesError, match="CB, UB"):
        prepare_reads(library(ReadFile(bam, "bam"), protocol="droplet"), tmp_path, SETTINGS)
    found = prepare_reads(library(ReadFile(bam, "bam"), protocol="plate"), tmp_path, SETTINGS)
    assert isinstance(found.reads, Reads)
    assert (found.reads.is_paired, found.n_fragments) == (False, N)


def test_bams_of_which_one_has_no_barcodes(fragments: list[bytes], tmp_path: Path) -> None:
    require("samtools")
    tags = f"\tCB:Z:{'ACGT' * 4}-1\tUB:Z:{'ACGT' * 3}"
    bams = [sam([("r", fragments[0][:75], said)], tmp_path / f"{i}.bam") for i, said in enumerate((tags, ""))]
    with pytest.raises(NoBarcodesError, match=r"1\.bam holds many cells"):
        prepare_reads(library(*(ReadFile(bam, "bam", bam.stem) for bam in bams)), tmp_path, SETTINGS)


def test_barcodes_of_two_lengths_do_not_join(fragments: list[bytes], tmp_path: Path) -> None:
    require("samtools")
    tags = [f"\tCB:Z:{'ACGT' * 4}-1\tUB:Z:{'A' * n}" for n in (10, 12)]
    bams = [sam([("r", fragments[0][:75], said)], tmp_path / f"{i}.bam") for i, said in enumerate(tags)]
    with pytest.raises(LibraryFaultError, match="different lengths"):
        prepare_reads(library(*(ReadFile(bam, "bam", bam.stem) for bam in bams)), tmp_path, SETTINGS)


def test_the_bams_of_one_cell_are_read_in_turn(fragments: list[bytes], tmp_path: Path) -> None:
    require("samtools")
    bams = [sam([(f"r{i}", f[:75], "") for i, f in enumerate(fragments[k::2])], tmp_path / f"{k}.bam") for k in (0, 1)]
    found = prepare_reads(library(*(ReadFile(bam, "bam") for bam in bams), protocol="plate"), tmp_path, SETTINGS)
    assert isinstance(found.reads, Reads)
    assert (len(found.reads.single), found.n_fragments) == (2, N)


def test_a_damaged_bam(genome: SyntheticGenome, fragments: list[bytes], tmp_path: Path) -> None:
    require("samtools")
    bam = sam([(f"r{i}", f[:75], "") for i, f in enumerate(fragments)], tmp_path / "cell.bam")
    bam.write_bytes(bam.read_bytes()[: bam.stat().st_size // 2])
    with pytest.raises(LibraryFaultError) as caught:
        prepare_reads(library(ReadFile(bam, "bam"), protocol="plate"), tmp_path, SETTINGS)
    assert caught.value.code == "truncated"


def test_the_bam_of_one_cell_gives_its_pairs(pair: tuple[Path, ...], tmp_path: Path, reference: Reference) -> None:
    first, second = (reads_of(path) for path in pair)
    lines = [
        f"r{i}\t{flag}\t*\t0\t0\t*\t*\t0\t0\t{mate.decode()}\t{'I' * len(mate)}\n"
        for i, mates in enumerate(zip(first, second, strict=True))
        for flag, mate in zip((77, 141), mates, strict=True)
    ]
    (tmp_path / "cell.sam").write_text("@HD\tVN:1.6\n" + "".join(lines), encoding="ascii")
    call("samtools", "view", "-b", "-o", "cell.bam", "cell.sam", cwd=tmp_path)
    found = prepare_reads(library(ReadFile(tmp_path / "cell.bam", "bam"), protocol="plate"), tmp_path, SETTINGS)
    assert isinstance(found.reads, Reads)
    assert (found.reads.is_paired, found.n_fragments) == (True, N)
    again = count_cell(found.reads, reference, SETTINGS, tmp_path)
    (tmp_path / "plain").mkdir()
    plain = count_cell(Reads(first=pair[:1], second=pair[1:]), reference, SETTINGS, tmp_path / "plain")
    assert (again.counts == plain.counts).all()


def test_a_whitelist_leaves_other_barcodes_out(world: World, reference: Reference, tmp_path: Path) -> None:
    drops = next(item for item in world.libraries if item.sample == "drops")
    whitelist = tmp_path / "list.txt.gz"
    whitelist.write_bytes(gzip.compress("\n".join(drops.barcodes[:12]).encode() + b"\n"))
    reads = DropletReads(drops.fastq[1:], drops.fastq[:1], Chemistry(16, 12), whitelist)
    found = count_droplets(reads, reference, QuantifySettings(expected_cells=12), tmp_path)
    assert sorted(found.barcodes) == sorted(drops.barcodes[:12])


def test_files_packed_differently_are_refused(world: World, reference: Reference, tmp_path: Path) -> None:
    drops = next(item for item in world.libraries if item.sample == "drops")
    plain = tmp_path / "cdna.fastq"
    plain.write_bytes(gzip.decompress(drops.fastq[1].read_bytes()))
    reads = DropletReads((plain,), drops.fastq[:1], Chemistry(16, 12))
    with pytest.raises(LibraryFaultError) as caught:
        count_droplets(reads, reference, SETTINGS, tmp_path)
    assert caught.value.code == "mixed_packing"


def test_reads_of_the_other_strand_count_only_where_told(world: World, reference: Reference, tmp_path: Path) -> None:
    drops = next(item for item in world.libraries if item.sample == "drops")
    reads = DropletReads(drops.fastq[1:], drops.fastq[:1], Chemistry(16, 12))
    with_strand = QuantifySettings(expected_cells=20, droplet_strand="Reverse")
    found = count_droplets(reads, reference, with_strand, tmp_path)
    assert found.rate_overall > 0.99
    assert found.rate_coding < 0.01
    assert found.counts.shape == (0, len(reference.genes))
