import json

import numpy as np
import pandas as pd
import plotly.io as pio
import pytest

from core.explore.reference import reference_view
from layouts import all_models, ids, model_types, models_by_type
from tests.components import classes, find, text, walk
from tests.components import ids as ids_of

LARGEST_BYTES = 1_500_000


@pytest.fixture(scope="module")
def tables(answered):
    return reference_view(answered.bundle).study_types


def grid_of(component):
    return next(part for part in walk(component) if type(part).__name__ == "AgGrid")


def test_every_model_has_a_narrow_column_with_its_name_upright(tables):
    grid = grid_of(models_by_type.panel(tables, all_models.NAMES))
    columns = grid.columnDefs
    assert [c["headerName"] for c in columns] == [
        "Type", "Held-out cells", "Encoder, the default", "PCA, 100 components", "dense 20",
    ]  # fmt: skip
    models = columns[2:]
    assert [c["field"] for c in models] == ["m0", "m1", "m2"]  # no dots, which AG Grid takes for paths
    assert {c["headerClass"] for c in models} == {"is-upright"}
    assert grid.dashGridOptions["headerHeight"] == models_by_type.HEADER_HEIGHT
    coloured = model_types.heat("m0", "Encoder, the default")
    assert all(columns[2][name] == coloured[name] for name in ("cellStyle", "cellClass", "cellClassRules"))


def test_every_type_has_a_row_that_tells_its_cells_and_studies(tables):
    rows = grid_of(models_by_type.panel(tables, all_models.NAMES)).rowData
    assert json.loads(json.dumps(rows)) == rows
    assert [row["name"] for row in rows] == ["acinar cell", "B cell", "mast cell"]
    assert rows[1]["told"] == "B cell, CL:0000236"
    assert [row["asked"] for row in rows] == ["60 cells of 2 studies", "120 cells of 3 studies", "7 cells of 1 study"]
    assert (rows[2]["m0"], rows[2]["m1"], rows[2]["best"]) == (0.3, None, 0.3)


def test_the_first_reference_is_drawn_and_the_others_can_be_chosen(tables):
    panel = models_by_type.panel(tables, all_models.NAMES)
    switch = find(panel, ids.STUDY_SWITCH)
    assert (switch.value, [choice["label"] for choice in switch.data]) == ("human", ["Human", "Mouse"])
    assert "3 types, 3 models." in text(panel)
    assert "never by the held-out studies" in text(panel)
    assert find(panel, ids.MODELS_BY_TYPE_DOWNLOAD)
    assert classes(panel, "panel-models-by-type")
    alone = models_by_type.panel({"mouse": tables["mouse"]}, all_models.NAMES)
    assert ids.STUDY_SWITCH not in ids_of(alone)
    assert "1 type, 3 models." in text(alone)


def test_without_figures_it_says_how_to_get_them():
    panel = models_by_type.panel({}, all_models.NAMES)
    assert "make study" in text(panel)
    assert ids.MODELS_BY_TYPE not in ids_of(panel)


def test_a_study_of_many_models_and_types_stays_small():
    n_models, n_types = 130, 200
    facts = {"type_id": [f"CL:{i:07}" for i in range(n_types)], "type_name": [f"a cell of some kind {i}" for i in range(n_types)],
             "n_query": 1000, "n_studies": 9}  # fmt: skip
    values = np.random.default_rng(0).random((n_types, n_models)).round(4)
    models = {f"triplet dense 1136-500-100 margin 0.2, {i}": values[:, i] for i in range(n_models)}
    drawn = models_by_type.heatmap(pd.DataFrame(facts | models), {})
    assert len(pio.json.to_json_plotly(drawn)) < LARGEST_BYTES
