"""The command line: what it prints and how it ends."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from build_bundle import __version__, cli, commands
from build_bundle.cli import main
from core.bundle.publish import build_lock
from tests.build_bundle.builder_world import DAMAGED_STUDY, write_sources

ROOT = Path(__file__).parents[2]


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the built folder that a test may change."""
    out = tmp_path / "copy"
    shutil.copytree(built, out, symlinks=True)
    return out


def test_a_bundle_that_is_up_to_date(built: Path, planted_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--config", str(planted_config), "--out", str(built)]) == 0
    assert "Nothing to do" in capsys.readouterr().out


def test_a_rebuild_says_what_it_published(copy: Path, planted_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copy / ".build" / "published.json").unlink()
    assert main(["run", "--config", str(planted_config), "--out", str(copy), "--resume", "--quiet"]) == 0
    said = capsys.readouterr()
    assert "568 cells, 6 types, 4 studies, 300 genes; 0 studies set aside." in said.out
    assert "report.html" in said.out
    assert said.err == ""


def test_verify(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(copy), "--deep"]) == 0
    assert "is good" in capsys.readouterr().out
    damaged = (copy / "current").resolve() / "index.hnsw"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    assert main(["verify", str(copy)]) == 1
    assert "index.hnsw" in capsys.readouterr().out
    assert main(["verify", str(copy / "nowhere")]) == 2
    assert "There is no folder" in capsys.readouterr().err


def test_a_canary_that_cannot_be_tried_is_a_problem(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "verify_bundle", lambda *_args, **_options: [])
    (copy / "current" / "manifest.json").unlink()
    assert main(["verify", str(copy), "--deep"]) == 1


def test_diff(built: Path, copy: Path, planted_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", str(built), str(copy)]) == 0
    assert "answer alike" in capsys.readouterr().out
    other = planted_config.with_name("renamed.toml")
    text = planted_config.read_text(encoding="utf-8")
    other.write_text(
        text.replace('licence = "CC0"', 'licence = "CC0"\nselect = [{ column = "term", none_of = ["CL:0000576"] }]', 1),
        encoding="utf-8",
    )
    assert main(["run", "--config", str(other), "--out", str(copy), "--resume", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["diff", str(built), str(copy)]) == 1
    said = capsys.readouterr().out
    assert "n_cells: 568 -> 508" in said
    assert "lindholm2019: n_cells 220 -> 160" in said
    assert "monocyte: n_cells" in said


def test_plan_says_what_is_finished(built: Path, planted_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--config", str(planted_config)]) == 0
    assert "Train the encoder                        to do" in capsys.readouterr().out
    assert main(["plan", "--config", str(planted_config), "--out", str(built)]) == 0
    said = capsys.readouterr().out
    assert "to do" not in said
    assert "here      lindholm2019.h5ad" in said


def test_user_errors(tmp_path: Path, planted_config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--config", str(tmp_path / "none.toml"), "--out", str(tmp_path)]) == 2
    assert "none.toml cannot be read" in capsys.readouterr().err
    with build_lock(tmp_path / "held"):
        assert main(["run", "--config", str(planted_config), "--out", str(tmp_path / "held")]) == 2
    assert "Another build holds" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        main(["run"])
    assert caught.value.code == 2


def test_too_many_set_aside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_sources(tmp_path, more=DAMAGED_STUDY)
    assert main(["run", "--config", str(config), "--out", str(tmp_path / "out"), "--quiet"]) == 3
    said = capsys.readouterr().err
    assert "1 of 5 studies could not be used" in said
    assert "broken2023" in said


def test_a_fetch_that_fails_ends_with_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_sources(tmp_path)
    text = config.read_text(encoding="utf-8")
    source = f'{{ package = "nothingoftests==1.0", file = "a.h5ad", sha256 = "{"0" * 64}" }}'
    text = text.replace('{ path = "ferreira2021.h5ad" }', source).replace(
        "[ontology]", f'[packages]\n"nothingoftests==1.0" = "{"0" * 64}"\n\n[ontology]'
    )
    config.write_text(text, encoding="utf-8")
    arguments = ["--out", str(tmp_path / "out"), "--cache", str(tmp_path / "cache"), "--find-links", str(tmp_path)]
    assert main(["run", "--config", str(config), *arguments]) == 1
    assert "nothingoftests==1.0 could not be downloaded" in capsys.readouterr().err
    assert not (tmp_path / "out" / "current").exists()


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt(), 130), (OSError(28, "No space left on device"), 1)])
def test_a_build_that_is_stopped(
    raised: BaseException, code: int, tmp_path: Path, planted_config: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    def stop(*_args: object, **_options: object) -> None:
        raise raised

    monkeypatch.setattr(commands, "build", stop)
    assert main(["run", "--config", str(planted_config), "--out", str(tmp_path)]) == code
    assert "--resume" in capsys.readouterr().err


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["--version"], ["run", "--help"], ["demo", "--help"], ["plan", "--help"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
    said = capsys.readouterr().out
    assert "exit codes" in said
    assert __version__ in said


def test_the_version_is_the_projects() -> None:
    assert f'version = "{__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_demo_is_a_configuration_of_its_own() -> None:
    assert cli.DEMO_CONFIG.is_file()
