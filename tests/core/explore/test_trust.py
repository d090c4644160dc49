import pandas as pd

from core.explore.trust import trust_view

ROWS = [
    ("coverage", "all", 0.9, 0.88), ("coverage", "a", 0.9, 0.7), ("coverage", "b", 0.9, 1.0),
    ("coverage", "all", 0.95, 0.94), ("coverage", "a", 0.95, 0.9), ("coverage", "b", 0.95, 0.98),
    ("reliability", "", 0.8, 0.75), ("reliability", "", 0.2, 0.3),
    ("summary", "calibration_error", 0.0, 0.06), ("summary", "false_alarms", 0.0, 0.01), ("weight", "intercept", 0.0, 1.0),
]  # fmt: skip


def table() -> pd.DataFrame:
    return pd.DataFrame(ROWS, columns=["kind", "name", "x", "y"]).assign(n_cells=500, n_studies=2)


def test_promises_come_with_what_was_kept_and_the_spread_over_studies():
    view = trust_view(table())
    assert view.coverage.to_dict("records") == [
        {"promised": 0.95, "kept": 0.94, "lowest": 0.9, "highest": 0.98},
        {"promised": 0.9, "kept": 0.88, "lowest": 0.7, "highest": 1.0},
    ]
    assert view.reliability["said"].tolist() == [0.2, 0.8]
    assert (view.n_cells, view.n_studies) == (500, 2)
    assert (view.calibration_error, view.false_alarms, view.unknown_auroc) == (0.06, 0.01, None)


def test_a_bundle_that_learned_nothing_shows_nothing():
    view = trust_view(table().iloc[:0])
    assert view.coverage.empty
    assert view.reliability.empty
    assert (view.n_cells, view.calibration_error) == (0, None)
