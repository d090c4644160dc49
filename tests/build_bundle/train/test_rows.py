import numpy as np

from build_bundle.cells.holdout import Holdout
from build_bundle.train.rows import choose_rows
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, MONO, T


def counts(corpus, rows):
    chosen = np.concatenate(list(rows.values()))
    return corpus.cells.loc[chosen].groupby(["part", "cell_type_ontology_term_id"]).size()


def test_takes_at_most_so_many_of_a_type_in_a_part(planted):
    rows = choose_rows(planted, split="train", per_type=25, seed=0)
    assert list(rows) == list(planted.parts)
    sizes = counts(planted, rows)
    assert sizes.max() == 25
    assert sizes["ferreira2021", T] == 10  # a small type is taken whole
    assert all((np.diff(some) > 0).all() for some in rows.values())


def test_the_choice_follows_from_the_seed(planted):
    a, b, c = (choose_rows(planted, split="train", per_type=25, seed=seed)["lindholm2019"] for seed in (0, 0, 1))
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)


def test_leaves_out_what_is_held_out(planted):
    holdout = Holdout(frozenset({"okafor2020"}), frozenset({(MONO, "tanaka2022")}))
    sizes = counts(planted, choose_rows(planted, split="train", per_type=99, seed=0, holdout=holdout))
    assert "okafor2020" not in sizes.index.get_level_values("part")
    assert ("tanaka2022", MONO) not in sizes.index
    assert ("lindholm2019", MONO) in sizes.index


def test_never_takes_cells_of_held_out_studies_or_the_other_split(tmp_path):
    corpus = planted_corpus(tmp_path, held_out=["tanaka2022"], validation_share=0.2)
    train = choose_rows(corpus, split="train", per_type=999, seed=0)
    validation = choose_rows(corpus, split="validation", per_type=999, seed=0)
    assert set(train) == {"ferreira2021", "lindholm2019", "okafor2020"}
    both = np.concatenate([*train.values(), *validation.values()])
    assert len(both) == len(set(both)) == corpus.n_ref
    assert ALPHA in set(corpus.cells.loc[both, "cell_type_ontology_term_id"])


def test_no_cell_is_no_part(planted):
    assert choose_rows(planted, split="validation", per_type=10, seed=0) == {}
