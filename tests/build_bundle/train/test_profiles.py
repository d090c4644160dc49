import numpy as np

from build_bundle.cells.holdout import Holdout
from build_bundle.train.profiles import profile_blocks
from tests.build_bundle.planted_corpus import PROFILE_STUDY, planted_corpus
from tests.worlds import ALPHA, MARKERS, B, World


def corpus_with_profiles(folder):
    return planted_corpus(folder, compositions={"lindholm2019": {B: 20}}, profiles=[ALPHA, B])


def test_cells_look_like_their_profile(tmp_path):
    corpus = corpus_with_profiles(tmp_path)
    genes = np.arange(len(corpus.genes))
    (block,) = profile_blocks(corpus, genes, per_profile=200, seed=0)
    assert block.x.shape == (400, len(genes))
    assert list(block.types) == [ALPHA] * 200 + [B] * 200
    assert block.measured.all()
    counts = block.x.toarray()
    np.testing.assert_array_equal(counts, np.round(counts))
    depth = counts.sum(axis=1)
    assert 800 < depth.min() < 1600
    assert 5000 < depth.max() < 11_000
    alpha = counts[:200].sum(axis=0) / counts[:200].sum()
    markers = np.isin(corpus.genes, MARKERS[ALPHA])
    rates = World().base.copy()
    rates[np.isin(World().genes, MARKERS[ALPHA])] = 2.0
    expected = rates[np.isin(World().genes, MARKERS[ALPHA])].sum() / rates.sum()
    assert abs(alpha[markers].sum() / expected - 1) < 0.15


def test_only_vocabulary_genes_are_drawn_and_the_depth_is_of_the_whole_profile(tmp_path):
    corpus = corpus_with_profiles(tmp_path)
    some = np.arange(0, len(corpus.genes), 10)
    (few,) = profile_blocks(corpus, some, per_profile=50, seed=0)
    (all_,) = profile_blocks(corpus, np.arange(len(corpus.genes)), per_profile=50, seed=0)
    share = few.x.sum() / all_.x.sum()
    expected = all_.x[:, some].sum() / all_.x.sum()
    assert abs(share / expected - 1) < 0.3


def test_held_out_profiles_are_not_drawn(tmp_path):
    corpus = corpus_with_profiles(tmp_path)
    genes = np.arange(len(corpus.genes))
    assert profile_blocks(corpus, genes, per_profile=0, seed=0) == []
    assert profile_blocks(corpus, genes, per_profile=5, seed=0, holdout=Holdout(frozenset({PROFILE_STUDY}))) == []
    pair = Holdout(pairs=frozenset({(ALPHA, PROFILE_STUDY)}))
    (block,) = profile_blocks(corpus, genes, per_profile=5, seed=0, holdout=pair)
    assert set(block.types) == {B}


def test_follows_from_the_seed(tmp_path):
    corpus = corpus_with_profiles(tmp_path)
    genes = np.arange(len(corpus.genes))
    a, b, c = (profile_blocks(corpus, genes, per_profile=3, seed=s)[0].x.toarray() for s in (1, 1, 2))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
