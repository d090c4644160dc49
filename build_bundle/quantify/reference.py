"""A prepared reference: coding intervals, splice sites and indexes in one folder with checksums.

::

    REF/reference.json     what it was made of, with which programs, SHA-256 of every file; written last
    REF/genes.parquet      gene_id, gene_symbol, chrom, strand, length (merged coding bases), n_intervals
    REF/coding.saf         merged coding intervals for featureCounts
    REF/splice_sites.tsv   for HISAT2
    REF/hisat2/            index
    REF/star/              index for droplets, where asked for
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from build_bundle.quantify import programs
from build_bundle.quantify.genome import copy_genome
from build_bundle.quantify.intervals import Annotation, on_genome, read_annotation
from build_bundle.steps.task import ReportProgress, no_progress
from core.bundle.publish import build_lock
from core.bundle.writer import sha256_file
from core.errors import ConfigError

MANIFEST, GENES, SAF, SPLICE_SITES, STAR_FOLDER = (
    "reference.json", "genes.parquet", "coding.saf", "splice_sites.tsv", "star",
)  # fmt: skip
_FORMAT = 1
_CHECKED_BYTES = 64 * 1024**2  # larger files are checked by size: hashing an index takes minutes
_TIMEOUT_S = 24 * 3600.0


@dataclass(frozen=True)
class ReferenceRequest:
    """What to prepare.

    Parameters
    ----------
    genome : Path
        FASTA, also gzip.
    annotation : Path
        CCDS.current.txt or GTF.
    is_ccds : bool
        Which of the two.
    droplets : bool
        Also make STAR's index.
    threads : int
        For the index builders.
    """

    genome: Path
    annotation: Path
    is_ccds: bool
    droplets: bool = False
    threads: int = 2


@dataclass(frozen=True)
class Reference:
    """A prepared reference, opened.

    Parameters
    ----------
    folder : Path
        Where it lies.
    manifest : mapping
        ``reference.json``.
    """

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """SHA-256 over all its files: equal digests give equal counts."""
        return str(self.manifest["digest"])

    @property
    def hisat2_index(self) -> str:
        """Prefix of HISAT2's index."""
        return str(self.folder / "hisat2" / "genome")

    @property
    def has_droplets(self) -> bool:
        """Whether STAR's index is there."""
        return bool(self.manifest["droplets"])

    @cached_property
    def genes(self) -> pd.DataFrame:
        """Genes in the order of every count vector: gene_id, gene_symbol, name (unique), chrom, strand, length."""
        table: pd.DataFrame = pq.read_table(self.folder / GENES).to_pandas()
        twice = table["gene_symbol"].duplicated(keep=False)
        table["name"] = table["gene_symbol"].where(~twice, table["gene_id"])
        return table

    @classmethod
    def open(cls, folder: Path) -> Reference:
        """Open a prepared reference and check its files.

        Parameters
        ----------
        folder : Path
            From `prepare`.

        Returns
        -------
        Reference
            Every file has its size, and every file up to 64 MB its SHA-256.

        Raises
        ------
        ConfigError
            Where it is absent, unfinished or damaged.
        """
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            files = dict(manifest["files"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{folder} holds no prepared reference: {MANIFEST} is missing or damaged.",
                next_step="Prepare one: python -m build_bundle quantify-reference --help.",
                code="no-reference",
            ) from error
        bad = sorted(name for name, facts in files.items() if not _is_whole(folder / name, facts))
        if bad:
            raise ConfigError(
                f"The reference {folder} is damaged: {', '.join(bad[:3])}.",
                next_step="Prepare it again.",
                code="reference-damaged",
            )
        return cls(folder, manifest)


def prepare(request: ReferenceRequest, out: Path, progress: ReportProgress = no_progress) -> Reference:
    """Prepare a reference, or return the one that is there.

    Parameters
    ----------
    request : ReferenceRequest
        Genome and annotation.
    out : Path
        Folder to make. It gets its name when it is complete.
    progress : callable
        Progress.

    Returns
    -------
    Reference
        Opened and checked.

    Raises
    ------
    ConfigError
        Where genome and annotation do not belong together, cannot be read, or a program is missing.
    ProgramError
        Where an index builder fails.
    """
    found = programs.versions(("hisat2", "hisat2-build", *(("STAR",) if request.droplets else ())))
    progress(0.0, "checksums")
    facts = {
        "format": _FORMAT,
        "genome": {"name": request.genome.name, "sha256": _sha256(request.genome)},
        "annotation": {"name": request.annotation.name, "sha256": _sha256(request.annotation)},
        "droplets": request.droplets,
        "programs": found,
    }
    kept = _kept(out, facts)
    if kept is not None:
        return kept
    with build_lock(out.with_name(f".{out.name}.work")):
        return _prepare(request, out, facts, progress)


def _prepare(request: ReferenceRequest, out: Path, facts: dict[str, Any], progress: ReportProgress) -> Reference:
    part = out.with_name(f".{out.name}.work") / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    facts |= _write(request, part, progress)
    files = {
        path.relative_to(part).as_posix(): {"sha256": sha256_file(path), "bytes": path.stat().st_size}
        for path in sorted(part.rglob("*"))
        if path.is_file()
    }
    digest = hashlib.sha256(json.dumps([facts, files], sort_keys=True).encode()).hexdigest()
    (part / MANIFEST).write_text(json.dumps({**facts, "digest": digest, "files": files}, indent=1), encoding="utf-8")
    shutil.rmtree(out, ignore_errors=True)
    part.rename(out)
    return Reference.open(out)


def _kept(out: Path, facts: Mapping[str, Any]) -> Reference | None:
    try:
        kept = Reference.open(out)
    except ConfigError:
        return None
    return kept if all(kept.manifest.get(key) == value for key, value in facts.items()) else None


def _write(request: ReferenceRequest, out: Path, progress: ReportProgress) -> dict[str, Any]:
    genome = out / "genome.fa"
    progress(0.02, "genome")
    lengths = copy_genome(request.genome, genome)
    annotation, n_dropped = on_genome(read_annotation(request.annotation, is_ccds=request.is_ccds), lengths)
    _write_annotation(annotation, out)
    progress(0.1, "index for HISAT2")
    (out / "hisat2").mkdir()
    threads = str(request.threads)
    command = ["hisat2-build", "--quiet", "-p", threads, str(genome), str(out / "hisat2" / "genome")]
    programs.run(command, timeout_s=_TIMEOUT_S)
    if request.droplets:
        progress(0.6, "index for STAR")
        _star_index(annotation, lengths, out, threads)
    genome.unlink()
    return {
        "source": annotation.source,
        "n_genes": len(annotation.genes),
        "n_genes_dropped": n_dropped,
        "n_splice_sites": len(annotation.splice_sites),
        "n_sequences": len(lengths),
        "n_bases": sum(lengths.values()),
    }


def _write_annotation(annotation: Annotation, out: Path) -> None:
    genes = annotation.genes
    columns = {
        "gene_id": [gene.gene_id for gene in genes],
        "gene_symbol": [gene.symbol for gene in genes],
        "chrom": [gene.intervals[0].chrom for gene in genes],
        "strand": [gene.intervals[0].strand for gene in genes],
        "length": pa.array([gene.length for gene in genes], pa.int64()),
        "n_intervals": pa.array([len(gene.intervals) for gene in genes], pa.int32()),
    }
    pq.write_table(pa.table(columns), out / GENES)
    with (out / SAF).open("w", encoding="utf-8") as stream:
        stream.write("GeneID\tChr\tStart\tEnd\tStrand\n")
        for gene in genes:
            for i in gene.intervals:
                stream.write(f"{gene.gene_id}\t{i.chrom}\t{i.start}\t{i.end}\t{i.strand}\n")
    lines = ("\t".join(map(str, site)) + "\n" for site in annotation.splice_sites)
    (out / SPLICE_SITES).write_text("".join(lines), encoding="utf-8")


def _star_index(annotation: Annotation, lengths: Mapping[str, int], out: Path, threads: str) -> None:
    """Make STAR's index over the exons of the same genes; small genomes need shorter prefixes (STAR's manual, 2.2.5)."""
    gtf = out / "exons.gtf"
    with gtf.open("w", encoding="utf-8") as stream:
        for t in annotation.transcripts:
            about = f'gene_id "{t.gene_id}"; transcript_id "{t.transcript_id}";'
            for i in t.exons:
                stream.write(f"{i.chrom}\tscquery\texon\t{i.start}\t{i.end}\t.\t{i.strand}\t.\t{about}\n")
    n_bases = sum(lengths.values())
    prefix = min(14, int(math.log2(n_bases) / 2 - 1))
    bins = min(18, int(math.log2(max(n_bases / len(lengths), 100))))
    scratch = out / "scratch"
    scratch.mkdir()
    command = ["STAR", "--runMode", "genomeGenerate", "--genomeDir", str(out / STAR_FOLDER),
               "--genomeFastaFiles", str(out / "genome.fa"), "--sjdbGTFfile", str(gtf), "--sjdbOverhang", "99",
               "--genomeSAindexNbases", str(prefix), "--genomeChrBinNbits", str(bins), "--runThreadN", threads,
               "--outFileNamePrefix", f"{scratch}/", "--outTmpDir", str(scratch / "tmp")]  # fmt: skip
    programs.run(command, timeout_s=_TIMEOUT_S)
    shutil.rmtree(scratch)
    gtf.unlink()


def _sha256(path: Path) -> str:
    try:
        return sha256_file(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.", next_step="Check the path.") from error


def _is_whole(path: Path, facts: Mapping[str, Any]) -> bool:
    if not path.is_file() or path.stat().st_size != facts["bytes"]:
        return False
    return bool(facts["bytes"] > _CHECKED_BYTES or sha256_file(path) == facts["sha256"])
