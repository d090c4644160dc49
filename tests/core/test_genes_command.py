import io

import pytest

from core.__main__ import main

LIST = ["MS4A1", "CD20", "CD79A", "CD79B", "CD19", "NOPE", "FAM1900B"]


def run(*arguments) -> int:
    return main([str(a) for a in arguments])


def test_the_types_a_list_fits(tiny_builds, tmp_path, capsys):
    assert run("genes", *LIST, "--bundle", tiny_builds, "--out", tmp_path / "types.csv") == 0
    text = capsys.readouterr().out
    assert "Not a gene, or more than one: NOPE." in text
    assert "Not measured there: FAM1900B." in text
    first = next(line for line in text.splitlines() if "(CL:" in line)
    assert "B cell (CL:0000236)" in first
    assert "MS4A1" in first
    assert (tmp_path / "types.csv").read_text().splitlines()[1].startswith("CL:0000236,B cell")


def test_gene_sets(tiny_builds, tmp_path, capsys, monkeypatch):
    sets = tmp_path / "sets.gmt"
    sets.write_text("B_CELLS\tx\tMS4A1\tCD79A\tCD79B\nOTHERS\tx\tLYZ\tCD14\tCD68\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"MS4A1\nCD79A \xff\n")))
    assert run("genes", "-", "--bundle", tiny_builds, "--sets", sets) == 0
    text = capsys.readouterr().out
    assert "2 sets tested against a background of 300 genes" in text
    assert "2 of 3" in text
    assert "B_CELLS: CD79A, MS4A1" in text


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [(["NOPE"], 1, "[genes]"), (["MS4A1", "--sets", "nowhere.gmt"], 2, "[no-file]")],
)
def test_what_cannot_be_answered(tiny_builds, capsys, arguments, code, says):
    assert run("genes", *arguments, "--bundle", tiny_builds) == code
    assert says in capsys.readouterr().err


def test_a_file_that_holds_no_gene_sets(tiny_builds, tmp_path, capsys):
    (tmp_path / "bad.gmt").write_bytes(b"\x00")
    assert run("genes", "MS4A1", "--bundle", tiny_builds, "--sets", tmp_path / "bad.gmt") == 1
    assert "[gene-sets]" in capsys.readouterr().err
