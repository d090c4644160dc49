import pandas as pd

from core.explore.naming import narrower, positions, type_names
from tests.worlds import CD4, CD8, TERMS, T


def test_names(answered):
    assert type_names(answered.bundle) == {term: name for term, (name, _, _) in TERMS.items()}


def test_narrower_terms_include_the_term(answered):
    found = narrower(answered.bundle, T)
    assert {T, CD4, CD8} <= found
    assert "CL:0000542" not in found
    assert narrower(answered.bundle, "CL:9999999") == {"CL:9999999"}


def test_positions_among_keys():
    values = pd.Series(["b", "a", "x", "b"], dtype="str")
    assert positions(values, ["a", "b"]).tolist() == [1, 0, -1, 1]
    assert positions(values.astype(object), ["x"]).tolist() == [-1, -1, 0, -1]
    assert positions(values.head(0), ["x"]).tolist() == []
