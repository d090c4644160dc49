import pytest
from dash import no_update

from callbacks import type_card
from tests.components import text

B_CELL = "CL:0000236"


def card(path, term=B_CELL, selection="all", threshold=None):
    return type_card.update(term, selection, threshold, None, "light", True, "body", path)


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


@pytest.mark.filterwarnings("ignore:The append_trace method:DeprecationWarning")  # dash-bio's age
def test_the_genes_in_the_query_cells(finished, as_ann):
    figure, line, message = type_card.update_genes("light", "g", B_CELL, "all", None, finished.url)
    assert {trace.name for trace in figure.data} == {"reference", "cells", "tree"}
    assert "leftmost" in line
    assert message is None


def test_no_cells_no_genes(finished, as_ann):
    figure, line, message = type_card.update_genes("light", "g", B_CELL, "type:CL:9999999", None, finished.url)
    assert figure is no_update
    assert line == ""
    assert "No cells are selected." in text(message)


def test_genes_are_saved_as_a_table(finished, as_ann):
    saved = type_card.save_genes(1, B_CELL, "all", None, finished.url)
    assert saved["filename"] == "scquery-genes-CL-0000236.csv"
    header, *rows = saved["content"].splitlines()
    assert header.startswith("gene_symbol,log2_fold_change")
    assert len(rows) > 5


@pytest.mark.parametrize("selection", ["all", f"type:{B_CELL}"])
def test_showing_only_its_cells(finished, as_ann, selection):
    shown = "These cells are selected" if selection != "all" else "Show these cells only"
    assert shown in text(card(finished.url, selection=selection))
