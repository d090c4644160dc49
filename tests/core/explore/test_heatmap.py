import numpy as np
import pytest

from core.explore.heatmap import MAX_CELL_ROWS, MAX_TYPES, clusters, heatmap, heatmap_of, prepare
from tests.worlds import ALPHA, MONO, B


def test_view_of_an_answer(answered):
    view = heatmap(answered.bundle, answered.result, 5)
    n = answered.result.n_query
    assert view.row_of_cell.tolist() == list(range(n))
    assert view.values.shape == (n, len(view.type_ids))
    assert set(view.type_ids) <= set(answered.result.type_ids)
    assert view.type_names[view.type_ids.index(MONO)] == "monocyte"
    assert sorted(view.row_order) == list(range(n))
    assert sorted(view.col_order) == list(range(len(view.type_ids)))
    assert view.n_clusters == 5
    assert view.cluster_of_row[view.row_order].tolist() == sorted(view.cluster_of_row)
    assert not view.stands_for_many
    np.testing.assert_array_equal(clusters(answered.result, 5), view.cluster_of_row)


def test_planted_types_fall_into_clusters_of_their_own(answered):
    truth = answered.result.obs["planted_type_ontology_term_id"].to_numpy(dtype=object)
    found = clusters(answered.result, 6)
    for term in (B, MONO, ALPHA):
        cluster = np.bincount(found[truth == term]).argmax()
        assert (found[truth == term] == cluster).mean() > 0.8
        assert (truth[found == cluster] == term).mean() > 0.6


def test_a_branch_opens_on_its_own(answered):
    chosen = clusters(answered.result, 4) == 2
    view = heatmap_of(answered.bundle, answered.result, chosen, 3)
    assert view.n_cells == chosen.sum()
    assert ((view.row_of_cell >= 0) == chosen).all()


def test_no_cells_have_no_heatmap(answered):
    with pytest.raises(ValueError, match="at least one cell"):
        heatmap_of(answered.bundle, answered.result, np.zeros(answered.result.n_query, dtype=bool))


def test_one_cell_and_one_type():
    arrays = prepare(np.ones((1, 1), dtype=np.float32))
    assert arrays["row_merges"].shape == arrays["col_merges"].shape == (0, 4)
    assert arrays["row_order"].tolist() == arrays["col_order"].tolist() == [0]
    assert arrays["columns"].tolist() == [0]


def test_identical_rows_make_one_cluster(answered):
    arrays = prepare(np.tile(np.float32([0.7, 0.3]), (9, 1)))
    assert arrays["row_merges"][:, 2].max() == 0
    from core.explore.clustering import cut

    assert cut(arrays["row_merges"], arrays["row_order"], 5).tolist() == [1] * 9


def test_types_that_nothing_resembles_are_left_out():
    scores = np.float32([[0.6, 0.35, 0.05], [0.9, 0.04, 0.06]])
    assert prepare(scores)["columns"].tolist() == [0, 1]


def test_one_type_stays_even_where_all_scores_are_low():
    scores = np.full((4, 300), 1 / 300, dtype=np.float32)
    scores[:, 17] += 0.001
    assert prepare(scores)["columns"].tolist() == [17]


def test_at_most_sixty_types():
    scores = np.random.default_rng(0).dirichlet(np.full(150, 0.02), 400).astype(np.float32)
    columns = prepare(scores)["columns"]
    assert len(columns) == MAX_TYPES
    assert (np.diff(columns) > 0).all()


def test_many_cells_stand_behind_few_rows():
    scores = np.random.default_rng(0).dirichlet([3, 1, 0.5, 0.2], MAX_CELL_ROWS + 1).astype(np.float32)
    arrays = prepare(scores)
    assert len(arrays["row_sizes"]) < 400
    assert arrays["row_sizes"].sum() == len(scores)
    assert (arrays["row_sizes"] > 0).all()
    np.testing.assert_array_equal(np.bincount(arrays["row_of_cell"]), arrays["row_sizes"])


def test_columns_seen_in_the_same_cells_stand_together():
    base = np.repeat(np.eye(4, dtype=np.float32), 10, axis=0)
    scores = np.concatenate([0.6 * base, 0.4 * base], axis=1)[:, [0, 1, 2, 3, 4, 5, 6, 7]]
    order = prepare(scores)["col_order"].tolist()
    assert all(abs(order.index(i) - order.index(i + 4)) == 1 for i in range(4))


def test_a_hundred_thousand_cells():
    scores = np.random.default_rng(0).dirichlet(np.full(60, 0.05), 100_000).astype(np.float32)
    arrays = prepare(scores)
    assert len(arrays["row_sizes"]) <= 1_000
    assert sum(array.nbytes for array in arrays.values()) < 2e6
