import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from callbacks import results
from tests.components import text

NAMES = ("bar", "class", "detail", "warnings", "all", "methods", "h5ad", "zip", "href", "words", "disabled")


def bar(selection, path, threshold=None, detail=None):
    return dict(zip(NAMES, results.selection_bar(selection, threshold, detail, path), strict=True))


def test_the_answer(finished, as_ann):
    assert "110 cells" in text(results.answer(None, None, finished.url))


def test_the_answer_of_a_stranger(finished, as_bob):
    assert "There is no such search here." in text(results.answer(None, None, finished.url))


def test_all_cells(finished, as_ann):
    shown = bar("all", finished.url)
    assert "All 110 cells" in text(shown["bar"])
    assert shown["class"] == "selection-words"
    assert shown["disabled"]


def test_a_selection(finished, as_ann):
    shown = bar("type:CL:0000236", finished.url)
    assert "B cell: 25 of 110 cells" in text(shown["bar"])
    assert shown["class"] == "selection-words is-active"
    assert shown["href"].endswith("/labels.csv?sel=type%3ACL%3A0000236")
    assert "25 selected cells" in shown["words"]
    assert not shown["disabled"]


def test_wider_types(finished, as_ann):
    assert bar("all", finished.url)["detail"] == "finest types"
    shown = bar("type:CL:0000084", finished.url, detail="2")
    assert "T cell: 45 of 110 cells" in text(shown["bar"])
    assert shown["detail"] == "4 wider types"
    assert shown["href"].endswith("/labels.csv?sel=type%3ACL%3A0000084&detail=2")
    assert "T cells" in text(results.answer(None, "2", finished.url))


def test_a_selection_of_no_cells(finished, as_ann):
    shown = bar("type:CL:0000000", finished.url)
    assert "0 of 110 cells" in text(shown["bar"])
    assert shown["disabled"]


def test_a_selection_that_cannot_be_read(finished, as_ann):
    shown = bar("cluster:99", finished.url)
    assert "'cluster:99' is not a selection of cells." in text(shown["bar"])
    assert shown["href"] is no_update


def test_a_confidence_that_cannot_be_read(finished, as_ann):
    assert "not a number from 0 to 1" in text(bar("all", finished.url, "abc")["bar"])


def test_other_pages_are_left_alone(as_ann):
    with pytest.raises(PreventUpdate):
        results.answer(None, None, "/")
    with pytest.raises(PreventUpdate):
        results.selection_bar("all", None, None, "/reference")


def test_downloads_say_what_the_page_says(finished, as_ann):
    shown = bar("type:CL:0000236", finished.url, "0.9")
    assert shown["all"].endswith("/labels.csv?threshold=0.9")
    assert shown["h5ad"].endswith("/annotated.h5ad?threshold=0.9")
    assert shown["zip"].endswith("/all.zip?threshold=0.9")
    assert shown["href"].endswith("?sel=type%3ACL%3A0000236&threshold=0.9")
