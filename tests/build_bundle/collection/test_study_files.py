"""Data sets whose cells bear their authors' terms: from Census to the cells of a build, without labelling or counting."""

from __future__ import annotations

import tomllib
from pathlib import Path

import h5py
import numpy as np
import pyarrow.parquet as pq
import pytest

from build_bundle.cells.selection import TermRules
from build_bundle.cli import main
from build_bundle.collection.record import read_record
from build_bundle.collection.study_files import NOT_FETCHED
from build_bundle.configuration.config import SelectionSettings
from build_bundle.configuration.reader import read_config
from build_bundle.genes.names import read_gene_table
from build_bundle.ontology.files import read_ontology
from build_bundle.sources.part import PartRequest, read_part
from core.expression.genes import GeneNames
from tests.build_bundle.builder_world import TEMPLATE, write_sources
from tests.build_bundle.harvest.census_world import VERSION, install_census
from tests.build_bundle.harvest.conftest import arguments
from tests.synthetic_repository import SyntheticRepository
from tests.worlds import MONO, B, World, write_h5ad


def dataset(path: Path) -> bytes:
    """A file as Census keeps it: 40 B cells and 30 monocytes, of which every fifth is another data set's."""
    world = World()
    cells = world.draw("d1", {B: 40, MONO: 30}, seed=77)
    obs = {"cell_type_ontology_term_id": list(cells.types), "is_primary_data": [""] * len(cells.types)}
    write_h5ad(path, cells.counts, cells.names, world.genes, obs)
    with h5py.File(path, "a") as file:  # Census keeps truth values, not words
        del file["obs/is_primary_data"]
        column = file.create_dataset("obs/is_primary_data", data=np.arange(len(cells.types)) % 5 > 0)
        column.attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})
    return path.read_bytes()


@pytest.fixture
def harvested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    install_census(monkeypatch)
    with SyntheticRepository([]) as server:
        server.datasets["v1.h5ad"] = dataset(tmp_path / "v1.h5ad")
        command = arguments(server, tmp_path / "harvest", "--source", "census", "--census-version", VERSION)
        command[command.index("mouse")] = "human"
        assert main(command) == 0
        write_sources(tmp_path)
        (tmp_path / "base.toml").write_text(TEMPLATE.format(max_set_aside=0, more="").partition("[[study]]")[0])
        assert main(collect(tmp_path)) == 2  # not downloaded yet
        assert main([*command, "--download", "matrix"]) == 0
    return tmp_path / "harvest"


def collect(folder: Path) -> list[str]:
    return ["collect", "--catalogue", str(folder / "harvest"), "--base", str(folder / "base.toml"),
            "--out", str(folder / "build.toml")]  # fmt: skip


def test_a_labelled_data_set_is_a_study_of_its_primary_cells(
    harvested: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(collect(tmp_path)) == 0
    assert "1 studies: d1" in capsys.readouterr().out
    table = tomllib.loads((tmp_path / "build.toml").read_text(encoding="utf-8"))
    assert table["collection"] == {"catalogue": "harvest"}
    assert table["study"][0]["origin"] == "CELLxGENE Census d1, values and labels by the authors"
    config = read_config(tmp_path / "build.toml")
    (part,) = config.study[0].parts
    names = GeneNames.from_table(read_gene_table(tmp_path / "genes.csv"))
    rules = TermRules(read_ontology(tmp_path / "ontology.json"), SelectionSettings())
    (tmp_path / "part").mkdir()
    read_part(PartRequest(part, "human", config.path(part.source.path)), names, rules, tmp_path / "part")
    found = pq.read_table(tmp_path / "part" / "cells.parquet").to_pandas()
    assert len(found) == 56
    assert set(found["label"]) == {B, MONO}


def test_it_counts_as_usable_and_asks_for_no_label(harvested: Path, tmp_path: Path) -> None:
    (sample,) = read_record(harvested).samples.to_dict("records")
    assert (sample["kind"], sample["n_cells"]) == ("usable", 2)
    label = ["label", "--catalogue", str(harvested), "--ontology", str(tmp_path / "ontology.json")]
    assert main([*label, "--out", str(tmp_path / "labels")]) == 0
    assert pq.read_table(tmp_path / "labels" / "labels.parquet").num_rows == 0


def test_a_data_set_that_was_not_downloaded_is_said_to_be(
    tmp_path: Path, harvested: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = harvested / "catalogue" / "files.parquet"
    rows = pq.read_table(table)
    pq.write_table(rows.slice(0, 0), table)
    assert main(collect(tmp_path)) == 2
    assert NOT_FETCHED in capsys.readouterr().err
