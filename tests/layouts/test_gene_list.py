from core.explore.gene_list import types_of
from core.explore.gene_sets import GeneSets, over_representation
from core.expression.gene_finder import GeneList
from layouts import gene_list, ids
from tests.components import find, text
from tests.worlds import MARKERS, B

SETS = GeneSets({"B_CELLS": frozenset(MARKERS[B]), "OTHERS": frozenset({"LYZ", "CD14", "CD68"})}, 2, 15, 15)


def test_names_that_were_not_found_are_named():
    words = text(gene_list.found(GeneList(("CD79A",), tuple("abcdefghijklmn"), ("FAM1",), 16)))
    assert "1 gene  of 16 names are in the reference." in words
    assert "Not a gene, or more than one: a, b, c, d, e, f, g, h, i, j, k, l and 2 more." in words
    assert "Not measured in the reference: FAM1." in words


def test_the_types_a_list_fits(answered):
    fits = types_of(answered.bundle, MARKERS[B])
    page = gene_list.fits(fits)
    row = find(page, ids.LIST_TABLE).rowData[0]
    assert row["name"] == "B cell"
    assert row["overlap"] == f"{row['n_overlap']} of {len(MARKERS[B])}"
    assert "MS4A1" in row["genes"]
    assert "read q as a ranking" in text(page)
    short = types_of(answered.bundle, MARKERS[B][:1])
    assert gene_list.fit_rows(short)[0]["auc"] is None


def test_gene_sets_with_their_background(answered):
    view = over_representation(SETS, MARKERS[B][:5], answered.bundle.gene_rows)
    page = gene_list.sets(SETS, view, name="my.gmt")
    words = text(page)
    assert "my.gmt: 2 sets, 100 % of its 15 genes known here" in words
    assert (
        "5 genes of the list against a background of the 300 genes that both the reference and your file measured"
        in words
    )
    assert [row["name"] for row in find(page, ids.LIST_TABLE).rowData] == ["B CELLS"]


def test_every_state_of_the_gene_sets(answered):
    assert "No gene sets yet." in text(gene_list.sets(None, None, name=""))
    assert "No list yet." in text(gene_list.sets(SETS, None, name="x"))
    nothing = over_representation(SETS, ["ACTB"], answered.bundle.gene_rows)
    assert "None of the 2 sets tested shares a gene" in text(gene_list.sets(SETS, nothing, name="x"))
    assert "bad.gmt: no text" in text(gene_list.sets(None, None, name="", refused="bad.gmt: no text"))


def test_every_column_is_defined():
    assert all(c["headerTooltip"] for c in [*gene_list._fit_columns(), *gene_list._set_columns()])
