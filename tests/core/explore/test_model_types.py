import pandas as pd

from core.explore.model_types import model_types

ROWS = [
    ("study", "all", "encoder", "CL:1", "mafp_weighted", 0.9, 10), ("study", "all", "raw", "CL:1", "mafp_weighted", 0.4, 10),
    ("study", "all", "encoder", "CL:2", "mafp_weighted", 0.8, 50), ("study", "x", "encoder", "CL:2", "mafp_weighted", 0.1, 50),
    ("study", "all", "encoder", "all", "mafp_weighted", 0.8, 60), ("study", "all", "encoder", "CL:2", "accuracy", 0.3, 50),
    ("pair", "all", "encoder", "CL:3", "mafp_weighted", 0.7, 5), ("study", "all", "encoder", "rare", "mafp_weighted", 0.7, 5),
]  # fmt: skip
COLUMNS = ["split", "held_out", "model", "cell_type_ontology_term_id", "metric", "value", "n_query"]


def test_types_by_model_of_whole_studies_most_cells_first():
    found = model_types(pd.DataFrame(ROWS, columns=COLUMNS), {"CL:1": "one"})
    assert list(found.columns) == ["type_id", "type_name", "n_query", "encoder", "raw"]
    assert found["type_name"].tolist() == ["CL:2", "one"]
    assert found["encoder"].tolist() == [0.8, 0.9]
    assert found["raw"].isna().tolist() == [True, False]


def test_single_types_where_no_study_was_held_out_and_nothing_without_an_evaluation():
    pairs = pd.DataFrame([row for row in ROWS if row[0] == "pair"], columns=COLUMNS)
    assert model_types(pairs, {})["type_id"].tolist() == ["CL:3"]
    assert model_types(pairs.iloc[:0], {}).empty
