import numpy as np
import pandas as pd
import pytest
from scipy import stats

from build_bundle.differential.combine import combined, kept_rows, one_per_study
from build_bundle.differential.settings import DifferentialSettings


def table(genes, lfc, z, *, n_in=50, n_out=100):
    p = 2 * stats.norm.sf(np.abs(z))
    return pd.DataFrame({
        "gene": genes, "log2_fold_change": lfc, "z": z, "p_value": p, "p_value_adj": np.minimum(p * 2, 1),
        "pct_in": 0.5, "pct_out": 0.25, "mean_in": 1.0, "mean_out": 0.5, "n_in": n_in, "n_out": n_out,
    })  # fmt: skip


def test_only_genes_with_one_sign_in_all_studies_are_kept():
    tests = one_per_study({
        "p": ("s", table([0, 1, 2], [1.0, 2.0, 0.0], [3.0, 4.0, 0.1])),
        "q": ("t", table([0, 1, 3], [-1.0, 1.0, -2.0], [-3.0, 2.0, -5.0])),
    })  # fmt: skip
    out = combined(tests).set_index("gene")
    assert list(out.index) == [1, 3]  # 0 changes sign, 2 does not differ at all
    assert out.loc[1, "log2_fold_change"] == pytest.approx(1.5)
    assert out.loc[1, "p_value"] == pytest.approx(2 * stats.norm.sf(2.0))
    assert out.loc[1, "p_value_adj"] == pytest.approx(4 * stats.norm.sf(2.0))
    assert out["n_studies"].to_dict() == {1: 2, 3: 1}


def test_stouffer_weights_by_the_root_of_the_cells():
    tests = one_per_study({
        "p": ("s", table([0], [1.0], [3.0], n_in=100, n_out=300)),
        "q": ("t", table([0], [2.0], [1.0], n_in=50, n_out=50)),
    })  # fmt: skip
    (row,) = combined(tests).to_dict("records")
    expected = stats.combine_pvalues(stats.norm.sf([3.0, 1.0]), "stouffer", weights=np.sqrt([400, 100]))
    assert row["z"] == pytest.approx(expected.statistic)
    assert row["p_value_stouffer"] == pytest.approx(2 * expected.pvalue)


def test_shares_and_means_are_over_all_cells():
    a = table([0], [1.0], [3.0], n_in=10, n_out=20).assign(pct_in=1.0, mean_out=3.0)
    b = table([0], [1.0], [3.0], n_in=30, n_out=60).assign(pct_in=0.0, mean_out=1.0)
    (row,) = combined(one_per_study({"p": ("s", a), "q": ("t", b)})).to_dict("records")
    assert row["pct_in"] == pytest.approx(0.25)
    assert row["mean_out"] == pytest.approx(1.5)


def test_two_files_of_a_study_count_once_and_the_larger_speaks():
    small, large = table([0], [1.0], [1.0], n_in=20), table([0, 1], [2.0, 2.0], [4.0, 4.0], n_in=90)
    out = one_per_study({"a": ("s", small), "b": ("s", large)})
    assert out[["gene", "n_in"]].to_numpy().tolist() == [[0, 90], [1, 90]]
    assert combined(out)["n_studies"].tolist() == [1, 1]


def test_kept_rows_are_significant_ones_first_then_a_sample_of_the_others():
    n = 500
    z = np.linspace(8, 0, n)
    whole = combined(one_per_study({"p": ("s", table(np.arange(n), np.ones(n), z))}))
    settings = DifferentialSettings(max_rows=100)
    kept = kept_rows(whole, settings, seed=0)
    significant = kept["p_value_adj"] < 0.05
    assert len(kept) == 100
    assert significant.sum() == 75
    assert kept["gene"].tolist()[:75] == list(range(75))
    assert kept.loc[~significant, "p_value_adj"].is_monotonic_increasing
    pd.testing.assert_frame_equal(kept, kept_rows(whole, settings, seed=0))
    everything = kept_rows(whole, DifferentialSettings(max_rows=1000), seed=0)
    assert sorted(everything["gene"]) == list(range(n))


def test_few_significant_genes_leave_more_room_for_the_others():
    n = 300
    z = np.r_[np.full(10, 9.0), np.zeros(n - 10) + 0.1]
    kept = kept_rows(
        combined(one_per_study({"p": ("s", table(np.arange(n), np.ones(n), z))})),
        DifferentialSettings(max_rows=100),
        seed=0,
    )
    assert len(kept) == 100
    assert (kept["p_value_adj"] < 0.05).sum() == 10
