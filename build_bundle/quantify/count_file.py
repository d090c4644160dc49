"""Write counts as AnnData (.h5ad): a file that the page, the builder and scanpy read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anndata
import pandas as pd
from scipy import sparse


@dataclass(frozen=True, eq=False)
class CountFile:
    """What goes into a file.

    Parameters
    ----------
    x : csr_matrix of float32, n_obs x n_vars
        Counts, or linear values of authors.
    obs_names, var_names : list of str
        Unique names.
    obs, var : pandas.DataFrame
        A row a cell, a row a gene.
    layers : mapping of str to csr_matrix
        Of the same shape.
    uns : mapping of str to str
        Remarks.
    """

    x: sparse.csr_matrix
    obs_names: list[str]
    var_names: list[str]
    obs: pd.DataFrame
    var: pd.DataFrame
    layers: Mapping[str, sparse.csr_matrix] = field(default_factory=dict)
    uns: Mapping[str, str] = field(default_factory=dict)


def write_count_file(path: Path, file: CountFile) -> None:
    """Write a file; it has its name only when it is complete."""
    data = anndata.AnnData(
        X=file.x,
        obs=_texts_as_objects(file.obs).set_axis(pd.Index(file.obs_names, dtype=object), axis=0),
        var=_texts_as_objects(file.var).set_axis(pd.Index(file.var_names, dtype=object), axis=0),
        layers=dict(file.layers),
        uns=dict(file.uns),
    )
    part = path.with_name(f".{path.name}.part")
    data.write_h5ad(part, compression="gzip")
    part.replace(path)


def _texts_as_objects(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy whose text columns are plain objects: AnnData writes these in every version."""
    texts = [name for name in frame if pd.api.types.is_string_dtype(frame[name])]
    return frame.astype(dict.fromkeys(texts, object))
