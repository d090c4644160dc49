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


def test_every_type_has_a_row_and_every_model_a_coloured_number():
    panel = model_types.panel(TABLE, {"encoder": "Encoder of this reference"})
    said = text(panel)
    for part in ("B cell", "1,200", "0.90", "0.40", "Encoder of this reference", "raw", "–"):
        assert part in said
    coloured = [p for p in walk(panel) if getattr(p, "style", None)]
    assert ["50%" in p.style["background"] for p in coloured] == [True, False, False]
    assert len(coloured) == 3
    assert classes(panel, "panel-model-types")


def test_without_types_it_says_so():
    assert "No type was compared" in text(model_types.panel(TABLE.iloc[:0], {}))
