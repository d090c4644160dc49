import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from build_bundle.train.rows import choose_rows
from build_bundle.train.vocabulary import between_within, choose_vocabulary
from core.errors import ConfigError
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, MARKERS, B


def test_ratio_of_a_hand_computed_case():
    x = sparse.csr_matrix(np.array([[0, 1], [2, 1], [1, 1], [4, 1], [6, 1], [5, 1]], dtype=np.float32))
    types = np.array(["a"] * 3 + ["b"] * 3, dtype=object)
    # means 1 and 5, grand mean 3: between 3*4 + 3*4 = 24, within 2 + 2 = 4
    ratio = between_within(x, types)
    assert ratio[0] == pytest.approx(6)
    assert ratio[1] == pytest.approx(0)


@given(st.integers(0, 2**32 - 1))
def test_ratio_agrees_with_the_dense_definition(seed):
    rng = np.random.default_rng(seed)
    x = sparse.random(30, 12, 0.4, format="csr", dtype=np.float32, rng=rng)
    types = rng.choice(["a", "b", "c"], 30).astype(object)
    dense = x.toarray().astype(float)
    kept = [t for t in "abc" if (types == t).sum() >= 3]
    rows = np.isin(types, kept)
    grand = dense[rows].mean(axis=0)
    between = sum((types == t).sum() * (dense[types == t].mean(axis=0) - grand) ** 2 for t in kept)
    within = sum(((dense[types == t] - dense[types == t].mean(axis=0)) ** 2).sum(axis=0) for t in kept)
    varying = within > 1e-9
    np.testing.assert_allclose(
        between_within(x, types)[varying], (between / np.maximum(within, 1e-12))[varying], rtol=1e-5
    )


def test_a_part_with_one_type_ranks_nothing():
    x = sparse.csr_matrix(np.eye(4, dtype=np.float32))
    assert not between_within(x, np.array(["a", "a", "a", "b"], dtype=object)).any()


def test_markers_come_first_and_genes_of_few_studies_last(planted):
    rows = choose_rows(planted, split="train", per_type=100, seed=0)
    chosen = choose_vocabulary(planted, rows, n_genes=60, min_studies=2)
    assert len(chosen) == 60
    assert (np.diff(chosen) > 0).all()
    names = set(planted.genes[chosen])
    assert len(set(MARKERS[B]) & names) >= 10
    assert len(set(MARKERS[ALPHA]) & names) >= 10
    okafor = planted.measured[planted.parts.index("okafor2020")]
    everywhere = okafor.sum()
    assert not okafor[choose_vocabulary(planted, rows, n_genes=everywhere, min_studies=2)].all()
    assert okafor[choose_vocabulary(planted, rows, n_genes=everywhere - 50, min_studies=4)].all()
    filled = choose_vocabulary(planted, rows, n_genes=10_000, min_studies=4)  # no gene is lost because few measured it
    np.testing.assert_array_equal(filled, choose_vocabulary(planted, rows, n_genes=10_000, min_studies=1))
    assert not okafor[filled].all()


def test_two_files_of_one_study_count_once(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"lindholm2019": {B: 40, ALPHA: 40}}, two_parts=["lindholm2019"])
    rows = choose_rows(corpus, split="train", per_type=100, seed=0)
    chosen = choose_vocabulary(corpus, rows, n_genes=10_000, min_studies=2)  # capped: there is only one study
    assert not corpus.measured[1][chosen].all()


def test_where_no_part_has_two_types_every_measured_gene_is_as_good(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"lindholm2019": {B: 20}, "tanaka2022": {ALPHA: 20}})
    rows = choose_rows(corpus, split="train", per_type=100, seed=0)
    assert len(choose_vocabulary(corpus, rows, n_genes=50, min_studies=2)) == 50


def test_no_shared_gene_is_an_error(tmp_path):
    panels = {"lindholm2019": slice(0, 150), "tanaka2022": slice(150, 300)}
    compositions = {study: {B: 20, ALPHA: 20} for study in panels}
    corpus = planted_corpus(tmp_path, compositions=compositions, panels=panels)
    rows = choose_rows(corpus, split="train", per_type=100, seed=0)
    with pytest.raises(ConfigError, match="No gene"):
        choose_vocabulary(corpus, rows, n_genes=50, min_studies=2)
