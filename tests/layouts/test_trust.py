import pandas as pd

from core.explore.trust import trust_view
from layouts import ids, trust
from tests.components import ids as ids_of
from tests.components import text as text_of
from tests.core.explore.test_trust import table


def test_the_panel_tells_promises_probabilities_and_lacking_types():
    lacking = pd.DataFrame(
        {
            "kind": "summary",
            "name": ["unknown_auroc", "unknown_flagged"],
            "x": 0.0,
            "y": [0.7, 0.03],
            "n_cells": 9,
            "n_studies": 2,
        }
    )
    panel = trust.panel(trust_view(pd.concat([table(), lacking])))
    assert ids.RELIABILITY in ids_of(panel)
    said = text_of(panel)
    assert "500 cells of 2 studies" in said
    assert "off by 6 points" in said
    assert "right in 90 %" in said
    assert "88 %" in said
    assert "3 % are called unknown, and so are 1.0 % of the others" in said
    assert "70 times of 100" in said


def test_without_anything_learned_it_says_what_it_takes():
    panel = trust.panel(trust_view(table().iloc[:0]))
    assert ids.RELIABILITY not in ids_of(panel)
    said = text_of(panel)
    assert "could not be learned" in said
    assert "three studies" in said
