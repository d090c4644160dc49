import pytest

from callbacks import type_card
from tests.components import text

B_CELL = "CL:0000236"


def card(path, term=B_CELL, selection="all", threshold=None, contrast=None):
    return type_card.update(term, contrast, "body", selection, threshold, None, path)


def test_the_card_of_a_type(finished, as_ann):
    words = text(card(finished.url))
    assert "B cell CL:0000236" in words
    assert "25 of your 110 cells" in words


def test_a_type_the_reference_does_not_know(finished, as_ann):
    assert "does not hold this cell type" in text(card(finished.url, "CL:<script>"))


def test_a_stranger(finished, as_bob):
    assert "There is no such search here." in text(card(finished.url))


def test_a_failure_is_not_quoted(finished, as_ann, monkeypatch):
    monkeypatch.setattr(type_card, "draw", lambda *_, **__: 1 / 0)
    assert "could not be drawn" in text(card(finished.url))


def test_genes_are_saved_as_a_table(finished, as_ann):
    saved = type_card.save_genes(1, B_CELL, None, "all", None, finished.url)
    assert saved["filename"] == "scquery-genes-CL-0000236.csv"
    header, *rows = saved["content"].splitlines()
    assert header.startswith("rank,gene_symbol,log2_fold_change")
    assert len(rows) > 5


@pytest.mark.parametrize("selection", ["all", f"type:{B_CELL}"])
def test_showing_only_its_cells(finished, as_ann, selection):
    shown = "These cells are selected" if selection != "all" else "Show these cells only"
    assert shown in text(card(finished.url, selection=selection))


CD4 = "CL:0000624"


def test_held_against_siblings(finished, as_ann):
    words = text(card(finished.url, CD4, contrast="siblings"))
    assert "against its sibling types" in words
    saved = type_card.save_genes(1, CD4, "siblings", "all", None, finished.url)
    assert saved["filename"] == "scquery-genes-CL-0000624-vs-siblings.csv"


@pytest.mark.parametrize("contrast", ["parent", "<x>", ""])
def test_a_background_that_was_not_tested(finished, as_ann, contrast):
    assert "against all other types" in text(card(finished.url, CD4, contrast=contrast))
