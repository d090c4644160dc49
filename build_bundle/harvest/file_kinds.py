"""What a file is, by its name: reads, alignments, values by the authors, or something else."""

from __future__ import annotations

import re

from build_bundle.harvest.records import BAM, FASTQ, MATRIX, SRA, SUPPLEMENT

_PACKED = r"(\.gz|\.bz2|\.zip)?$"
_FASTQ = re.compile(rf"\.(fastq|fq){_PACKED}", re.I)
_MATE = re.compile(rf"_([12])\.(fastq|fq){_PACKED}", re.I)
_BAM = re.compile(r"\.bam(\.\d+)?$", re.I)
_SRA = re.compile(r"(\.sra|/?[SED]RR\d+)$", re.I)
_CONTAINERS = re.compile(rf"\.(mtx|h5ad|h5|loom|rds){_PACKED}", re.I)
_TABLES = re.compile(rf"\.(txt|tsv|csv|tab|xlsx?|dge){_PACKED}", re.I)
_OF_VALUES = re.compile(
    r"count|matri|umi|tpm|fpkm|rpkm|dge|express|exprs|normali[sz]ed|digital|features|barcodes|genes\b", re.I
)
_NO_VALUES = re.compile(r"meta|annot|cluster|design|filelist|sdrf|idf|readme|marker|peak", re.I)


def kind_of(name: str) -> str:
    """Return the kind of a file.

    Parameters
    ----------
    name : str
        Its name, without a path.

    Returns
    -------
    str
        ``fastq``, ``bam``, ``sra``, ``matrix`` or ``supplement``. A table is a matrix only when its name speaks of
        values: many of them are lists of cells or clusters.

    Examples
    --------
    >>> kind_of("GSE1_counts.txt.gz"), kind_of("GSE1_metadata.txt.gz"), kind_of("GSE1_RAW.tar")
    ('matrix', 'supplement', 'supplement')
    """
    for kind, pattern in ((FASTQ, _FASTQ), (BAM, _BAM), (SRA, _SRA), (MATRIX, _CONTAINERS)):
        if pattern.search(name):
            return kind
    is_matrix = _TABLES.search(name) and _OF_VALUES.search(name) and not _NO_VALUES.search(name)
    return MATRIX if is_matrix else SUPPLEMENT


def mate_of(name: str) -> int:
    """Return 1 or 2 for the name of a mate's FASTQ file, else 0.

    Examples
    --------
    >>> mate_of("SRR8426358_2.fastq.gz"), mate_of("SRR8426358.fastq.gz")
    (2, 0)
    """
    found = _MATE.search(name)
    return int(found[1]) if found else 0
