"""A synthetic genome with known genes, and cells whose every fragment was placed on purpose.

Two chromosomes of random sequence carry spliced genes; a cell's truth is the number of fragments drawn from each gene's
coding sequence, so counts and RPKM can be held to it exactly. Reads have errors at a set rate. Everything follows from
a seed; files are gzip without a time stamp.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

BASES = np.frombuffer(b"ACGT", dtype=np.uint8)
_COMPLEMENT = bytes.maketrans(b"ACGTN", b"TGCAN")
_TAIL = 150  # untranslated bases behind the coding part, in the last exon
_INTRON = 120
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SyntheticGene:
    """A gene: exons from 0 with open ends in genome order; the coding part is all but `_TAIL` bases at its 3' end."""

    gene_id: str
    symbol: str
    chrom: str
    strand: str
    exons: tuple[tuple[int, int], ...]

    @property
    def coding(self) -> tuple[tuple[int, int], ...]:
        (first_start, first_end), *_ = self.exons
        last_start, last_end = self.exons[-1]
        if self.strand == "+":
            return (*self.exons[:-1], (last_start, last_end - _TAIL))
        return ((first_start + _TAIL, first_end), *self.exons[1:])

    @property
    def length(self) -> int:
        return sum(end - start for start, end in self.coding)


@dataclass(frozen=True)
class SyntheticLibrary:
    """Files of one library, its truth, and the state it must end in."""

    study: str
    sample: str
    protocol_family: str
    layout: str
    fastq: tuple[Path, ...]
    expected_state: str = "ok"
    expected_reason: str = ""
    truth: Counts | None = None
    strategy: str = "RNA-Seq"
    term: str = ""
    barcodes: tuple[str, ...] = ()
    cell_truth: Counts | None = None

    @property
    def md5(self) -> tuple[str, ...]:
        return tuple(hashlib.md5(path.read_bytes()).hexdigest() for path in self.fastq)


@dataclass
class SyntheticGenome:
    """Genome, genes and reads from a seed.

    Parameters
    ----------
    n_genes : int
        Genes, spread over two chromosomes and both strands.
    seed : int
        Of everything.
    error_rate : float
        Share of read bases that are wrong.
    """

    n_genes: int = 160
    seed: int = 7
    error_rate: float = 0.002
    symbols: Sequence[str] = ()
    genes: tuple[SyntheticGene, ...] = field(init=False)
    sequences: Mapping[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        names = list(self.symbols) or [f"Syn{i:03d}" for i in range(self.n_genes)]
        genes, ends = [], {"chr1": 500, "chr2": 500}
        for i, symbol in enumerate(names):
            chrom = "chr1" if i % 2 else "chr2"
            exons, at = [], ends[chrom]
            for _ in range(int(rng.integers(1, 5))):
                size = int(rng.integers(240, 700))
                exons.append((at, at + size))
                at += size + _INTRON
            ends[chrom] = at + 400
            strand = "+" if rng.random() < 0.5 else "-"
            genes.append(SyntheticGene(f"{10_000 + i}", symbol, chrom, strand, tuple(exons)))
        self.genes = tuple(genes)
        raw = {chrom: bytearray(BASES[rng.integers(0, 4, end + 500)].tobytes()) for chrom, end in ends.items()}
        for gene in genes:
            for (_, end), (start, _) in zip(gene.exons[:-1], gene.exons[1:], strict=True):
                donor, acceptor = (b"GT", b"AG") if gene.strand == "+" else (b"CT", b"AC")
                raw[gene.chrom][end : end + 2] = donor
                raw[gene.chrom][start - 2 : start] = acceptor
        self.sequences = {chrom: bytes(sequence) for chrom, sequence in raw.items()}

    # ---- files of the reference

    def write_reference(self, folder: Path) -> dict[str, Path]:
        """Write genome.fa.gz, CCDS.current.txt and genes.gtf."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = {name: folder / name for name in ("genome.fa.gz", "CCDS.current.txt", "genes.gtf")}
        fasta = b"".join(
            b">"
            + chrom.encode()
            + b" synthetic\n"
            + b"\n".join(sequence[i : i + 60] for i in range(0, len(sequence), 60))
            + b"\n"
            for chrom, sequence in self.sequences.items()
        )
        paths["genome.fa.gz"].write_bytes(gzip.compress(fasta, mtime=0))
        paths["CCDS.current.txt"].write_text(self._ccds(), encoding="utf-8")
        paths["genes.gtf"].write_text(self._gtf(), encoding="utf-8")
        return paths

    def _ccds(self) -> str:
        head = "#chromosome\tnc_accession\tgene\tgene_id\tccds_id\tccds_status\tcds_strand\tcds_from\tcds_to\tcds_locations\tmatch_type"
        rows = [head]
        for i, gene in enumerate(self.genes):
            locations = ", ".join(f"{start}-{end - 1}" for start, end in gene.coding)
            first, last = gene.coding[0][0], gene.coding[-1][1] - 1
            chrom = gene.chrom.removeprefix("chr")
            rows.append(
                f"{chrom}\tNC_{chrom}\t{gene.symbol}\t{gene.gene_id}\tCCDS{i + 1}.1\tPublic\t{gene.strand}\t{first}\t{last}\t[{locations}]\tIdentical"
            )
        rows.append("1\tNC_1\tGone\t1\tCCDS9999.1\tWithdrawn\t+\t-\t-\t-\tPartial")
        return "\n".join(rows) + "\n"

    def _gtf(self) -> str:
        rows = ["#!synthetic"]
        for gene in self.genes:
            about = f'gene_id "{gene.gene_id}"; gene_name "{gene.symbol}"; transcript_id "T{gene.gene_id}";'
            for kind, parts in (("exon", gene.exons), ("CDS", gene.coding)):
                rows += [
                    f"{gene.chrom}\tsynthetic\t{kind}\t{s + 1}\t{e}\t.\t{gene.strand}\t.\t{about}" for s, e in parts
                ]
        return "\n".join(rows) + "\n"

    # ---- transcripts

    def transcript(self, gene: SyntheticGene, *, coding: bool) -> bytes:
        """Sequence in the direction of transcription."""
        parts = gene.coding if coding else gene.exons
        sequence = b"".join(self.sequences[gene.chrom][start:end] for start, end in parts)
        return sequence if gene.strand == "+" else sequence.translate(_COMPLEMENT)[::-1]

    def abundances(self, seed: int) -> npt.NDArray[np.float64]:
        """Shares of transcripts of one cell: log-normal, a sixth of the genes silent."""
        rng = np.random.default_rng([self.seed, seed])
        shares = rng.lognormal(0, 1.3, len(self.genes))
        shares[rng.random(len(self.genes)) < 1 / 6] = 0
        return shares / shares.sum()

    def draw(self, n_fragments: int, seed: int, shares: npt.NDArray[np.float64] | None = None) -> Counts:
        """Fragments by gene: multinomial in share times coding length."""
        weights = (self.abundances(seed) if shares is None else shares) * [gene.length for gene in self.genes]
        return np.random.default_rng([self.seed, seed, 1]).multinomial(n_fragments, weights / weights.sum())

    # ---- reads

    def fragments(self, counts: Counts, seed: int, *, n_alien: int = 0, length: int = 180) -> list[bytes]:
        """Fragments on coding sequence, either strand, shuffled; `n_alien` more of random sequence."""
        rng = np.random.default_rng([self.seed, seed, 2])
        found = []
        for gene, n in zip(self.genes, counts.tolist(), strict=True):
            sequence = self.transcript(gene, coding=True)
            size = min(length, len(sequence))
            for start in rng.integers(0, len(sequence) - size + 1, n).tolist():
                piece = sequence[start : start + size]
                found.append(piece if rng.random() < 0.5 else piece.translate(_COMPLEMENT)[::-1])
        found += [BASES[rng.integers(0, 4, length)].tobytes() for _ in range(n_alien)]
        return [found[i] for i in rng.permutation(len(found))]

    def write_single(self, path: Path, fragments: Sequence[bytes], *, read_length: int = 75) -> tuple[Path, ...]:
        """Write the first bases of every fragment as FASTQ."""
        write_fastq(path, self._with_errors([f[:read_length] for f in fragments]))
        return (path,)

    def write_paired(self, stem: Path, fragments: Sequence[bytes], *, read_length: int = 75) -> tuple[Path, ...]:
        """Write both ends of every fragment, as X_1.fastq.gz and X_2.fastq.gz."""
        paths = (stem.with_name(f"{stem.name}_1.fastq.gz"), stem.with_name(f"{stem.name}_2.fastq.gz"))
        self.write_single(paths[0], fragments, read_length=read_length)
        self.write_single(paths[1], [f.translate(_COMPLEMENT)[::-1] for f in fragments], read_length=read_length)
        return paths

    def _with_errors(self, reads: list[bytes]) -> list[bytes]:
        rng = np.random.default_rng([self.seed, len(reads), 4])
        bases = np.frombuffer(b"".join(reads), dtype=np.uint8).copy()
        wrong = rng.random(len(bases)) < self.error_rate
        bases[wrong] = BASES[rng.integers(0, 4, int(wrong.sum()))]
        ends = np.cumsum([len(read) for read in reads]).tolist()
        return [bases[end - len(read) : end].tobytes() for read, end in zip(reads, ends, strict=True)]

    # ---- droplets

    def write_droplets(
        self, stem: Path, cells: Counts, *, n_empty: int, seed: int, barcode_read: bool = True
    ) -> tuple[tuple[Path, ...], list[str]]:
        """Write a droplet library (barcode read of 16 + 12 bases, cDNA read) and return its files and the cells' barcodes.

        `cells` (n_cells x n_genes) holds UMIs; each UMI gives one to three reads near the transcript's 3' end. Empty
        droplets hold one or two stray molecules.
        """
        rng = np.random.default_rng([self.seed, seed, 3])
        transcripts = [self.transcript(gene, coding=False) for gene in self.genes]
        barcodes = _barcodes(len(cells) + n_empty, rng)
        reads: list[tuple[bytes, bytes]] = []
        for barcode, counts in zip(
            barcodes,
            [
                *cells,
                *(
                    rng.multinomial(int(rng.integers(1, 3)), np.full(len(self.genes), 1 / len(self.genes)))
                    for _ in range(n_empty)
                ),
            ],
            strict=True,
        ):
            n_molecules = int(counts.sum())
            umis = rng.choice(4**12, n_molecules, replace=False)
            for umi, gene in zip(umis.tolist(), np.repeat(np.arange(len(counts)), counts).tolist(), strict=True):
                start = max(0, len(transcripts[gene]) - 90 - int(rng.integers(0, 150)))
                cdna = transcripts[gene][start : start + 90]
                reads += [(barcode + _word(umi, 12), cdna)] * int(rng.integers(1, 4))
        reads = [reads[i] for i in rng.permutation(len(reads))]
        first, second = stem.with_name(f"{stem.name}_1.fastq.gz"), stem.with_name(f"{stem.name}_2.fastq.gz")
        if not barcode_read:
            write_fastq(stem.with_name(f"{stem.name}.fastq.gz"), [cdna for _, cdna in reads])
            return (stem.with_name(f"{stem.name}.fastq.gz"),), [b.decode() for b in barcodes[: len(cells)]]
        write_fastq(first, [barcode for barcode, _ in reads])
        write_fastq(second, [cdna for _, cdna in reads])
        return (first, second), [b.decode() for b in barcodes[: len(cells)]]


def write_fastq(path: Path, reads: Iterable[bytes]) -> None:
    """Write reads with the best quality; no time stamp."""
    text = b"".join(b"@r%d\n%s\n+\n%s\n" % (i, read, b"I" * len(read)) for i, read in enumerate(reads))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text, compresslevel=1, mtime=0) if path.suffix == ".gz" else text)


def _barcodes(n: int, rng: np.random.Generator) -> list[bytes]:
    """Barcodes that differ in many bases."""
    return [_word(int(number), 16) for number in rng.choice(4**16, n, replace=False)]


def _word(number: int, length: int) -> bytes:
    return bytes(BASES[(number >> (2 * i)) & 3] for i in range(length))
