import json
import os
import signal
import subprocess
import sys
import time

import anndata
import numpy as np
import pytest

from core.__main__ import main
from core.result import QueryResult


def run(*arguments: object) -> int:
    return main([str(a) for a in arguments])


def test_annotate_says_what_was_found(tiny_query, tiny_bundle, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("annotate", tiny_query, "--bundle", tiny_bundle, "--out", out, "--k", 50, "--threshold", 0.8) == 0
    text = capsys.readouterr()
    assert text.err == ""
    assert text.out.startswith("110 cells: ")
    assert f"Written to {out} in " in text.out
    report = json.loads((out / "report.json").read_text())
    assert report["options"] == {"k": 50, "leave_out": [], "threshold": 0.8, "draw": 0}
    assert report["filename"] == tiny_query.name


def test_one_file_with_all_of_it(tiny_query, tiny_bundle, tmp_path, capsys):
    file = tmp_path / "cells.h5ad"
    assert run("annotate", tiny_query, "--bundle", tiny_bundle, "--out", tmp_path / "out", "--h5ad", file) == 0
    assert f"Cells with labels written to {file}." in capsys.readouterr().out
    assert anndata.read_h5ad(file).n_obs == 110
    for wrong in (file, tmp_path / "nowhere" / "x.h5ad"):
        assert run("annotate", tiny_query, "--bundle", tiny_bundle, "--out", tmp_path / "again", "--h5ad", wrong) == 2
    assert not (tmp_path / "again").exists()


def test_studies_to_leave_out_add_up(tiny_query, tiny_bundle, tmp_path):
    out = tmp_path / "out"
    studies = ["--leave-out", "okafor2020", "ferreira2021", "--leave-out", "okafor2020"]
    assert run("annotate", tiny_query, "--bundle", tiny_bundle, "--out", out, *studies) == 0
    assert QueryResult.open(out).report["options"]["leave_out"] == ["okafor2020", "ferreira2021"]


def test_embed_writes_the_embedding(tiny_query, tiny_bundle, tmp_path, capsys):
    out = tmp_path / "embedding.npy"
    assert run("embed", tiny_query, "--bundle", tiny_bundle, "--out", out) == 0
    embedding = np.load(out)
    assert embedding.shape == (110, 16)
    assert embedding.dtype == np.float32
    assert "110 cells x 16" in capsys.readouterr().out


def test_a_result_without_a_place_is_code_2(tiny_query, tiny_bundle, tmp_path, capsys):
    assert run("embed", tiny_query, "--bundle", tiny_bundle, "--out", tmp_path / "none" / "e.npy") == 2
    assert "There is no folder" in capsys.readouterr().err
    file = tmp_path / "file"
    file.touch()
    assert run("annotate", tiny_query, "--bundle", tiny_bundle, "--out", file / "out") == 2
    assert f"{file}" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [file]


def test_info(tiny_builds, capsys):
    assert run("info", "--bundle", tiny_builds) == 0
    text = capsys.readouterr().out
    assert "Planted world (planted, " in text
    assert "600 cells, 300 genes, 6 types, 4 studies" in text
    assert "searched exactly, having fewer than 10,000 cells" in text
    assert "lindholm2019" in text
    assert "pancreatic A cell" in text
    assert "canary cells were encoded and found" in text


def test_info_fails_when_the_canary_does(tiny_bundle, capsys, monkeypatch):
    monkeypatch.setattr("core.search.canary.MAX_DIFFERENCE", -1.0)
    assert run("info", "--bundle", tiny_bundle) == 1
    assert "[canary]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"--k": 0}, "option"),
        ({"--threshold": 7}, "option"),
        ({"--leave-out": "nobody"}, "unknown-study"),
        ({"query": "nowhere.h5ad"}, "no-file"),
        ({"--bundle": "nowhere"}, "bundle"),
    ],
)
def test_a_wrong_command_is_code_2(tiny_query, tiny_bundle, tmp_path, capsys, changes, code):
    given = {"query": tiny_query, "--bundle": tiny_bundle, "--out": tmp_path / "out", **changes}
    query = given.pop("query")
    assert run("annotate", query, *(x for pair in given.items() for x in pair)) == 2
    error = capsys.readouterr().err
    assert f"[{code}]" in error
    assert len(error.splitlines()) >= 2
    assert not (tmp_path / "out").exists()


def test_embedding_into_a_folder_is_code_2(tiny_query, tiny_bundle, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for out in (tmp_path, ""):
        assert run("embed", tiny_query, "--bundle", tiny_bundle, "--out", out) == 2
        assert "is a folder" in capsys.readouterr().err


def test_a_file_in_the_place_of_the_folder_is_said_to_be_one(tiny_query, tiny_bundle, tmp_path, capsys):
    (tmp_path / "note").touch()
    assert run("annotate", tiny_query, "--bundle", tiny_bundle, "--out", tmp_path / "note") == 2
    assert f"'{tmp_path / 'note'}' is a file." in capsys.readouterr().err


def test_a_pipe_is_refused_and_not_waited_for(tiny_bundle, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    assert run("annotate", tmp_path / "pipe", "--bundle", tiny_bundle, "--out", tmp_path / "out") == 2
    assert "neither a file nor a folder" in capsys.readouterr().err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_command_leaves_nothing(tiny_query, tiny_bundle, tmp_path, number, code):
    command = [sys.executable, "-m", "core", "annotate", tiny_query, "--bundle", tiny_bundle, "--out", tmp_path / "out"]
    command = ["env", "--default-signal=INT", *command]  # a job in a shell's background is started deaf to it
    with subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".out.*.partial")) and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(number)
        _, error = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_a_full_folder_is_code_2(tiny_query, tiny_bundle, tmp_path, capsys):
    (tmp_path / "note").touch()
    assert run("annotate", tiny_query, "--bundle", tiny_bundle, "--out", tmp_path) == 2
    assert "[out-exists]" in capsys.readouterr().err


def test_a_refused_file_is_code_1_with_sentence_step_and_findings(tiny_bundle, tmp_path, capsys):
    query = tmp_path / "scaled.csv"
    rows = [["cell", "CD3D", "MS4A1", "LYZ"], ["a", "-0.5", "1.25", "0.1"], ["b", "0.5", "-1.5", "0.3"]]
    query.write_text("\n".join(",".join(r) for r in rows) + "\n")
    assert run("annotate", query, "--bundle", tiny_bundle, "--out", tmp_path / "out") == 1
    error = capsys.readouterr().err.splitlines()
    assert error[0].endswith("]")
    assert any(line.startswith("- Format: ") for line in error)
    assert not any("Traceback" in line for line in error)


def test_a_file_that_is_no_matrix_is_code_1(tiny_bundle, tmp_path, capsys):
    query = tmp_path / "picture.h5ad"
    query.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    assert run("embed", query, "--bundle", tiny_bundle, "--out", tmp_path / "e.npy") == 1
    assert "picture.h5ad" in capsys.readouterr().err
    assert not (tmp_path / "e.npy").exists()


def test_a_damaged_bundle_is_code_1(tiny_query, tiny_bundle, tmp_path, capsys):
    import shutil

    copy = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, copy)
    (copy / "cells.parquet").unlink()
    (copy / "index.hnsw").unlink()
    assert run("annotate", tiny_query, "--bundle", copy, "--out", tmp_path / "out") == 1
    error = capsys.readouterr().err
    assert "cells.parquet" in error
    assert "index.hnsw" in error


def test_a_bar_shows_the_stage_on_a_terminal(tiny_query, tiny_bundle, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert run("embed", tiny_query, "--bundle", tiny_bundle, "--out", tmp_path / "e.npy") == 0
    shown = capsys.readouterr().err
    assert "embed" in shown
    assert "110 of 110 cells" in shown


def test_help_and_usage_from_the_shell():
    def shell(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "core", *arguments], capture_output=True, text=True, check=False, timeout=60
        )

    helped = shell("annotate", "--help")
    assert helped.returncode == 0
    assert "--leave-out" in helped.stdout
    assert "Ensembl or Entrez ids" in helped.stdout
    assert shell().returncode == 2
    assert shell("annotate").returncode == 2
    assert shell("embed", "nowhere", "--bundle", "x", "--out", "y").returncode == 2
