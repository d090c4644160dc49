import numpy as np

from core.explore.composition import composition
from core.explore.ontology_view import ontology_view
from tests.worlds import CD4, B, T


def test_places_stay_when_the_selection_changes(answered, everything):
    chosen = (answered.result.labels["cell_type_ontology_term_id"] == CD4).to_numpy()
    whole = ontology_view(answered.bundle, answered.result, everything)
    part = ontology_view(answered.bundle, answered.result, chosen)
    assert whole.drawing == part.drawing
    assert part.n_query[CD4] == composition(answered.bundle, answered.result, chosen).table["n"].sum()
    assert part.n_query[B] == 0


def test_counts(answered, everything):
    view = ontology_view(answered.bundle, answered.result, everything)
    known = (answered.result.labels["status"] != "unknown").sum()
    assert view.n_below["CL:0000000"] == known
    assert sum(node.count for node in view.drawing.nodes) == known
    assert view.n_below[T] >= view.n_query[T] + view.n_query[CD4] if T in view.n_below else True


def test_a_query_of_unknown_cells_draws_nothing(answered):
    class Unknown:
        n_query = 3
        labels = answered.result.labels.head(3).assign(status="unknown")

    view = ontology_view(answered.bundle, Unknown(), np.ones(3, dtype=bool), (300, 200))
    assert view.drawing.nodes == view.drawing.edges == ()
    assert (view.drawing.width, view.drawing.height) == (300, 200)
    assert view.n_below == {}
