"""The studies most harvest tests ask for: one of every kind that a harvest decides about."""

from __future__ import annotations

import gzip

from tests.synthetic_records import Run, Sample, Study

DROPLETS = "Cells were captured with the 10x Genomics Single Cell 3' v2 kit."
BULK = "Total RNA was extracted from tissue. Libraries were made with TruSeq."


def reads(name: str, n: int = 4) -> bytes:
    """A small FASTQ file, packed."""
    text = "".join(f"@{name}.{i}\nACGTACGTACGTACGTACGT\n+\nIIIIIIIIIIIIIIIIIIII\n" for i in range(n))
    return gzip.compress(text.encode(), mtime=0)


def single(number: int) -> Run:
    return Run(f"SRR{number}", "SINGLE", (reads(f"SRR{number}"),))


def paired(number: int) -> Run:
    return Run(f"SRR{number}", "PAIRED", (reads(f"SRR{number}/1"), reads(f"SRR{number}/2")))


def plate_study() -> Study:
    """Three kept cells (single, paired, two runs) and one of every kind that is left out."""
    samples = (
        Sample(
            "GSM9000001",
            "alveolar type 2 cell, well A1",
            "lung",
            {"tissue": "lung", "cell type": "pneumocyte"},
            runs=(single(9000001),),
        ),
        Sample("GSM9000002", "alveolar type 2 cell, well A2", "lung", {"tissue": "lung"}, runs=(paired(9000002),)),
        Sample(
            "GSM9000003",
            "endothelial cell, well A3",
            "lung",
            {"tissue": "lung"},
            runs=(single(9000003), single(9000033)),
        ),
        Sample("GSM9000004", "lung, bulk RNA", "lung", source="transcriptomic", protocol=BULK, runs=(single(9000004),)),
        Sample("GSM9000005", "no cell control, well H12", "none", runs=(single(9000005),)),
        Sample(
            "GSM9000006",
            "lung ATAC",
            "lung",
            strategy="ATAC-seq",
            source="genomic",
            molecule="genomic DNA",
            runs=(single(9000006),),
        ),
        Sample("GSM9000007", "human lung cell", "lung", organism="Homo sapiens", runs=(single(9000007),)),
        Sample("GSM9000008", "lung miRNA", "lung", strategy="miRNA-Seq", runs=(single(9000008),)),
        Sample("GSM9000009", "lung on chip", "lung", strategy="", source="", runs=()),
    )
    matrix = {
        "GSE90001_counts.txt.gz": gzip.compress(b"gene\ta\nSftpc\t1\n", mtime=0),
        "GSE90001_README.txt": b"read me",
    }
    return Study("GSE90001", "Cells of the mouse lung, one by one", samples, "2017-03-01", ("11111111",), matrix)


def droplet_study() -> Study:
    """A droplet library with mates, one whose barcodes are left in the deposited alignment only, one with a matrix alone."""
    mtx = {"GSM9000013_matrix.mtx.gz": gzip.compress(b"%%MatrixMarket\n", mtime=0)}
    samples = (
        Sample("GSM9000011", "spleen library 1", "spleen", protocol=DROPLETS, runs=(paired(9000011),)),
        Sample(
            "GSM9000012",
            "spleen library 2",
            "spleen",
            protocol=DROPLETS,
            runs=(Run("SRR9000012", "SINGLE", (reads("x"),), bam=b"BAM of 12"),),
        ),
        Sample("GSM9000013", "spleen library 3", "spleen", protocol=DROPLETS, supplements=mtx),
        Sample(
            "GSM9000014",
            "spleen library 4",
            "spleen",
            protocol=DROPLETS,
            runs=(Run("SRR9000014", "SINGLE", (reads("y"),), declared="PAIRED"),),
        ),
    )
    return Study("GSE90002", "Single cell transcriptomes of the mouse spleen", samples, "2017-05-02")


def sra_only_study() -> Study:
    """A study that ENA does not hold."""
    sample = Sample(
        "GSM9000021", "neuron 1", "cortex", runs=(Run("SRR9000021", "SINGLE", (reads("z"),), bam=b"BAM of 21"),)
    )
    return Study("GSE90003", "Single neurons", (sample,), "2017-06-03", in_ena=False)


def bulk_study() -> Study:
    sample = Sample("GSM9000031", "liver", "liver", source="transcriptomic", protocol=BULK, runs=(single(9000031),))
    return Study("GSE90004", "Livers compared with published single-cell data", (sample,), "2017-06-04")


def series_of_series() -> Study:
    return Study("GSE90005", "Everything about lungs", (), "2017-06-05", parts=("GSE90006",))


def part_series() -> Study:
    """Published before the days asked for: found through the series of series alone."""
    sample = Sample("GSM9000041", "club cell 1", "lung", runs=(single(9000041),))
    return Study("GSE90006", "Single club cells", (sample,), "2009-01-01")


def arrayexpress_study() -> Study:
    samples = (
        Sample(
            "ERS9000051",
            "cell 1",
            characteristics={"organism part": "pancreas", "age": "8", "single cell quality": "OK"},
            runs=(paired(9000051),),
        ),
        Sample(
            "ERS9000052",
            "cell 2",
            characteristics={"organism part": "pancreas", "age": "8", "single cell quality": "not OK"},
            runs=(paired(9000052),),
        ),
    )
    return Study(
        "E-MTAB-90001",
        "Islet cells",
        samples,
        "2017-07-06",
        ("22222222",),
        {"counts.tsv": b"gene\tcell 1\n"},
        "arrayexpress",
    )


def world() -> list[Study]:
    return [
        plate_study(),
        droplet_study(),
        sra_only_study(),
        bulk_study(),
        series_of_series(),
        part_series(),
        arrayexpress_study(),
    ]
