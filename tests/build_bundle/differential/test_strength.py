import numpy as np
import pandas as pd

from build_bundle.differential.settings import DifferentialSettings
from build_bundle.differential.strength import flag_specific, kept_rows, ranked


def contrast(genes, change, p_adj, difference=None):
    change = np.asarray(change, dtype=float)
    difference = change if difference is None else np.asarray(difference, dtype=float)
    return pd.DataFrame({
        "gene": genes, "log2_fold_change": change, "p_value_adj": p_adj, "mean_in": 5 + difference, "mean_out": 5.0,
        "z": np.sign(change) * -np.log10(np.asarray(p_adj, dtype=float)),
    })  # fmt: skip


def test_rank_is_by_difference_and_fold_change_within_a_direction():
    table = contrast(range(6), [4, 3, -2, 1.0, 0.5, 4], [0.01] * 5 + [0.2], [1, 3, -1, 1.9, 1, 9])
    rank = ranked(table, 0.05)["rank"].tolist()
    assert rank[:4] == [2, 1, 1, 3]  # 1 * 2 is more than 1.9 * 1
    assert np.isnan(rank[4])  # less than twofold
    assert np.isnan(rank[5])  # not significant


def test_a_gene_whose_logs_move_the_other_way_has_no_rank():
    assert ranked(contrast([0], [2.0], [0.01], [-1.0]), 0.05)["rank"].isna().all()


def test_specific_needs_both_backgrounds_in_one_direction():
    others = contrast([0, 1, 2, 3, 4], [2, 2, 2, -2, 2], [0.01] * 5)
    siblings = contrast([0, 1, 2, 3], [1, 1, -1, -1], [0.01, 0.5, 0.01, 0.01])
    out = flag_specific({"others": others, "siblings": siblings}, [0, 1, 2, 3], 0.05)
    assert out["others"]["specific"].tolist() == [True, False, False, True, pd.NA]
    assert out["siblings"]["specific"].tolist() == [True, False, False, True]


def test_without_siblings_nothing_is_known_and_a_gene_at_odds_there_is_not_specific():
    others = contrast([0, 1], [2, 2], [0.01, 0.01])
    assert flag_specific({"others": others}, [], 0.05)["others"]["specific"].tolist() == [pd.NA, pd.NA]
    siblings = contrast([1], [2], [0.01])  # gene 0 was tested there, with two signs
    out = flag_specific({"others": others, "siblings": siblings}, [0, 1], 0.05)
    assert out["others"]["specific"].tolist() == [False, True]


def test_kept_rows_are_significant_ones_first_then_a_sample_of_the_others():
    n = 500
    p = np.linspace(1e-6, 0.4, n)
    whole = ranked(contrast(np.arange(n), np.ones(n), p), 0.05)
    settings = DifferentialSettings(max_rows=60)
    kept = kept_rows(whole, settings, seed=0)
    significant = kept["p_value_adj"] < 0.05
    assert len(kept) == 60
    assert significant.sum() == 45
    assert kept.loc[significant, "p_value_adj"].is_monotonic_increasing
    assert kept.loc[~significant, "p_value_adj"].is_monotonic_increasing
    pd.testing.assert_frame_equal(kept, kept_rows(whole, settings, seed=0))
    everything = kept_rows(whole, DifferentialSettings(max_rows=1000), seed=0)
    assert sorted(everything["gene"]) == list(range(n))


def test_the_best_ranks_stay_even_if_their_p_values_are_not_the_smallest():
    n = 400
    p = np.r_[np.full(n - 20, 1e-9), np.full(20, 0.01)]
    change = np.r_[np.full(n - 20, 1.1), np.full(20, 6.0)]
    kept = kept_rows(ranked(contrast(np.arange(n), change, p), 0.05), DifferentialSettings(max_rows=100), seed=0)
    assert set(range(n - 20, n)) <= set(kept["gene"])
    assert len(kept) == 100


def test_few_significant_genes_leave_more_room_for_the_others():
    p = np.r_[np.full(10, 1e-8), np.full(290, 0.9)]
    kept = kept_rows(
        ranked(contrast(np.arange(300), np.ones(300), p), 0.05), DifferentialSettings(max_rows=100), seed=0
    )
    assert len(kept) == 100
    assert (kept["p_value_adj"] < 0.05).sum() == 10
