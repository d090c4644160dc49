import pandas as pd

from build_bundle.cells.holdout import NOTHING, Holdout

TABLE = pd.DataFrame({"study": ["s", "s", "t", "t"], "cell_type_ontology_term_id": ["a", "b", "a", "b"]})


def test_covers_studies_and_pairs():
    assert Holdout(frozenset({"s"})).covers(TABLE).tolist() == [True, True, False, False]
    assert Holdout(pairs=frozenset({("a", "t")})).covers(TABLE).tolist() == [False, False, True, False]
    assert Holdout(frozenset({"s"}), frozenset({("b", "t")})).covers(TABLE).tolist() == [True, True, False, True]


def test_nothing_covers_nothing_and_an_empty_table_is_fine():
    assert not NOTHING.covers(TABLE).any()
    assert Holdout(frozenset({"s"}), frozenset({("a", "t")})).covers(TABLE.iloc[:0]).shape == (0,)
