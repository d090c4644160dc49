"""Write example queries as AnnData files (.h5ad), byte for byte the same for the same cells."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from scipy import sparse

from core.expression.matrix import Names

_EMPTY_GROUPS = ("layers", "obsm", "obsp", "uns", "varm", "varp")


def write_h5ad(path: Path, x: sparse.csr_matrix, obs_names: Names, var_names: Names, obs: pd.DataFrame) -> None:
    """Write cells x genes with text metadata.

    Parameters
    ----------
    path : Path
        File to make.
    x : csr_matrix of float32, n_obs x n_vars
        Values.
    obs_names, var_names : array of str
        Names of cells and genes.
    obs : pandas.DataFrame
        Metadata, one row a cell; written as text.
    """
    with h5py.File(path, "w", track_order=False) as file:
        _mark(file, "anndata", "0.1.0")
        matrix = file.create_group("X")
        _mark(matrix, "csr_matrix", "0.1.0")
        matrix.attrs["shape"] = np.array(x.shape, dtype=np.int64)
        for name in ("data", "indices", "indptr"):
            matrix.create_dataset(name, data=getattr(x, name), compression="gzip", shuffle=True)
        _write_frame(file, "obs", obs_names, obs)
        _write_frame(file, "var", var_names, pd.DataFrame(index=range(len(var_names))))
        for name in _EMPTY_GROUPS:
            _mark(file.create_group(name), "dict", "0.1.0")


def _write_frame(file: h5py.File, name: str, index: Names, frame: pd.DataFrame) -> None:
    group = file.create_group(name)
    _mark(group, "dataframe", "0.2.0")
    group.attrs["_index"] = "_index"
    order = np.array([str(c) for c in frame.columns], dtype=h5py.string_dtype())
    group.attrs.create("column-order", order, dtype=h5py.string_dtype())
    _write_text(group, "_index", index.tolist())
    for column in frame.columns:
        _write_text(group, str(column), frame[column].astype(str).tolist())


def _write_text(group: h5py.Group, name: str, values: list[str]) -> None:
    data = group.create_dataset(name, data=np.array(values, dtype=object), dtype=h5py.string_dtype())
    _mark(data, "string-array", "0.2.0")


def _mark(item: h5py.Group | h5py.Dataset, kind: str, version: str) -> None:
    item.attrs["encoding-type"] = kind
    item.attrs["encoding-version"] = version
