"""A small ontology whose names have every trap: plurals, short and ambiguous names, narrower and wider terms, two scopes."""

from __future__ import annotations

import pytest

from build_bundle.label.decide import Labeller
from build_bundle.label.vocabulary import Vocabulary, make_vocabulary
from build_bundle.ontology.files import OntologySource, SourceTerm

TERMS = {
    "CL:0000000": SourceTerm("cell"),
    "CL:0000235": SourceTerm("macrophage", "", ("histiocyte",)),
    "CL:0000583": SourceTerm("alveolar macrophage", "", ("dust cell",)),
    "CL:0000057": SourceTerm("fibroblast"),
    "CL:2000042": SourceTerm("embryonic fibroblast"),
    "CL:0000084": SourceTerm("T cell", "", ("T lymphocyte",)),
    "CL:0000624": SourceTerm("CD4-positive, alpha-beta T cell"),
    "CL:0000897": SourceTerm("CD4-positive, alpha-beta memory T cell"),
    "CL:0000623": SourceTerm("natural killer cell", "", ("NK", "NK cell")),
    "CL:0000669": SourceTerm("pericyte", "", ("ARC",)),
    "CL:0000622": SourceTerm("acinar cell"),
    "CL:0002064": SourceTerm("pancreatic acinar cell"),
    "CL:0000169": SourceTerm("type B pancreatic cell", "", ("pancreatic beta cell",), (("beta cell", "BROAD"),)),
    "CL:0000639": SourceTerm("basophil cell of pars distalis", "", (), (("beta cell", "RELATED"),)),
    "CL:0000540": SourceTerm("neuron", "", (), (("nerve cell", "RELATED"),)),
    "UBERON:0000062": SourceTerm("organ"),
    "UBERON:0002048": SourceTerm("lung"),
    "UBERON:0001264": SourceTerm("pancreas"),
    "UBERON:0002097": SourceTerm("skin of body"),
    "UBERON:0000014": SourceTerm("zone of skin", "", ("skin",)),
    "UBERON:0000955": SourceTerm("brain"),
    "UBERON:0000956": SourceTerm("cerebral cortex"),
    "UBERON:0001851": SourceTerm("cortex"),
    "UBERON:0000970": SourceTerm("eye"),
    "UBERON:0000105": SourceTerm("life cycle stage"),
    "UBERON:0000113": SourceTerm("adult stage", "", ("grown up",)),
}
EDGES = [
    ("CL:0000235", "CL:0000000"), ("CL:0000583", "CL:0000235"), ("CL:0000583", "UBERON:0002048"), ("CL:0000057", "CL:0000000"),
    ("CL:2000042", "CL:0000057"), ("CL:0000084", "CL:0000000"), ("CL:0000624", "CL:0000084"), ("CL:0000897", "CL:0000624"),
    ("CL:0000623", "CL:0000000"), ("CL:0000669", "CL:0000000"), ("CL:0000622", "CL:0000000"), ("CL:0002064", "CL:0000622"),
    ("CL:0002064", "UBERON:0001264"), ("CL:0000169", "CL:0000000"), ("CL:0000169", "UBERON:0001264"), ("CL:0000639", "CL:0000000"),
    ("CL:0000540", "CL:0000000"), ("UBERON:0002048", "UBERON:0000062"), ("UBERON:0001264", "UBERON:0000062"),
    ("UBERON:0000956", "UBERON:0000955"), ("UBERON:0000955", "UBERON:0000062"), ("UBERON:0000113", "UBERON:0000105"),
    ("UBERON:0000014", "UBERON:0002097"),
]  # fmt: skip


@pytest.fixture(scope="session")
def source() -> OntologySource:
    return OntologySource(TERMS, tuple((child, parent, "is_a") for child, parent in EDGES))


@pytest.fixture(scope="session")
def vocabulary(source: OntologySource) -> Vocabulary:
    return make_vocabulary(source)


@pytest.fixture(scope="session")
def labeller(vocabulary: Vocabulary) -> Labeller:
    return Labeller(vocabulary)
