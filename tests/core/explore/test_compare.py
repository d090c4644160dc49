import copy

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from core.explore.compare import COLUMNS, compare
from core.explore.compare_choice import OTHERS, Choice
from core.explore.compare_words import detail, headline
from core.search.confidence import UNKNOWN
from tests.worlds import ALPHA, CD4, B


def with_obs(answered, **columns):
    result = copy.copy(answered.result)
    result.obs = pd.DataFrame(columns)
    return result


def test_counts_and_tests_of_cells(answered, everything):
    n = answered.result.n_query
    result = with_obs(answered, side=np.where(np.arange(n) < 70, "x", "y"))
    view = compare(answered.bundle, result, everything, Choice("side", "x", "y", ""))
    assert tuple(view.table.columns) == COLUMNS
    assert (view.n_group, view.n_against, view.method) == (70, n - 70, "cells")
    assert view.table["n_group"].sum() == 70
    assert view.table["n_against"].sum() == n - 70
    assert view.by_group.to_numpy().sum() == n
    np.testing.assert_allclose(view.table[["share_group", "share_against"]].sum(), 1)
    by_type = view.table.set_index("type_id")
    labels = result.labels
    known = labels["status"] != "unknown"
    a = int(((labels["cell_type_ontology_term_id"] == B) & known)[:70].sum())
    b = int(((labels["cell_type_ontology_term_id"] == B) & known)[70:].sum())
    assert by_type.loc[B, "p_value"] == pytest.approx(stats.fisher_exact([[a, 70 - a], [b, n - 70 - b]]).pvalue)
    tested = view.table[view.table["q_value"].notna()]
    np.testing.assert_allclose(tested["q_value"], stats.false_discovery_control(tested["p_value"]))
    assert (tested["n_group"] + tested["n_against"] >= 10).all()
    assert tested["odds_ratio"].is_monotonic_decreasing
    assert by_type.loc[UNKNOWN, "n_group"] + by_type.loc[UNKNOWN, "n_against"] >= 6
    assert view.p_whole > 0.2
    saved = view.saved_groups
    assert saved.groupby("group")["n"].sum().to_dict() == {"x": 70, "y": n - 70}
    np.testing.assert_allclose(saved.groupby("group")["share"].sum(), 1)
    assert saved.set_index(["group", "type_id"]).loc[("x", B), ["type_name", "n"]].tolist() == ["B cell", a]


def test_only_selected_cells_with_a_value_count(answered, everything):
    n = answered.result.n_query
    side = np.array(["x", "y"] * (n // 2), dtype=object)
    side[:10] = None
    mask = everything.copy()
    mask[-20:] = False
    view = compare(answered.bundle, with_obs(answered, side=side), mask, Choice("side", "x", "y", ""))
    assert view.n_group + view.n_against == n - 30


def test_blank_is_no_value(answered, everything):
    n = answered.result.n_query
    side = [("x", "y", "", " ")[i % 4] for i in range(n)]
    view = compare(answered.bundle, with_obs(answered, side=side), everything, Choice("side", "x", OTHERS, ""))
    assert list(view.by_group.columns) == ["x", "y"]
    assert view.n_against == side.count("y")


def test_types_of_groups_that_are_not_compared_have_names(answered, everything):
    labels = answered.result.labels["cell_type_ontology_term_id"].to_numpy()
    side = np.where(labels == ALPHA, "z", np.where(np.arange(len(labels)) % 2, "x", "y"))
    view = compare(answered.bundle, with_obs(answered, side=side), everything, Choice("side", "x", "y", ""))
    assert ALPHA not in set(view.table["type_id"])
    assert view.names[ALPHA] == "pancreatic A cell"


def test_all_others(answered, everything):
    n = answered.result.n_query
    result = with_obs(answered, side=[("x", "y", "z")[i % 3] for i in range(n)])
    view = compare(answered.bundle, result, everything, Choice("side", "x", OTHERS, ""))
    assert view.n_group + view.n_against == n
    assert list(view.by_group.columns) == ["x", "y", "z"]
    assert view.p_whole > 0.2


def test_replicates_in_both_groups_are_paired(answered, everything):
    n = answered.result.n_query
    result = with_obs(answered, side=["x", "y"] * (n // 2), donor=[f"d{(i // 2) % 3}" for i in range(n)])
    view = compare(answered.bundle, result, everything, Choice("side", "x", "y", "donor"))
    assert (view.method, view.replicates_group, view.n_left_out, view.p_whole) == ("pairs", 3, 0, None)
    assert "Moderated paired t-test over replicates (3 in both groups, column donor)" in detail(view)


def test_replicates_in_one_group_each(answered, everything):
    n = answered.result.n_query
    side = np.array(["x", "y"] * (n // 2))
    donor = [f"{s}{(i // 2) % (2 + (s == 'y'))}" for i, s in enumerate(side)]
    donor[0] = "alone"
    view = compare(
        answered.bundle, with_obs(answered, side=side, donor=donor), everything, Choice("side", "x", "y", "donor")
    )
    assert (view.method, view.replicates_group, view.replicates_against, view.n_left_out) == ("replicates", 2, 3, 1)
    assert "(2 and 3, column donor)" in detail(view)


def test_too_few_replicates_are_said_and_cells_tested(answered, everything):
    n = answered.result.n_query
    result = with_obs(answered, side=["x", "y"] * (n // 2), donor=["p", "q"] * (n // 2))
    view = compare(answered.bundle, result, everything, Choice("side", "x", "y", "donor"))
    assert view.method == "cells"
    assert "A group has 1 replicate with 10 selected cells" in view.lacking
    assert view.n_tested


def test_words(answered, everything):
    labels = answered.result.labels["cell_type_ontology_term_id"].to_numpy()
    rng = np.random.default_rng(0)
    side = np.where(labels == B, "x", np.where(labels == ALPHA, "y", rng.choice(["x", "y"], len(labels))))
    result = with_obs(answered, side=side)
    view = compare(answered.bundle, result, everything, Choice("side", "x", "y", ""))
    assert headline(view) == "x has more B cells and fewer pancreatic A cells than y"
    assert view.p_whole < 0.001
    assert detail(view).startswith(
        "1 type rises and 1 falls at q < 0.05. Fisher's exact test on cells, Benjamini-Hochberg over"
    )
    even = with_obs(answered, side=["x", "y"] * (len(labels) // 2))
    view = compare(answered.bundle, even, everything, Choice("side", "x", "y", ""))
    assert headline(view) == "No difference is certain between x and y"
    assert detail(view).startswith("No type rises and none falls")


def test_nothing_to_compare(answered, everything):
    n = answered.result.n_query
    result = with_obs(answered, side=["x", "y"] * (n // 2))
    choice = Choice("side", "x", "y", "")
    nobody = compare(answered.bundle, result, ~everything, choice)
    assert nobody.table.empty
    assert nobody.by_group.empty
    assert headline(nobody) == "No selected cell is x"
    one_group = compare(answered.bundle, result, result.obs["side"].to_numpy() == "x", Choice("side", "x", OTHERS, ""))
    assert headline(one_group) == "All selected cells are x"
    assert detail(one_group) == f"{n // 2} cells against 0: nothing to compare."
    assert (
        headline(compare(answered.bundle, result, result.obs["side"].to_numpy() == "x", choice))
        == "No selected cell is y"
    )
    of_one_type = compare(
        answered.bundle, result, (result.labels["cell_type_ontology_term_id"] == CD4).to_numpy(), choice
    )
    assert of_one_type.n_tested == 0
    assert headline(of_one_type).startswith("All selected cells of x and y are ")
    assert detail(of_one_type).endswith(": shares need two types or more.")
    few = np.zeros(n, dtype=bool)
    few[:8] = few[-8:] = True
    view = compare(answered.bundle, result, few, choice)
    assert headline(view) == "Too few cells to compare x and y"
    assert detail(view) == "8 cells against 8; types are tested from 10 cells on, where there are two or more."
