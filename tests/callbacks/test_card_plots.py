import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from callbacks import card_plots
from tests.components import text

B_CELL = "CL:0000236"


@pytest.mark.parametrize("webgl", [True, False])
def test_its_genes_as_a_plot(finished, as_ann, webgl):
    graph = card_plots.update_volcano("light", webgl, "place", B_CELL, None, finished.url)
    kinds = (
        {trace["type"] for trace in graph.figure["data"]}
        if isinstance(graph.figure, dict)
        else {t.type for t in graph.figure.data}
    )
    assert kinds == {"scattergl" if webgl else "scatter"}
    assert "no such search" in text(card_plots.update_volcano("light", webgl, "place", B_CELL, None, "/r/elsewhere"))


@pytest.mark.filterwarnings("ignore:The append_trace method:DeprecationWarning")  # dash-bio's age
def test_the_genes_in_the_query_cells(finished, as_ann):
    graph, line, style = card_plots.update_genes("light", "g", B_CELL, None, "all", None, finished.url)
    assert style["height"].endswith("px")
    assert {trace.name for trace in graph.figure.data} == {"reference", "cells", "tree"}
    assert "leftmost" in line


def test_no_cells_no_genes(finished, as_ann):
    place, line, _ = card_plots.update_genes("light", "g", B_CELL, None, "type:CL:9999999", None, finished.url)
    assert line == ""
    assert "No cells are selected." in text(place)


def test_genes_for_a_stranger(finished, as_bob):
    place, _, style = card_plots.update_genes("light", "g", B_CELL, None, "all", None, finished.url)
    assert "There is no such search here." in text(place)
    assert style is no_update


def test_a_gene_study_by_study(finished, as_ann):
    head, graph = card_plots.update_forest("MS4A1", "light", B_CELL, None, finished.url)
    assert {"intervals", "sure", "mean"} <= {trace.name for trace in graph.figure.data}
    assert "MS4A1 tested in 3 studies" in text(head)


@pytest.mark.parametrize("gene", ["<b>", "x" * 999, ""])
def test_a_gene_that_is_none(finished, as_ann, gene):
    assert "has no gene named" in text(card_plots.update_forest(gene, "light", B_CELL, None, finished.url))


@pytest.mark.parametrize("gene", [None, [], {}, 7])
def test_no_gene_is_chosen(finished, as_ann, gene):
    with pytest.raises(PreventUpdate):
        card_plots.update_forest(gene, "light", B_CELL, None, finished.url)
