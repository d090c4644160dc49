import csv
import tomllib
from pathlib import Path

import pytest

from build_bundle.cli import main
from build_bundle.collection.collect import Sources, collect
from build_bundle.collection.study_files import study_key
from core.errors import ConfigError
from tests.build_bundle.collection.collection_world import write_collection

BASE = 'name = "small"\ntitle = "A small collection"\norganism = "mouse"\n[selection]\nmin_cells = 3\n'


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    harvested, labels, counts = write_collection(tmp_path)
    (counts / "GSE1.h5ad").write_bytes(b"counts")
    for name in ("GSE2.h5ad", "GSE2.author.h5ad"):
        (counts / name).write_bytes(b"counts")
    (tmp_path / "base.toml").write_text(BASE)
    return Sources(harvested, labels, counts)


def test_every_counted_study_becomes_an_entry(sources: Sources, tmp_path: Path) -> None:
    found = collect(sources, tmp_path / "base.toml", tmp_path / "build.toml")
    assert (found.studies, found.left_out) == (("GSE1", "GSE2"), ())
    table = tomllib.loads((tmp_path / "build.toml").read_text())
    assert table["selection"] == {"min_cells": 3}
    assert table["collection"] == {"catalogue": "harvested", "labels": "labels", "quantified": "counts"}
    first, second = table["study"]
    assert first == {
        "study": "gse1", "accession": "GSE1", "title": 'One "quoted" study', "pubmed_id": "11", "release_date": "2016-03-05",
        "technology": "Smart-seq2", "tissue": "lung", "licence": "terms of GEO", "origin": "GEO GSE1, counted from its reads",
        "source": {"path": "counts/GSE1.h5ad"}, "labels": {"column": "sample", "mapping": "build_labels.csv"},
    }  # fmt: skip
    assert "release_date" not in second
    assert [(part["part"], part["source"]["path"]) for part in second["part"]] == [
        ("gse2-reads", "counts/GSE2.h5ad"), ("gse2-author", "counts/GSE2.author.h5ad"),
    ]  # fmt: skip


def test_the_mapping_tells_the_terms_of_every_sample(sources: Sources, tmp_path: Path) -> None:
    collect(sources, tmp_path / "base.toml", tmp_path / "build.toml")
    with (tmp_path / "build_labels.csv").open(newline="") as stream:
        rows = {
            row["label"]: (row["study"], row["term_ids"], row["name"], row["comment"]) for row in csv.DictReader(stream)
        }
    assert rows["GSM1"] == ("gse1", "CL:1", "one cell", "")
    assert rows["GSM3"] == ("gse1", "", "", "unmapped")
    assert "GSM4" not in rows


def test_studies_without_counts_or_terms_are_told(sources: Sources, tmp_path: Path) -> None:
    (sources.quantified / "GSE1.h5ad").unlink()
    found = collect(sources, tmp_path / "base.toml", tmp_path / "build.toml")
    assert found.left_out == (("GSE1", "no counts were made of it"),)
    for path in sources.quantified.glob("*.h5ad"):
        path.unlink()
    with pytest.raises(ConfigError, match="No study has both counts and labels"):
        collect(sources, tmp_path / "base.toml", tmp_path / "build.toml")


def test_what_is_wrong_with_the_base_is_said(sources: Sources, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not in the folder of"):
        collect(sources, tmp_path / "base.toml", tmp_path / "elsewhere" / "build.toml")
    (tmp_path / "bad.toml").write_text("name = ")
    with pytest.raises(ConfigError, match="cannot be read"):
        collect(sources, tmp_path / "bad.toml", tmp_path / "build.toml")
    (tmp_path / "again.toml").write_text("[collection]\n")
    with pytest.raises(ConfigError, match=r"has a \[collection\] already"):
        collect(sources, tmp_path / "again.toml", tmp_path / "build.toml")
    with pytest.raises(ConfigError, match="Give the folder that harvest wrote"):
        collect(Sources(tmp_path, sources.labels, sources.quantified), tmp_path / "base.toml", tmp_path / "build.toml")


def test_the_command_checks_what_it_wrote(sources: Sources, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["collect", "--catalogue", str(sources.catalogue), "--labels", str(sources.labels), "--quantified",
             str(sources.quantified), "--base", str(tmp_path / "base.toml"), "--out", str(tmp_path / "build.toml")]  # fmt: skip
    assert main(words) == 2
    assert "ontology: is missing" in capsys.readouterr().err
    (tmp_path / "o.json").write_text("{}")
    (tmp_path / "genes.csv").write_text("symbol,ensembl,entrez,aliases\n")
    files = '[ontology]\nname = "CL"\nrelease = "1"\nsource = "here"\nfiles = [{ path = "o.json" }]\n[genes]\ntable = { path = "genes.csv" }\n'
    (tmp_path / "base.toml").write_text(BASE + files)
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "3 samples (291 cells) usable; 1 sample (1 cell) low alignment; " in said
    assert "2 studies: GSE1, GSE2" in said


def test_keys_are_slugs() -> None:
    assert [study_key(a) for a in ("GSE1", "E-MTAB-6077", "_x:y z")] == ["gse1", "e-mtab-6077", "x-y-z"]
