from dataclasses import replace

import numpy as np
import plotly.graph_objects as go

from core.explore.composition import composition
from core.explore.studies import studies
from core.explore.summary import summary
from layouts import shared_page
from tests.layouts.comparisons import comparison

EVIL = "</script><script>alert(1)</script><b>"


def told(answered, **changes) -> shared_page.SharedResult:
    bundle, result = answered
    everything = np.ones(result.n_query, dtype=bool)
    figure = go.Figure(go.Scatter(x=[1], y=[2], text=[EVIL]))
    plain = shared_page.SharedResult(
        filename=EVIL, made_at="2026-11-29", reference="Planted", summary=summary(bundle, result, everything),
        composition=composition(bundle, result, everything), studies=studies(bundle, result, everything),
        findings=[{"title": EVIL, "level": "warning", "text": EVIL}], methods=EVIL, figures={"Map": figure}, comparison=None,
    )  # fmt: skip
    return replace(plain, **changes)


def test_no_text_of_a_file_becomes_a_script(answered):
    text = shared_page.render(told(answered))
    own = text.replace(shared_page._PLOTLY.read_text(encoding="utf-8"), "")
    assert own.count("<script") == own.count("</script>") == 3  # one figure, plotly, and what draws
    assert "alert(1)</script>" not in own
    assert "\\u003c\\u002fscript\\u003e" in own


def test_a_comparison_is_told(answered):
    text = shared_page.render(told(answered, comparison=comparison()))
    assert "STIM has more &lt;type&gt;" in text
    assert "Benjamini-Hochberg over 3 types. Cells from one donor are not independent." in text
    untested = comparison(table=comparison().table.assign(q_value=float("nan")))
    assert "Benjamini" not in shared_page.render(told(answered, comparison=untested))


def test_studies_that_no_cell_is_near_to_are_not_named(answered):
    table = told(answered).studies
    aside = table.assign(n_hits=[0, *table["n_hits"][1:]])
    assert len(table) == len(shared_page._studies(table)) > 1
    assert [row["title"] for row in shared_page._studies(aside)] == list(table["title"][1:])


def test_unknown_cells_have_a_row_without_a_term(answered):
    rows = shared_page._types(told(answered).composition)
    assert rows[-1]["name"] == "Unknown to the reference"
    assert sum(row["n"] for row in rows) == answered.result.n_query
