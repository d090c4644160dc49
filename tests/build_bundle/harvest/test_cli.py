"""The command ``harvest``: options, exit codes, what it prints; the page it writes; settings."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from build_bundle.cli import USER_ERROR, main
from build_bundle.harvest.catalogue import read_catalogue
from build_bundle.harvest.settings import BASE_URLS, read_settings
from build_bundle.steps.progress import Watcher
from core.bundle.publish import build_lock
from core.errors import ConfigError
from tests.build_bundle.harvest.census_world import install_census
from tests.build_bundle.harvest.conftest import Harvest
from tests.build_bundle.harvest.planted_studies import plate_study, world
from tests.synthetic_records import Sample, Study
from tests.synthetic_repository import Fault, SyntheticRepository


def test_what_came_of_it_is_printed(harvest: Harvest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SyntheticRepository(world()) as server:
        assert harvest(server) == 0
    out = capsys.readouterr().out
    assert "7 studies, 18 samples, 10 runs, 18 files in" in out
    assert "7 studies read and 0 files downloaded now" in out
    assert str(tmp_path / "out" / "report.html") in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--organism", "rat"], ["--since", "yesterday"], ["--source", "geo,nowhere"], ["--source", ""],
        ["--download", "everything"],
    ],
)  # fmt: skip
def test_mistakes_in_options(arguments: list[str], tmp_path: Path) -> None:
    known = {"--organism": "mouse", "--since": "2017-01-01", "--out": str(tmp_path)}
    given = {**known, arguments[0]: arguments[1]}
    with pytest.raises(SystemExit) as caught:
        main(["harvest", *(part for pair in given.items() for part in pair)])
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--base-url", "ena"], "NAME=URL"), (["--base-url", "moon=http://x"], "no service moon"),
        (["--base-url", "ena=ftp://x"], "not a web address"), (["--until", "2016-01-01"], "is after --until"),
        (["--config", "none.toml"], "cannot be read"), (["--run-table", "none.txt"], "cannot be read"),
    ],
)  # fmt: skip
def test_mistakes_that_only_the_whole_shows(
    more: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["harvest", "--organism", "mouse", "--since", "2017-01-01", "--out", str(tmp_path), *more]) in {
        1,
        USER_ERROR,
    }
    assert words in capsys.readouterr().err


def test_all_problems_of_a_configuration_are_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('[manners]\nratepers = 1\ntimeout_s = "long"\n[bounds]\nreply_mb = 1.5\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_settings(path, {})
    for words in ("manners.ratepers", "manners.timeout_s", "bounds.reply_mb"):
        assert words in caught.value.message
    path.write_text("[manners\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_settings(path, {})
    path.write_text("[manners]\nrate_per_s = 0.0\ntimeout_s = -1.0\n[bounds]\nfile_gb = 0.0\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_settings(path, {})
    for words in ("manners: rate_per_s is not above 0. timeout_s is not above 0.", "bounds: file_gb is not above 0."):
        assert words in caught.value.message


def test_the_command_lines_addresses_win() -> None:
    settings = read_settings(None, {"ena": "http://127.0.0.1:9/ena/"})
    assert settings.base("ena") == "http://127.0.0.1:9/ena"
    assert settings.base("eutils") == BASE_URLS["eutils"]
    assert "127.0.0.1:9" in settings.hosts
    assert settings.locate("ftp.sra.ebi.ac.uk/vol1/a b?x=1") == "https://ftp.sra.ebi.ac.uk/vol1/a b?x=1"


def test_what_could_not_be_had_is_counted(harvest: Harvest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with SyntheticRepository([plate_study()], [Fault("SRR9000003.fastq.gz", "404")]) as server:
        assert harvest(server, "--download", "fastq", "--refresh", "GSE9") == 0
    said = capsys.readouterr().out
    assert "Failed or incomplete: 1 sample, 1 run, 1 file." in said
    assert "GSE9 was not known" in said


def test_downloads_say_how_many_are_left(
    harvest: Harvest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("build_bundle.harvest.cli.Watcher", lambda quiet: Watcher(quiet=False))
    with SyntheticRepository([plate_study()]) as server:
        assert harvest(server, "--download", "fastq") == 0
    assert "[5/5] reads/GSM9000003/SRR9000033.fastq.gz" in capsys.readouterr().err


@pytest.mark.parametrize("folder", [False, True])
def test_a_folder_that_cannot_be_used_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: bool
) -> None:
    """A file where the folder should be, and a folder whose journal is something else."""
    out = tmp_path / "out"
    if folder:
        out.mkdir()
    damaged = out / "harvest.sqlite" if folder else out
    damaged.write_text("no journal", encoding="utf-8")
    with SyntheticRepository([]) as server:
        (tmp_path / "c.toml").write_text(server.config_text(), encoding="utf-8")
        command = ["harvest", "--organism", "mouse", "--since", "2017-01-01", "--config", str(tmp_path / "c.toml")]
        assert main([*command, "--out", str(out)]) in {1, USER_ERROR}
    said = capsys.readouterr().err
    assert str(damaged) in said
    assert "run the same command" in said
    assert "--resume" not in said


def test_a_second_harvest_into_the_same_folder_waits_its_turn(
    harvest: Harvest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with SyntheticRepository([]) as server, build_lock(tmp_path / "out"):
        assert harvest(server) == USER_ERROR
    assert "Another build holds" in capsys.readouterr().err


def test_a_saved_run_table_needs_no_asking(harvest: Harvest, tmp_path: Path) -> None:
    table = tmp_path / "SraRunTable.txt"
    table.write_text(
        "Run,Assay Type,BioSample,Experiment,LibraryLayout,LibrarySource,Organism,ReleaseDate,Sample Name,SRA Study,source_name\n"
        "SRR1,RNA-Seq,SAMN1,SRX1,SINGLE,TRANSCRIPTOMIC,Mus musculus,2014-08-01T00:00:00Z,GSM1,SRP1,zygote\n",
        encoding="utf-8",
    )
    with SyntheticRepository([]) as server:
        assert harvest(server, "--run-table", str(table), "--source", "geo") == 0
    catalogue = read_catalogue(tmp_path / "out")
    assert list(catalogue.samples["source_name"]) == ["zygote"]
    assert list(catalogue.samples["available"]) == ["sra"]
    assert list(catalogue.studies["repository"]) == ["run_table"]


def test_the_page_says_what_was_kept_and_what_not_and_escapes_it(harvest: Harvest, tmp_path: Path) -> None:
    nasty = Study(
        "GSE90007", "Single <script>alert(1)</script> cells", (Sample("GSM9000071", "<b>bulk</b>"),), "2017-07-07"
    )
    with SyntheticRepository([plate_study(), nasty], [Fault("SRR9000003.fastq.gz", "404")]) as server:
        assert harvest(server, "--download", "fastq") == 0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "3 of 10 samples are RNA of single mouse cells" in page
    assert "1 could not be" in page
    assert "answered 404" in page
    assert "ATAC-seq, not RNA-Seq" in page
    assert "another strategy than RNA-Seq" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_census_is_asked_for_only_when_told_to(
    harvest: Harvest, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cellxgene_census", None)
    with SyntheticRepository([plate_study()]) as server:
        assert harvest(server) == 0
        assert harvest(server, "--source", "census") == USER_ERROR
    error = capsys.readouterr().err
    assert "cellxgene-census, which is not installed" in error
    assert "pip install cellxgene-census" in error


def test_census_that_cannot_be_read_is_said_and_asked_again(
    harvest: Harvest, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(census_version: str) -> None:
        raise RuntimeError("no such bucket")

    library = types.ModuleType("cellxgene_census")
    library.open_soma = refuse
    monkeypatch.setitem(sys.modules, "cellxgene_census", library)
    with SyntheticRepository([]) as server:
        assert harvest(server, "--source", "census") == 1
    assert "Census cannot be read: no such bucket" in capsys.readouterr().out


def test_census_data_sets_with_cells_of_their_own_are_kept(
    harvest: Harvest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_census(monkeypatch)
    with SyntheticRepository([]) as server:
        assert harvest(server, "--source", "census", "--census-version", "2025-01-30") == 0
    catalogue = read_catalogue(tmp_path / "out")
    (sample,) = catalogue.samples.to_dict("records")
    assert (sample["sample_accession"], sample["title"], sample["technology"]) == (
        "d1",
        "Lung",
        "10x 3' v2; Smart-seq2",
    )
    assert (sample["available"], sample["n_cells"]) == ("author_labelled", 2)
    assert list(catalogue.files["url"]) == ["https://datasets.cellxgene.cziscience.com/v1.h5ad"]
