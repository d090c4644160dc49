import dataclasses

import numpy as np
import pytest

from core.explore.markers import GeneHeatmapView, gene_heatmap
from layouts.figures.genes import GAP, cluster, gene_figure
from layouts.figures.tokens import THEMES
from tests.worlds import MONO


def trace(fig, name):
    return next((t for t in fig.data if t.name == name), None)


def made(n_genes, n_cells, n_up, values=None):
    rng = np.random.default_rng(0)
    return GeneHeatmapView(
        genes=tuple(f"GENE{i}" for i in range(n_genes)),
        n_up=n_up,
        cell_ids=tuple(f"cell{i}" for i in range(n_cells)),
        values=rng.random((n_genes, n_cells), dtype=np.float32) * 4 if values is None else values,
        reference=np.linspace(4, 0, n_genes, dtype=np.float32),
        n_available=n_cells,
        n_missing=0,
    )


@pytest.mark.parametrize("theme", THEMES)
def test_figure_of_an_answer(answered, everything, theme):
    view = gene_heatmap(answered.bundle, answered.result, MONO, everything)
    fig = gene_figure(view, theme=theme)
    reference, cells = trace(fig, "reference"), trace(fig, "cells")
    assert fig.layout.xaxis2.domain[1] < fig.layout.xaxis.domain[0], "the reference's mean stands leftmost"
    rows = [row for row in cells.y if row != GAP]
    assert sorted(rows) == sorted(view.genes)
    assert set(rows[: view.n_up]) == set(view.genes[: view.n_up])
    at = {gene: i for i, gene in enumerate(view.genes)}
    for i, gene in enumerate(cells.y):
        if gene == GAP:
            assert np.isnan(cells.z[i]).all()
            continue
        np.testing.assert_array_equal(cells.z[i], view.values[at[gene]][cells.customdata[i]])
        assert reference.z[i, 0] == view.reference[at[gene]]
    assert sorted(cells.customdata[0]) == list(range(len(view.cell_ids)))
    assert trace(fig, "tree") is not None
    assert len(fig.to_json()) < 300_000


def test_alike_cells_stand_together():
    values = np.zeros((4, 20), dtype=np.float32)
    values[:2, ::2] = 3
    values[2:, 1::2] = 3
    order = cluster(values, 2)
    kinds = order.cells % 2
    assert np.count_nonzero(np.diff(kinds)) == 1
    assert set(order.genes[:2]) == {0, 1}
    leaves = order.tree_x[(order.tree_y == 0) & np.isfinite(order.tree_x)]
    assert leaves.min() >= 0
    assert leaves.max() <= 19
    assert np.nanmax(order.tree_y) == 1


@pytest.mark.parametrize(("n_genes", "n_cells"), [(1, 1), (1, 6), (6, 1), (2, 2), (100, 160)])
def test_any_number_of_genes_and_cells(n_genes, n_cells):
    fig = gene_figure(made(n_genes, n_cells, n_genes // 2), theme="light")
    assert trace(fig, "cells").z.shape[1] == n_cells
    assert (trace(fig, "tree") is None) == (n_cells == 1)
    assert len(fig.to_json()) < 300_000


def test_constant_genes_and_identical_cells():
    fig = gene_figure(made(5, 7, 3, np.ones((5, 7), dtype=np.float32)), theme="light")
    assert np.isfinite(trace(fig, "cells").z[0]).all()
    assert (trace(fig, "cells").z[0] == 1).all(), "values are shown as measured, not centred"


@pytest.mark.parametrize("n_up", [0, 4])
def test_no_gap_without_both_directions(n_up):
    assert GAP not in trace(gene_figure(made(4, 5, n_up), theme="light"), "cells").y


def test_captions():
    view = made(4, 5, 2)
    texts = [
        note.text for note in gene_figure(dataclasses.replace(view, n_available=338), theme="light").layout.annotations
    ]
    assert texts == ["ref.", "5 of 338 selected cells, clustered"]
    texts = [note.text for note in gene_figure(made(4, 1, 2), theme="light").layout.annotations]
    assert texts == ["ref.", "1 cell"]


def test_nothing_to_show_says_why():
    no_genes = gene_figure(made(0, 5, 0, np.empty((0, 5), dtype=np.float32)), theme="light")
    assert no_genes.layout.annotations[0].text == "None of this type's genes is in your file."
    no_cells = gene_figure(made(3, 0, 3, np.empty((3, 0), dtype=np.float32)), theme="light")
    assert no_cells.layout.annotations[0].text == "No cells are selected."


def test_gene_names_are_escaped():
    view = dataclasses.replace(made(2, 3, 1), genes=("<b>G</b>", "A&B"))
    assert sorted(row for row in trace(gene_figure(view, theme="light"), "cells").y if row != GAP) == [
        "&lt;b&gt;G&lt;/b&gt;",
        "A&amp;B",
    ]
