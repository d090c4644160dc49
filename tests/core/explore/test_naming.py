import pandas as pd
import pytest

from core.explore.naming import narrower, percent, positions, type_names
from tests.worlds import CD4, CD8, TERMS, T


def test_names(answered):
    assert type_names(answered.bundle) == {term: name for term, (name, _, _) in TERMS.items()}


def test_narrower_terms_include_the_term(answered):
    found = narrower(answered.bundle, T)
    assert {T, CD4, CD8} <= found
    assert "CL:0000542" not in found
    assert narrower(answered.bundle, "CL:9999999") == {"CL:9999999"}


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 10, "0 %"),
        (1, 1_000, "< 1 %"),
        (5, 1_000, "0 %"),
        (1, 2, "50 %"),
        (999, 1_000, "> 99 %"),
        (7, 7, "100 %"),
        (0, 0, "0 %"),
    ],
)
def test_percent(part, whole, text):
    assert percent(part, whole) == text


def test_positions_among_keys():
    values = pd.Series(["b", "a", "x", "b"], dtype="str")
    assert positions(values, ["a", "b"]).tolist() == [1, 0, -1, 1]
    assert positions(values.astype(object), ["x"]).tolist() == [-1, -1, 0, -1]
    assert positions(values.head(0), ["x"]).tolist() == []
