from __future__ import annotations

import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.quantify.intervals import Interval, merge, on_genome, read_annotation
from core.errors import ConfigError

CCDS_HEAD = "#chromosome\tnc_accession\tgene\tgene_id\tccds_id\tccds_status\tcds_strand\tcds_from\tcds_to\tcds_locations\tmatch_type\n"
BASES = st.tuples(st.integers(1, 60), st.integers(0, 12), st.sampled_from("+-")).map(
    lambda t: Interval("chr1", t[0], t[0] + t[1], t[2])
)


def covered(intervals: object) -> set[tuple[int, str]]:
    return {(base, i.strand) for i in intervals for base in range(i.start, i.end + 1)}  # type: ignore[attr-defined]


@given(st.lists(BASES, max_size=12))
def test_merged_intervals_cover_the_same_bases_once_and_apart(intervals: list[Interval]) -> None:
    merged = merge(intervals)
    assert covered(merged) == covered(intervals)
    assert sum(i.length for i in merged) == len(covered(intervals))
    for strand in "+-":
        ordered = [i for i in merged if i.strand == strand]
        assert all(right.start > left.end + 1 for left, right in pairwise(ordered))


def ccds(path: Path, *rows: str) -> Path:
    path.write_text(CCDS_HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_ccds_counts_from_0_with_inclusive_ends(tmp_path: Path) -> None:
    # CCDS14803.1 is 1,944 bases long by its intervals; a stretch of 0-9 is ten bases.
    path = ccds(tmp_path / "CCDS.current.txt", "1\tNC_1\tAbc\t7\tCCDS1.1\tPublic\t+\t0\t29\t[0-9, 20-29]\tIdentical")
    (gene,) = read_annotation(path, is_ccds=True).genes
    assert gene.length == 20
    assert [(i.start, i.end) for i in gene.intervals] == [(1, 10), (21, 30)]


def test_ccds_of_one_gene_are_merged_and_withdrawn_ones_left_out(tmp_path: Path) -> None:
    path = ccds(
        tmp_path / "c.txt",
        "1\tNC_1\tAbc\t7\tCCDS1.1\tPublic\t-\t0\t29\t[0-9, 20-29]\tIdentical",
        "1\tNC_1\tAbc\t7\tCCDS2.1\tReviewed, update pending\t-\t5\t39\t[5-14, 30-39]\tPartial",
        "1\tNC_1\tAbc\t7\tCCDS3.1\tWithdrawn\t-\t100\t199\t[100-199]\tIdentical",
        "1\tNC_1\tOld\t8\tCCDS4.1\tWithdrawn\t-\t-\t-\t-\tIdentical",
    )
    annotation = read_annotation(path, is_ccds=True)
    (gene,) = annotation.genes
    assert [(i.start, i.end) for i in gene.intervals] == [(1, 15), (21, 40)]
    assert annotation.splice_sites == [("1", 9, 20, "-"), ("1", 14, 30, "-")]


def test_gtf_takes_coding_parts_and_the_stop_codon(tmp_path: Path) -> None:
    about = 'gene_id "G1"; transcript_id "T1"; gene_name "Abc";'
    rows = ["exon\t1\t100", "exon\t201\t300", "CDS\t11\t100", "CDS\t201\t250", "stop_codon\t251\t253"]
    other = 'chr1\tx\texon\t900\t950\t.\t+\t.\tgene_id "G2"; transcript_id "T2"; gene_name "Lnc";'
    text = "\n".join([*(f"chr1\tx\t{row}\t.\t+\t.\t{about}" for row in rows), other])
    path = tmp_path / "genes.gtf.gz"
    path.write_bytes(gzip.compress(text.encode()))
    annotation = read_annotation(path, is_ccds=False)
    (gene,) = annotation.genes
    assert (gene.symbol, gene.length) == ("Abc", 90 + 53)
    assert annotation.splice_sites == [("chr1", 99, 200, "+")]


def test_chromosome_names_follow_the_genome(tmp_path: Path) -> None:
    path = ccds(
        tmp_path / "c.txt",
        "1\tNC\tA\t1\tCCDS1.1\tPublic\t+\t0\t9\t[0-9]\tI",
        "9\tNC\tB\t2\tCCDS2.1\tPublic\t+\t0\t9\t[0-9]\tI",
    )
    placed, n_dropped = on_genome(read_annotation(path, is_ccds=True), {"chr1": 10})
    assert [g.symbol for g in placed.genes] == ["A"]
    assert placed.genes[0].intervals[0].chrom == "chr1"
    assert n_dropped == 1


@pytest.mark.parametrize("lengths", [{"chr1": 9}, {"scaffold": 100}])
def test_another_assembly_is_refused(tmp_path: Path, lengths: dict[str, int]) -> None:
    path = ccds(tmp_path / "c.txt", "1\tNC\tA\t1\tCCDS1.1\tPublic\t+\t0\t9\t[0-9]\tI")
    with pytest.raises(ConfigError) as caught:
        on_genome(read_annotation(path, is_ccds=True), lengths)
    assert caught.value.code == "other-assembly"


@pytest.mark.parametrize(
    ("text", "is_ccds"),
    [
        ("a\tb\n1\t2\n", True),
        ("not a gtf\n", False),
        ("", True),
        ("", False),
        ("chr1\tx\tCDS\t1\t9\t.\t+\t.\tname\n", False),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, *, is_ccds: bool) -> None:
    path = tmp_path / "file.txt"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"file\.txt"):
        read_annotation(path, is_ccds=is_ccds)


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "genes.gtf.gz"
    path.write_bytes(gzip.compress(b"#x\n" * 5000)[:-20])
    with pytest.raises(ConfigError, match="cannot be read"):
        read_annotation(path, is_ccds=False)
