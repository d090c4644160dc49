import numpy as np
import pytest

from core.explore.compare_choice import OTHERS, Choice
from layouts.figures.compare import MAX_ROWS, WIDEST_REACH, compare_figure, shown_rows
from tests.layouts.comparisons import comparison


def named(fig):
    return {trace.name: trace for trace in fig.data}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_shares_and_ratios_on_one_axis_of_types(theme):
    fig = compare_figure(comparison(), theme=theme)
    traces = named(fig)
    assert list(traces["against"].x) == [10, 10, 10]
    assert list(traces["group"].x) == [20, 20, 20]
    assert (traces["against"].marker.symbol, traces["group"].marker.symbol) == ("circle", "diamond")
    assert list(traces["sure"].y) == [0, 2]
    assert list(traces["sure"].x) == [2, -2]
    assert list(traces["not sure"].y) == [1]
    assert traces["sure"].marker.color != traces["not sure"].marker.color
    assert fig.layout.xaxis2.ticktext[:2] == ("⅛", "¼")
    texts = [a.text for a in fig.layout.annotations]
    assert "<b>4.00</b>" in texts
    assert "40 → 40" in texts
    assert "0.300" in texts


def test_text_is_escaped():
    fig = compare_figure(comparison(), theme="light")
    assert all("<type>" not in name for name in fig.layout.yaxis.ticktext)
    share, ratio, _, more = (a.text for a in fig.layout.annotations[:4])
    assert share.lower().endswith('●</span> &lt;ctrl&gt;  <span style="color:#c55c13">◆</span> stim')
    assert "q &lt; 0.05" in ratio
    assert more == "more in STIM →"
    assert "&lt;CTRL&gt;: 40 of 100 cells (10.0 %)" in named(fig)["group"].text[0]
    others = compare_figure(comparison(choice=Choice("c", "STIM", OTHERS, "")), theme="light")
    assert "all others" in others.layout.annotations[0].text


@pytest.mark.parametrize("name", ["a", "a name of sixty letters, as they come from an export of a lab's system"])
def test_numbers_and_headings_have_room(name):
    view = comparison(choice=Choice("c", name, OTHERS, ""))
    layout = compare_figure(view, theme="light").layout
    assert layout.margin.r > 130
    assert 600 < layout.meta["least_width"] < 934  # of a window 1,280 wide
    assert name in layout.annotations[0].hovertext  # in full where it is cut
    columns = [a for a in layout.annotations if a.text in ("ratio", "cells", "q")]
    assert [a.x for a in columns] == [1, 1, 1]
    assert columns[0].xshift < columns[1].xshift < columns[2].xshift < layout.margin.r


def test_many_types_and_wild_ratios():
    view = comparison(60)
    assert len(shown_rows(view)) == MAX_ROWS
    assert shown_rows(view)["odds_ratio"].is_monotonic_decreasing
    wild = comparison(table=view.table.assign(low=1e-9, high=1e9))
    fig = compare_figure(wild, theme="light")
    assert np.nanmax(np.abs(named(fig)["interval"].x)) == WIDEST_REACH
    assert set(named(fig)["beyond"].marker.symbol) == {"triangle-left", "triangle-right"}
    assert len(named(compare_figure(view, theme="light"))["beyond"].x) == 0
    beyond = compare_figure(comparison(table=view.table.assign(odds_ratio=29719.67)), theme="light")
    assert set(named(beyond)["sure"].marker.symbol) == {"triangle-right"}
    assert "odds ratio &gt; 1,000 (" in named(beyond)["sure"].text[0]
    assert "<b>&gt; 1,000</b>" in [a.text for a in beyond.layout.annotations]
    assert len(fig.to_json()) < 400_000
