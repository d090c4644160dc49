import numpy as np
import pytest

from core.explore.markers import (
    FOLD_SIGNIFICANT,
    MAX_CELLS,
    MAX_GENES,
    gene_heatmap,
    marked_types,
    markers_of,
    telling_gene,
    volcano,
)
from tests.worlds import ALPHA, MARKERS, MONO, B


@pytest.mark.parametrize("term", [B, MONO, ALPHA])
def test_planted_markers_come_first(answered, term):
    found = markers_of(answered.bundle, term)
    assert set(found.up["gene_symbol"].head(8)) <= set(MARKERS[term])
    assert (found.up["log2_fold_change"] >= FOLD_SIGNIFICANT).all()
    assert (found.down["log2_fold_change"] <= -FOLD_SIGNIFICANT).all()
    assert found.up["rank"].tolist() == list(range(1, len(found.up) + 1))
    assert found.down["rank"].tolist() == list(range(1, len(found.down) + 1))


def test_a_term_without_tests_has_no_genes(answered):
    found = markers_of(answered.bundle, "CL:0000000")
    assert found.up.empty
    assert found.down.empty
    view = volcano(answered.bundle, "CL:0000000")
    assert len(view.genes) == view.n_up == view.n_down == 0


def of_type(view, labels):
    own = set(labels.loc[labels["cell_type_ontology_term_id"] == B, "cell_id"])
    return np.array([cell in own for cell in view.cell_ids])


def test_gene_heatmap_holds_the_query_cells_values(answered, everything):
    result = answered.result
    view = gene_heatmap(answered.bundle, result, B, everything)
    found = markers_of(answered.bundle, B)
    assert view.genes[: view.n_up] == tuple(found.up["gene_symbol"].head(MAX_GENES))
    assert view.genes[view.n_up :] == tuple(found.down["gene_symbol"].head(MAX_GENES))
    assert view.values.shape == (len(view.genes), len(view.cell_ids))
    assert len(view.cell_ids) == result.n_query == view.n_available
    np.testing.assert_allclose(view.values[0], result.expression(view.genes[0]), rtol=1e-6)
    own = of_type(view, result.labels)
    assert own.sum() == (result.labels["cell_type_ontology_term_id"] == B).sum()
    table = answered.bundle.differential(B).set_index("gene_symbol")
    np.testing.assert_allclose(view.reference, table.loc[list(view.genes), "mean_in"], rtol=1e-6)
    assert view.values[0, own].mean() > view.values[0, ~own].mean()


def test_a_large_selection_is_sampled_half_from_the_type(answered):
    class Many:
        n_query = 1_000
        labels = answered.result.labels.iloc[np.arange(1_000) % 122].reset_index(drop=True)

        def has_gene(self, gene):
            return gene != "MS4A1"

        def expression_of(self, genes, rows):
            return np.ones((len(rows), len(genes)), dtype=np.float32)

    many = Many()
    view = gene_heatmap(answered.bundle, many, B, np.ones(1_000, dtype=bool))
    assert len(view.cell_ids) == MAX_CELLS
    assert of_type(view, many.labels).sum() == MAX_CELLS // 2
    assert view.n_available == 1_000
    assert "MS4A1" not in view.genes
    assert view.n_missing == 1
    few = np.zeros(1_000, dtype=bool)
    few[:200] = True
    own = (many.labels["cell_type_ontology_term_id"] == B).to_numpy()
    view = gene_heatmap(answered.bundle, many, B, few)
    assert of_type(view, many.labels).sum() == min(own[:200].sum(), 80)
    only = gene_heatmap(answered.bundle, many, B, own)
    assert of_type(only, many.labels).all()
    assert len(only.cell_ids) == MAX_CELLS


def test_no_cells_and_no_genes(answered, everything):
    nothing = gene_heatmap(answered.bundle, answered.result, B, ~everything)
    assert nothing.values.shape == (len(nothing.genes), 0)
    untested = gene_heatmap(answered.bundle, answered.result, "CL:0000000", everything)
    assert untested.genes == ()
    assert untested.values.shape == (0, 122)


def test_genes_that_the_upload_lacks_are_counted(answered, everything):
    class Blind:
        n_query = 122
        labels = answered.result.labels

        def has_gene(self, gene):
            return False

    view = gene_heatmap(answered.bundle, Blind(), B, everything)
    found = markers_of(answered.bundle, B)
    assert view.genes == ()
    assert view.n_missing == len(found.up) + len(found.down)


def test_volcano(answered):
    view = volcano(answered.bundle, MONO)
    table = answered.bundle.differential(MONO)
    assert view.genes.tolist() == table["gene_symbol"].tolist()
    assert (view.direction != 0).tolist() == table["rank"].notna().tolist()
    assert view.n_up == (view.direction == 1).sum() >= 8
    assert np.isfinite(view.minus_log10_p).all()


def test_what_a_gene_marks(answered):
    marked = marked_types(answered.bundle, "LYZ")
    assert marked["cell_type_ontology_term_id"].iloc[0] == MONO
    assert marked["cell_type"].iloc[0] == "monocyte"
    assert (marked["p_value_adj"] < 0.05).all()
    assert (np.diff(marked["mean_in"] - marked["mean_out"]) <= 0).all()
    assert marked_types(answered.bundle, "NO-SUCH").empty


def test_a_telling_gene_of_the_selection(answered):
    of_b = (answered.result.labels["cell_type_ontology_term_id"] == B).to_numpy()
    assert telling_gene(answered.bundle, answered.result, of_b) == markers_of(answered.bundle, B).up["gene_symbol"][0]
    assert telling_gene(answered.bundle, answered.result, np.zeros(len(of_b), dtype=bool)) is None
