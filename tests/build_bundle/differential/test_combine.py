import numpy as np
import pandas as pd
import pytest
from scipy import stats

from build_bundle.differential.combine import StudyTest, combined, stacked


def table(genes, lfc, z, *, se=0.5):
    p = 2 * stats.norm.sf(np.abs(z))
    return pd.DataFrame({
        "gene": genes, "log2_fold_change": lfc, "log2_fold_change_se": se, "z": z, "p_value": p,
        "p_value_adj": np.minimum(p * 2, 1), "pct_in": 0.5, "pct_out": 0.25, "mean_in": 1.0, "mean_out": 0.5,
    })  # fmt: skip


def spoken(study, frame, n_in=50, n_out=100):
    return StudyTest(study, frame, n_in, n_out, same_study=True, method="wilcoxon")


def over(*tests, n_genes=10):
    return combined(stacked(tests, n_genes))


def test_only_genes_with_one_sign_in_all_studies_are_kept():
    out = over(
        spoken("s", table([0, 1, 2], [1.0, 2.0, 0.0], [3.0, 4.0, 0.1])),
        spoken("t", table([0, 1, 3], [-1.0, 1.0, -2.0], [-3.0, 2.0, -5.0])),
    ).set_index("gene")
    assert list(out.index) == [1, 3]  # 0 changes sign, 2 does not differ at all
    assert out.loc[1, "log2_fold_change"] == pytest.approx(1.5)
    assert out.loc[1, "p_value"] == pytest.approx(2 * stats.norm.sf(2.0))
    assert out.loc[1, "p_value_adj"] == pytest.approx(4 * stats.norm.sf(2.0))
    assert out["n_studies"].to_dict() == {1: 2, 3: 1}


def test_stouffer_weights_by_the_root_of_the_cells():
    (row,) = over(
        spoken("s", table([0], [1.0], [3.0]), 100, 300), spoken("t", table([0], [2.0], [1.0]), 50, 50)
    ).to_dict("records")
    expected = stats.combine_pvalues(stats.norm.sf([3.0, 1.0]), "stouffer", weights=np.sqrt([400, 100]))
    assert row["z"] == pytest.approx(expected.statistic)
    assert row["p_value_stouffer"] == pytest.approx(2 * expected.pvalue)


def test_stouffers_p_values_are_adjusted_over_the_genes():
    z = np.array([4.0, 2.0, 0.5, 3.0])
    out = over(spoken("s", table(np.arange(4), np.ones(4), z)))
    expected = stats.false_discovery_control(2 * stats.norm.sf(z), method="bh")
    np.testing.assert_allclose(out["q_stouffer"], expected)


def test_genes_with_two_signs_count_in_the_adjustment():
    first = spoken("s", table(np.arange(4), [1, 1, 1, 1], [3.0, 3.0, 3.0, 3.0]))
    second = spoken("t", table(np.arange(4), [1, -1, -1, -1], [3.0, -3.0, -3.0, -3.0]))
    out = over(first, second)
    assert out["gene"].tolist() == [0]
    z = np.array([6 / np.sqrt(2), 0, 0, 0])
    assert out["q_stouffer"].iloc[0] == pytest.approx(4 * 2 * stats.norm.sf(z[0]))


def test_heterogeneity_by_hand():
    effects, errors = np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.25, 1.0])
    out = over(
        *(spoken(f"s{i}", table([0], [e], [3.0], se=s)) for i, (e, s) in enumerate(zip(effects, errors, strict=True)))
    )
    w = 1 / errors**2
    center = (w * effects).sum() / w.sum()
    q = (w * (effects - center) ** 2).sum()
    tau2 = (q - 2) / (w.sum() - (w**2).sum() / w.sum())
    assert q > 2
    assert out["i2"].iloc[0] == pytest.approx((q - 2) / q)
    assert out["log2_fold_change_se"].iloc[0] == pytest.approx(np.sqrt((errors**2).sum() / 9 + tau2 / 3))


def test_studies_that_agree_have_no_heterogeneity_and_one_study_has_none_to_tell():
    out = over(spoken("s", table([0, 1], [1.0, 1.0], [3.0, 3.0])), spoken("t", table([0], [1.1], [3.0]))).set_index(
        "gene"
    )
    assert out.loc[0, "i2"] == 0
    assert out.loc[0, "log2_fold_change_se"] == pytest.approx(0.5 / np.sqrt(2))
    assert np.isnan(out.loc[1, "i2"])
    assert out.loc[1, "log2_fold_change_se"] == pytest.approx(0.5)


def test_shares_and_means_are_over_all_cells():
    a = table([0], [1.0], [3.0]).assign(pct_in=1.0, mean_out=3.0)
    b = table([0], [1.0], [3.0]).assign(pct_in=0.0, mean_out=1.0)
    (row,) = over(spoken("s", a, 10, 20), spoken("t", b, 30, 60)).to_dict("records")
    assert row["pct_in"] == pytest.approx(0.25)
    assert row["mean_out"] == pytest.approx(1.5)


def test_two_files_of_a_study_count_once_and_the_larger_speaks():
    small = spoken("s", table([0], [1.0], [1.0]), 20)
    large = spoken("s", table([0, 1], [2.0, 2.0], [4.0, 4.0]), 90)
    rest = spoken("s", table([1, 2], [5.0, 5.0], [4.0, 4.0]), 10)
    stack = stacked([rest, small, large], 4)
    assert [t.n_in for t in stack.tests] == [90, 20, 10]
    assert stack.tested.tolist() == [[True, True, False, False], [False] * 4, [False, False, True, False]]
    assert combined(stack)["n_studies"].tolist() == [1, 1, 1]
