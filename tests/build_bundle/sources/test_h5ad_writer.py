from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from build_bundle.sources.h5ad_writer import write_h5ad
from core.expression.formats import read_matrix
from core.expression.matrix import as_names


def write(path: Path) -> sparse.csr_matrix:
    x = sparse.random(20, 12, density=0.3, format="csr", dtype=np.float32, random_state=1)
    obs = pd.DataFrame({"author_cell_type": [f"type {i % 3}" for i in range(20)]})
    write_h5ad(path, x, as_names([f"c{i}" for i in range(20)]), as_names([f"G{i}" for i in range(12)]), obs)
    return x


def test_anndata_reads_it(tmp_path: Path) -> None:
    x = write(tmp_path / "e.h5ad")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # anndata's own, at import
        import anndata

        found = anndata.read_h5ad(tmp_path / "e.h5ad")
    assert (x != found.X).nnz == 0
    assert found.obs["author_cell_type"].tolist()[:4] == ["type 0", "type 1", "type 2", "type 0"]
    assert found.var_names[3] == "G3"


def test_our_own_reader_reads_it(tmp_path: Path) -> None:
    x = write(tmp_path / "e.h5ad")
    found = read_matrix(tmp_path / "e.h5ad")
    assert (found.matrix.x != x).nnz == 0
    assert found.matrix.obs["author_cell_type"].iloc[1] == "type 1"


def test_the_same_cells_give_the_same_bytes(tmp_path: Path) -> None:
    write(tmp_path / "a.h5ad")
    write(tmp_path / "b.h5ad")
    assert (tmp_path / "a.h5ad").read_bytes() == (tmp_path / "b.h5ad").read_bytes()
