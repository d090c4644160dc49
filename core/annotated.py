"""A result as one .h5ad: the user's cells with their metadata, labels, places and expression, for scanpy, Seurat and cellxgene.

The expression is copied in pieces from the result's own arrays, so that a large result needs little memory.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.result import QueryResult

if TYPE_CHECKING:
    import h5py

PREFIX = "scquery_"
"""Of our columns, so that none of the user's own is lost."""
UNIT = "natural logarithm of 1 + counts per 10,000 of all genes of the file; genes that the reference knows"
_PIECE = 4_000_000


def write_annotated(result: QueryResult, path: Path) -> None:
    """Write a result as .h5ad.

    Parameters
    ----------
    result : QueryResult
        Labels as judged by its confidence level and level of detail.
    path : Path
        The file; it must not exist.

    Notes
    -----
    ``X`` (CSC, float32): log1p counts per 10,000, cells x genes that the reference knows. ``obs``: the user's metadata, then the columns
    of ``labels.csv`` with `PREFIX`. ``obsm``: ``X_scquery`` (the embedding) and ``X_scquery_pca`` (the map),
    and the file's own maps. ``uns["scquery"]``: with
    what they were made.
    """
    import h5py  # noqa: PLC0415 - a second in all, with anndata, that only this file needs
    from anndata.io import write_elem  # noqa: PLC0415 - as above

    with h5py.File(path, "x") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about texts, which are written as categories or objects here
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        _write_expression(file, result)
        write_elem(file, "obs", _obs(result))
        write_elem(file, "var", pd.DataFrame(index=_texts(pd.Index(result.genes, name="gene_symbol"))))
        places = result.projection[["pc1", "pc2"]].to_numpy(dtype=np.float32)
        own = dict(result.own_places)
        write_elem(file, "obsm", {**own, "X_scquery": np.asarray(result.embedding), "X_scquery_pca": places})
        write_elem(file, "uns", {"scquery": _facts(result)})
        for name in ("varm", "layers", "obsp", "varp"):
            write_elem(file, name, {})


def _obs(result: QueryResult) -> pd.DataFrame:
    own = result.obs.rename(columns=str)
    labels = result.labels.drop(columns="cell_id").add_prefix(PREFIX)
    obs = pd.concat([own.drop(columns=labels.columns, errors="ignore").reset_index(drop=True), labels], axis=1)
    for name in obs.columns:
        if not pd.api.types.is_numeric_dtype(obs[name].dtype):
            obs[name] = _category(obs[name])
    # A slash would mean a group within a group of the file.
    obs.columns = _texts(pd.Index([str(name).replace("/", "|") for name in obs.columns]))
    return obs.set_axis(_texts(pd.Index(result.cell_ids, name="cell_id")), axis=0)


def _category(column: pd.Series) -> pd.Categorical:
    codes, found = pd.factorize(column.map(str, na_action="ignore"), sort=True)
    return pd.Categorical.from_codes(codes, _texts(pd.Index(found)))


def _texts(index: pd.Index) -> pd.Index:
    """Hold texts as objects; the format's writer does not know pandas' own kind of texts."""
    texts: pd.Index = pd.Index(np.array([str(v) for v in index], dtype=object), dtype=object, name=index.name)
    return texts


def _facts(result: QueryResult) -> dict[str, Any]:
    report = result.report
    options = report["options"]
    return {
        "reference": report["bundle"]["title"],
        "bundle": f"{report['bundle']['name']} {report['bundle']['bundle_id']}",
        "organism": report["bundle"]["organism"],
        "k": int(report["k"]),
        "threshold": float(options["threshold"]),
        "detail": int(options.get("level", 0)),
        "studies_left_out": ", ".join(options["leave_out"]),
        "searched_at": report["created_at"],
        "X": UNIT,
    }


def _write_expression(file: h5py.File, result: QueryResult) -> None:
    starts, cells, values = result.expression_arrays()
    group = file.create_group("X")
    shape = (result.n_query, len(starts) - 1)
    group.attrs.update({"encoding-type": "csc_matrix", "encoding-version": "0.1.0", "shape": shape})
    small = len(values) < np.iinfo(np.int32).max
    group.create_dataset("indptr", data=starts.astype(np.int32 if small else np.int64))
    for name, array in (("indices", cells), ("data", values)):
        _copy(group.create_dataset(name, shape=array.shape, dtype=array.dtype), array)


def _copy(target: h5py.Dataset, source: npt.NDArray[Any]) -> None:
    for start in range(0, len(source), _PIECE):
        target[start : start + _PIECE] = source[start : start + _PIECE]
