"""Coding intervals of genes, from CCDS or from a GTF: merged, with lengths and splice sites.

CCDS counts from 0 and its ends are inclusive; GTF counts from 1 and its ends are inclusive. Everything here is 1-based
with inclusive ends, as in SAF. Not here: the genome and the indexes (``reference``).
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from core.errors import ConfigError

_ATTRIBUTE = re.compile(r'(\w+) "([^"]*)"')
_LOCATION = re.compile(r"(\d+)-(\d+)")
_CCDS_COLUMNS = ("chromosome", "gene", "gene_id", "ccds_id", "ccds_status", "cds_strand", "cds_locations")
_CODING = {"CDS", "stop_codon"}  # a GTF leaves the stop codon out of CDS, CCDS has it in
_MIN_INTRON = 5  # bases; smaller gaps are frameshifts and joined, as HISAT2's own script does


@dataclass(frozen=True, order=True)
class Interval:
    """Bases `start` to `end` of a strand, both inclusive, counted from 1."""

    chrom: str
    start: int
    end: int
    strand: str

    @property
    def length(self) -> int:
        """Number of bases."""
        return self.end - self.start + 1


@dataclass(frozen=True)
class Gene:
    """A gene and its merged coding intervals.

    Parameters
    ----------
    gene_id, symbol : str
        Id of the annotation (Entrez in CCDS, Ensembl in most GTF) and name; the id where it has no name.
    intervals : tuple of Interval
        Sorted, apart from each other.
    """

    gene_id: str
    symbol: str
    intervals: tuple[Interval, ...]

    @property
    def length(self) -> int:
        """Coding bases, each counted once: the L of RPKM."""
        return sum(interval.length for interval in self.intervals)


@dataclass(frozen=True)
class Transcript:
    """Exons of a transcript in order of place; the coding part alone where the annotation is CCDS."""

    transcript_id: str
    gene_id: str
    exons: tuple[Interval, ...]


@dataclass(frozen=True)
class Annotation:
    """What an annotation file says.

    Parameters
    ----------
    genes : tuple of Gene
        Sorted by gene id; each has coding intervals.
    transcripts : tuple of Transcript
        Of these genes.
    source : str
        "CCDS" or "GTF".
    """

    genes: tuple[Gene, ...]
    transcripts: tuple[Transcript, ...]
    source: str

    @property
    def splice_sites(self) -> list[tuple[str, int, int, str]]:
        """Introns as HISAT2 wants them: chromosome, last base before, first base after (from 0), strand."""
        found = set()
        for transcript in self.transcripts:
            for left, right in zip(transcript.exons[:-1], transcript.exons[1:], strict=True):
                found.add((left.chrom, left.end - 1, right.start - 1, left.strand))
        return sorted(found)


@dataclass
class _Draft:
    """Genes in the making."""

    symbols: dict[str, str] = field(default_factory=dict)
    coding: dict[str, list[Interval]] = field(default_factory=dict)
    exons: dict[tuple[str, str], list[Interval]] = field(default_factory=dict)

    def finish(self, source: str) -> Annotation:
        genes = tuple(
            Gene(gene_id, self.symbols.get(gene_id) or gene_id, merge(found))
            for gene_id, found in sorted(self.coding.items())
        )
        transcripts = tuple(
            Transcript(transcript_id, gene_id, merge(exons, gap=_MIN_INTRON))
            for (gene_id, transcript_id), exons in sorted(self.exons.items())
            if gene_id in self.coding
        )
        return Annotation(genes, transcripts, source)


def read_annotation(path: Path, *, is_ccds: bool) -> Annotation:
    """Read CCDS.current.txt or a GTF file.

    Parameters
    ----------
    path : Path
        The file, also gzip.
    is_ccds : bool
        Which of the two it is.

    Returns
    -------
    Annotation
        Genes with coding intervals.

    Raises
    ------
    ConfigError
        Where the file is not what it should be or holds no coding gene.
    """
    try:
        with _open(path) as stream:
            annotation = (_read_ccds if is_ccds else _read_gtf)(stream, path)
    except (OSError, EOFError, UnicodeDecodeError, ValueError) as error:
        raise ConfigError(f"The annotation {path.name} cannot be read: {error}.") from error
    if not annotation.genes:
        raise ConfigError(f"The annotation {path.name} holds no coding interval.")
    return annotation


def merge(intervals: Iterable[Interval], *, gap: int = 1) -> tuple[Interval, ...]:
    """Join intervals that overlap or touch.

    Parameters
    ----------
    intervals : iterable of Interval
        In any order.
    gap : int
        Intervals are joined when fewer than `gap` bases lie between them; 1 joins those that touch.

    Returns
    -------
    tuple of Interval
        Sorted, covering the same bases (with `gap` 1).
    """
    merged: list[Interval] = []
    for interval in sorted(intervals, key=lambda i: (i.chrom, i.strand, i.start, i.end)):
        last = merged[-1] if merged else None
        if (
            last
            and (last.chrom, last.strand) == (interval.chrom, interval.strand)
            and interval.start < last.end + 1 + gap
        ):
            merged[-1] = Interval(last.chrom, last.start, max(last.end, interval.end), last.strand)
        else:
            merged.append(interval)
    return tuple(sorted(merged))


def on_genome(annotation: Annotation, lengths: Mapping[str, int]) -> tuple[Annotation, int]:
    """Name the chromosomes as the genome does and drop genes that lie on none of them.

    Parameters
    ----------
    annotation : Annotation
        With its own chromosome names.
    lengths : mapping of str to int
        Sequences of the genome and their bases.

    Returns
    -------
    (Annotation, int)
        And the number of genes dropped.

    Raises
    ------
    ConfigError
        Where no gene lies on the genome, or one ends past its chromosome: another assembly.
    """
    names = {chrom: _genome_name(chrom, lengths) for chrom in {i.chrom for g in annotation.genes for i in g.intervals}}
    genes = [
        Gene(gene.gene_id, gene.symbol, moved) for gene in annotation.genes if (moved := _moved(gene.intervals, names))
    ]
    beyond = next((g for g in genes for i in g.intervals if i.end > lengths[i.chrom]), None)
    if not genes or beyond:
        why = f"{beyond.symbol} ends past its chromosome" if beyond else "no gene lies on a sequence of the genome"
        raise ConfigError(
            f"Annotation and genome do not belong together: {why}.",
            next_step="Use the genome assembly that the annotation was made for (CCDS of mouse: mm10 or mm39).",
            code="other-assembly",
        )
    kept = {gene.gene_id for gene in genes}
    transcripts = (
        Transcript(t.transcript_id, t.gene_id, _moved(t.exons, names))
        for t in annotation.transcripts
        if t.gene_id in kept
    )
    placed = Annotation(tuple(genes), tuple(t for t in transcripts if t.exons), annotation.source)
    return placed, len(annotation.genes) - len(genes)


def _genome_name(chrom: str, lengths: Mapping[str, int]) -> str:
    bare = chrom.removeprefix("chr")
    tried = (chrom, f"chr{bare}", bare, *(("chrM", "MT", "M") if bare in {"M", "MT"} else ()))
    return next((name for name in tried if name in lengths), "")


def _moved(intervals: Sequence[Interval], names: Mapping[str, str]) -> tuple[Interval, ...]:
    return tuple(Interval(names[i.chrom], i.start, i.end, i.strand) for i in intervals if names.get(i.chrom))


def _read_ccds(stream: Iterable[str], path: Path) -> Annotation:
    rows = csv.DictReader((line.removeprefix("#") for line in stream), delimiter="\t")
    lacking = set(_CCDS_COLUMNS) - set(rows.fieldnames or ())
    if lacking:
        raise ConfigError(f"{path.name} is no CCDS table: it lacks {', '.join(sorted(lacking))}.")
    draft = _Draft()
    for row in rows:
        intervals = [
            Interval(row["chromosome"], int(start) + 1, int(end) + 1, row["cds_strand"])
            for start, end in _LOCATION.findall(row["cds_locations"])
        ]
        if intervals and not row["ccds_status"].startswith("Withdrawn"):
            draft.symbols[row["gene_id"]] = row["gene"]
            draft.coding.setdefault(row["gene_id"], []).extend(intervals)
            # The same CCDS id can lie on X and on Y.
            draft.exons[row["gene_id"], f"{row['ccds_id']}.{row['chromosome']}"] = intervals
    return draft.finish("CCDS")


def _read_gtf(stream: Iterable[str], path: Path) -> Annotation:
    draft = _Draft()
    for kind, interval, attributes in _gtf_rows(stream, path):
        gene_id = attributes.get("gene_id", "")
        if not gene_id:
            raise ConfigError(f"{path.name}: a line of kind {kind} has no gene_id.")
        draft.symbols.setdefault(gene_id, attributes.get("gene_name", ""))
        if kind in _CODING:
            draft.coding.setdefault(gene_id, []).append(interval)
        else:
            draft.exons.setdefault((gene_id, attributes.get("transcript_id", gene_id)), []).append(interval)
    return draft.finish("GTF")


def _gtf_rows(stream: Iterable[str], path: Path) -> Iterator[tuple[str, Interval, dict[str, str]]]:
    for number, line in enumerate(stream, start=1):
        if line.startswith("#") or not line.strip():
            continue
        parts = line.rstrip("\n").split("\t")
        if len(parts) != 9:
            raise ConfigError(f"{path.name} is no GTF file: line {number} has {len(parts)} columns, not 9.")
        if parts[2] in _CODING or parts[2] == "exon":
            yield (
                parts[2],
                Interval(parts[0], int(parts[3]), int(parts[4]), parts[6]),
                dict(_ATTRIBUTE.findall(parts[8])),
            )


def _open(path: Path) -> TextIO:
    with path.open("rb") as stream:
        is_gzip = stream.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rt", encoding="utf-8") if is_gzip else path.open(encoding="utf-8")
