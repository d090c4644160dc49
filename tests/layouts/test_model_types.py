import pandas as pd

from layouts import model_types
from tests.components import classes, text, walk

TABLE = pd.DataFrame(
    {
        "type_id": ["CL:1", "CL:2"],
        "type_name": ["B cell", "monocyte"],
        "n_query": [1200, 5],
        "encoder": [0.9, 0.5],
        "raw": [0.4, None],
    }
)


def test_every_type_has_a_row_with_its_best_model():
    first, second = model_types.rows(TABLE, ["encoder", "raw"])
    assert first == {
        "type_id": "CL:1", "name": "B cell", "told": "B cell, CL:1", "n_query": 1200, "encoder": 0.9, "raw": 0.4, "best": 0.9,
    }  # fmt: skip
    assert (second["raw"], second["best"]) == (None, 0.5)
    unasked = TABLE.assign(encoder=None, raw=None)
    assert model_types.rows(unasked, ["encoder", "raw"])[0]["best"] is None


def test_every_model_has_a_coloured_column():
    panel = model_types.panel(TABLE, {"encoder": "Encoder of this reference"})
    grid = next(p for p in walk(panel) if type(p).__name__ == "AgGrid")
    assert [c["headerName"] for c in grid.columnDefs] == [
        "Type", "Held-out cells", "Encoder of this reference", "raw",
    ]  # fmt: skip
    assert [c["field"] for c in grid.columnDefs if "cellStyle" in c] == ["encoder", "raw"]
    assert len(grid.rowData) == 2
    assert classes(panel, "panel-model-types")
    assert "MAFP of 2 types" in text(panel)


def test_without_types_it_says_so():
    assert "No type was compared" in text(model_types.panel(TABLE.iloc[:0], {}))
