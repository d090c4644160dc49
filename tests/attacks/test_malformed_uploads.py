"""Every malformed or odd upload has one decided answer, given within ten seconds, and the reader's death harms nobody."""

from __future__ import annotations

import time

import numpy as np
import pytest

from core.errors import InputError
from core.expression.doctor import Diagnosis, examine
from core.expression.sandbox import read_upload
from tests.attacks import corpus_anndata, corpus_archives, corpus_hdf5, corpus_tenx, corpus_text  # noqa: F401 - they fill CASES
from tests.attacks.corpus import CASES, CELLS, ENCODER, N_GENES, NAMES, Case, csv, h5ad, mtx_files, tenx

SECONDS = 10.0
DISPLAY = "my cells <b>.csv"


def answer(path, work) -> Diagnosis | InputError:
    """Give the answer for an uploaded file, as the app does."""
    started = time.monotonic()
    try:
        raw = read_upload(path, work, display_name=DISPLAY)
        result: Diagnosis | InputError = examine(raw, NAMES, organism="human", encoder_genes=ENCODER)
    except InputError as error:
        result = error
    assert time.monotonic() - started < SECONDS
    return result


def assert_clear(error: InputError) -> None:
    """A refusal is two plain sentences and a code."""
    assert error.code
    assert error.message[0].isupper() or error.message[0].isdigit() or error.message.startswith(DISPLAY)
    assert error.message.endswith(".")
    assert error.next_step.endswith((".", ")."))
    for leak in ("Traceback", "/tmp/", 'File "', " at 0x", "object at"):
        assert leak not in str(error)


def test_the_corpus_is_large_and_its_names_are_unique():
    assert len(CASES) >= 150
    assert len({c.name for c in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name.replace(" ", "-"))
def test_every_file_gets_its_decided_answer(case: Case, tmp_path):
    path = tmp_path / "data"
    case.write(path)
    result = answer(path, tmp_path / "work")
    if isinstance(result, InputError):
        assert_clear(result)
        assert result.code == case.answer, str(result)
        assert case.says in str(result)
        return
    assert case.answer == "ok", [f.text for f in result.findings]
    shown = {f.code: f.text for f in result.findings}
    assert case.finding in shown
    assert any(case.says in f.text for f in result.findings if f.code == case.finding)
    assert result.matrix.n_vars <= N_GENES
    assert 1 <= result.matrix.n_obs <= len(CELLS)
    assert np.isfinite(result.matrix.x.data).all()
    assert result.matrix.x.data.min() > 0


def _flipped(data: bytes, seed: int) -> bytes:
    """Return the bytes with one to eight bits turned, most often near the start where the structure is."""
    rng = np.random.default_rng(seed)
    out = bytearray(data)
    reach = len(out) if seed % 3 == 0 else min(len(out), 6000)
    for place in rng.integers(8, reach, rng.integers(1, 9)):
        out[place] ^= 1 << int(rng.integers(8))
    return bytes(out)


def _sound_h5ad(path):
    h5ad(path).close()


def _sound_tenx(path):
    tenx(path).close()


@pytest.mark.parametrize(("write", "seeds"), [(_sound_h5ad, range(24)), (_sound_tenx, range(12))], ids=["h5ad", "10x"])
def test_turned_bits_are_survived(write, seeds, tmp_path):
    sound = tmp_path / "sound"
    write(sound)
    data = sound.read_bytes()
    refused = 0
    for seed in seeds:
        path = tmp_path / "data"
        path.write_bytes(_flipped(data, seed))
        result = answer(path, tmp_path / f"work{seed}")
        if isinstance(result, InputError):
            refused += 1
            assert_clear(result)
        else:
            assert np.isfinite(result.matrix.x.data).all()
    assert refused > 0


def test_a_folder_of_mtx_files_is_read(tmp_path):
    folder = tmp_path / "filtered_feature_bc_matrix"
    folder.mkdir()
    for name, data in mtx_files().items():
        (folder / name).write_bytes(data)
    result = answer(folder, tmp_path / "work")
    assert isinstance(result, Diagnosis)
    assert result.matrix.n_obs == len(CELLS)


def test_nothing_from_an_archive_lands_outside_the_work_folder(tmp_path):
    path = tmp_path / "data"
    corpus_archives.zipped(path, {"../escaped.tsv": b"x", **mtx_files()})
    answer(path, tmp_path / "work")
    assert {p.name for p in tmp_path.iterdir()} == {"data", "work"}
    assert not (tmp_path / "work" / "scratch").exists()


def test_the_same_values_come_out_of_every_format(tmp_path):
    from tests.attacks.corpus import COUNTS, GENES

    writers = {
        "h5ad": _sound_h5ad,
        "10x": _sound_tenx,
        "zip": lambda p: corpus_archives.zipped(p, mtx_files()),
        "csv": lambda p: p.write_text(csv()),
        "turned": lambda p: p.write_text(csv(COUNTS.T, GENES, CELLS)),
    }
    for name, write in writers.items():
        path = tmp_path / name
        write(path)
        result = answer(path, tmp_path / f"work-{name}")
        assert isinstance(result, Diagnosis)
        assert result.matrix.var_names.tolist() == GENES
        assert result.matrix.obs_names.tolist() == CELLS
        assert np.array_equal(result.matrix.x.toarray(), COUNTS)
