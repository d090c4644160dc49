from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from build_bundle.cells.selection import TermRules, high_confidence, hold_out, split
from build_bundle.configuration.config import SelectionSettings
from build_bundle.ontology.files import OntologySource, SourceTerm

TERMS = {
    "CL:0000000": "cell", "CL:1": "leukocyte", "CL:2": "B cell", "CL:3": "T cell", "CL:4": "naive T cell",
    "UBERON:5": "blood", "GO:6": "process",
}  # fmt: skip
EDGES = (
    ("CL:1", "CL:0000000", "is_a"),
    ("CL:2", "CL:1", "is_a"),
    ("CL:3", "CL:1", "is_a"),
    ("CL:4", "CL:3", "is_a"),
    ("CL:1", "UBERON:5", "part_of"),
)


@pytest.fixture
def rules() -> TermRules:
    source = OntologySource({i: SourceTerm(n) for i, n in TERMS.items()}, EDGES, {"CL:9": "CL:2", "CL:8": ""})
    return TermRules(source, SelectionSettings(min_cells=3))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (("CL:2",), ("CL:2",)),
        (("CL:1", "CL:2"), ("CL:2",)),
        (("CL:4", "CL:2", "CL:3"), ("CL:2", "CL:4")),
        (("CL:0000000",), ()),
        (("GO:6", "CL:3"), ("CL:3",)),
        (("CL:9",), ("CL:2",)),
        (("CL:8", "CL:777"), ()),
        ((), ()),
    ],
)
def test_terms_kept(rules: TermRules, given: tuple[str, ...], kept: tuple[str, ...]) -> None:
    assert rules.keep(given) == kept


def test_a_cell_type_before_a_tissue_and_the_deepest_first(rules: TermRules) -> None:
    assert rules.label(("UBERON:5", "CL:2")) == "CL:2"
    assert rules.label(("CL:2", "CL:4")) == "CL:4"
    assert rules.label(("CL:3", "CL:2")) == "CL:2"
    assert rules.label(("UBERON:5",)) == "UBERON:5"


def test_high_confidence_needs_enough_cells_and_one_term() -> None:
    terms = pd.Series([("a",), ("a",), ("a", "b"), ("b",), ("c",)])
    assert high_confidence(terms, SelectionSettings(min_cells=3)).tolist() == [True, True, False, False, False]
    both = SelectionSettings(min_cells=2, single_term=False)
    assert high_confidence(terms, both).tolist() == [True, True, True, True, False]


def test_the_split_is_even_seeded_and_leaves_a_cell_to_train() -> None:
    cells = pd.DataFrame(
        {
            "part": ["p"] * 40 + ["q"] * 21,
            "cell_type_ontology_term_id": ["a"] * 20 + ["b"] * 20 + ["a"] * 20 + ["c"],
            "high_confidence": True,
        }
    )
    cells.loc[:4, "high_confidence"] = False
    settings = SelectionSettings(validation_share=0.2)
    found = split(cells, settings, seed=1)
    assert (found[:5] == "none").all()
    counts = found.groupby([cells["part"], cells["cell_type_ontology_term_id"]]).value_counts()
    assert counts["p", "b", "validation"] == 4
    assert counts["p", "a", "validation"] == 3
    assert counts["q", "c"].to_dict() == {"train": 1}
    assert found.equals(split(cells, settings, seed=1))
    assert not found.equals(split(cells, settings, seed=2))


def test_an_example_takes_cells_in_proportion_and_at_most_half() -> None:
    labels = pd.Series(["a"] * 80 + ["b"] * 20, index=np.arange(100) * 3)
    chosen = hold_out(labels, 20, seed=0)
    assert labels[chosen].value_counts().to_dict() == {"a": 16, "b": 4}
    assert chosen.is_monotonic_increasing
    assert len(hold_out(labels, 1000, seed=0)) == 50
    thirds = pd.Series(["a", "b", "c"] * 11)
    assert len(hold_out(thirds, 10, seed=0)) == 10
    assert hold_out(labels[:0], 5, seed=0).empty
