from dataclasses import replace

import numpy as np
import pytest

from core.explore.card import Accuracy
from core.explore.card import type_card as card_of
from core.explore.markers import gene_heatmap
from layouts import ids, type_card
from tests.components import classes, find, goes_to, text

B_CELL, ANY_CELL = "CL:0000236", "CL:0000000"


@pytest.fixture(scope="module")
def everything(answered):
    return np.ones(answered.result.n_query, dtype=bool)


@pytest.fixture(scope="module")
def card(answered, everything):
    return card_of(answered.bundle, answered.result, B_CELL, everything)


def built(card, chosen="all"):
    return type_card.layout(card, swatch="red", chosen=chosen, ontology_release="CL")


def test_it_says_what_the_type_is(card):
    words = text(built(card))
    for part in ("B cell", B_CELL, card.definition, "Also called", "Parent:", "in the reference", "up,"):
        assert part in words


def test_parents_open_their_own_card(card):
    links = classes(classes(built(card), "card-names")[0], "link")
    assert [goes_to(link)["type"] for link in links] == [parent for parent, _ in card.parents]


def test_accuracy_comes_with_its_interval(card):
    shown = replace(card, accuracy=Accuracy(0.71, 0.68, 0.74, 901, "study"))
    assert "71 % right when a study is held out 68 to 74 %" in text(built(shown))
    assert "its study is held out" in text(built(replace(card, accuracy=Accuracy(0.5, None, None, 90, "pair"))))
    assert "– accuracy: only 2 held-out cells" in text(
        built(replace(card, accuracy=Accuracy(0.0, None, None, 2, "study")))
    )
    assert "accuracy not measured" in text(built(replace(card, accuracy=None)))


def test_selected_cells_are_named_as_such(card):
    assert "of 338 selected cells" in text(built(replace(card, n_selected=338)))
    assert f"of your {card.n_query_total:,} cells" in text(built(card))


def test_ambiguous_cells_are_counted(card):
    assert "5 of them ambiguous" in text(built(replace(card, n_ambiguous=5)))


def test_a_thin_reference_is_said(card):
    assert "The reference is thin here: few." in text(built(replace(card, thin="The reference is thin here: few.")))


def test_no_cells_of_the_type_are_said(card):
    assert "No cell of this type is selected." in text(built(replace(card, studies=card.studies.head(0))))


def test_what_it_is_held_against_is_in_the_file_name(card):
    assert type_card.gene_file(card) == "scquery-genes-CL-0000236.csv"
    siblings = replace(card, contrast=replace(card.contrast, background="siblings"))
    assert type_card.gene_file(siblings) == "scquery-genes-CL-0000236-vs-siblings.csv"


def test_every_gene_of_the_heatmap_has_its_row(answered, everything):
    view = gene_heatmap(answered.bundle, answered.result, B_CELL, everything)
    assert int(type_card.heatmap_height(view)["height"].removesuffix("px")) >= 12 * len(view.genes)


def test_showing_its_cells_is_offered_once(card):
    button = find(built(card), ids.CARD_SELECT)
    assert goes_to(button) == {"sel": f"type:{B_CELL}", "type": None}
    assert not button.disabled
    assert find(built(card, f"type:{B_CELL}"), ids.CARD_SELECT).disabled


def test_a_wider_term_selects_what_is_under_it(answered, everything):
    wide = card_of(answered.bundle, answered.result, ANY_CELL, everything)
    page = built(wide)
    assert goes_to(find(page, ids.CARD_SELECT))["sel"] == f"under:{ANY_CELL}"
    assert "A wider term" in str(page)
    assert "Its genes were not tested." in text(page)
    assert find(page, ids.GENES_DOWNLOAD).disabled


def test_a_term_without_definition_and_synonyms(card):
    bare = replace(card, definition="", synonyms=(), parents=(("a", "x"), ("b", "y")))
    words = text(built(bare))
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
