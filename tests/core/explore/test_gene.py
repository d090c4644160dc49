import numpy as np
import pytest

from core.explore.gene import gene_map, gene_view
from tests.worlds import ALPHA, B, T


@pytest.fixture(scope="module")
def of_b(answered) -> np.ndarray:
    labels = answered.result.labels
    return ((labels["cell_type_ontology_term_id"] == B) & (labels["status"] != "unknown")).to_numpy()


def test_a_marker_is_highest_in_its_type(answered, everything):
    view = gene_view(answered.bundle, answered.result, "MS4A1", everything)
    top = view.by_type.iloc[0]
    assert top["cell_type_ontology_term_id"] == B
    assert top["mean_reference"] > 3 * view.by_type["mean_reference"].iloc[1]
    assert top["share_query"] > 0.9
    assert view.aliases == ("CD20", "LEU-16")
    assert view.gene_id == "ENSG00000156738"


def test_means_are_those_of_the_cells(answered, everything):
    bundle, result = answered
    view = gene_view(bundle, result, "LYZ", everything)
    row = view.by_type.set_index("cell_type_ontology_term_id").loc[T]
    dense = bundle.cell_expression(np.arange(600)).toarray()[:, bundle.gene_rows["LYZ"]]
    mine = dense[bundle.cells["cell_type_ontology_term_id"] == T]
    assert row["n_reference"] == len(mine)
    assert row["mean_reference"] == pytest.approx(mine.mean(), rel=1e-5)
    assert row["share_reference"] == pytest.approx((mine > 0).mean())
    assert view.share_reference == pytest.approx((dense > 0).mean())
    assert view.share_query == pytest.approx((result.expression("LYZ") > 0).mean())


def test_a_cell_with_a_trace_of_a_gene_has_it(answered, everything, monkeypatch):
    bundle, result = answered
    trace = np.where(np.arange(result.n_query) % 2, 0.25, 0.0).astype(np.float32)
    monkeypatch.setattr(result, "expression", lambda gene: trace)
    view = gene_view(bundle, result, "LYZ", everything)
    assert view.share_query == 0.5
    asked = view.by_type[view.by_type["n_query"] > 0]
    known = (result.labels["status"] != "unknown").to_numpy()
    assert (asked["share_query"] * asked["n_query"]).sum() == pytest.approx((trace > 0)[known].sum())
    np.testing.assert_allclose(asked["mean_query"], 0.25 * asked["share_query"], rtol=1e-5)


def test_only_selected_cells_count(answered, of_b):
    view = gene_view(answered.bundle, answered.result, "MS4A1", of_b)
    asked = view.by_type.set_index("cell_type_ontology_term_id")
    assert view.n_selected == asked.loc[B, "n_query"] == of_b.sum()
    assert asked.loc[ALPHA, "n_query"] == 0
    assert np.isnan(asked.loc[ALPHA, "mean_query"])
    assert view.share_query > 0.9


def test_nothing_selected(answered):
    view = gene_view(answered.bundle, answered.result, "MS4A1", np.zeros(answered.result.n_query, dtype=bool))
    assert view.share_query is None
    assert view.by_type["n_query"].sum() == 0


def test_a_study_without_the_gene_does_not_count(answered, everything):
    """okafor2020 lacks the last twenty genes: its 120 cells are no zeros."""
    unmeasured = str(answered.bundle.genes["gene_symbol"].iloc[-1])
    view = gene_view(answered.bundle, answered.result, unmeasured, everything)
    assert view.n_studies == view.n_studies_total - 1
    places = gene_map(answered.bundle, answered.result, unmeasured)
    assert np.isnan(places.reference_values).sum() == 120


def test_the_map_has_the_values_of_its_points(answered):
    places = gene_map(answered.bundle, answered.result, "MS4A1", "raw")
    values = np.zeros(600, dtype=np.float32)
    rows, found = answered.bundle.gene_expression("MS4A1")
    values[rows] = found
    np.testing.assert_array_equal(places.reference_values, values)
    np.testing.assert_array_equal(places.query_values, answered.result.expression("MS4A1"))


def test_an_unknown_gene(answered, everything):
    with pytest.raises(KeyError):
        gene_view(answered.bundle, answered.result, "NO-SUCH", everything)
