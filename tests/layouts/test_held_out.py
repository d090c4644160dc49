from dataclasses import replace

import pandas as pd
import pytest

from core.explore.reference import reference_view
from layouts import held_out
from tests.components import classes, text, walk


@pytest.fixture(scope="module")
def view(answered):
    return reference_view(answered.bundle)


def told(row):
    return getattr(row, "data-tip").split("\n")


def test_the_reference_is_filled_and_has_intervals_the_baselines_are_open(view):
    panel = held_out.panel(view, [])
    measured = view.types["accuracy"].notna().sum()
    rows = classes(panel, "is-compared")
    assert len(rows) == measured > 0
    assert [len(classes(row, "is-filled")) for row in rows] == [1] * measured
    assert len(classes(panel, "dot-interval")) == view.types["ci_low"].notna().sum()
    others = view.baselines["model"].unique()
    assert all(len(classes(row, "dot-mark")) == 1 + len(others) for row in rows)
    legend = classes(panel, "is-of-dots")[0]
    assert text(legend) == "this reference PCA, 100 components Raw expression"


def test_marks_stand_at_their_figures_and_are_told(view):
    one = view.types.head(1).assign(accuracy=0.25, ci_low=0.2, ci_high=0.5)
    type_id, name = one.loc[0, ["type_id", "type_name"]]
    pca = pd.DataFrame([{"type_id": type_id, "model": "pca_100", "accuracy": 0.75, "ci_low": 0.7, "ci_high": 0.8}])
    row = classes(held_out.panel(replace(view, types=one, baselines=pca), []), "is-compared")[0]
    assert [mark.style["left"] for mark in classes(row, "dot-mark")] == ["75.0%", "25.0%"]
    assert classes(row, "dot-interval")[0].style == {"left": "20.0%", "width": "30.0%"}
    assert told(row) == [f"{name}: 25 % (20 to 50 %)", "PCA, 100 components: 75 % (70 to 80 %)"]


def test_methods_beyond_the_marks_are_only_told(view):
    one = view.types.head(1)
    rows = [
        {"type_id": one.loc[0, "type_id"], "model": f"m{i}", "accuracy": 0.5, "ci_low": None, "ci_high": None}
        for i in range(6)
    ]
    row = classes(held_out.panel(replace(view, types=one, baselines=pd.DataFrame(rows)), []), "is-compared")[0]
    assert len(classes(row, "dot-mark")) == 1 + len(held_out.MARKS)
    assert told(row)[-1] == "m5: 50 %"


def test_without_baselines_there_is_one_lane_and_no_legend(view):
    panel = held_out.panel(replace(view, baselines=view.baselines.head(0)), [])
    assert not classes(panel, "is-compared")
    assert not classes(panel, "legend")
    assert len(classes(panel, "dot-mark")) == view.types["accuracy"].notna().sum()


def test_types_without_measurement_are_counted(view):
    types = view.types.copy()
    types.loc[0, "accuracy"] = float("nan")
    assert "1 type not measured. A type is measured where" in text(held_out.panel(replace(view, types=types), []))
    assert "not measured" not in text(held_out.panel(view, []))
    unmeasured = replace(view, types=view.types.assign(accuracy=float("nan")))
    panel = held_out.panel(unmeasured, [])
    assert "Accuracy was not measured." in text(panel)
    assert not [part for part in walk(panel) if getattr(part, "className", "") == "legend"]


def test_the_table_has_a_column_a_baseline(view):
    table = held_out.measured_types(view)
    assert table["accuracy"].is_monotonic_decreasing
    first = table.iloc[0]
    same = view.baselines[(view.baselines["type_id"] == first["type_id"]) & (view.baselines["model"] == "raw")]
    assert first["accuracy_raw"] == same["accuracy"].item()
