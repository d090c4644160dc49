from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from build_bundle.config import GenesConfig, SourceFile
from build_bundle.config_reader import read_config
from build_bundle.fetch import Fetcher
from build_bundle.workshop import MISSING, Workshop
from core.bundle.writer import sha256_file
from core.errors import ConfigError


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
