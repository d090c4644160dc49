"""The sandbox: the same result as reading directly, limits that hold, and a death that is an ordinary answer."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import FileFormatError, LimitError
from core.expression import sandbox
from core.expression.formats import read_matrix
from core.expression.limits import DEFAULT_LIMITS, MIB, Limits
from tests.attacks.corpus import CELLS, COUNTS, N_CELLS, csv, h5ad, replace, strings

ROOT = Path(__file__).parents[3]


@pytest.fixture
def upload(tmp_path):
    path = tmp_path / "data"
    with h5ad(path) as f:
        strings(f["obs"], "donor", [f"d{i % 3}" for i in range(N_CELLS)])
        f["obs"].create_dataset("depth", data=COUNTS.sum(1))
        f["obs"].create_dataset("flag", data=np.arange(N_CELLS) % 2 == 0)
        strings(f["var"], "gene_ids", [f"ENSG{i:011d}" for i in range(COUNTS.shape[1])])
    return path


def test_the_result_is_the_same_as_reading_directly(upload, tmp_path):
    far = sandbox.read_upload(upload, tmp_path / "work", display_name="a.h5ad")
    near = read_matrix(upload)
    assert (far.matrix.x != near.matrix.x).nnz == 0
    assert far.matrix.obs_names.tolist() == near.matrix.obs_names.tolist() == CELLS
    assert far.matrix.var_names.tolist() == near.matrix.var_names.tolist()
    assert far.matrix.obs.equals(near.matrix.obs)
    assert [str(t) for t in far.matrix.obs.dtypes] == [str(t) for t in near.matrix.obs.dtypes]
    assert {k: v.tolist() for k, v in far.other_var_names.items()} == {
        k: v.tolist() for k, v in near.other_var_names.items()
    }
    assert (far.format, far.notes, far.layer, far.orientation_known) == (
        near.format,
        near.notes,
        near.layer,
        near.orientation_known,
    )


def test_a_second_reading_in_the_same_folder_replaces_the_first(upload, tmp_path):
    sandbox.read_upload(upload, tmp_path / "work", display_name="a")
    text = tmp_path / "text"
    text.write_text("")
    with pytest.raises(FileFormatError, match=r"b\.csv: The file is empty") as caught:
        sandbox.read_upload(text, tmp_path / "work", display_name="b.csv")
    assert caught.value.code == "empty-file"


def test_names_of_files_are_cleaned_for_messages(tmp_path):
    text = tmp_path / "text"
    text.write_text("")
    with pytest.raises(FileFormatError) as caught:
        sandbox.read_upload(text, tmp_path / "work", display_name="a\nb\x1b[31m" + "c" * 500)
    assert caught.value.message.startswith("ab[31mccc")
    assert len(caught.value.message) < 200
    with pytest.raises(FileFormatError, match="The file: "):
        sandbox.read_upload(text, tmp_path / "work", display_name="\x00")


def test_time_is_limited(upload, tmp_path):
    with pytest.raises(LimitError, match="took longer than") as caught:
        sandbox.read_upload(
            upload, tmp_path / "work", display_name="a", limits=Limits(wall_floor_s=0.01, wall_s_per_mib=0)
        )
    assert caught.value.code == "too-slow"


def test_memory_is_limited(tmp_path):
    path = tmp_path / "data"
    with h5ad(path) as f:
        replace(
            f, "X", np.random.default_rng(0).random((N_CELLS, 2_500_000), dtype=np.float32), chunks=(N_CELLS, 50_000)
        )
        replace(f["var"], "_index", np.arange(2_500_000))
    limits = Limits(address_space_bytes=600 * 1024**2, max_genes=3_000_000, wall_floor_s=60)
    with pytest.raises(LimitError) as caught:
        sandbox.read_upload(path, tmp_path / "work", display_name="a", limits=limits)
    assert caught.value.code == "out-of-memory"
    assert "0.586 GB" in caught.value.message


def test_whoever_waits_is_asked_and_may_stop_the_child(tmp_path):
    path = tmp_path / "data"
    path.write_text(csv() + "".join(f"c{i},{','.join(['1'] * COUNTS.shape[1])}\n" for i in range(60_000)))
    calls = []

    def tick(share):
        calls.append(share)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        sandbox.read_upload(path, tmp_path / "work", display_name="a", tick=tick)
    assert len(calls) == 1
    assert 0 <= calls[0] <= 1
    assert not (tmp_path / "work" / "scratch").exists()


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (signal.SIGSEGV, FileFormatError, "reader-died"),
        (signal.SIGKILL, LimitError, "out-of-memory"),
        (signal.SIGXCPU, LimitError, "too-slow"),
        (0, FileFormatError, "reader-died"),
    ],
)
def test_every_death_is_an_answer(number, kind, code, tmp_path):
    with pytest.raises(kind) as caught:
        sandbox._answer(tmp_path, -number, "a.h5ad")
    assert caught.value.code == code
    assert caught.value.message.startswith("a.h5ad was not read: ")


@pytest.mark.parametrize("answer", ["", "[1]", "{"])
def test_an_answer_that_is_none_counts_as_a_death(answer, tmp_path):
    (tmp_path / "answer.json").write_text(answer)
    with pytest.raises(FileFormatError, match="no answer"):
        sandbox._answer(tmp_path, 0, "a")


def damaged_answer(upload, tmp_path, change):
    work = tmp_path / "work"
    work.mkdir()
    sandbox.answer_request(upload, work, DEFAULT_LIMITS)
    change(work)
    return sandbox._load(work, json.loads((work / "answer.json").read_text()))


def test_what_the_child_hands_over_is_checked_again(upload, tmp_path):
    def lie(work):
        indices = np.load(work / "indices.npy")
        indices[3] = 10**6
        np.save(work / "indices.npy", indices)

    with pytest.raises(FileFormatError, match="indices"):
        damaged_answer(upload, tmp_path, lie)


def test_arrays_of_another_type_are_not_taken_over(upload, tmp_path):
    with pytest.raises(ValueError, match="wrong types"):
        damaged_answer(upload, tmp_path, lambda work: np.save(work / "data.npy", np.zeros(3)))


def test_pickled_arrays_are_not_taken_over(upload, tmp_path):
    def pickled(work):
        np.save(work / "data.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)

    with pytest.raises(ValueError, match="Python objects"):
        damaged_answer(upload, tmp_path, pickled)


def test_memory_running_out_in_the_child_is_an_answer(upload, tmp_path, monkeypatch):
    def fail(*_):
        raise MemoryError

    monkeypatch.setattr(sandbox, "parse", fail)
    sandbox.answer_request(upload, tmp_path, DEFAULT_LIMITS)
    assert json.loads((tmp_path / "answer.json").read_text())["error"]["code"] == "out-of-memory"


def test_a_result_that_cannot_be_taken_over_is_an_answer(upload, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "_load", lambda *_: (_ for _ in ()).throw(KeyError("row_names")))
    with pytest.raises(FileFormatError, match="could not be taken over"):
        sandbox.read_upload(upload, tmp_path / "work", display_name="a")


def in_child(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_child_loads_only_what_it_needs():
    code = "import sys, core.expression.sandbox, core.expression.formats.hdf5; print([m for m in ('pandas', 'scipy', 'pyarrow', 'anndata') if m in sys.modules])"
    assert in_child(code) == "[]"


def test_the_limits_are_the_kernels(tmp_path):
    code = (
        "import resource; from core.expression.sandbox import limit_process; from core.expression.limits import Limits;"
        "limit_process(Limits(address_space_bytes=10**9, cpu_s=7));"
        "print(resource.getrlimit(resource.RLIMIT_AS)[1], resource.getrlimit(resource.RLIMIT_CPU)[1], resource.getrlimit(resource.RLIMIT_CORE)[1])"
    )
    assert in_child(code) == "1000000000 7 0"


def test_the_child_sees_nothing_of_the_servers_environment(upload, tmp_path, monkeypatch):
    monkeypatch.setenv("SCQUERY_SECRET_KEY", "hush")
    assert "SCQUERY_SECRET_KEY" not in sandbox._environment()
    assert sandbox.read_upload(upload, tmp_path / "work", display_name="a").n_obs == N_CELLS


def test_main_answers_a_request(upload, tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "limit_process", lambda limits: None)
    monkeypatch.setattr(sandbox, "die_with_parent", lambda: None)
    sandbox.main(json.dumps({"path": str(upload), "work_dir": str(tmp_path), "limits": DEFAULT_LIMITS.to_dict()}))
    assert "row_names" in json.loads((tmp_path / "answer.json").read_text())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not count what a process reads")
def test_the_share_that_was_read_grows(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"x" * 64 * MIB)
    code = f"import time; f = open({str(path)!r}, 'rb'); f.read(48 * 2**20); print(flush=True); time.sleep(60)"
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        child.stdout.readline()
        assert 0.6 < sandbox._share_read(child, 64 * MIB) < 0.8
        assert sandbox._share_read(child, MIB) < 1
    finally:
        child.kill()
        child.communicate()
    assert sandbox._share_read(child, MIB) == 0


@pytest.mark.parametrize("name", ["cells.h5ad", "cells.H5", "cells.loom"])
def test_a_file_that_is_not_what_its_name_says(tmp_path, name):
    path = tmp_path / "data"
    path.write_bytes(b"<html>Not found</html>")
    with pytest.raises(FileFormatError) as caught:
        sandbox.read_upload(path, tmp_path / "work", display_name=name)
    assert caught.value.message.startswith(f"{name} is not an HDF5 file, as its name says.")
    assert caught.value.next_step == "Save or download it again."
