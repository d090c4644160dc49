"""Kept answers: given back whole, bounded, and never unpickled."""

import doctest
import io
import os
import sqlite3
import zipfile
from pathlib import Path

import diskcache
import pytest

from core import cache
from core.cache import AnswerCache, PlainDisk, code_digest, question


@pytest.fixture
def result(tmp_path):
    folder = tmp_path / "result"
    folder.mkdir()
    (folder / "labels.csv").write_text("cell_id\na\n")
    (folder / "scores.parquet").write_bytes(bytes(range(256)) * 100)
    (folder / "expression").mkdir()
    (folder / "expression" / "values.npy").write_bytes(b"values")
    return folder


@pytest.fixture
def answers(tmp_path):
    return AnswerCache(tmp_path / "answers")


def contents(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_doctests():
    assert doctest.testmod(cache).failed == 0


def test_an_answer_comes_back_as_it_was(answers, result, tmp_path):
    assert not answers.restore("q", tmp_path / "b")
    answers.keep("q", result)
    assert answers.restore("q", tmp_path / "b")
    assert contents(tmp_path / "b") == contents(result)
    assert Path("expression/values.npy") in contents(tmp_path / "b")
    assert not answers.restore("other", tmp_path / "c")
    assert not (tmp_path / "c").exists()
    assert (tmp_path / "answers").stat().st_mode & 0o077 == 0


def test_a_result_that_exists_is_not_overwritten(answers, result, tmp_path):
    answers.keep("q", result)
    assert not answers.restore("q", result)
    assert (result / "labels.csv").read_text() == "cell_id\na\n"
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".answer")]


def test_the_size_is_bounded(result, tmp_path):
    small = AnswerCache(tmp_path / "answers", size_limit_bytes=400_000)
    (result / "scores.parquet").write_bytes(os.urandom(100_000))
    for n in range(20):
        small.keep(str(n), result)
    assert sum(p.stat().st_size for p in (tmp_path / "answers").rglob("*.val")) <= 600_000
    assert small.restore("19", tmp_path / "last")
    assert not small.restore("0", tmp_path / "first")


@pytest.mark.parametrize("kind", ["pickle", "damaged", "gone", "path"])
def test_what_cannot_be_trusted_is_dropped(answers, result, tmp_path, kind, caplog):
    answers.keep("q", result)
    (value,) = (tmp_path / "answers").rglob("*.val")
    if kind == "pickle":
        with sqlite3.connect(tmp_path / "answers" / "cache.db") as db:
            db.execute("UPDATE Cache SET mode = 4, value = ?, filename = NULL", (b"cos\nsystem\n(S'touch pwned'\ntR.",))
        db.close()
    elif kind == "damaged":
        value.write_bytes(value.read_bytes()[:50])
    elif kind == "gone":
        value.unlink()
    else:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("../evil", "x")
        value.write_bytes(made.getvalue())
    assert not answers.restore("q", tmp_path / "b")
    assert not (tmp_path / "b").exists()
    assert not (tmp_path / "evil").exists()
    assert not answers.restore("q", tmp_path / "b")


def test_only_text_and_files_go_in(tmp_path):
    with diskcache.Cache(str(tmp_path), disk=PlainDisk) as store:
        for key, value in (("a", {"x": 1}), ("a", b"x"), (("a", 1), b"x"), (1, b"x")):
            with pytest.raises(TypeError):
                store.set(key, value)
    disk = PlainDisk(str(tmp_path))
    with pytest.raises(TypeError):
        disk.get("x", raw=False)
    assert disk.get("x", raw=True) == "x"


def test_questions_differ_in_every_fact():
    facts = {"bundle": "a", "example": "b", "k": 5, "leave_out": ["x"]}
    keys = {question(**facts)} | {question(**{**facts, name: "other"}) for name in facts}
    assert len(keys) == 5


def test_code_is_known_by_its_text_and_its_places(tmp_path):
    def digest(**modules):
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        for name, text in modules.items():
            path = folder / f"{name.replace('_', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return code_digest(folder)

    same, *others = digest(a="x", b_c="y"), digest(a="x", b_c="z"), digest(a="x", b_d="y"), digest(a="x")
    assert same == digest(b_c="y", a="x")
    assert len({same, *others}) == 4
    assert code_digest() == code_digest(Path(cache.__file__).parent)
