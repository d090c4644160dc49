"""Every malformed or odd upload has one decided answer, given within ten seconds, and the reader's death harms nobody."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import InputError
from core.expression.doctor import Diagnosis
from tests.attacks import corpus_anndata, corpus_archives, corpus_hdf5, corpus_tenx, corpus_text  # noqa: F401 - they fill CASES
from tests.attacks.answers import answer, assert_clear
from tests.attacks.corpus import CASES, CELLS, N_GENES, Case, csv, h5ad, mtx_files, tenx


def test_the_corpus_is_large_and_its_names_are_unique():
    assert len(CASES) >= 250
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


def _sound_h5ad(path):
    h5ad(path).close()


def _sound_tenx(path):
    tenx(path).close()


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
