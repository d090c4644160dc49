"""The reference studies of another configuration teach: under names and paths of their own, held out with their studies."""

from __future__ import annotations

from pathlib import Path

import pytest

from build_bundle.configuration.config import Config
from build_bundle.configuration.reader import read_config
from build_bundle.configuration.study_config import StudyConfig
from core.errors import ConfigError
from tests.build_bundle.builder_world import write_sources

CONFIGS = Path(__file__).parents[3] / "build_bundle" / "configs"

MICE = """
name = "mice"
title = "Mice"
organism = "mouse"

[ontology]
name = "Planted ontology"
release = "1"
source = "made for tests"
files = [{ path = "nowhere.json" }]

[genes]
table = { path = "nowhere.csv" }

[packages]
"a==1" = "there"
"b==1" = "there"

[[study]]
study = "lindholm2019"
title = "Blood of mice"
technology = "inDrop"
tissue = "blood"
licence = "CC BY 4.0"
source = { path = "blood.h5ad" }
labels = { column = "term" }

[[study]]
study = "mice2020"
title = "Mice"
technology = "10x"
tissue = "spleen"
licence = "CC0"

[[study.part]]
part = "young"
source = { path = "$DATA/young.h5ad" }
labels = { column = "word", mapping = "words.csv", table = { path = "tables/young.csv" } }

[[study.part]]
part = "bulk"
role = "profile"
source = { path = "bulk.h5ad" }
labels = { column = "term" }

[[study]]
study = "asked2020"
title = "Asked only"
technology = "10x"
tissue = "spleen"
licence = "CC0"
role = "held_out"
source = { path = "asked.h5ad" }
labels = { column = "term" }
"""


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    """A human configuration that names one of mice, which stands in another folder."""
    mine, theirs = tmp_path / "human", tmp_path / "mice"
    mine.mkdir()
    theirs.mkdir()
    config = write_sources(mine)
    text = config.read_text(encoding="utf-8").replace(
        "\n[ontology]", 'teachers = ["../mice/mice.toml"]\n\n[ontology]', 1
    )
    text = text.replace(
        'table = { path = "genes.csv" }', 'table = { path = "genes.csv" }\northologs = { path = "genes.csv" }'
    )
    config.write_text(text + '\n[packages]\n"b==1" = "here"\n', encoding="utf-8")
    (theirs / "mice.toml").write_text(MICE, encoding="utf-8")
    (theirs / "words.csv").write_text(
        "study,label,term_ids,name,comment\nmice2020,x,CL:0000236,B cell,\n", encoding="utf-8"
    )
    return config


@pytest.fixture
def config(config_file: Path) -> Config:
    return read_config(config_file, data=config_file.parent)


def study(config: Config, key: str) -> StudyConfig:
    return next(study for study in config.study if study.study == key)


def test_reference_studies_teach_and_nothing_else_does(config: Config) -> None:
    mice = study(config, "mice2020")
    assert (mice.role, mice.organism) == ("teacher", "mouse")
    assert [part.part for part in mice.parts] == ["young"]
    assert [s.study for s in config.study][-1] == "mice2020"
    assert "asked2020" not in {s.study for s in config.study}


def test_paths_lead_to_the_same_files(config: Config, tmp_path: Path) -> None:
    (young,) = study(config, "mice2020").parts
    assert young.source.path == "$DATA/young.h5ad"
    assert young.labels is not None
    assert young.labels.table is not None
    assert config.path(young.labels.mapping).resolve() == tmp_path / "mice" / "words.csv"
    assert config.path(young.labels.table.path).resolve() == tmp_path / "mice" / "tables" / "young.csv"


def test_a_study_in_both_is_one_study_so_that_it_is_held_out_whole(config: Config, tmp_path: Path) -> None:
    both = study(config, "lindholm2019")
    own, taught = both.parts
    assert (both.role_of(own), both.organism_of(own)) == ("reference", "")
    assert (both.role_of(taught), both.organism_of(taught)) == ("teacher", "mouse")
    assert [own.part, taught.part] == ["lindholm2019", "lindholm2019_mouse"]
    assert [own.technology, taught.technology] == ["10x", "inDrop"]
    assert config.path(taught.source.path).resolve() == tmp_path / "mice" / "blood.h5ad"
    assert both.licence == "CC0; mouse cells CC BY 4.0"


def test_packages_of_both_count_and_the_configurations_own_win(config: Config) -> None:
    assert config.packages == {"a==1": "there", "b==1": "here"}


def test_mouse_learns_from_every_human_study(tmp_path: Path) -> None:
    mouse, human = (read_config(CONFIGS / f"{name}.toml", data=tmp_path) for name in ("mouse", "human"))
    taught = {s.study: [p.source for p in s.parts if s.role_of(p) == "teacher"] for s in mouse.study}
    assert {name: files for name, files in taught.items() if files} == {
        s.study: [p.source for p in s.parts] for s in human.study
    }


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("../mice/mice.toml", "nowhere.toml", "teachers[0]: The configuration"),
        ("../mice/mice.toml", "planted.toml", "teachers[0]: is this configuration itself"),
    ],
)
def test_what_cannot_teach_is_named(config_file: Path, old: str, new: str, said: str) -> None:
    config_file.write_text(config_file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(config_file)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'title = "Mice"\ntech',
            'titel = "Mice"\ntech',
            "teachers[0]: in ../mice/mice.toml, study[1].titel: is unknown",
        ),
        ('title = "Mice"\norg', 'overrides = "fixes.csv"\ntitle = "Mice"\norg', "overrides of its own"),
        ("mice2020,x", "nobody,x", "has no row for mice2020"),
    ],
)
def test_problems_of_the_other_file_are_told_with_its_name(config_file: Path, old: str, new: str, said: str) -> None:
    theirs = config_file.parents[1] / "mice"
    for name in ("mice.toml", "words.csv"):
        text = (theirs / name).read_text(encoding="utf-8")
        (theirs / name).write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(config_file, data=config_file.parent)
    assert said in caught.value.message
    assert "problem" in caught.value.message
