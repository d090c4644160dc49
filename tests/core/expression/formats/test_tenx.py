"""10x files: symbols, ids and the choice of genome."""

import h5py
import numpy as np
import pytest

from core.errors import FileFormatError
from core.expression.formats import read_matrix
from core.expression.formats.tenx import keep_genes, pick_genome
from tests.attacks.corpus import CELLS, COUNTS, ENSEMBL, GENES, N_GENES, replace, tenx


def test_values_and_both_kinds_of_names(tmp_path):
    tenx(tmp_path / "a").close()
    raw = read_matrix(tmp_path / "a")
    assert np.array_equal(raw.matrix.x.toarray(), COUNTS)
    assert raw.matrix.obs_names.tolist() == CELLS
    assert raw.matrix.var_names.tolist() == GENES
    assert raw.other_var_names["matrix/ids"].tolist() == ENSEMBL[:N_GENES]


def test_files_without_feature_types_hold_genes(tmp_path):
    with tenx(tmp_path / "a") as f:
        del f["matrix/features/feature_type"], f["matrix/features/genome"]
    assert read_matrix(tmp_path / "a").n_vars == N_GENES


def test_old_files_may_have_ids_only(tmp_path):
    with tenx(tmp_path / "a") as f:
        f["matrix/genes"] = f["matrix/features/id"][()]
        del f["matrix/features"]
    assert read_matrix(tmp_path / "a").matrix.var_names.tolist() == ENSEMBL[:N_GENES]


def test_feature_types_must_be_as_many_as_features(tmp_path):
    with tenx(tmp_path / "a") as f:
        replace(f["matrix/features"], "feature_type", np.array([b"Gene Expression"]))
    with pytest.raises(FileFormatError, match="names 1 features, the matrix has 400"):
        read_matrix(tmp_path / "a")


def test_of_several_genomes_the_one_of_human_or_mouse_is_read(tmp_path):
    assert pick_genome(["SARS-CoV-2", "GRCh38"]) == "GRCh38"
    assert pick_genome(["virus"]) == "virus"
    assert pick_genome([]) == ""
    with tenx(tmp_path / "a", genomes=("GRCh38", "SARS")) as f:
        assert isinstance(f, h5py.File)
    assert read_matrix(tmp_path / "a").n_vars == N_GENES


def test_empty_feature_types_count_as_genes():
    kept, notes = keep_genes(["Gene Expression", "", "Peaks"], 3, "x")
    assert kept.tolist() == [True, True, False]
    assert notes == ("1 features that are not genes stayed out (Peaks).",)
