from dataclasses import replace

import numpy as np
import pytest

from core.explore.card import Accuracy
from core.explore.card import type_card as card_of
from core.explore.markers import gene_heatmap, volcano
from layouts import ids, type_card
from layouts.figures.volcano import volcano_figure
from tests.components import find, text
from tests.components import ids as ids_of

B_CELL, ANY_CELL = "CL:0000236", "CL:0000000"


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
    assert [n["index"] for n in names if n["type"] == "type-link"] == [parent for parent, _ in card.parents]


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


def test_no_cells_of_the_type_are_said(card, genes):
    assert "No cell of this type is selected." in text(built(replace(card, studies=card.studies.head(0)), genes))


def test_what_it_is_held_against_is_in_the_file_name(card):
    assert type_card.gene_file(card) == "scquery-genes-CL-0000236.csv"
    siblings = replace(card, contrast=replace(card.contrast, background="siblings"))
    assert type_card.gene_file(siblings) == "scquery-genes-CL-0000236-vs-siblings.csv"


def test_every_gene_of_the_heatmap_has_its_row(answered, everything):
    view = gene_heatmap(answered.bundle, answered.result, B_CELL, everything)
    assert int(type_card.heatmap_height(view)["height"].removesuffix("px")) >= 12 * len(view.genes)


def test_showing_its_cells_is_offered_once(card, genes):
    button = find(built(card, genes), ids.CARD_SELECT)
    assert button.to_plotly_json()["props"]["data-selection"] == f"type:{B_CELL}"
    assert not button.disabled
    assert find(built(card, genes, f"type:{B_CELL}"), ids.CARD_SELECT).disabled


def test_a_wider_term_selects_what_is_under_it(answered, everything):
    wide = card_of(answered.bundle, answered.result, ANY_CELL, everything)
    page = built(wide, volcano(answered.bundle, ANY_CELL))
    assert find(page, ids.CARD_SELECT).to_plotly_json()["props"]["data-selection"] == f"under:{ANY_CELL}"
    assert "A wider term" in str(page)
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
