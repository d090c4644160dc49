from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from core.expression.effect import PSEUDO_COUNT, effect_of
from core.expression.recipe import Recipe
from tests.build_bundle.differential.planted_counts import planted_counts


def described(sample):
    return effect_of(sample.lognorm, sample.in_group, sample.molecule)


@pytest.fixture(scope="module")
def sample():
    return planted_counts(0, n_studies=1, n_cells=60).samples[0]


def test_means_shares_and_fold_change_by_hand(sample):
    effect = described(sample)
    x = sample.lognorm.toarray().astype(float)
    inside, outside = x[sample.in_group], x[~sample.in_group]
    for gene in (0, 7, 1999):
        assert effect.pct_in[gene] == pytest.approx((inside[:, gene] > 0).mean())
        assert effect.mean_out[gene] == pytest.approx(outside[:, gene].mean())
        linear = [np.expm1(side[:, gene]).mean() + PSEUDO_COUNT for side in (inside, outside)]
        assert effect.log2_fold_change[gene] == pytest.approx(np.log2(linear[0] / linear[1]))


def test_the_error_is_that_of_repeated_studies():
    drawn = [planted_counts(0, n_studies=1, n_cells=80, batch=0.0, n_up=0, n_down=0).samples[0]]
    rates = drawn[0].counts.mean(axis=0).A1
    rng = np.random.default_rng(1)
    gene = int(np.argsort(rates)[-20])
    changes, errors = [], []
    for _ in range(60):
        counts = sparse.csr_matrix(rng.poisson(np.tile(rates, (160, 1))).astype(np.float32))
        totals = np.asarray(counts.sum(axis=1)).ravel().astype(float)
        again = replace(drawn[0], counts=counts, lognorm=Recipe().lognorm(counts), totals=totals)
        effect = described(again)
        changes.append(effect.log2_fold_change[gene])
        errors.append(effect.log2_fold_change_se[gene])
    assert np.std(changes) == pytest.approx(np.mean(errors), rel=0.3)


def test_a_gene_that_only_one_side_has_is_not_known_without_error(sample):
    counts = sample.counts.tolil()
    counts[np.flatnonzero(~sample.in_group), 3] = 0
    counts[np.flatnonzero(sample.in_group), 3] = 2
    x = sparse.csr_matrix(counts)
    x.eliminate_zeros()
    effect = described(replace(sample, counts=x, lognorm=Recipe().lognorm(x)))
    assert effect.log2_fold_change[3] > 4
    assert effect.log2_fold_change_se[3] > 0.5


@pytest.mark.parametrize("molecule", [0.0, 40.0])
def test_the_error_by_hand(sample, molecule):
    effect = effect_of(sample.lognorm, sample.in_group, molecule)
    linear = np.expm1(sample.lognorm.toarray().astype(float))
    for gene in np.argsort(-linear.mean(axis=0))[[0, 300, 1500]]:
        squared = 0.0
        for values in (linear[sample.in_group, gene], linear[~sample.in_group, gene]):
            raised = values.mean() + PSEUDO_COUNT
            squared += max(values.var(ddof=1), raised * molecule) / len(values) / raised**2
        assert effect.log2_fold_change_se[gene] == pytest.approx(np.sqrt(squared) / np.log(2), rel=1e-4)
