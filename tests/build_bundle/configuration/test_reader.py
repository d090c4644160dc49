from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from build_bundle.configuration.reader import read_config
from build_bundle.configuration.study_config import SourceFile, StudyConfig
from core.bundle.schema import MODELS, MODELS_BY_TYPE
from core.errors import ConfigError
from tests.build_bundle.builder_world import write_sources

CONFIGS = Path(__file__).parents[3] / "build_bundle" / "configs"


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    return write_sources(tmp_path)


def problems(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    return caught.value.message


def test_a_sound_configuration(config_file: Path) -> None:
    config = read_config(config_file)
    assert [s.study for s in config.study] == ["lindholm2019", "okafor2020", "ferreira2021", "tanaka2022"]
    assert config.study[0].release_date == "2019-05-01"
    assert config.selection.min_cells == 20
    assert config.steps["train"].hidden == (16,)
    assert config.mappings == ("labels.csv",)
    assert config.path("genes.csv") == config_file.parent / "genes.csv"


def test_all_problems_of_a_configuration_at_once(config_file: Path) -> None:
    text = config_file.read_text(encoding="utf-8")
    text = text.replace('organism = "human"', 'organism = "yeast"').replace("epochs = 6", 'epochs = "six"')
    text = text.replace('pubmed_id = "12345"', 'pubmed_id = "PMC1"').replace("max_folds = 2", "max_fold = 2")
    config_file.write_text(text, encoding="utf-8")
    said = problems(config_file)
    assert "4 problems" in said
    for place in ("train.epochs", "evaluate.max_fold", "organism", "study[0]"):
        assert f"- {place}:" in said


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('study = "okafor2020"\ntitle', 'study = "lindholm2019"\ntitle', "'lindholm2019' is used more than once"),
        ('labels = { column = "term" }\n', "", "labels: is missing for lindholm2019"),
        ('study = "tanaka2022"\nn_cells', 'study = "nobody"\nn_cells', "'nobody' is no study with the role reference"),
        ("max_folds = 2", 'folds = [["nobody"]]', "evaluate.folds: 'nobody'"),
        ('accession = "GSE000001"', 'organism = "mouse"', "is mouse, the bundle's is human"),
        ('accession = "GSE000001"', 'organism = "yeast"', "'yeast' is none of"),
        (
            'accession = "GSE000001"',
            'organism = "mouse"\nrole = "teacher"',
            "genes.orthologs: is missing: lindholm2019",
        ),
        ('path = "genes.csv"', 'path = "nowhere.csv"', "nowhere.csv: does not exist"),
        ('path = "ferreira2021.h5ad"', 'path = "$DATA/ferreira2021.h5ad"', "give the folder with --data"),
        ('mapping = "labels.csv", table', 'mapping = "none.csv", table', "none.csv"),
        (
            'source = { path = "ferreira2021.h5ad" }',
            f'source = {{ package = "some==1", file = "a.csv", sha256 = "{"0" * 64}" }}',
            '"some==1" is missing: give the SHA-256 of its wheel',
        ),
        ('study = "okafor2020"\ntitle', 'study = "unlabelled"\ntitle', "labels.csv: has no row for unlabelled"),
    ],
)
def test_contradictions_are_found(config_file: Path, old: str, new: str, said: str) -> None:
    text = config_file.read_text(encoding="utf-8")
    assert old in text
    config_file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert said in problems(config_file)


def test_cells_of_another_organism_may_teach(config_file: Path) -> None:
    text = config_file.read_text(encoding="utf-8")
    text = text.replace('accession = "GSE000001"', 'organism = "mouse"\nrole = "teacher"', 1)
    text = text.replace(
        'table = { path = "genes.csv" }', 'table = { path = "genes.csv" }\northologs = { path = "genes.csv" }'
    )
    config_file.write_text(text, encoding="utf-8")
    config = read_config(config_file)
    assert config.study[0].organism_of(config.study[0].parts[0]) == "mouse"
    assert config.genes.orthologs in config.files


def test_no_reference_study(config_file: Path) -> None:
    text = config_file.read_text(encoding="utf-8")
    config_file.write_text(text.replace("[[study]]", '[[study]]\nrole = "held_out"'), encoding="utf-8")
    assert "none has the role reference" in problems(config_file)


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    assert "cannot be read" in problems(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("a = ", encoding="utf-8")
    assert "not valid TOML" in problems(broken)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "either path, or package"),
        ({"path": "a", "package": "b==1", "file": "c", "sha256": "0" * 64}, "either path, or package"),
        ({"package": "b==1"}, "give both or neither"),
        ({"package": "b>=1", "file": "c", "sha256": "0" * 64}, "must be exact"),
        ({"package": "b==1", "file": "c"}, "needs its sha256"),
        ({"path": "a", "sha256": "XYZ"}, "not 64 hex digits"),
    ],
)
def test_a_source_is_one_thing_exactly(fields: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        SourceFile(**fields)


def test_words_of_a_source_hold_no_folder() -> None:
    assert SourceFile(path="/home/me/secret/x.h5ad").words == "x.h5ad"


def test_a_study_of_several_files_has_parts() -> None:
    common = {"study": "s", "title": "t", "technology": "x", "tissue": "y", "licence": "z"}
    with pytest.raises(ConfigError, match="either source, or"):
        StudyConfig(**common)
    single = StudyConfig(**common, source=SourceFile(path="a"))
    assert [p.part for p in single.parts] == ["s"]


@pytest.mark.parametrize("name", ["demo", "human", "mouse"])
def test_shipped_configurations_are_sound(name: str, tmp_path: Path) -> None:
    config = read_config(CONFIGS / f"{name}.toml", data=tmp_path)
    assert config.name == name
    assert all(not file.path.startswith("/") for file in config.files)
    assert all(study.labels or study.part for study in config.study)


def test_the_collection_and_the_corrections_are_looked_at(planted_config: Path, tmp_path: Path) -> None:
    copied = tmp_path / "sources"
    shutil.copytree(planted_config.parent, copied)
    config = copied / planted_config.name
    text = config.read_text(encoding="utf-8")
    config.write_text('overrides = "fixes.csv"\n' + text + '\n[collection]\ncatalogue = "nowhere"\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(config)
    assert "collection.catalogue: nowhere is no folder." in caught.value.message
    assert "overrides: The corrections" in caught.value.message
    (copied / "nowhere").mkdir()
    (copied / "fixes.csv").write_text("study,sample,term_ids,comment\n*,x,drop,why\n", encoding="utf-8")
    assert read_config(config).collection.catalogue == "nowhere"
    config.write_text(text + '\n[collection]\nlabels = "nowhere"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="go with a catalogue"):
        read_config(config)


def test_the_study_that_is_named_has_a_table_of_models(planted_config: Path, tmp_path: Path) -> None:
    copied = tmp_path / "sources"
    shutil.copytree(planted_config.parent, copied)
    config = copied / planted_config.name
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("[evaluate]", '[evaluate]\nstudy = "done"'), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"evaluate\.study: .*done/models\.csv does not exist; make study"):
        read_config(config)
    assert read_config(config, for_study=True).study_folder == copied / "done"  # a study may be about to write it
    (copied / "done").mkdir()
    names = [column.name for column in MODELS.columns]
    (copied / "done" / "models.csv").write_text(",".join(names[1:]) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="has no column model; make study"):
        read_config(config)
    (copied / "done" / "models.csv").write_text(",".join(names) + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"evaluate\.study: .*done/models_by_type\.csv does not exist; make study"):
        read_config(config)
    by_type = ",".join(column.name for column in MODELS_BY_TYPE.columns)
    (copied / "done" / "models_by_type.csv").write_text(by_type + "\n", encoding="utf-8")
    assert read_config(config).study_folder == copied / "done"
    config.write_text(text.replace("[evaluate]", '[evaluate]\nstudy = "$DATA/done"'), encoding="utf-8")
    assert read_config(config, data=copied).study_folder == copied / "done"
    with pytest.raises(ConfigError, match=r"evaluate\.study: names \$DATA: give the folder with --data"):
        read_config(config)
