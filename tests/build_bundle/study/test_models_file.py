import pandas as pd
import pytest

from build_bundle.study.models_file import file_of, read_models
from core.bundle.schema import MODELS, MODELS_BY_TYPE
from core.errors import ConfigError

FIRST = {"model": "dense 8", "family": "classify, dense", "sizes": "8", "settings": "epochs 2; rate 0.1", "width": 8.0,
         "train_seconds": 1.5, "inner_mafp": 0.5, "n_studies": 4}  # fmt: skip
LABELS = {"model": "logistic_labels", "family": "baseline or rival", "n_studies": 4, "accuracy": 0.25}
B_CELL = {"model": "dense 8", "reference": "human", "cell_type_ontology_term_id": "CL:0000236", "cell_type": "B cell",
          "mafp": 0.75, "n_cells": 12, "n_studies": 3}  # fmt: skip
MOUSE = {**B_CELL, "reference": "mouse", "mafp": 0.5}


def written(folder, rows, spec=MODELS, **changes):
    table = pd.DataFrame(rows, columns=[column.name for column in spec.columns]).assign(**changes)
    table.to_csv(folder / file_of(spec), index=False)
    return table


@pytest.fixture
def folder(tmp_path):
    written(tmp_path, [FIRST, LABELS])
    written(tmp_path, [B_CELL, MOUSE], MODELS_BY_TYPE)
    return tmp_path


def test_the_files_are_read_as_the_tables_of_the_bundle(folder):
    written(folder, [FIRST, LABELS], later="a column of a later version")
    tables = read_models(folder)
    assert [table.schema for table in tables.values()] == [MODELS.arrow_schema, MODELS_BY_TYPE.arrow_schema]
    first, labels = tables[MODELS].to_pylist()
    assert (first["sizes"], first["width"], first["inner_mafp"]) == ("8", 8, 0.5)
    assert (labels["sizes"], labels["width"], labels["mafp_weighted"], labels["accuracy"]) == ("", None, None, 0.25)
    assert tables[MODELS_BY_TYPE].to_pylist() == [B_CELL, MOUSE]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"width": "wide"}, "cannot be read as a table of models"),
        ({"n_studies": None}, "cannot be read as a table of models"),
        ({"width": 1.5}, "cannot be read as a table of models"),
        ({"model": "twice"}, "1 rows repeat a key"),
        ({"accuracy": float("inf")}, "accuracy holds numbers that are not finite"),
    ],
)
def test_what_the_table_may_not_hold_is_refused(folder, changes, said):
    written(folder, [FIRST, LABELS], **changes)
    with pytest.raises(ConfigError, match=said):
        read_models(folder)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mafp": "high"}, "models_by_type.csv cannot be read as a table of models"),
        ({"n_cells": None}, "models_by_type.csv cannot be read as a table of models"),
        ({"reference": "human"}, "models_by_type.csv: 1 rows repeat a key"),
        ({"mafp": None}, "models_by_type.csv cannot be read as a table of models"),
        ({"model": "gone"}, r"models_by_type.csv names models that models.csv does not, such as gone; make study"),
    ],
)
def test_what_the_table_by_type_may_not_hold_is_refused(folder, changes, said):
    written(folder, [B_CELL, MOUSE], MODELS_BY_TYPE, **changes)
    with pytest.raises(ConfigError, match=said):
        read_models(folder)


def test_missing_files_and_columns_are_named_with_what_writes_them(folder):
    for spec, rows, left_out in (
        (MODELS, [FIRST], ["n_studies", "accuracy_low"]),
        (MODELS_BY_TYPE, [B_CELL], ["cell_type", "n_cells"]),
    ):
        table = written(folder, rows, spec)
        table.drop(columns=left_out).to_csv(folder / file_of(spec), index=False)
        with pytest.raises(ConfigError, match=f"has no column {', '.join(left_out)}; make study"):
            read_models(folder)
        (folder / file_of(spec)).write_bytes(b"")
        with pytest.raises(ConfigError, match="cannot be read as a table of models"):
            read_models(folder)
        (folder / file_of(spec)).unlink()
        with pytest.raises(ConfigError, match=rf"{spec.name}\.csv does not exist; make study .* writes it"):
            read_models(folder)
        written(folder, rows, spec)
