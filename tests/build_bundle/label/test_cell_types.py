import pytest

from build_bundle.label.cell_types import ValueReader
from build_bundle.label.vocabulary import Vocabulary, make_vocabulary
from build_bundle.ontology.files import OntologySource, SourceTerm
from tests.build_bundle.label.conftest import EDGES, TERMS

PANCREAS, LUNG = "UBERON:0001264", "UBERON:0002048"


@pytest.mark.parametrize(
    ("value", "organs", "term"),
    [
        ("acinar", (), "CL:0000622"),
        ("acinar", (PANCREAS,), "CL:0002064"),
        ("acinar", (PANCREAS, LUNG), "CL:0000622"),  # a mixture of organs says nothing
        ("beta", (PANCREAS,), "CL:0000169"),
        ("CD4 Memory T", (), "CL:0000897"),
        ("Memory CD4 T", (), "CL:0000897"),
        ("T_CD4", (), "CL:0000624"),
        ("T activated", (), "CL:0000084"),
        ("NK", (), "CL:0000623"),
        ("Mac", (), "CL:0000235"),
        ("fibro", (), "CL:0000057"),
    ],
)
def test_a_short_value_means_a_type(vocabulary: Vocabulary, value: str, organs: tuple[str, ...], term: str) -> None:
    assert {name.term_id for name in ValueReader(vocabulary).read(value, organs)} == {term}


@pytest.mark.parametrize("value", ["", "12", "K562", "GW21+3", "a " * 9 + "T cell"])
def test_other_values_mean_nothing(vocabulary: Vocabulary, value: str) -> None:
    assert ValueReader(vocabulary).read(value, ()) == ()


@pytest.mark.parametrize(("above", "term"), [("CL:0000057", "CL:0000001"), ("CL:0000000", "CL:0000057")])
def test_the_type_of_an_organ_is_meant_where_it_is_a_kind_of_the_plain_one(above: str, term: str) -> None:
    terms = {**TERMS, "CL:0000001": SourceTerm("lung fibroblast")}
    edges = [*EDGES, ("CL:0000001", above), ("CL:0000001", LUNG)]
    found = make_vocabulary(OntologySource(terms, tuple((child, parent, "is_a") for child, parent in edges)))
    assert {name.term_id for name in ValueReader(found).read("fibroblast", (LUNG,))} == {term}
