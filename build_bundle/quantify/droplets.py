"""Many cells of a droplet library: STARsolo, from FASTQ or from a deposited BAM that kept its barcodes."""

from __future__ import annotations

import csv
import gzip
import math
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from scipy import sparse
from scipy.io import mmread

from build_bundle.quantify import programs
from build_bundle.quantify.alignment import joined
from build_bundle.quantify.library import Chemistry, LibraryFaultError
from build_bundle.quantify.reference import STAR_FOLDER, Reference
from build_bundle.quantify.settings import QuantifySettings
from core.errors import ConfigError
from core.expression.matrix import Names, as_names

_ONE_AT_A_TIME = threading.Lock()  # each STAR holds an index of about 30 GB (mouse, human) in memory
_FIRST_RECORDS = 10_000
_BASES = frozenset("ACGTN")


@dataclass(frozen=True)
class DropletReads:
    """FASTQ files of a droplet library.

    Parameters
    ----------
    cdna, barcodes : tuple of Path
        Reads of the molecules, and those that begin with barcode and UMI; same number and order.
    chemistry : Chemistry
        Lengths of barcode and UMI.
    whitelist : Path, optional
        Barcodes that exist, one a line, also gzip; without it barcodes are taken as they are.
    """

    cdna: tuple[Path, ...]
    barcodes: tuple[Path, ...]
    chemistry: Chemistry
    whitelist: Path | None = None


@dataclass(frozen=True, eq=False)
class DropletCounts:
    """UMI counts of the barcodes called as cells.

    Parameters
    ----------
    counts : csr_matrix of float32, n_cells x n_genes
        Molecules, in the order of the reference's genes.
    barcodes : array of str
        The cells.
    n_reads : int
        Reads in the library.
    rate_overall, rate_coding : float
        Share of reads that align to the genome, and to one gene, 0..1.
    """

    counts: sparse.csr_matrix
    barcodes: Names
    n_reads: int
    rate_overall: float
    rate_coding: float


def count_droplets(
    reads: DropletReads, reference: Reference, settings: QuantifySettings, scratch: Path
) -> DropletCounts:
    """Align a droplet library, count molecules, call cells.

    Parameters
    ----------
    reads : DropletReads
        Checked files.
    reference : Reference
        With STAR's index.
    settings : QuantifySettings
        Cell filter, threads, time limit.
    scratch : Path
        Folder for STAR's files, which the caller removes.

    Returns
    -------
    DropletCounts
        No length normalisation: one UMI is one molecule.

    Raises
    ------
    ConfigError
        Where the reference was prepared without droplets.
    ProgramError
        Where STAR fails.
    """
    if not reference.has_droplets:
        raise ConfigError(
            f"The reference {reference.folder} has no index for droplets.",
            next_step="Prepare it with --droplets.",
            code="no-droplet-index",
        )
    with _ONE_AT_A_TIME:
        programs.run(_command(reads, reference, settings, scratch), timeout_s=settings.timeout_s, cwd=scratch)
    found = scratch / "Solo.out" / "Gene"
    summary = _read_summary(found / "Summary.csv")
    counts, barcodes = _read_cells(found / "filtered", reference)
    return DropletCounts(
        counts,
        as_names(barcodes),
        int(summary.get("Number of Reads", 0)),
        summary.get("Reads Mapped to Genome: Unique+Multiple", 0.0),
        summary.get("Reads Mapped to Gene: Unique Gene", 0.0),
    )


def has_cell_tags(bam: Path, scratch: Path) -> bool:
    """Whether the first records of a BAM carry cell barcodes and UMIs (CB and UB tags)."""
    text = scratch / "head.sam"
    command = ["samtools", "head", "-h", "0", "-n", str(_FIRST_RECORDS), str(bam)]
    with text.open("w", encoding="utf-8") as out:
        done = subprocess.run(  # the text is wanted here, not only the return code
            [programs.find("samtools"), *command[1:]], stdout=out, stderr=subprocess.PIPE, check=False, timeout=600
        )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise LibraryFaultError(
            f"{bam.name} is cut short or no BAM file: {said[-1] if said else 'samtools failed'}.", code="truncated"
        )
    with text.open(encoding="utf-8", errors="replace") as stream:
        return any("\tCB:Z:" in line and "\tUB:Z:" in line for line in stream)


def reads_of_bam(bam: Path, scratch: Path, settings: QuantifySettings) -> DropletReads:
    """Turn a BAM with CB and UB tags back into reads, with the corrected barcodes as barcode reads.

    Parameters
    ----------
    bam : Path
        As deposited, for example by Cell Ranger; each read counts once (secondary and supplementary lines do not).
    scratch : Path
        Folder for the reads.
    settings : QuantifySettings
        Time limit.

    Returns
    -------
    DropletReads
        Reads without both tags stay out. The sample suffix of a barcode ("-1") is dropped.

    Raises
    ------
    LibraryFaultError
        "no_barcodes" where no read has both tags, "truncated" where the file is damaged.
    """
    tagged = scratch / "tagged.fastq"
    command = ["samtools", "fastq", "-F", "0x900", "-T", "CB,UB", "-0", str(tagged), "-s", str(tagged),
               "-o", str(tagged), "-n", str(bam)]  # fmt: skip
    try:
        programs.run(command, timeout_s=settings.timeout_s)
    except programs.ProgramError as error:
        if error.code == "timeout":
            raise
        raise LibraryFaultError(f"{bam.name} is cut short or damaged. {error.message}", code="truncated") from error
    cdna, barcodes = scratch / "cdna.fastq", scratch / "barcodes.fastq"
    with tagged.open(encoding="ascii", errors="replace") as source, cdna.open("w") as one, barcodes.open("w") as two:
        chemistry = _split(source, one, two)
    tagged.unlink()
    if chemistry is None:
        raise LibraryFaultError(f"No read of {bam.name} has a cell barcode and a UMI.", code="no_barcodes")
    return DropletReads((cdna,), (barcodes,), chemistry)


def _split(source: IO[str], cdna: IO[str], barcodes: IO[str]) -> Chemistry | None:
    """Write the read and its barcode of every record that has both; return their lengths, those of the first."""
    chemistry: Chemistry | None = None
    for head, sequence, quality in _records(source):
        tags = {tag[:5]: tag[5:] for tag in head.split("\t")[1:]}
        barcode, umi = tags.get("CB:Z:", "").partition("-")[0], tags.get("UB:Z:", "")
        if not (barcode and umi and _BASES.issuperset(barcode + umi)):
            continue
        chemistry = chemistry or Chemistry(len(barcode), len(umi))
        if (len(barcode), len(umi)) == (chemistry.barcode, chemistry.umi):
            name = head.split("\t")[0]
            cdna.write(f"{name}\n{sequence}\n+\n{quality}\n")
            barcodes.write(f"{name}\n{barcode}{umi}\n+\n{'I' * chemistry.length}\n")
    return chemistry


def _records(stream: IO[str]) -> Iterator[tuple[str, str, str]]:
    lines = (line.rstrip("\n") for line in stream)
    for head in lines:
        sequence, _, quality = next(lines), next(lines), next(lines)
        yield head, sequence, quality


def _command(reads: DropletReads, reference: Reference, settings: QuantifySettings, scratch: Path) -> list[str]:
    unpack = ["--readFilesCommand", "gzip", "-cd"] if _are_gzip((*reads.cdna, *reads.barcodes)) else []
    return [
        "STAR", "--runMode", "alignReads", "--genomeDir", str((reference.folder / STAR_FOLDER).resolve()),
        "--readFilesIn", joined(reads.cdna), joined(reads.barcodes), *unpack,
        "--soloType", "CB_UMI_Simple", "--soloCBwhitelist", _whitelist(reads, scratch),
        "--soloCBstart", "1", "--soloCBlen", str(reads.chemistry.barcode),
        "--soloUMIstart", str(reads.chemistry.barcode + 1), "--soloUMIlen", str(reads.chemistry.umi),
        "--soloBarcodeReadLength", "0", "--soloFeatures", "Gene", "--soloCellFilter", *settings.star_cell_filter,
        "--soloStrand", settings.droplet_strand, "--outSAMtype", "None", "--outFileNamePrefix", f"{scratch.resolve()}/",
        "--outTmpDir", str(scratch.resolve() / "tmp"), "--runThreadN", str(settings.threads),
    ]  # fmt: skip


def _are_gzip(paths: Sequence[Path]) -> bool:
    kinds = set()
    for path in paths:
        with path.open("rb") as stream:
            kinds.add(stream.read(2) == b"\x1f\x8b")
    if len(kinds) > 1:
        raise LibraryFaultError("Some of its FASTQ files are packed and some are not.", code="mixed_packing")
    return kinds == {True}


def _whitelist(reads: DropletReads, scratch: Path) -> str:
    """STAR reads plain text only."""
    if reads.whitelist is None:
        return "None"
    if not _are_gzip([reads.whitelist]):
        return str(reads.whitelist.resolve())
    plain = scratch / "whitelist.txt"
    with gzip.open(reads.whitelist) as packed:
        plain.write_bytes(packed.read())
    return str(plain.resolve())


def _read_summary(path: Path) -> dict[str, float]:
    """Return the numbers of STARsolo's summary; what it could not compute ("-nan") and words are left out."""
    found = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.reader(stream):
            with suppress(ValueError, IndexError):
                found[row[0]] = float(row[1])
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _read_cells(folder: Path, reference: Reference) -> tuple[sparse.csr_matrix, list[str]]:
    """Read the called cells; STAR writes nothing where no read lies in a gene."""
    if not (folder / "matrix.mtx").is_file():
        return sparse.csr_matrix(np.zeros((0, len(reference.genes)), dtype=np.float32)), []
    barcodes = (folder / "barcodes.tsv").read_text(encoding="utf-8").split()
    features = [line.split("\t")[0] for line in (folder / "features.tsv").read_text(encoding="utf-8").splitlines()]
    counts = sparse.csr_matrix(mmread(folder / "matrix.mtx").T, dtype=np.float32)
    return _in_order(counts, features, reference), barcodes


def _in_order(counts: sparse.csr_matrix, features: Sequence[str], reference: Reference) -> sparse.csr_matrix:
    """Bring STAR's genes into the order of the reference."""
    place = {gene_id: i for i, gene_id in enumerate(reference.genes["gene_id"])}
    if any(feature not in place for feature in features):
        raise LibraryFaultError("STAR's genes are not the reference's.", code="other_genes")
    columns = np.array([place[feature] for feature in features], dtype=np.int64)
    coo = counts.tocoo()
    moved = sparse.csr_matrix((coo.data, (coo.row, columns[coo.col])), shape=(counts.shape[0], len(place)))
    moved.sort_indices()
    return moved
