"""A whole small study of the planted world: resumable, chosen and tested apart, written as tables."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from build_bundle.cli import main
from build_bundle.study.command import RUNS, open_references, run_study
from build_bundle.study.models_file import read_models
from build_bundle.study.run import StudyStore
from build_bundle.study.settings import read_study
from build_bundle.study.tables import (
    DIGITS,
    complete,
    models_by_type,
    models_table,
    over_types,
    study_text,
    write_study,
)
from core.bundle.schema import MODELS, MODELS_BY_TYPE
from core.bundle.schema_networks import FIRST_FAMILIES
from core.embedding.nets import forward, unpack_nets
from core.errors import ConfigError

LIST = """
seed = 3
configs = ["{config}"]
baselines = ["cosine", "logistic_labels", "pca_100", "encoder_untaught", "logistic_taught"]
inner = 2

[[models]]
vary = {{ hidden = [[8], [6]] }}
epochs = 2

[[models]]
hidden = [8]
objective = "triplet"
margin = 0.2
epochs = 1
"""


@pytest.fixture(scope="module")
def listed(planted_config, tmp_path_factory):
    path = tmp_path_factory.mktemp("list") / "study.toml"
    path.write_text(LIST.format(config=planted_config))
    return path


@pytest.fixture(scope="module")
def finished(listed, tmp_path_factory):
    out = tmp_path_factory.mktemp("study")
    code = main(["study", "--config", str(listed), "--out", str(out), "--phase", "both"])
    assert code == 0
    return out


def test_a_study_writes_its_tables_and_figures(finished):
    models = pd.read_csv(finished / "models.csv")
    assert set(models["model"]) >= {
        "encoder",
        "cosine",
        "pca_100",
        "logistic_labels",
        "dense 8 2 epochs",
        "dense 6 2 epochs",
    }
    assert models["inner_mafp"].dropna().is_monotonic_decreasing
    labels_only = models.set_index("model").loc["logistic_labels"]
    assert np.isnan(labels_only["mafp_weighted"])
    assert 0 < labels_only["accuracy"] <= 1
    assert models.set_index("model").loc["dense 8 2 epochs", "sizes"] == 8
    assert read_models(finished)[MODELS].column("model").to_pylist() == models["model"].tolist()
    assert set(models["n_studies"]) == {
        len(over_types(pd.read_parquet(finished / "evaluation_final.parquet"), "accuracy"))
    }
    text = (finished / "study.md").read_text()
    assert "| held out | encoder |" in text
    assert "mean of" in text
    for name in ("mafp_by_type.svg", "models.svg"):
        assert (finished / name).read_text().startswith("<svg")


def test_every_model_has_a_row_for_every_type_it_was_asked(finished, listed):
    written = read_models(finished)[MODELS_BY_TYPE].to_pandas()
    cells = StudyStore(finished / RUNS).cells()
    final = cells[cells["phase"] == "final"]
    models = set(pd.read_csv(finished / "models.csv")["model"])
    assert set(written["model"]) == models - {"logistic_labels"}  # it retrieves nothing
    assert set(written["cell_type_ontology_term_id"]) == set(final["cell_type_ontology_term_id"])
    first = written.iloc[0]
    mine = final[(final["model"] == first["model"]) & (final["reference"] == first["reference"])]
    mine = mine[mine["cell_type_ontology_term_id"] == first["cell_type_ontology_term_id"]]
    assert first["mafp"] == round(mine["afp"].mean(), DIGITS)
    assert (first["n_cells"], first["n_studies"]) == (len(mine), mine["held_out"].nunique())
    (reference,) = open_references(read_study(listed, data=None), finished, Path("unused"))
    assert set(written["reference"]) == {reference.name}
    names = reference.corpus.names
    assert written["cell_type"].tolist() == [names[t] for t in written["cell_type_ontology_term_id"]]


def test_runs_of_earlier_settings_do_not_count(listed, finished, tmp_path):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    note = next(path for path in (tmp_path / RUNS).glob("*.json") if json.loads(path.read_text())["model"] == "encoder")
    scored = pd.read_parquet(note.with_suffix(".parquet"))
    shutil.copy(note, note.with_name("earlier.json"))
    scored.assign(afp=0.0).to_parquet(note.with_name("earlier.parquet"))
    assert main(["study", "--config", str(listed), "--out", str(tmp_path), "--phase", "both"]) == 0
    assert (tmp_path / "models.csv").read_bytes() == (finished / "models.csv").read_bytes()
    assert len(StudyStore(tmp_path / RUNS).notes()) == len(StudyStore(finished / RUNS).notes()) + 1


def test_without_test_studies_the_table_by_type_is_empty_and_can_be_read(finished, tmp_path):
    runs = tmp_path / RUNS
    runs.mkdir()
    for note in (finished / RUNS).glob("*.json"):
        if json.loads(note.read_text())["phase"] == "inner":
            for path in (note, note.with_suffix(".parquet")):
                shutil.copy(path, runs)
    assert tmp_path / "models_by_type.csv" in list(write_study(StudyStore(runs), tmp_path, {}, seed=1))
    tables = read_models(tmp_path)
    assert tables[MODELS].num_rows > 0
    assert tables[MODELS_BY_TYPE].num_rows == 0


def test_figures_by_type_are_means_over_cells_of_all_studies():
    rows = [("m", "human", "CL:1", "a", 0.2), ("m", "human", "CL:1", "a", 0.4), ("m", "human", "CL:1", "b", 0.9),
            ("m", "mouse", "CL:1", "a", 1.0), ("labels", "human", "CL:1", "a", None)]  # fmt: skip
    cells = pd.DataFrame(rows, columns=["model", "reference", "cell_type_ontology_term_id", "held_out", "afp"])
    human, mouse = models_by_type(cells, {}).to_dict("records")
    assert human == {
        "model": "m", "reference": "human", "cell_type_ontology_term_id": "CL:1", "cell_type": "CL:1",
        "mafp": pytest.approx(0.5), "n_cells": 3, "n_studies": 2,
    }  # fmt: skip
    assert (mouse["reference"], mouse["mafp"]) == ("mouse", 1.0)


def test_inner_hold_outs_never_ask_the_studies_of_their_fold(finished):
    notes = StudyStore(finished / RUNS).notes()
    inner = [note for note in notes if note["phase"] == "inner"]
    final = [note for note in notes if note["phase"] == "final"]
    assert inner
    assert final
    assert all(set(note["asked"]) < set(note["held_out"]) for note in inner)
    assert all(note["asked"] == note["held_out"] for note in final)


def test_a_study_that_several_inner_hold_outs_ask_counts_once_in_each(finished, tmp_path):
    class AskedTwice(StudyStore):
        def cells(self):
            once = super().cells()
            again = once[once["phase"] == "inner"]
            return pd.concat([once, again.assign(fold=again["fold"] + ", another2020")], ignore_index=True)

    once = over_types(pd.read_parquet(finished / "evaluation_inner.parquet"), "mafp_weighted")
    list(write_study(AskedTwice(finished / RUNS), tmp_path, {}, seed=1))
    table = pd.read_parquet(tmp_path / "evaluation_inner.parquet")
    assert len(over_types(table, "mafp_weighted")) == 2 * len(once)
    assert table.loc[(table["model"] == "cosine") & (table["metric"] == "mafp_weighted"), "p_value"].notna().any()


def test_a_finished_study_runs_nothing_again_and_a_lost_run_is_made_up(listed, finished):
    study = read_study(listed, data=None)
    references = open_references(study, finished, Path("unused"))
    runs = finished / RUNS
    before = {path: path.stat().st_mtime_ns for path in runs.iterdir()}
    arguments = {"phases": ("inner", "final"), "python": None, "minutes": 0}
    assert run_study(study, references, finished, **arguments)
    assert {path: path.stat().st_mtime_ns for path in runs.iterdir()} == before
    lost = sorted(runs.glob("*.parquet"))[0]
    kept = pd.read_parquet(lost)
    lost.unlink()
    assert not run_study(study, references, finished, **{**arguments, "minutes": 1e-9})
    assert run_study(study, references, finished, **arguments)
    pd.testing.assert_frame_equal(pd.read_parquet(lost), kept)


def test_models_that_lack_a_hold_out_stay_out_of_the_table(finished):
    store = StudyStore(finished / RUNS)
    cells = store.cells()
    table = pd.read_parquet(finished / "evaluation_final.parquet")
    wide = over_types(table, "mafp_weighted")
    wide.loc[wide.index[0], "cosine"] = np.nan
    assert "cosine" not in complete(wide)
    assert "encoder" in complete(wide)
    only = models_table({"final": table}, store.notes(), 1)
    assert only["inner_mafp"].isna().all()
    places = [*FIRST_FAMILIES, "network"]  # without inner hold-outs by family and name, never by the test studies
    family = only["family"].where(only["family"].isin(FIRST_FAMILIES), "network")
    ranked = list(zip(family.map(places.index), only["model"], strict=True))
    assert ranked == sorted(ranked)
    assert only["model"].iloc[0] == "encoder"
    assert "encoder" in study_text(table, only)
    inner = models_table({"inner": pd.read_parquet(finished / "evaluation_inner.parquet")}, store.notes(), 1)
    assert set(inner["model"]) == set(only["model"])
    assert inner["n_studies"].eq(0).all()  # figures are of the test studies, which nobody has asked
    assert inner[["mafp_weighted", "accuracy_low"]].isna().all(axis=None)
    assert set(cells["phase"]) == {"final", "inner"}


def test_one_model_is_trained_and_written_as_the_app_reads_it(listed, tmp_path, capsys):
    from safetensors.numpy import load_file

    assert main(["train", "--config", str(listed), "--out", str(tmp_path / "m")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "dense 8 2 epochs",
        "dense 6 2 epochs",
        "triplet dense 8 margin 0.2 1 epochs",
    ]
    code = main(["train", "--config", str(listed), "--model", "dense 8 2 epochs", "--out", str(tmp_path / "m")])
    assert code == 0
    facts = json.loads((tmp_path / "m" / "model.json").read_text())
    shape = facts["encoder"]
    assert (shape["layers"], shape["n_latent"], shape["activation"]) == ([8], 8, "tanh")
    nets, _, _ = unpack_nets(load_file(tmp_path / "m" / "encoder.safetensors"), 1, 1, shape["activation"])
    assert forward(nets, np.zeros((1, shape["n_vocabulary"]), np.float32)).shape == (1, 8)
    assert len(facts["curve"]) == 2
    assert main(["train", "--config", str(listed), "--model", "absent", "--out", str(tmp_path)]) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("configs = []", "names no configuration"),
        ("configs = ['a.toml']\nmodles = []", "unknown fields: modles"),
        ("configs = ['a.toml']\nbaselines = ['x']", "baselines names x"),
        ("configs = ['a.toml']\ninner = 1", "inner is below 2"),
        ("configs = [", "not valid TOML"),
    ],
)
def test_mistakes_in_the_list_are_told(tmp_path, text, said):
    (tmp_path / "s.toml").write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_study(tmp_path / "s.toml", data=None)


@pytest.mark.shared
def test_the_shipped_list_has_over_a_hundred_models(shared_data):
    root = Path(__file__).parents[3]
    study = read_study(root / "build_bundle" / "configs" / "study.toml", data=shared_data)
    assert len(study.models) > 100
    assert {spec.body for spec in study.models} == {"dense", "ppitf", "flat_go", "tree_go"}
    assert {spec.objective for spec in study.models} == {"classify", "siamese", "flexible", "triplet"}
