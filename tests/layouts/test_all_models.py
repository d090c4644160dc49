import json
from dataclasses import fields

import pytest

from core.explore.reference import ReferenceView, reference_view
from layouts import all_models, ids
from tests.components import find, text
from tests.components import ids as ids_of


@pytest.fixture(scope="module")
def table(answered):
    assert "models" in {field.name for field in fields(ReferenceView)}
    return reference_view(answered.bundle).models


def test_every_model_has_a_row_in_the_order_of_the_study(table):
    rows = all_models.rows(table, all_models.NAMES)
    assert json.loads(json.dumps(rows)) == rows
    assert [row["name"] for row in rows] == [
        "dense 20", "Encoder", "PCA, 100 components", "Logistic regression, its own labels",
    ]  # fmt: skip
    assert [row["is_default"] for row in rows] == [False, True, False, False]
    assert rows[0]["told"] == "dense 20: body dense; epochs 8"
    assert rows[2]["told"] == "PCA, 100 components"
    assert (rows[0]["mafp_weighted"], rows[0]["mafp_weighted_low"]) == (0.91, pytest.approx(0.86))
    assert (rows[3]["width"], rows[3]["inner_mafp"], rows[3]["mafp_weighted_high"]) == (None, None, None)


def test_every_column_is_of_the_rows_and_defined(table):
    row = all_models.rows(table, all_models.NAMES)[0]
    for column in all_models.columns():
        assert column["field"] in row
        assert column["headerTooltip"]
        assert column["filter"]
    drawn = [c["field"] for c in all_models.columns() if c.get("cellRenderer") == "FigureInterval"]
    assert all({f"{field}_low", f"{field}_high"} <= set(row) for field in drawn)
    assert len(drawn) == 4


def test_the_panel_counts_and_can_be_saved(table):
    panel = all_models.panel(table, all_models.NAMES)
    said = "4 models on the network study's own references, mean over 4 held-out studies with 95 % interval"
    assert said in text(panel)
    assert len(find(panel, ids.ALL_MODELS).rowData) == 4
    assert find(panel, ids.ALL_MODELS_DOWNLOAD)
    unasked = all_models.panel(table.assign(n_studies=0), all_models.NAMES)
    assert "4 models; the held-out studies were not asked yet" in text(unasked)


def test_without_a_study_it_says_how_to_get_one(table):
    panel = all_models.panel(table.head(0), all_models.NAMES)
    assert "make study" in text(panel)
    assert ids.ALL_MODELS not in ids_of(panel)
