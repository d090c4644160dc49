import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.label.decide import Labeller
from build_bundle.label.evidence import Hit
from build_bundle.label.settings import LabelSettings
from build_bundle.label.vocabulary import Vocabulary
from build_bundle.label.words import key_of
from tests.build_bundle.label.conftest import TERMS

LONG_NAMES = sorted({t for term in TERMS.values() for t in (term.name, *term.synonyms) if sum(map(str.isalnum, t)) > 3})
FIELD_NAMES = st.sampled_from(
    ["title", "source_name", "characteristics: tissue", "characteristics: cell type", "organism"]
)
TEXTS = st.lists(
    st.sampled_from([*LONG_NAMES, "NK", "ARC", "plate 3", "wild type", "beta", "cortex."]), max_size=4
).map(" ".join)
SAMPLES = st.lists(st.tuples(FIELD_NAMES, TEXTS), max_size=4)


def _hits(labeller: Labeller, *fields: tuple[str, str]) -> dict[str, str]:
    return {hit.text: hit.why for hit in labeller.label(fields).hits}


def test_only_the_most_specific_terms_are_kept(labeller: Labeller) -> None:
    labels = labeller.label(
        [("title", "Alveolar macrophages"), ("source_name", "lung macrophage"), ("description", "cells")]
    )
    assert labels.term_ids == labels.label_term_ids == ("CL:0000583",)
    assert {hit.text: hit.why for hit in labels.hits} == {
        "Alveolar macrophages": "kept", "lung": "wider than another hit", "macrophage": "wider than another hit",
        "cells": "too general",
    }  # fmt: skip


@pytest.mark.parametrize(
    "field", ["organism", "Characteristics[organism]", "organism_ch1", "Organism_s", "characteristics: species"]
)
def test_organism_fields_are_never_matched(labeller: Labeller, field: str) -> None:
    assert labeller.label([(field, "macrophage of the lung")]).hits == ()


def test_protocols_and_strains_are_not_matched(labeller: Labeller) -> None:
    for field in (
        "treatment_protocol",
        "extract_protocol_ch1",
        "characteristics: strain",
        "data_processing",
        "genotype",
    ):
        assert labeller.label([(field, "grown on embryonic fibroblasts")]).hits == ()


def test_short_synonyms_need_their_case_and_place(labeller: Labeller) -> None:
    assert _hits(labeller, ("title", "Arc-Cre")) == {"Arc": "short name in another case or place"}
    assert _hits(labeller, ("source_name", "ARC")) == {
        "ARC": "short name in another case or place"
    }  # a place, not a cell
    assert _hits(labeller, ("characteristics: cell type", "ARC")) == {"ARC": "kept"}
    assert _hits(labeller, ("title", "ARC cells 3")) == {"ARC": "kept", "cells": "too general"}
    assert labeller.label([("title", "single cell from an eye")]).term_ids == ("UBERON:0000970",)


def test_an_ambiguous_name_needs_company(labeller: Labeller) -> None:
    assert _hits(labeller, ("title", "beta cells")) == {
        "beta cells": "too general"
    }  # the pituitary's, which is no label
    assert labeller.label([("title", "beta cells"), ("source_name", "pancreas")]).term_ids == ("CL:0000169",)


def test_a_bare_cortex_is_the_brains_only_beside_the_brain(labeller: Labeller) -> None:
    assert labeller.label([("source_name", "cortex")]).term_ids == ("UBERON:0001851",)
    assert labeller.label([("source_name", "cortex"), ("title", "brain 4")]).term_ids == ("UBERON:0000956",)


def test_known_gaps_have_their_words(labeller: Labeller) -> None:
    assert labeller.label([("source_name", "Skin")]).term_ids == ("UBERON:0002097",)
    assert labeller.label([("title", "MEF 3")]).term_ids == ("CL:2000042",)
    assert labeller.label([("title", "MEFs, plate 3")]).term_ids == ("CL:2000042",)


def test_stages_and_general_terms_label_nothing(labeller: Labeller) -> None:
    assert _hits(labeller, ("description", "grown up organ")) == {"grown up": "too general", "organ": "too general"}


def test_the_cell_type_field_alone_names_cell_types(labeller: Labeller) -> None:
    told = labeller.label([("characteristics: cell type", "K562"), ("source_name", "fibroblast of the lung")])
    assert told.label_term_ids == ("UBERON:0002048",)
    assert told.term_ids == ("CL:0000057", "UBERON:0002048")


def test_a_tissue_labels_where_no_cell_type_is_named(labeller: Labeller) -> None:
    assert labeller.label([("source_name", "lung")]).label_term_ids == ("UBERON:0002048",)


def test_a_whole_value_replaces_what_is_inside(labeller: Labeller) -> None:
    labels = labeller.label([("characteristics: cell type", " acinar "), ("characteristics: tissue", "pancreas")])
    assert labels.label_term_ids == ("CL:0002064",)
    (hit,) = (hit for hit in labels.hits if hit.kind == "cell_type")
    assert (hit.scope, hit.text, hit.start, hit.end) == ("value", "acinar", 1, 7)


def test_two_fields_of_one_name_do_not_touch_each_other(labeller: Labeller) -> None:
    field = "characteristics: cell type"
    assert labeller.label([(field, "T activated"), (field, "macrophage")]).label_term_ids == (
        "CL:0000084",
        "CL:0000235",
    )


def test_what_is_not_sure_enough_stays_evidence(vocabulary: Vocabulary) -> None:
    strict = Labeller(vocabulary, LabelSettings(min_confidence=0.7))
    assert _hits(strict, ("title", "nerve cell")) == {"nerve cell": "not sure enough"}


@given(SAMPLES)
def test_no_kept_term_is_an_ancestor_of_another(labeller: Labeller, fields: list[tuple[str, str]]) -> None:
    labels = labeller.label(fields)
    graph = labeller.vocabulary.graph
    assert not any(other in graph.ancestors(term) for term in labels.term_ids for other in labels.term_ids)
    assert set(labels.label_term_ids) <= set(labels.term_ids)


@given(SAMPLES)
def test_evidence_points_at_its_text(labeller: Labeller, fields: list[tuple[str, str]]) -> None:
    for hit in labeller.label(fields).hits:
        name, text = fields[hit.place]
        assert (hit.field, hit.text) == (name, text[hit.start : hit.end])
        assert _is_name(labeller, hit)
        assert "organism" not in hit.field


def _is_name(labeller: Labeller, hit: Hit) -> bool:
    return hit.scope == "value" or key_of(hit.text) in labeller.vocabulary.names


@given(
    st.lists(st.sampled_from(LONG_NAMES), min_size=1, max_size=3), st.sampled_from([str.lower, str.upper, str.title])
)
def test_case_and_plural_do_not_matter(labeller: Labeller, names: list[str], change: object) -> None:
    expected = labeller.label([("title", "; ".join(names))]).term_ids
    assert callable(change)
    assert labeller.label([("title", change("; ".join(names)))]).term_ids == expected
    assert labeller.label([("title", "; ".join(map(_plural, names)))]).term_ids == expected


def _plural(name: str) -> str:
    return (
        name
        if name.endswith("s") or name[-1].isupper() or " of " in name
        else f"{name}es"
        if name.endswith("x")
        else f"{name}s"
    )
