import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from core.explore.composition import COLUMNS, composition, saved_composition, type_ranks
from tests.worlds import ALPHA, CD4


def test_rows_and_unknown_cells_sum_to_the_selection(answered, everything):
    view = composition(answered.bundle, answered.result, everything)
    assert tuple(view.table.columns) == COLUMNS
    assert view.table["n"].sum() + view.n_unknown == view.n_selected == answered.result.n_query
    assert view.table["n_low"].sum() == view.n_ambiguous == view.parents["n"].sum()
    assert view.table["n_confident"].sum() == view.n_confident
    assert (view.table["n_confident"] + view.table["n_low"] == view.table["n"]).all()
    np.testing.assert_allclose(view.table["share"] * view.n_selected, view.table["n"])
    assert view.table["n"].is_monotonic_decreasing
    names = dict(zip(view.table["type_id"], view.table["type_name"], strict=True))
    assert names[ALPHA] == "pancreatic A cell"
    assert view.n_unknown >= 6


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_parts_of_the_query_sum_to_the_whole(answered, everything, seed):
    part = np.random.default_rng(seed).random(answered.result.n_query) < 0.4
    counts = [composition(answered.bundle, answered.result, mask) for mask in (part, ~part, everything)]
    sums = [dict(zip(view.table["type_id"], view.table["n"], strict=True)) for view in counts]
    for term, n in sums[2].items():
        assert sums[0].get(term, 0) + sums[1].get(term, 0) == n


def test_no_cells(answered):
    view = composition(answered.bundle, answered.result, np.zeros(answered.result.n_query, dtype=bool))
    assert view.table.empty
    assert tuple(view.table.columns) == COLUMNS
    assert list(view.parents.columns) == ["type_id", "type_name", "n"]
    assert (view.n_selected, view.n_confident, view.n_ambiguous, view.n_unknown) == (0, 0, 0, 0)


def test_a_saved_composition_has_every_cell_once(answered, everything):
    view = composition(answered.bundle, answered.result, everything)
    table = saved_composition(view)
    assert table["n"].sum() == view.n_selected
    assert (
        table["n_confident"] + table["n_ambiguous"] + (table["type_id"] == "unknown") * table["n"]
    ).sum() == view.n_selected
    np.testing.assert_allclose(table["share"].sum(), 1)
    unknown = composition(answered.bundle, answered.result, (answered.result.labels["status"] == "unknown").to_numpy())
    assert saved_composition(unknown)["type_id"].tolist() == ["unknown"]


def test_ranks_are_those_of_the_whole_query(answered, everything):
    table = composition(answered.bundle, answered.result, everything).table
    assert type_ranks(answered.bundle, answered.result) == tuple(table["type_id"])


def test_counts_by_hand(answered):
    class Small:
        n_query = 5
        labels = pd.DataFrame(
            {
                "cell_type_ontology_term_id": [CD4, CD4, ALPHA, "CL:42", ALPHA],
                "status": ["confident", "ambiguous", "confident", "unknown", "ambiguous"],
                "parent_ontology_term_id": ["", "CL:0000084", "", "", ""],
            }
        )

    view = composition(answered.bundle, Small(), np.ones(5, dtype=bool))
    assert view.table[["type_id", "n_confident", "n_low"]].to_numpy().tolist() == [[CD4, 1, 1], [ALPHA, 1, 1]]
    assert view.parents.to_numpy().tolist() == [["CL:0000084", "T cell", 1]]
