import pandas as pd

from core.explore.models_by_type import models_by_type

MODELS = pd.DataFrame(
    [("dense 8", "classify, dense"), ("triplet 8", "triplet, dense"), ("raw", "baseline or rival"), ("encoder", "default"),
     ("cosine", "baseline or rival"), ("raw_labels", "baseline or rival")],
    columns=["model", "family"],
)  # fmt: skip
ROWS = pd.DataFrame(
    [("dense 8", "mouse", "CL:1", "one", 0.1, 10, 2), ("encoder", "mouse", "CL:1", "one", 0.3, 10, 2),
     ("dense 8", "mouse", "CL:2", "two", 0.9, 5, 1), ("encoder", "mouse", "CL:2", "two", 0.7, 5, 1),
     ("raw", "mouse", "CL:2", "two", 0.5, 4, 1), ("triplet 8", "human", "CL:1", "one", 1.0, 3, 1),
     ("cosine", "human", "CL:1", "one", 0.5, 3, 1), ("raw", "human", "CL:1", "one", 0.4, 3, 1)],
    columns=["model", "reference", "cell_type_ontology_term_id", "cell_type", "mafp", "n_cells", "n_studies"],
)  # fmt: skip


def test_types_by_model_best_types_first_and_the_default_before_all():
    found = models_by_type(ROWS, MODELS)["mouse"]
    assert list(found.columns) == ["type_id", "type_name", "n_query", "n_studies", "encoder", "raw", "dense 8"]
    assert found["type_name"].tolist() == ["two", "one"]
    assert found[["n_query", "n_studies"]].to_numpy().tolist() == [[5, 1], [10, 2]]
    assert found["encoder"].tolist() == [0.7, 0.3]
    assert found["raw"].isna().tolist() == [False, True]


def test_models_stand_in_the_order_of_their_table_whatever_they_reach():
    found = models_by_type(ROWS, MODELS)["human"]
    assert list(found.columns)[4:] == ["raw", "cosine", "triplet 8"]


def test_references_stand_by_name_but_for_the_first():
    assert list(models_by_type(ROWS, MODELS)) == ["human", "mouse"]
    assert list(models_by_type(ROWS, MODELS, first="mouse")) == ["mouse", "human"]
    assert models_by_type(ROWS.head(0), MODELS.head(0), first="mouse") == {}
