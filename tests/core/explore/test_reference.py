import dataclasses

import pandas as pd
import pytest

from core.explore.reference import _rates, built_on, chip, reference_view, year
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
    assert not view.evaluation.duplicated(
        ["split", "model", "metric"]
    ).any()  # rows of single types and studies stay out
    assert dict(view.facts)["Organism"] == "human"
    assert dict(view.facts)["Index"] == "searched exactly, having fewer than 10,000 cells"
    assert "month" in view.collection
    assert view.reads["n_libraries"].sum() == 144
    assert set(view.rates["measure"]) == {"overall"}


def test_the_baselines_are_asked_for_the_same_types(answered):
    view = reference_view(answered.bundle)
    assert set(view.baselines["model"]) == {"pca_100", "raw"}
    assert set(view.baselines["type_id"]) == set(view.types.loc[view.types["accuracy"].notna(), "type_id"])
    assert view.baselines["accuracy"].between(0, 1).all()
    assert not view.baselines.duplicated(["type_id", "model"]).any()  # rows of single studies stay out


def test_the_rates_are_those_of_the_rule():
    rows = [("coding", 0.0, 0.4), ("overall", 0.0, 0.0), ("coding", 0.5, 0.4)]
    table = pd.DataFrame(rows, columns=["measure", "low", "threshold"])
    assert _rates(table)["measure"].tolist() == ["coding", "coding"]
    assert _rates(table.assign(threshold=0.0))["measure"].tolist() == ["overall"]
    assert _rates(table.head(0)).empty


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
