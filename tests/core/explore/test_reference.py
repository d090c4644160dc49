import dataclasses

import pytest

from core.explore.reference import built_on, chip, reference_view, year
from tests.worlds import COMPOSITION, TYPES


def test_view(answered):
    view = reference_view(answered.bundle)
    counts = answered.bundle.manifest.counts
    assert (view.n_cells, view.n_types, view.n_studies) == (600, len(TYPES), len(COMPOSITION))
    assert view.n_genes == counts.n_genes
    assert view.title == answered.bundle.manifest.title
    assert view.chip.startswith("600 cells · 6 types · 4 studies · built ")
    assert view.types["n_cells"].sum() == 600
    assert view.types["n_cells"].is_monotonic_decreasing
    assert (view.types["thin"] == (view.types["n_cells"] < 75)).all()
    assert view.studies["status"].tolist()[:4] == ["used"] * 4
    assert view.studies["status"].iloc[-1] == "set_aside"
    assert view.studies["accession"].isna().any()
    assert set(view.evaluation.columns) >= {"model", "metric", "value"}
    assert dict(view.facts)["Organism"] == "human"
    assert "% of the exact neighbours" in dict(view.facts)["Index"]
    assert "month" in view.collection


def test_chip_and_day(answered):
    manifest = dataclasses.replace(answered.bundle.manifest, built_at="2026-11-03T10:00:00+00:00")
    assert built_on(manifest) == "3 Nov 2026"
    assert chip(manifest).endswith("built 3 Nov 2026")


@pytest.mark.parametrize(
    ("date", "found"),
    [("2018-04-01", 2018), ("2018", 2018), ("", None), (None, None), (float("nan"), None), ("soon", None)],
)
def test_year(date, found):
    assert year(date) == found
