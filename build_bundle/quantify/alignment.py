"""One cell of a plate: HISAT2, samtools sort, featureCounts, RPKM."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from build_bundle.quantify import programs
from build_bundle.quantify.library import LibraryFaultError
from build_bundle.quantify.reference import SAF, SPLICE_SITES, Reference
from build_bundle.quantify.settings import QuantifySettings

Floats = npt.NDArray[np.float64]

_LINE = re.compile(r"^\s*([^:\n]+):\s*(\d+)(?!\S*%)", re.MULTILINE)


@dataclass(frozen=True)
class Reads:
    """FASTQ files of one cell: either `single`, or `first` and `second` of the same length; several are read in turn."""

    single: tuple[Path, ...] = ()
    first: tuple[Path, ...] = ()
    second: tuple[Path, ...] = ()

    @property
    def is_paired(self) -> bool:
        """Whether the reads are pairs."""
        return bool(self.first)


@dataclass(frozen=True, eq=False)
class CellCounts:
    """Counts of one cell and how well it aligned.

    Parameters
    ----------
    counts : ndarray of float64, n_genes
        Fragments by gene, in the order of the reference.
    n_fragments : int
        Reads, or pairs.
    n_aligned : int
        Fragments of which a part aligns.
    rate_overall : float
        HISAT2's overall alignment rate, over mates, 0..1.
    rate_coding : float
        Counted fragments over all fragments, 0..1.
    """

    counts: Floats
    n_fragments: int
    n_aligned: int
    rate_overall: float
    rate_coding: float


def count_cell(reads: Reads, reference: Reference, settings: QuantifySettings, scratch: Path) -> CellCounts:
    """Align the reads of a cell and count fragments in coding intervals.

    Parameters
    ----------
    reads : Reads
        Checked files.
    reference : Reference
        Prepared.
    settings : QuantifySettings
        Threads, strandedness, time limit.
    scratch : Path
        Folder for the alignments, which the caller removes.

    Returns
    -------
    CellCounts
        A fragment counts when it lies in coding intervals of exactly one gene and aligns once.

    Raises
    ------
    ProgramError
        Where a program fails.
    LibraryFaultError
        Where a program's record makes no sense.
    """
    bam, summary = scratch / "aligned.bam", scratch / "summary.txt"
    align = ["hisat2", "-x", reference.hisat2_index, *_inputs(reads), "--new-summary", "--summary-file", str(summary),
             "--known-splicesite-infile", str(reference.folder / SPLICE_SITES), "--mm", "--no-unal",
             "-p", str(settings.threads)]  # fmt: skip
    sort = ["samtools", "sort", "-T", str(scratch / "sort"), "-o", str(bam), "-"]
    programs.run_pipe([align, sort], timeout_s=settings.timeout_s)
    n_fragments, n_aligned, rate = read_summary(summary.read_text(encoding="utf-8"))
    counts = _feature_counts(bam, reference, settings, scratch, is_paired=reads.is_paired)
    return CellCounts(counts, n_fragments, n_aligned, rate, float(counts.sum()) / max(1, n_fragments))


def rpkm(counts: Floats, lengths: Floats, total: float) -> Floats:
    """Return count * 1e9 / (N * L).

    Parameters
    ----------
    counts : ndarray of float64, n_genes
        Fragments by gene.
    lengths : ndarray of float64, n_genes
        Merged coding bases L.
    total : float
        N; zeros are returned where it is 0.

    Returns
    -------
    ndarray of float64, n_genes
        Reads (pairs: fragments) per kilobase and million (Mortazavi et al. 2008).
    """
    return np.asarray(counts * 1e9 / (total * lengths)) if total > 0 else np.zeros_like(counts)


def read_summary(text: str) -> tuple[int, int, float]:
    """Read what HISAT2 writes with ``--new-summary``.

    Parameters
    ----------
    text : str
        The file's text.

    Returns
    -------
    (n_fragments, n_aligned, rate)
        Reads or pairs; those of which at least one mate aligns; overall rate 0..1, over mates.

    Raises
    ------
    LibraryFaultError
        Where the text is something else.

    Notes
    -----
    A pair whose mates align one by one is counted by mates; half of these, rounded up, are taken for its pairs, so
    `n_aligned` of pairs is exact when all align as pairs and otherwise a close lower bound.
    """
    found = [(label.strip(), int(number)) for label, number in _LINE.findall(text)]
    rate = re.search(r"Overall alignment rate:\s*([\d.]+)%", text)
    totals = [number for label, number in found if label in {"Total pairs", "Total reads"}]
    if len(totals) != 1 or rate is None:
        raise LibraryFaultError("HISAT2's summary could not be read.", code="no_summary")
    aligned = [(label, number) for label, number in found if label.startswith("Aligned") and " 0 time" not in label]
    is_paired = any(label == "Total pairs" for label, _ in found)
    alone = sum(number for label, number in aligned if is_paired and "cordantly" not in label)
    together = sum(number for _, number in aligned) - alone
    return totals[0], min(totals[0], together + (alone + 1) // 2), float(rate[1]) / 100


def _inputs(reads: Reads) -> list[str]:
    if reads.is_paired:
        return ["-1", joined(reads.first), "-2", joined(reads.second)]
    return ["-U", joined(reads.single)]


def joined(paths: Sequence[Path]) -> str:
    """Join paths by commas, as HISAT2 and STAR read lists; a comma in a name would cut it in two."""
    bad = next((path for path in paths if "," in str(path)), None)
    if bad is not None:
        raise LibraryFaultError(f"The path {bad.name} holds a comma.", next_step="Rename it.", code="bad_name")
    return ",".join(str(path.resolve()) for path in paths)


def _feature_counts(
    bam: Path, reference: Reference, settings: QuantifySettings, scratch: Path, *, is_paired: bool
) -> Floats:
    table = scratch / "counts.tsv"
    pairs = ["-p", "--countReadPairs"] if is_paired else []  # -p alone would count reads
    command = ["featureCounts", "-F", "SAF", "-a", str(reference.folder / SAF), "-o", str(table), *pairs,
               "-s", str(settings.strandedness), "-T", str(settings.threads), "--tmpDir", str(scratch),
               str(bam)]  # fmt: skip
    programs.run(command, timeout_s=settings.timeout_s)
    with table.open(encoding="utf-8") as stream:
        rows = [line.rstrip("\n").split("\t") for line in stream if not line.startswith("#")]
    found = {row[0]: float(row[-1]) for row in rows[1:]}
    gene_ids = reference.genes["gene_id"].tolist()
    if set(found) != set(gene_ids):
        raise LibraryFaultError("featureCounts' genes are not the reference's.", code="other_genes")
    return np.array([found[gene_id] for gene_id in gene_ids], dtype=np.float64)
