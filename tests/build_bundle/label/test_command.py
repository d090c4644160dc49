import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from build_bundle.cli import main
from build_bundle.ontology.files import OntologySource
from tests.build_bundle.label.label_world import write_catalogue, write_ontology


@pytest.fixture
def command(tmp_path: Path, source: OntologySource) -> list[str]:
    catalogue = write_catalogue(tmp_path / "harvested")
    ontology = write_ontology(tmp_path / "terms.json", source)
    return ["label", "--catalogue", str(catalogue), "--ontology", str(ontology), "--out", str(tmp_path / "labels")]


def _labels(folder: Path) -> dict[str, tuple[str, list[str]]]:
    rows = pq.read_table(folder / "labels.parquet").to_pylist()
    return {row["sample_accession"]: (row["status"], row["label_term_ids"]) for row in rows}


def test_a_catalogue_is_labelled(command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 0
    assert _labels(tmp_path / "labels") == {
        "GSM1": ("mapped", ["CL:0000235"]), "GSM2": ("mapped", ["CL:0000235"]), "GSM3": ("mapped", ["UBERON:0002048"]),
        "GSM5": ("mapped", ["CL:0002064"]), "GSM6": ("mapped", ["CL:0000169"]), "GSM7": ("unmapped", []),
        "GSM8": ("mapped", ["CL:0000084"]),
    }  # fmt: skip
    assert "7 samples" in capsys.readouterr().out
    with (tmp_path / "labels" / "unmapped.csv").open(newline="") as stream:
        assert list(csv.DictReader(stream)) == [
            {"study": "GSE2", "said": "dish", "n_samples": "1", "why": "no name found"}
        ]


def test_evidence_names_field_span_and_scope(command: list[str], tmp_path: Path) -> None:
    main(command)
    rows = pq.read_table(tmp_path / "labels" / "evidence.parquet").to_pylist()
    (hit,) = (row for row in rows if row["sample_accession"] == "GSM1" and row["term_id"] == "CL:0000235")
    assert (hit["field"], hit["start"], hit["end"], hit["text"]) == ("characteristics: cell type", 0, 10, "Macrophage")
    assert (hit["scope"], hit["kept"], hit["why"]) == ("name", True, "kept")
    assert not any("strain" in row["field"] for row in rows)


def test_a_curators_corrections_win(command: list[str], tmp_path: Path) -> None:
    table = tmp_path / "overrides.csv"
    table.write_text(
        "study,sample,term_ids,comment\nGSE1,K562,drop,a line\ngse1,Macro*,CL:0000583,all alveolar\nGSE2,GSM7,UBERON:0000970;CL:0000540,asked\n"
    )
    assert main([*command, "--overrides", str(table)]) == 0
    found = _labels(tmp_path / "labels")
    assert found["GSM1"] == found["GSM2"] == ("overridden", ["CL:0000583"])
    assert found["GSM3"] == ("dropped", [])
    assert found["GSM7"] == ("overridden", ["UBERON:0000970", "CL:0000540"])
    assert found["GSM6"] == ("mapped", ["CL:0000169"])


def test_corrections_that_fit_nothing_are_named(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "overrides.csv"
    table.write_text("study,sample,term_ids,comment\nGSE1,K562,drop,\nGSE1,K56*,drop,later\nGSE11,GSM1,drop,misspelt\n")
    assert main([*command, "--overrides", str(table)]) == 0
    assert "only samples of an earlier row: GSE1 K56*; GSE11 GSM1\n" in capsys.readouterr().out


def test_what_is_wrong_ends_with_its_reason(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "overrides.csv"
    table.write_text("study,sample,term_ids,comment\nGSE1,*,CL:9999999,\n")
    assert main([*command, "--overrides", str(table)]) == 2
    assert "CL:9999999 is no live term" in capsys.readouterr().err
    command[2] = str(tmp_path)
    assert main(command) == 2
    assert "holds no catalogue" in capsys.readouterr().err


def test_the_same_input_gives_the_same_tables(command: list[str], tmp_path: Path) -> None:
    main(command)
    before = {path.name: path.read_bytes() for path in (tmp_path / "labels").iterdir()}
    main(command)
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "labels").iterdir()}
