import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

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


@pytest.mark.parametrize("webgl", [True, False])
def test_its_genes_as_a_plot(finished, as_ann, webgl):
    graph = type_card.update_volcano("light", webgl, "place", B_CELL, None, finished.url)
    kinds = (
        {trace["type"] for trace in graph.figure["data"]}
        if isinstance(graph.figure, dict)
        else {t.type for t in graph.figure.data}
    )
    assert kinds == {"scattergl" if webgl else "scatter"}
    assert "no such search" in text(type_card.update_volcano("light", webgl, "place", B_CELL, None, "/r/elsewhere"))


@pytest.mark.filterwarnings("ignore:The append_trace method:DeprecationWarning")  # dash-bio's age
def test_the_genes_in_the_query_cells(finished, as_ann):
    graph, line, style = type_card.update_genes("light", "g", B_CELL, None, "all", None, finished.url)
    assert style["height"].endswith("px")
    assert {trace.name for trace in graph.figure.data} == {"reference", "cells", "tree"}
    assert "leftmost" in line


def test_no_cells_no_genes(finished, as_ann):
    place, line, _ = type_card.update_genes("light", "g", B_CELL, None, "type:CL:9999999", None, finished.url)
    assert line == ""
    assert "No cells are selected." in text(place)


def test_genes_for_a_stranger(finished, as_bob):
    place, _, style = type_card.update_genes("light", "g", B_CELL, None, "all", None, finished.url)
    assert "There is no such search here." in text(place)
    assert style is no_update


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


def test_a_gene_study_by_study(finished, as_ann):
    head, graph = type_card.update_forest("MS4A1", "light", B_CELL, None, finished.url)
    assert {"intervals", "sure", "mean"} <= {trace.name for trace in graph.figure.data}
    assert "MS4A1 tested in 3 studies" in text(head)


@pytest.mark.parametrize("gene", ["<b>", "x" * 999, ""])
def test_a_gene_that_is_none(finished, as_ann, gene):
    assert "has no gene named" in text(type_card.update_forest(gene, "light", B_CELL, None, finished.url))


@pytest.mark.parametrize("gene", [None, [], {}, 7])
def test_no_gene_is_chosen(finished, as_ann, gene):
    with pytest.raises(PreventUpdate):
        type_card.update_forest(gene, "light", B_CELL, None, finished.url)


def test_why_in_the_card(finished, as_ann):
    body = type_card.update_evidence("light", "place", B_CELL, "all", None, None, finished.url)
    assert "25 cells are labelled B cell." in text(body)
