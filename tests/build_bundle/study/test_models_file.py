import pandas as pd
import pytest

from build_bundle.study.models_file import MODELS_FILE, read_models
from core.bundle.schema import MODELS
from core.errors import ConfigError

FIRST = {"model": "dense 8", "family": "classify, dense", "sizes": "8", "settings": "epochs 2; rate 0.1", "width": 8.0,
         "train_seconds": 1.5, "inner_mafp": 0.5, "n_studies": 4}  # fmt: skip
LABELS = {"model": "logistic_labels", "family": "baseline or rival", "n_studies": 4, "accuracy": 0.25}


def written(folder, rows, **changes):
    table = pd.DataFrame(rows, columns=[column.name for column in MODELS.columns]).assign(**changes)
    table.to_csv(folder / MODELS_FILE, index=False)
    return table


def test_a_file_is_read_as_the_table_of_the_bundle(tmp_path):
    written(tmp_path, [FIRST, LABELS], later="a column of a later version")
    table = read_models(tmp_path)
    assert table.schema.equals(MODELS.arrow_schema)
    first, labels = table.to_pylist()
    assert (first["sizes"], first["width"], first["inner_mafp"]) == ("8", 8, 0.5)
    assert (labels["sizes"], labels["width"], labels["mafp_weighted"], labels["accuracy"]) == ("", None, None, 0.25)


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
def test_what_the_table_may_not_hold_is_refused(tmp_path, changes, said):
    written(tmp_path, [FIRST, LABELS], **changes)
    with pytest.raises(ConfigError, match=said):
        read_models(tmp_path)


def test_missing_files_and_columns_are_named_with_what_writes_them(tmp_path):
    with pytest.raises(ConfigError, match=r"models\.csv does not exist; make study .* writes it"):
        read_models(tmp_path)
    table = written(tmp_path, [FIRST])
    table.drop(columns=["n_studies", "accuracy_low"]).to_csv(tmp_path / MODELS_FILE, index=False)
    with pytest.raises(ConfigError, match="has no column n_studies, accuracy_low; make study"):
        read_models(tmp_path)
    (tmp_path / MODELS_FILE).write_bytes(b"")
    with pytest.raises(ConfigError, match="cannot be read as a table of models"):
        read_models(tmp_path)
