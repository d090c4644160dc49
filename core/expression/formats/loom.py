"""Loom files: one dense matrix of genes x cells with attributes of rows and columns."""

from __future__ import annotations

from collections.abc import Sequence

import h5py
import numpy as np

from core.expression.formats import csr
from core.expression.formats.hdf5_values import dense_blocks, texts
from core.expression.formats.parsed import Parsed, check_axes, check_cells, damaged
from core.expression.limits import Limits

_GENES = (
    "Gene",
    "gene",
    "GeneName",
    "gene_names",
    "gene_name",
    "var_names",
    "Symbol",
    "Accession",
    "gene_ids",
    "index",
)
_CELLS = ("CellID", "cellID", "cell_id", "obs_names", "cell_names", "barcode", "Barcode", "barcodes", "index")
_EXPORT = "Write it again with row attribute Gene and column attribute CellID, or save it as .h5ad."


def read(file: h5py.File, limits: Limits) -> Parsed:
    """Read a loom file.

    Parameters
    ----------
    file : h5py.File
        Checked by the guard; ``matrix`` is a data set.
    limits : Limits
        Caps.

    Returns
    -------
    Parsed
        Rows are cells.

    Raises
    ------
    FileFormatError, LimitError
        Naming the attribute.
    """
    matrix = file["matrix"]
    if matrix.ndim != 2:
        raise damaged("matrix", "does not have two axes")
    n_genes, n_cells = (int(n) for n in matrix.shape)
    check_cells(n_cells, limits)
    check_axes(n_cells, n_genes, limits)
    genes, others = _names(file, "row_attrs", _GENES, n_genes, limits)
    if not genes:
        raise damaged("row_attrs", "holds no gene names (Gene or Accession)", _EXPORT)
    cells, _ = _names(file, "col_attrs", _CELLS, n_cells, limits)
    triplet = csr.flip(csr.tidy(csr.from_dense(dense_blocks(matrix, "matrix")), n_cells), n_cells)
    return Parsed(
        *triplet,
        row_names=cells or [f"cell {i + 1}" for i in range(n_cells)],
        column_names=genes,
        format="Loom",
        row_table=_cell_table(file, n_cells, limits),
        other_names=others,
        notes=() if cells else ("The file names no cells; they are numbered here.",),
        layer="matrix",
    )


def _names(
    file: h5py.File, axis: str, wanted: Sequence[str], n: int, limits: Limits
) -> tuple[list[str], dict[str, list[str]]]:
    """Return the first attribute that names the axis, and the further ones."""
    attrs = file.get(axis)
    held = [a for a in wanted if isinstance(attrs, h5py.Group) and isinstance(attrs.get(a), h5py.Dataset)]
    found = {f"{axis}/{a}": texts(attrs[a], f"{axis}/{a}", limits) for a in held}
    for place, names in found.items():
        if len(names) != n:
            raise damaged(place, f"names {len(names):,}, the matrix has {n:,}")
    first = next(iter(found), "")
    return found.pop(first, []), found


def _cell_table(
    file: h5py.File, n_cells: int, limits: Limits
) -> dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]]:
    """Read the column attributes that are simple."""
    table: dict[str, np.ndarray[tuple[int], np.dtype[np.generic]]] = {}
    attrs = file.get("col_attrs")
    if not isinstance(attrs, h5py.Group):
        return table
    for name in [a for a in attrs if a not in _CELLS][: limits.max_obs_columns]:
        node = attrs[name]
        if not isinstance(node, h5py.Dataset) or node.shape != (n_cells,):
            continue
        if node.dtype.kind in "iufb":
            table[name] = node[()]
        else:
            table[name] = np.array(texts(node, f"col_attrs/{name}", limits), dtype=object)
    return table
