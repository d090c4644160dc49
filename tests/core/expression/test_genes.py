"""Gene names: every id kind leads to the one official symbol, and a name with two meanings to none."""

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.expression.genes import GeneNames

TABLE = {
    "gene_symbol": ["CD79A", "MS4A1", "HLA-A", "NKX2-1", "C1orf127", "MT-CO1", "5S_rRNA"],
    "ensembl_ids": [["ENSG00000105369"], ["ENSG00000156738"], ["ENSG00000206503"], ["ENSG00000136352"], [], None, []],
    "entrez_ids": [["973"], ["931"], ["3105"], ["7080"], ["148345"], [], []],
    "aliases": [["IGA", "MB-1"], ["CD20", "B1"], ["HLAA"], ["TTF1", "B1"], [], ["COX1", "MS4A1"], []],
}
NAMES = GeneNames.from_table(pa.table(TABLE))


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("CD79A", "CD79A"),
        ("Cd79a", "CD79A"),
        (" CD79A ", "CD79A"),
        ("ENSG00000105369", "CD79A"),
        ("ENSG00000105369.12", "CD79A"),
        ("CD79A_ENSG00000105369", "CD79A"),
        ("973", "CD79A"),
        ("973.0", "CD79A"),
        ("CD20", "MS4A1"),
        ("cd20", "MS4A1"),
        ("c1ORF127", "C1orf127"),
        ("HLA.A", "HLA-A"),
        ("NKX2.1", "NKX2-1"),
        ("X5S_rRNA", "5S_rRNA"),
        ("GRCh38_CD79A", "CD79A"),
        ("GRCh38___ENSG00000156738", "MS4A1"),
        ("B1", None),  # an alias of two genes
        ("X", None),
        ("", None),
        ("ENSG00000999999", None),
        ("CD79A-1", None),  # only a copy when CD79A is there too
    ],
)
def test_a_name_finds_its_symbol(name, symbol):
    assert NAMES.resolve([name]).symbols.tolist() == [symbol]


def test_an_official_symbol_wins_over_an_alias():
    assert NAMES.resolve(["MS4A1"]).symbols.tolist() == ["MS4A1"]
    assert "MS4A1" not in NAMES.aliases


def test_copies_of_a_name_resolve_beside_the_original():
    assert NAMES.resolve(["HLA-A", "HLA-A-1", "HLA-A.2", "MT-CO1"]).symbols.tolist() == ["HLA-A"] * 3 + ["MT-CO1"]


@pytest.mark.parametrize(
    ("ids", "kind"),
    [
        (["CD79A", "MS4A1"], "symbol"),
        (["ENSG00000105369", "nothing"], "ensembl"),
        (["973", "931"], "entrez"),
        (["973", "CD79A"], "mixed"),
        (["what"], "none"),
        ([], "none"),
    ],
)
def test_id_type(ids, kind):
    assert NAMES.resolve(ids).id_type == kind


def test_counts():
    found = NAMES.resolve(["CD79A", "cd79a", "CD20", "nothing"])
    assert (found.n_resolved, found.n_exact, found.n_other_case) == (3, 1, 1)
    assert found.share == 0.75
    assert NAMES.resolve([]).share == 0


def test_a_data_frame_builds_the_same_names():
    again = GeneNames.from_table(pd.DataFrame(TABLE))
    assert again.ensembl == NAMES.ensembl
    assert again.aliases == NAMES.aliases
    assert again.symbols == NAMES.symbols


def test_symbols_that_differ_in_case_only_need_the_exact_case():
    names = GeneNames.from_lists(["Abc", "ABC"], [[], []], [[], []], [[], []])
    assert names.resolve(["Abc", "ABC", "abc"]).symbols.tolist() == ["Abc", "ABC", None]


@given(st.lists(st.one_of(st.text(max_size=12), st.sampled_from(TABLE["gene_symbol"]))))
def test_whatever_the_names_the_answer_is_a_symbol_or_none(ids):
    found = NAMES.resolve(ids)
    assert len(found.symbols) == len(ids)
    assert all(s is None or s in NAMES.symbols for s in found.symbols)
    assert found.n_resolved == sum(s is not None for s in found.symbols)


@given(st.sampled_from(TABLE["gene_symbol"]))
def test_resolving_twice_changes_nothing(symbol):
    once = NAMES.resolve([symbol]).symbols.tolist()
    assert NAMES.resolve(once).symbols.tolist() == once
