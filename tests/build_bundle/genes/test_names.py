from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from build_bundle.genes import names as gene_names
from build_bundle.genes.names import NcbiGene, join_gene_names, read_gencode, read_gene_table, read_ncbi
from core.errors import ConfigError
from core.expression.genes import GeneNames

RECORD = (
    "  {0} : NtData(tax_id=9606, Org_name='Homo sapiens', GeneID={0}, CurrentID=0, Status='{1}', Symbol={2}, "
    "Aliases={3}, description='x', other_designations='', map_location='', chromosome='1', "
    "genomic_nucleotide_accession_version='', start_position_on_the_genomic_accession=1, "
    "end_position_on_the_genomic_accession=2, orientation='minus', exon_count=8, OMIM='', no_hdr0=''),"
)


def row(table: pd.DataFrame, symbol: str) -> dict[str, list[str]]:
    return table.set_index("gene_symbol").loc[symbol].to_dict()


def test_gencode_rows_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gene_names, "_MIN_GENES", 2)
    path = tmp_path / "genes.csv.gz"
    path.write_bytes(gzip.compress(b"ENSG1,A,1,100,lncRNA\nENSG2,B,1,100,protein_coding\n"))
    assert read_gencode(path) == [("ENSG1", "A"), ("ENSG2", "B")]


def test_ncbi_records_are_read_as_text_and_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gene_names, "_MIN_GENES", 2)
    path = tmp_path / "genes.py"
    lines = [
        "raise SystemExit('executed')",
        RECORD.format(1, "live", "'A1BG'", "'A1B, ABG'"),
        RECORD.format(2, "live", "'O\\'Neil'", "''"),
        RECORD.format(3, "live", '"5\'-X"', '"Y\'s"'),
        RECORD.format(4, "discontinued", "'OLD'", "''"),
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert read_ncbi(path) == [
        NcbiGene("1", "A1BG", ("A1B", "ABG")),
        NcbiGene("2", "O'Neil", ()),
        NcbiGene("3", "5'-X", ("Y's",)),
    ]


def test_a_wrong_file_is_no_gene_table(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n", encoding="utf-8")
    for read in (read_gencode, read_ncbi, read_gene_table):
        with pytest.raises(ConfigError, match="no gene table"):
            read(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_gencode(tmp_path / "none.csv")


def test_the_two_tables_are_joined() -> None:
    gencode = [("ENSG1", "A"), ("ENSG2", "A"), ("ENSG3", "B"), ("ENSG9", "NEW")]
    ncbi = [
        NcbiGene("10", "A", ("B", "SHARED", "ONLYA")),
        NcbiGene("11", "B", ("SHARED",)),
        NcbiGene("12", "OLDNAME", ("NEW", "OTHER")),
        NcbiGene("13", "ORPHAN", ("ONLYO",)),
    ]
    table = join_gene_names(gencode, ncbi)
    assert table["gene_symbol"].tolist() == ["A", "B", "NEW", "ORPHAN"]
    assert row(table, "A") == {"ensembl_ids": ["ENSG1", "ENSG2"], "entrez_ids": ["10"], "aliases": ["ONLYA", "SHARED"]}
    assert row(table, "NEW") == {"ensembl_ids": ["ENSG9"], "entrez_ids": ["12"], "aliases": ["OLDNAME", "OTHER"]}
    assert row(table, "ORPHAN") == {"ensembl_ids": [], "entrez_ids": ["13"], "aliases": ["ONLYO"]}


def test_no_alias_is_a_symbol() -> None:
    table = join_gene_names([("E1", "A"), ("E2", "B")], [NcbiGene("1", "A", ("X", "B")), NcbiGene("2", "B", ("X",))])
    assert table["aliases"].tolist() == [["X"], ["X"]]
    assert GeneNames.from_table(table).resolve(["X"]).n_resolved == 0


@pytest.mark.parametrize(
    ("rows", "problem"), [("B,E2,7,OLD,E3,8,9,X\n", "not four columns in line 2"), ("B\n", "line 2"), ("", "no gene")]
)
def test_a_row_of_another_width_is_named(tmp_path: Path, rows: str, problem: str) -> None:
    path = tmp_path / "g.csv"
    path.write_text("symbol,ensembl,entrez,aliases\n" + rows, encoding="utf-8")
    with pytest.raises(ConfigError, match=problem):
        read_gene_table(path)


def test_a_plain_table(tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    path.write_text("\ufeffsymbol,ensembl,entrez,aliases\nB,E2;E3,7,OLD\nA,E1,,\n", encoding="utf-8")
    table = read_gene_table(path)
    assert table["gene_symbol"].tolist() == ["A", "B"]
    assert row(table, "B") == {"ensembl_ids": ["E2", "E3"], "entrez_ids": ["7"], "aliases": ["OLD"]}
