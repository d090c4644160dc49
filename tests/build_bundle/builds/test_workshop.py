from __future__ import annotations

import dataclasses
from pathlib import Path

import pandas as pd
import pytest

from build_bundle.builds.plan import make_plan
from build_bundle.builds.workshop import MISSING, Workshop
from build_bundle.configuration.config import CollectionConfig, GenesConfig
from build_bundle.configuration.reader import read_config
from build_bundle.configuration.study_config import SourceFile
from build_bundle.sources.fetch import Fetcher
from build_bundle.study.models_file import STUDY_TABLES, file_of
from build_bundle.tables.tables_step import collection_tables, models_of
from core.bundle.writer import sha256_file
from core.errors import ConfigError
from tests.build_bundle.collection.collection_world import write_collection


@pytest.fixture
def workshop(planted_config: Path, tmp_path: Path) -> Workshop:
    return Workshop(read_config(planted_config), Fetcher({}, tmp_path))


def test_digests_of_sources(workshop: Workshop, planted_config: Path) -> None:
    assert workshop.digest(SourceFile(path="genes.csv")) == sha256_file(planted_config.parent / "genes.csv")
    assert workshop.digest(SourceFile(path="nowhere")) == MISSING
    declared = SourceFile(package="a==1", file="b", sha256="0" * 64)
    assert workshop.digest(declared) == "0" * 64


def test_the_digest_of_a_folder_follows_its_files(workshop: Workshop, tmp_path: Path) -> None:
    folder = tmp_path / "mtx"
    folder.mkdir()
    (folder / "matrix.mtx").write_text("1", encoding="utf-8")
    first = workshop.digest(SourceFile(path=str(folder)))
    (folder / "matrix.mtx").write_text("2", encoding="utf-8")
    assert workshop.digest(SourceFile(path=str(folder))) != first


def test_gene_names_need_a_table(workshop: Workshop) -> None:
    assert len(workshop.make_gene_names()) == 300
    config = dataclasses.replace(workshop.config)
    object.__setattr__(config, "genes", GenesConfig(gencode=SourceFile(path="genes.csv")))
    with pytest.raises(ConfigError, match="no gene table"):
        dataclasses.replace(workshop, config=config).make_gene_names()


def test_the_rules_know_the_ontology(workshop: Workshop) -> None:
    assert workshop.rules.keep(("CL:0000842", "CL:0000236")) == ("CL:0000236",)


def test_corrections_are_held_to_the_ontology_and_parted_by_study(workshop: Workshop, tmp_path: Path) -> None:
    table = tmp_path / "fixes.csv"
    table.write_text(
        "study,sample,term_ids,comment\nGSE000001,x,CL:0000236,\n*,y,drop,\nother,z,CL:9999999,\n", encoding="utf-8"
    )
    config = dataclasses.replace(workshop.config, overrides=str(table))
    corrected = Workshop(config, workshop.fetcher)
    lindholm = next(study for study in config.study if study.study == "lindholm2019")
    assert [override.sample for override in corrected.overrides_of(lindholm)] == ["x", "y"]
    with pytest.raises(ConfigError, match="CL:9999999 is no live term"):
        _ = corrected.ontology


def test_a_collection_gives_names_to_samples(workshop: Workshop, tmp_path: Path) -> None:
    harvested, labels, counts = write_collection(tmp_path)
    assert (workshop.spoken, workshop.spoken_digest, workshop.collection_digests) == ({}, "", [])
    named = CollectionConfig(str(harvested), str(labels), str(counts))
    collected = Workshop(dataclasses.replace(workshop.config, collection=named), workshop.fetcher)
    assert collected.spoken["GSM1"] == ("", "said CL:1")
    assert collected.spoken_digest == sha256_file(labels / "labels.parquet")
    assert len(set(collected.collection_digests)) == 5


def test_the_tables_count_the_collection_where_one_is_named(workshop: Workshop, tmp_path: Path) -> None:
    harvested, labels, counts = write_collection(tmp_path)
    config = dataclasses.replace(workshop.config, collection=CollectionConfig(str(harvested), str(labels), str(counts)))
    tables = {spec.name: table for spec, table in collection_tables([], config)}
    assert tables["collection"]["n_cells"].sum() == 294
    assert len(tables["reads_by_study"]) == 2
    assert tables["alignment_rates"]["n_below"].sum() == 1
    bare = {spec.name: table for spec, table in collection_tables([], workshop.config)}
    assert all(table.empty for table in bare.values())


def test_the_models_of_a_study_concern_the_tables_alone(workshop: Workshop, tmp_path: Path) -> None:
    evaluate = dataclasses.replace(workshop.config.steps["evaluate"], study=str(tmp_path))
    steps = {**workshop.config.steps, "evaluate": evaluate}
    named = Workshop(dataclasses.replace(workshop.config, steps=steps), workshop.fetcher)
    assert (workshop.models_digests, named.models_digests) == ([], [MISSING, MISSING])
    paths = [tmp_path / file_of(spec) for spec in STUDY_TABLES]
    for spec, path in zip(STUDY_TABLES, paths, strict=True):
        pd.DataFrame([{column.name: "0" for column in spec.columns}]).to_csv(path, index=False)
    assert named.models_digests == [sha256_file(path) for path in paths]
    pairs = zip(make_plan(workshop), make_plan(named), strict=True)
    assert [task.name for task, other in pairs if task.material != other.material] == ["tables"]
    assert {spec: table.num_rows for spec, table in models_of(named.config).items()} == dict.fromkeys(STUDY_TABLES, 1)
    empty = models_of(workshop.config)
    assert {spec: table.num_rows for spec, table in empty.items()} == dict.fromkeys(STUDY_TABLES, 0)
    assert all(table.schema.equals(spec.arrow_schema) for spec, table in empty.items())
