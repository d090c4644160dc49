"""The tables of the study as it was last run, kept beside its code: the shipped configurations take them into their bundles."""

from dataclasses import asdict
from pathlib import Path

import pytest

from build_bundle.configuration.reader import read_config
from build_bundle.study.models_file import read_models
from build_bundle.study.settings import read_study
from build_bundle.study.tables import settings_words
from core.bundle.schema import ENCODER, MODELS, MODELS_BY_TYPE

CONFIGS = Path("build_bundle/configs")
RESULTS = Path("build_bundle/study/results")


@pytest.fixture(scope="module")
def tables():
    return {spec: table.to_pandas() for spec, table in read_models(RESULTS).items()}


@pytest.mark.parametrize("name", ["human", "mouse", "demo"])
def test_the_shipped_configurations_name_them(name):
    folder = read_config(CONFIGS / f"{name}.toml", data=Path("unused")).study_folder
    assert folder is not None
    assert folder.resolve() == RESULTS.resolve()


def test_every_model_is_one_of_the_list(tables):
    study = read_study(CONFIGS / "study.toml", data=Path("unused"))
    listed = {ENCODER, *study.baselines, *study.rivals, *(f"{name}_labels" for name in study.rivals)}
    listed |= {spec.name for spec in study.models}
    assert set(tables[MODELS]["model"]) <= listed
    assert {ENCODER, "pca_100", "raw", "cosine", "logistic", "celltypist"} <= set(tables[MODELS]["model"])


def test_the_default_was_run_with_the_settings_that_bundles_are_trained_with(tables):
    """A changed recipe needs another run of the study."""
    found = tables[MODELS].set_index("model").loc[ENCODER, "settings"]
    configs = [read_config(CONFIGS / f"{name}.toml", data=Path("unused")) for name in ("human", "mouse")]
    assert found == settings_words(*(asdict(config.steps["train"]) for config in configs))
    assert "detected 0.0 or 1.0" in found


def test_all_were_asked_for_the_same_held_out_studies(tables):
    assert set(tables[MODELS]["n_studies"]) == {21}
    cells = tables[MODELS_BY_TYPE].groupby("model")["n_cells"].sum()
    assert cells.nunique() == 1
    assert set(tables[MODELS_BY_TYPE]["reference"]) == {"human", "mouse"}
