import pytest
from dash.exceptions import PreventUpdate

from callbacks import gene_list
from tests.components import find, text
from tests.worlds import MARKERS, B

LIST = ",".join([*MARKERS[B][:6], "NOPE"])
GMT = b"B_CELLS\tx\tMS4A1\tCD79A\tCD79B\tCD19\nOTHERS\tx\tLYZ\tCD14\tCD68\n"


def update(job, genes, view="types", news=None):
    return gene_list.update(genes, view, news, "place", job.url)


def test_the_types_a_list_fits(finished, as_ann):
    page, found = update(finished, LIST)
    assert find(page, "list-table").rowData[0]["name"] == "B cell"
    assert "NOPE" in text(found)


@pytest.mark.parametrize("genes", [None, "", "  ", 7, ["x"]])
def test_no_list(finished, as_ann, genes):
    page, _ = update(finished, genes)
    assert "No list yet." in text(page)


def test_a_list_of_nothing(finished, as_ann):
    page, found = update(finished, "<b>,NOPE")
    assert "None of these names" in text(page)
    assert "<b>, NOPE" in text(found)


def test_a_list_without_end(finished, as_ann):
    page, _ = update(finished, "A," * 6_000)
    assert "6,000 names" in text(page)


def test_gene_sets_of_the_result(finished, as_ann):
    page, _ = update(finished, LIST, "sets")
    assert "No gene sets yet." in text(page)
    finished.folder.gene_sets.write_bytes(GMT)
    page, _ = update(finished, LIST, "sets", {"name": "my.gmt", "refused": "", "at": 1})
    assert find(page, "list-table").rowData[0]["name"] == "B CELLS"
    assert "my.gmt: 2 sets" in text(page)
    page, _ = update(finished, "", "sets")
    assert "No list yet." in text(page)


@pytest.mark.parametrize("news", [{"name": "x" * 900, "refused": "<b>" * 900}, {"name": 3}, [], "x"])
def test_whatever_the_page_says_about_a_file(finished, as_ann, news):
    page, _ = update(finished, LIST, "sets", news)
    assert len(text(page)) < 1_000


def test_a_stranger(finished, as_bob):
    page, _ = update(finished, LIST)
    assert "There is no such search here." in text(page)


def test_the_selected_types_genes(finished, as_ann):
    names = gene_list.example(1, "type:CL:0000236", finished.url).split(", ")
    assert set(names) <= set(MARKERS[B])
    with pytest.raises(PreventUpdate):
        gene_list.example(1, "type:CL:9999999", finished.url)
    with pytest.raises(PreventUpdate):
        gene_list.example(None, "all", finished.url)


def test_the_box_shows_the_list_of_the_address():
    assert gene_list.show_text("CD79A,MS4A1", "box") == "CD79A, MS4A1"
    with pytest.raises(PreventUpdate):
        gene_list.show_text(None, "box")


def test_tables_are_saved(finished, as_ann):
    fits = gene_list.save(1, LIST, "types", finished.url)
    assert fits["filename"] == "scquery-list-types.csv"
    assert fits["content"].splitlines()[1].startswith("CL:0000236,B cell")
    with pytest.raises(PreventUpdate):
        gene_list.save(1, LIST, "sets", finished.url)
    finished.folder.gene_sets.write_bytes(GMT)
    sets = gene_list.save(1, LIST, "sets", finished.url)
    assert sets["content"].splitlines()[1].startswith("B_CELLS,4,4,CD19 CD79A CD79B MS4A1")
