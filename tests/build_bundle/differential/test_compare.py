from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse, stats

from build_bundle.differential.compare import compare
from build_bundle.differential.groups import Planner
from build_bundle.differential.sample import read_sample
from build_bundle.differential.settings import DifferentialSettings
from build_bundle.differential.wilcoxon import Wilcoxon
from tests.build_bundle.differential.planted_counts import planted_counts
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, MARKERS, MONO, B

SETTINGS = DifferentialSettings(min_cells=30, fewest_cells=10)


def dense(corpus, part):
    matrix = corpus.part(part)
    x = np.zeros((matrix.x.shape[0], len(corpus.genes)))
    x[:, matrix.genes] = matrix.x.toarray()
    return np.log1p(1e4 * x / x.sum(axis=1, keepdims=True)).astype(np.float32)


def comparison_of(corpus, term, part=None):
    planner = Planner(corpus, SETTINGS, seed=0)
    plan = next(p for p in planner.plans() if p.term == term)
    return planner.cells_of(next(c for c in plan.comparisons if part in (None, c.part)))


def test_every_column_agrees_with_its_definition(planted):
    rows_in, rows_out = comparison_of(planted, B, "okafor2020")
    table = compare(read_sample(planted, rows_in, rows_out), Wilcoxon()).set_index("gene")
    first = planted.part("okafor2020").first_row
    values = dense(planted, "okafor2020")
    inside, outside = values[rows_in - first], values[rows_out - first]
    assert set(table.index) == set(np.flatnonzero((np.vstack([inside, outside]) > 0).any(axis=0)))
    for gene in list(table.index)[::17]:
        row, a, b = table.loc[gene], inside[:, gene], outside[:, gene]
        judge = stats.mannwhitneyu(a.astype(float), b.astype(float), alternative="two-sided", method="asymptotic")
        assert row["p_value"] == pytest.approx(judge.pvalue, rel=1e-6)
        sides = [np.expm1(side.astype(float)) for side in (a, b)]
        fold = (sides[0].mean() + 0.01) / (sides[1].mean() + 0.01)
        assert row["log2_fold_change"] == pytest.approx(np.log2(fold), rel=1e-5)
        delta = [side.var(ddof=1) / len(side) / (side.mean() + 0.01) ** 2 for side in sides]
        assert row["log2_fold_change_se"] >= np.sqrt(sum(delta)) / np.log(2) * (1 - 1e-5)
        assert row["pct_in"] == pytest.approx((a > 0).mean())
        assert row["mean_out"] == pytest.approx(b.mean(), rel=1e-5)
    np.testing.assert_allclose(table["p_value_adj"], stats.false_discovery_control(table["p_value"], method="bh"))


def test_planted_markers_stand_out(planted):
    table = compare(read_sample(planted, *comparison_of(planted, ALPHA)), Wilcoxon())
    best = table.sort_values("z", ascending=False)["gene"].head(12)
    assert len(set(planted.genes[best]) & set(MARKERS[ALPHA])) >= 10


@pytest.mark.parametrize("has_it", [True, False])
def test_a_gene_that_one_side_alone_has_is_kept(has_it):
    sample = planted_counts(0, n_studies=1, n_cells=60).samples[0]
    x = sample.lognorm.toarray()
    x[sample.in_group != has_it, 3] = 0
    x[sample.in_group == has_it, 3] = 2
    x[:, 4] = 0
    table = compare(replace(sample, lognorm=sparse.csr_matrix(x)), Wilcoxon()).set_index("gene")
    assert (table.loc[3, "pct_in"], table.loc[3, "pct_out"]) == (has_it, not has_it)
    assert table.loc[3, "p_value_adj"] < 1e-9
    assert 4 not in table.index, "nobody has it"


def test_cells_of_several_parts_are_compared_over_the_genes_all_of_them_measured(tmp_path):
    corpus = planted_corpus(
        tmp_path,
        compositions={"a": {B: 30}, "b": {MONO: 30}, "c": {MONO: 30}},
        panels={"b": slice(0, 200), "c": slice(50, 300)},
    )
    rows = {s: np.flatnonzero(corpus.cells["study"] == s) for s in "abc"}
    sample = read_sample(corpus, rows["a"], np.concatenate([rows["b"], rows["c"]]))
    table = compare(sample, Wilcoxon())
    shared = np.flatnonzero(corpus.measured.all(axis=0))
    assert set(table["gene"]) <= set(shared)
    assert len(table) > 100
    assert np.count_nonzero(~sample.in_group) == 60
    assert sample.is_counts
