from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.explore.contrast import EFFECT_COLUMNS, StudyEffects
from layouts.figures.forest import MAX_STUDIES, forest_figure


def view(n=3, **changes) -> StudyEffects:
    change = np.linspace(1, 2, n)
    table = pd.DataFrame({
        "study": [f"s{i}" for i in range(n)], "accession": [f"GSE<{i}> with a long name of its own" for i in range(n)],
        "title": "", "log2_fold_change": change, "low": change - 0.5, "high": change + 0.5,
        "p_value_adj": np.where(np.arange(n) == 1, 0.2, 1e-9), "pct_in": 0.9, "pct_out": 0.1,
        "n_in": np.arange(n, 0, -1) * 100, "n_out": 900, "same_study": True,
    })[list(EFFECT_COLUMNS)]  # fmt: skip
    return StudyEffects("<G>", "CL:1", "type", "others", table, 1.5, 1.2, 1.8, 0.4, **changes)


def named(fig):
    return {trace.name: trace for trace in fig.data}


def test_a_square_a_study_and_a_diamond_for_the_mean():
    traces = named(forest_figure(view(), theme="light"))
    assert list(traces["sure"].y) == [0, 2]
    assert list(traces["not sure"].y) == [1]
    assert traces["not sure"].marker.color != traces["sure"].marker.color
    assert np.nanmin(traces["intervals"].x) == pytest.approx(0.5)
    assert (min(traces["mean"].x), max(traces["mean"].x)) == (1.2, 1.8)
    assert traces["sure"].marker.size[0] > traces["sure"].marker.size[1]


def test_every_row_has_its_name_and_the_studies_their_cells():
    fig = forest_figure(view(), theme="light")
    assert list(fig.layout.yaxis.tickvals) == [0, 1, 2, 3]
    assert fig.layout.yaxis.ticktext[-1] == "mean"
    assert [note.text for note in fig.layout.annotations] == ["300", "200", "100", "cells"]
    assert [note.y for note in fig.layout.annotations][:3] == [0, 1, 2]


def test_one_study_has_no_mean_of_its_own():
    fig = forest_figure(view(1), theme="dark")
    assert "mean" not in named(fig)
    assert len(fig.layout.yaxis.ticktext) == 1


def test_text_is_escaped_and_short():
    fig = forest_figure(view(), theme="light")
    assert all("<" not in name for name in fig.layout.yaxis.ticktext)
    assert "&lt;G&gt;" in fig.layout.xaxis.title.text
    assert "&lt;0&gt;" in named(fig)["sure"].text[0]


def test_other_studies_in_the_background_are_said():
    other = view()
    other = replace(other, studies=other.studies.assign(same_study=False))
    assert "other studies" in named(forest_figure(other, theme="light"))["sure"].text[0]


def test_many_studies_stay_readable():
    fig = forest_figure(view(60), theme="light")
    assert len(named(fig)["intervals"].x) == 3 * MAX_STUDIES
    assert len(fig.to_json()) < 100_000
