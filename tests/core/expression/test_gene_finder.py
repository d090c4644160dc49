import pytest

from core.errors import InputError
from core.expression.gene_finder import MAX_LIST, GeneFinder, Suggestion
from core.expression.genes import GeneNames

NAMES = GeneNames.from_lists(
    ["CD3D", "CD3E", "ACTA1", "MS4A1", "MS4A10", "FAR1", "KRT20", "CD200"],
    [["ENSG00000000001"], ["ENSG00000000002"], [], ["ENSG00000156738"], [], [], [], []],
    [["11"], ["12"], ["13"], ["14"], ["15"], ["16"], ["17"], ["18"]],
    [["T3D"], ["T3E"], [], ["LEU-16", "CD20"], [], [], ["CD20"], []],
)
FINDER = GeneFinder(NAMES, {"CD3D": 50, "CD3E": 80, "ACTA1": 5, "MS4A1": 20, "MS4A10": 90, "KRT20": 3, "CD200": 70})


@pytest.mark.parametrize(
    ("typed", "symbol"),
    [("MS4A1", "MS4A1"), (" ms4a1 ", "MS4A1"), ("LEU-16", "MS4A1"), ("ENSG00000156738.7", "MS4A1"), ("14", "MS4A1")],
)
def test_any_name_of_a_gene_finds_it(typed, symbol):
    assert FINDER.resolve(typed) == symbol
    assert FINDER.suggest(typed)[0].symbol == symbol


@pytest.mark.parametrize("typed", ["", "  ", "no gene", "FAR1", "x" * 5_000])
def test_what_is_no_gene_of_the_reference(typed):
    assert FINDER.resolve(typed) is None


def test_the_gene_meant_comes_first_then_the_more_frequent():
    assert [s.symbol for s in FINDER.suggest("MS4A1")] == ["MS4A1", "MS4A10"]
    assert [s.symbol for s in FINDER.suggest("cd3")] == ["CD3E", "CD3D"]
    assert [s.symbol for s in FINDER.suggest("A1")] == ["MS4A10", "MS4A1", "ACTA1"]


def test_an_alias_says_so():
    assert FINDER.suggest("T3D") == (Suggestion("CD3D", "T3D"),)
    assert FINDER.suggest("T3D")[0].label == "CD3D (T3D)"
    assert FINDER.suggest("leu")[0].label == "MS4A1 (LEU-16)"


def test_an_alias_of_two_genes_offers_both_before_symbols_that_begin_with_it():
    assert FINDER.resolve("cd20") is None
    assert [s.label for s in FINDER.suggest("cd20")] == ["MS4A1 (cd20)", "KRT20 (cd20)", "CD200"]


def test_before_anything_is_typed_the_most_frequent_are_offered():
    assert [s.symbol for s in FINDER.suggest("", limit=2)] == ["MS4A10", "CD3E"]


def test_a_pasted_list_is_sorted_into_three():
    found = FINDER.read_list('CD3D, "CD3E"\tT3D;nonsense\nFAR1 ENSG00000156738 CD3D')
    assert found.symbols == ("CD3D", "CD3E", "MS4A1")
    assert found.unknown == ("nonsense",)
    assert found.absent == ("FAR1",)
    assert found.n_given == 7


def test_an_endless_name_is_named_but_short():
    assert FINDER.read_list("CD3D " + "x" * 10_000).unknown == ("x" * 60,)


def test_an_empty_list():
    assert FINDER.read_list(" \n").symbols == ()


def test_a_list_without_end_is_refused():
    with pytest.raises(InputError, match="5,001 names"):
        FINDER.read_list("A " * (MAX_LIST + 1))
