import sys
from dataclasses import replace

import numpy as np
import pytest

from build_bundle.differential.compare import compare
from build_bundle.differential.methods import NotApplicableError
from build_bundle.differential.pseudobulk import PseudoBulk, summed
from core.errors import ConfigError
from tests.build_bundle.differential.planted_counts import planted_counts


@pytest.fixture(scope="module")
def sample():
    return planted_counts(1, n_studies=1, n_cells=150, n_genes=300, n_up=20, n_down=20, replicates=5).samples[0]


def test_sums_are_over_the_cells_of_a_replicate_and_side(sample):
    counts, groups = summed(sample)
    dense = sample.counts.toarray()
    assert len(groups) == 10
    for row, (side, replicate) in enumerate(groups.itertuples(index=False)):
        cells = (sample.in_group == (side == "in")) & (sample.replicates == replicate)
        np.testing.assert_array_equal(counts[row], dense[cells].sum(axis=0))


def test_replicates_with_few_cells_and_cells_without_one_are_left_out(sample):
    replicates = sample.replicates.copy()
    replicates[np.flatnonzero(replicates == "donor0")[4:]] = ""
    _, groups = summed(replace(sample, replicates=replicates))
    assert "donor0" not in set(groups["replicate"])


@pytest.mark.parametrize(("change", "sentence"), [
    ({"is_counts": False}, "no counts"),
    ({"replicates": np.full(300, "")}, "fewer than 2 replicates"),
    ({"replicates": np.full(300, "one")}, "fewer than 2 replicates"),
])  # fmt: skip
def test_it_says_why_it_cannot_work(sample, change, sentence):
    with pytest.raises(NotApplicableError, match=sentence):
        PseudoBulk()(replace(sample, **change))


def test_planted_genes_are_found_over_replicates(sample):
    truth = planted_counts(1, n_studies=1, n_cells=150, n_genes=300, n_up=20, n_down=20, replicates=5).truth
    table = compare(sample, PseudoBulk())
    hit = table[table["p_value_adj"] < 0.05]
    right = np.sign(hit["log2_fold_change"]) == truth[hit["gene"]]
    assert 1 - right.mean() <= 0.1
    assert right.sum() >= 30
    assert (table["log2_fold_change_se"] > 0).all()


def test_what_differs_between_donors_is_no_difference_between_types(sample):
    rng = np.random.default_rng(0)
    plain = planted_counts(2, n_studies=1, n_cells=150, n_genes=300, n_up=0, n_down=0, replicates=6).samples[0]
    # three donors give the type, three the background, and each has its own level of every gene
    donors = np.where(plain.in_group, rng.integers(0, 3, 300), rng.integers(3, 6, 300))
    level = np.exp(rng.normal(0, 0.5, (6, 300)))
    x = plain.counts.copy().tocoo()
    x.data = rng.poisson(x.data * level[donors[x.row], x.col] * 2).astype(np.float32)
    x = x.tocsr()
    x.eliminate_zeros()
    shifted = replace(plain, counts=x, lognorm=x.log1p(), replicates=donors.astype(str))
    verdict = PseudoBulk()(shifted)
    assert (verdict.p_value < 0.001).mean() < 0.05


def test_without_pydeseq2_it_names_the_command(sample, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydeseq2.dds", None)
    with pytest.raises(ConfigError, match="not installed") as caught:
        PseudoBulk()(sample)
    assert "pseudobulk-requirements.txt" in str(caught.value.next_step)
