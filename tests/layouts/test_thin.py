import json

import pytest

from core.explore.thin import ThinPair
from layouts import thin
from tests.components import text

JOINED = (2, "leukocyte")


def pair(number: int = 0, n_behind: int = 33) -> ThinPair:
    few, many = (f"CL:000000{number}", f"dendritic {number}", 119), ("CL:0000576", "monocyte", 972)
    return ThinPair(f"The reference is thin here: {number}.", few, many, n_behind)


def goes(component) -> list[dict]:
    found = [component.to_plotly_json()["props"].get("data-go")] if hasattr(component, "to_plotly_json") else []
    children = component if isinstance(component, list) else getattr(component, "children", None) or []
    inside = [g for c in children if not isinstance(c, str) for g in goes(c)] if isinstance(children, list) else []
    return [json.loads(g) for g in found if g] + inside


@pytest.mark.parametrize(
    ("n", "words"), [(1, "with the runner-up."), (3, "The same holds for one more."), (5, "The same holds for 3 more.")]
)
def test_two_pairs_are_told_and_a_count(n, words):
    band = thin.band([pair(i) for i in range(n)], lambda *_: None)
    assert words in text(band)
    assert text(band).count("The reference is thin here") == min(n, 2)


def test_what_can_be_done_is_offered():
    band = thin.band([pair()], lambda *_: JOINED)
    assert "Roll up to leukocyte" in text(band)
    assert "Show the 33 cells with dendritic 0 as runner-up" in text(band)
    assert goes(band) == [{"detail": "2"}, {"sel": "rival:CL:0000000"}]


def test_nothing_is_offered_that_leads_nowhere():
    assert goes(thin.band([pair(n_behind=0)], lambda *_: None)) == []


def test_the_numbers_stand_beside_it():
    said = text(thin.band([pair()], lambda *_: None))
    assert "dendritic 0 119" in " ".join(said.split())
    assert "monocyte 972" in " ".join(said.split())


def test_no_warning_is_no_band():
    assert thin.band([], lambda *_: JOINED) == []
