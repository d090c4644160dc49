import pandas as pd
import pytest

from layouts.figures.collection import KINDS, MAX_NAMED_STUDIES, kind_colours, months_figure, rates_figure, reads_figure

MONTHS = pd.DataFrame(
    [
        ("2014-11", "usable", 2, 300),
        ("2015-02", "usable", 1, 50),
        ("2015-02", "unmapped", 1, 7),
        ("", "set_aside", 1, 9),
    ],
    columns=["month", "kind", "n_studies", "n_cells"],
)
RATES = pd.DataFrame(
    {
        "measure": "overall",
        "low": [0.0, 0.5],
        "high": [0.5, 1.0],
        "n_kept": [1, 90],
        "n_below": [12, 0],
        "threshold": 0.4,
    }
)


def _reads(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"study": [f"GSE{i}<b>" for i in range(n)], "month": "", "n_libraries": 4, "n_reads": 4000, "reads_q1": 500.0,
         "reads_median": [1000.0 * (i + 1) for i in range(n)], "reads_q3": 90_000.0}
    )  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_month_has_its_place_and_no_cell_is_lost(theme):
    fig = months_figure(MONTHS, theme=theme)
    cells = [trace for trace in fig.data if trace.yaxis == "y"]
    assert list(cells[0].x) == ["2014-11", "2014-12", "2015-01", "2015-02", "no date"]
    assert sum(sum(trace.y) for trace in cells) == MONTHS["n_cells"].sum()
    studies = [trace for trace in fig.data if trace.yaxis == "y2"]
    assert sum(sum(trace.y) for trace in studies) == MONTHS["n_studies"].sum()
    assert [trace.name for trace in cells] == ["usable", "unmapped to ontology terms", "set aside in the build"]
    assert [trace.marker.color for trace in cells] == [
        kind_colours(theme)[k] for k in ("usable", "unmapped", "set_aside")
    ]


def test_kinds_differ_in_colour():
    assert len(set(kind_colours("dark").values())) == len(KINDS)


def test_long_spans_are_told_by_years():
    table = pd.DataFrame(
        [("2012-06", "usable", 1, 1), ("2017-12", "usable", 1, 1)], columns=["month", "kind", "n_studies", "n_cells"]
    )
    axis = months_figure(table, theme="light").layout.xaxis
    assert list(axis.ticktext) == ["2013", "2014", "2015", "2016", "2017"]
    assert len(axis.categoryarray) == 67


def test_only_unknown_months():
    fig = months_figure(MONTHS[MONTHS["month"] == ""], theme="light")
    assert list(fig.data[0].x) == ["no date"]


def test_reads_are_sorted_and_escaped():
    fig = reads_figure(_reads(3), theme="light")
    assert list(fig.data[0].x) == [1000, 2000, 3000]
    assert fig.layout.yaxis.ticktext[2] == "GSE2&lt;b&gt;"
    assert fig.data[0].error_x.array[0] == 89_000


def test_many_studies_are_named_in_the_hover_only():
    fig = reads_figure(_reads(MAX_NAMED_STUDIES + 1), theme="dark")
    assert len(fig.layout.yaxis.ticktext) == 0
    assert fig.layout.yaxis.title.text == f"{MAX_NAMED_STUDIES + 1} studies"
    assert fig.data[0].customdata[0][0] == "GSE0&lt;b&gt;"


def test_rates_show_the_rule():
    fig = rates_figure(RATES, theme="light")
    assert [trace.name for trace in fig.data] == ["kept", "set aside by the rule"]
    assert fig.layout.shapes[0].x0 == 40
    assert "40 %" in fig.layout.annotations[0].text
    plain = rates_figure(RATES.assign(threshold=0.0), theme="light")
    assert len(plain.layout.shapes) == 0


@pytest.mark.parametrize(("n_studies", "step"), [(1, 1), (3, 1), (4, None)])
def test_studies_are_counted_in_whole_numbers(n_studies, step):
    table = pd.DataFrame({"month": ["2020-01"], "kind": ["usable"], "n_studies": [n_studies], "n_cells": [50]})
    assert months_figure(table, theme="light").layout.yaxis2.dtick == step
