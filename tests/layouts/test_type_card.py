from dataclasses import replace

import numpy as np
import pytest

from core.explore.card import Accuracy, Evidence
from core.explore.card import type_card as card_of
from core.explore.markers import gene_heatmap, volcano
from layouts import ids, type_card
from layouts.figures.volcano import volcano_figure
from tests.components import find, text
from tests.components import ids as ids_of

B_CELL, LYMPHOCYTE = "CL:0000236", "CL:0000542"


@pytest.fixture(scope="module")
def everything(answered):
    return np.ones(answered.result.n_query, dtype=bool)


@pytest.fixture(scope="module")
def card(answered, everything):
    return card_of(answered.bundle, answered.result, B_CELL, everything)


@pytest.fixture(scope="module")
def genes(answered):
    return volcano(answered.bundle, B_CELL)


def built(card, genes, chosen="all"):
    figure = volcano_figure(genes, name="B cell", theme="light")
    return type_card.layout(card, genes, figure, swatch="red", chosen=chosen, ontology_release="CL")


def test_it_says_what_the_type_is(card, genes):
    words = text(built(card, genes))
    for part in ("B cell", B_CELL, card.definition, "Also called", "Parent:", "in the reference", "up,"):
        assert part in words


def test_parents_open_their_own_card(card, genes):
    names = [i for i in ids_of(built(card, genes)) if isinstance(i, dict)]
    assert [n["index"] for n in names] == [parent for parent, _ in card.parents]


def test_accuracy_comes_with_its_interval(card, genes):
    shown = replace(card, accuracy=Accuracy(0.71, 0.68, 0.74, 901, "study"))
    assert "71 % right when a study is held out 68 to 74 %" in text(built(shown, genes))
    assert "its study is held out" in text(built(replace(card, accuracy=Accuracy(0.5, None, None, 9, "pair")), genes))
    assert "accuracy not measured" in text(built(replace(card, accuracy=None), genes))


def test_selected_cells_are_named_as_such(card, genes):
    assert "of 338 selected cells" in text(built(replace(card, n_selected=338), genes))
    assert f"of your {card.n_query_total:,} cells" in text(built(card, genes))


def test_ambiguous_cells_are_counted(card, genes):
    assert "5 of them ambiguous" in text(built(replace(card, n_ambiguous=5), genes))


def test_a_thin_reference_is_said(card, genes):
    assert "The reference is thin here: few." in text(
        built(replace(card, thin="The reference is thin here: few."), genes)
    )


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (Evidence("CD79A", 0.9, expected_high=True, as_expected=True), "CD79A in 90 % of these cells"),
        (
            Evidence("CD79A", 0.1, expected_high=True, as_expected=False),
            "CD79A in 10 % of these cells, fewer than expected",
        ),
        (Evidence("LYZ", 0.1, expected_high=False, as_expected=True), "LYZ in 10 %, low as expected"),
        (Evidence("LYZ", 0.6, expected_high=False, as_expected=False), "LYZ in 60 %, higher than expected"),
    ],
)
def test_evidence_in_words(card, genes, evidence, words):
    assert words in text(built(replace(card, evidence=(evidence,)), genes))


def test_no_evidence_is_said(card, genes):
    words = text(built(replace(card, evidence=(), runner_up=None, studies=card.studies.head(0)), genes))
    assert "No gene decides" in words
    assert "No second type is near." in words
    assert "No cell of this type is selected." in words


def test_a_runner_up_is_named(card, genes):
    assert "Runner-up: monocyte." in text(built(replace(card, runner_up=("CL:1", "monocyte")), genes))


def test_showing_its_cells_is_offered_once(card, genes):
    button = find(built(card, genes), ids.CARD_SELECT)
    assert button.to_plotly_json()["props"]["data-selection"] == f"type:{B_CELL}"
    assert not button.disabled
    assert find(built(card, genes, f"type:{B_CELL}"), ids.CARD_SELECT).disabled


def test_a_wider_term_selects_what_is_under_it(answered, everything):
    wide = card_of(answered.bundle, answered.result, LYMPHOCYTE, everything)
    page = built(wide, volcano(answered.bundle, LYMPHOCYTE))
    assert find(page, ids.CARD_SELECT).to_plotly_json()["props"]["data-selection"] == f"under:{LYMPHOCYTE}"
    assert "Its genes were not tested." in text(page)
    assert find(page, ids.GENES_DOWNLOAD).disabled


def test_a_term_without_definition_and_synonyms(card, genes):
    bare = replace(card, definition="", synonyms=(), parents=(("a", "x"), ("b", "y")))
    words = text(built(bare, genes))
    assert "no definition" in words
    assert "Also called" not in words
    assert "Parents:  x ,  y ." in words


def test_saved_genes_say_their_direction(card):
    table = type_card.gene_table(card)
    assert len(table) == len(card.up) + len(card.down)
    assert set(table["direction"]) <= {"up", "down"}


def test_the_gene_panel_says_what_is_missing(answered, everything):
    view = gene_heatmap(answered.bundle, answered.result, B_CELL, everything)
    assert "3 more genes are not in your file" in type_card.genes_line(replace(view, n_missing=3))
    assert "not in your file" not in type_card.genes_line(replace(view, n_missing=0))
    nobody = gene_heatmap(answered.bundle, answered.result, B_CELL, ~everything)
    assert "No cells are selected." in text(type_card.no_genes(nobody))
    assert "None of its genes" in text(type_card.no_genes(replace(view, genes=(), n_missing=2)))
    assert "no genes to look up" in text(type_card.no_genes(replace(view, genes=(), n_missing=0)))


def test_the_release_of_the_ontology():
    assert type_card.ontology_release("Cell Ontology", "2026-01-01") == "Cell Ontology, release 2026-01-01"
    assert type_card.ontology_release("Cell Ontology", "") == "Cell Ontology"
