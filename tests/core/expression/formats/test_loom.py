"""Loom files: attributes become names and metadata."""

import h5py
import numpy as np
import pytest

from core.errors import FileFormatError
from core.expression.formats import read_matrix
from tests.attacks.corpus import CELLS, COUNTS, ENSEMBL, GENES, N_CELLS, N_GENES, strings


@pytest.fixture
def loom(tmp_path):
    with h5py.File(tmp_path / "data", "w") as f:
        f.create_dataset("matrix", data=COUNTS.T)
        rows, columns = f.create_group("row_attrs"), f.create_group("col_attrs")
        strings(rows, "Gene", GENES)
        strings(rows, "Accession", ENSEMBL[:N_GENES])
        strings(columns, "CellID", CELLS)
        strings(columns, "Class", [f"k{i % 2}" for i in range(N_CELLS)])
        columns.create_dataset("Age", data=np.arange(N_CELLS))
        columns.create_dataset("tSNE", data=np.zeros((N_CELLS, 2)))
    return tmp_path / "data"


def test_values_names_and_metadata(loom):
    raw = read_matrix(loom)
    assert raw.format == "Loom"
    assert np.array_equal(raw.matrix.x.toarray(), COUNTS)
    assert raw.matrix.obs_names.tolist() == CELLS
    assert raw.matrix.var_names.tolist() == GENES
    assert raw.other_var_names["row_attrs/Accession"].tolist() == ENSEMBL[:N_GENES]
    assert raw.matrix.obs["Class"].iloc[1] == "k1"
    assert raw.matrix.obs["Age"].tolist() == list(range(N_CELLS))
    assert "tSNE" not in raw.matrix.obs


def test_without_column_attributes_cells_are_numbered(loom):
    with h5py.File(loom, "a") as f:
        del f["col_attrs"]
    assert read_matrix(loom).matrix.obs_names[:2].tolist() == ["cell 1", "cell 2"]


def test_a_matrix_with_three_axes_is_refused(loom):
    with h5py.File(loom, "a") as f:
        del f["matrix"]
        f["matrix"] = np.zeros((2, 2, 2))
    with pytest.raises(FileFormatError, match="matrix does not have two axes"):
        read_matrix(loom)
