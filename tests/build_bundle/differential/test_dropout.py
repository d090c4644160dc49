from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse, stats

from build_bundle.differential.combine import StudyTest, combined, stacked
from build_bundle.differential.compare import compare
from build_bundle.differential.dropout import Dropout
from build_bundle.differential.methods import NotApplicableError
from tests.build_bundle.differential.planted_counts import planted_counts


def discoveries(table, truth, q=0.05):
    """False share and recall of a test's genes, direction included."""
    hit = table[table["p_value_adj"] < q]
    right = np.sign(hit["log2_fold_change"]) == truth[hit["gene"]]
    return 1 - right.mean(), right.sum() / np.count_nonzero(truth)


@pytest.fixture(scope="module")
def planted():
    return planted_counts(5, n_studies=1, n_cells=200)


def test_planted_genes_are_found_and_false_ones_are_rare(planted):
    false, recall = discoveries(compare(planted.samples[0], Dropout()), planted.truth)
    assert false <= 0.07
    assert recall >= 0.95


def test_fold_changes_are_those_before_the_dropouts():
    planted = planted_counts(7, n_studies=1, n_cells=300)
    table = compare(planted.samples[0], Dropout()).set_index("gene")
    genes = np.flatnonzero(planted.truth)
    error = (table["log2_fold_change"] - planted.log2_fold_change[table.index])[genes]
    assert np.median(np.abs(error)) < 0.2
    assert 0.6 < (error / table.loc[genes, "log2_fold_change_se"]).std() < 1.6


def test_without_differences_p_values_are_even():
    planted = planted_counts(3, n_studies=1, n_cells=150, n_up=0, n_down=0)
    verdict = Dropout()(planted.samples[0])
    seen = np.asarray((planted.samples[0].counts > 0).mean(axis=0)).ravel() > 0.2
    p = verdict.p_value[seen]
    assert stats.kstest(p, "uniform").statistic < 0.06
    assert (stats.false_discovery_control(p) < 0.05).sum() <= 2


def test_swapping_the_sides_turns_the_signs(planted):
    (sample,) = planted.samples
    a, b = Dropout()(sample), Dropout()(replace(sample, in_group=~sample.in_group))
    np.testing.assert_allclose(a.z, -b.z, atol=1e-6)
    np.testing.assert_allclose(a.log2_fold_change, -b.log2_fold_change, atol=1e-6)


def test_genes_of_one_side_or_none_are_finite():
    x = np.zeros((40, 3), dtype=np.float32)
    x[:20, 0] = 5
    x[:, 1] = 4
    matrix = sparse.csr_matrix(x)
    sample = planted_counts(0, n_studies=1, n_cells=20).samples[0]
    small = replace(
        sample,
        counts=matrix,
        lognorm=matrix,
        totals=np.full(40, 100.0),
        genes=np.arange(3),
        in_group=np.arange(40) < 20,
    )
    verdict = Dropout()(small)
    for values in (verdict.z, verdict.p_value, verdict.log2_fold_change, verdict.log2_fold_change_se):
        assert np.isfinite(values).all()
    assert verdict.p_value[0] < 1e-4
    assert verdict.p_value[1] > 0.5
    assert verdict.p_value[2] == pytest.approx(1, abs=1e-6)


def test_it_needs_counts(planted):
    with pytest.raises(NotApplicableError, match="no counts"):
        Dropout()(replace(planted.samples[0], is_counts=False))


def test_studies_with_batch_shifts_combine_to_the_planted_genes():
    planted = planted_counts(11, n_cells=120)
    tests = [
        StudyTest(f"s{i}", compare(s, Dropout()), 120, 120, True, "dropout") for i, s in enumerate(planted.samples)
    ]
    false, recall = discoveries(combined(stacked(tests, len(planted.truth))), planted.truth)
    assert false <= 0.02
    assert recall > 0.8
