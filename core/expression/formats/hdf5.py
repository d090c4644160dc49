"""Opening HDF5 files and reading their small parts; which kind of HDF5 file it is.

Not here: the checks before reading (``hdf5_guard``) and the formats themselves (``anndata_file``, ``tenx``, ``loom``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py

from core.errors import FileFormatError
from core.expression.formats import anndata_file, hdf5_guard, loom, tenx
from core.expression.formats.parsed import Parsed
from core.expression.limits import Limits

_OTHER = {
    "mod": ("a MuData file", "Save the RNA part alone: mdata['rna'].write_h5ad(...)."),
    "barcode_idx": ("a molecule_info file", "Upload filtered_feature_bc_matrix.h5 from the same folder."),
    "assays": ("an h5Seurat file", "Convert it with SeuratDisk::Convert(..., dest = 'h5ad')."),
    "resolutions": ("a contact map", "Upload an expression matrix."),
}


def read(path: Path, limits: Limits) -> Parsed:
    """Read an HDF5 file of any kind known here.

    Parameters
    ----------
    path : Path
        The file.
    limits : Limits
        Caps.

    Returns
    -------
    Parsed
        Rows are cells.

    Raises
    ------
    FileFormatError, LimitError
        Naming the place in the file.
    """
    with h5py.File(path, "r", locking=False) as file:
        hdf5_guard.walk(file, limits)
        return _reader(file)(file, limits)


def _reader(file: h5py.File) -> Callable[[h5py.File, Limits], Parsed]:
    names = set(file)
    if isinstance(file.get("matrix"), h5py.Dataset) and "row_attrs" in names:
        return loom.read
    if tenx.is_tenx(file):
        return tenx.read
    if names & {"X", "raw", "raw.X", "layers"} and "var" in names:
        return anndata_file.read
    for name, (what, next_step) in _OTHER.items():
        if name in names:
            raise FileFormatError(f"The file is {what}.", next_step=next_step, code="other-hdf5")
    held = ", ".join(sorted(names)[:6]) or "nothing"
    raise FileFormatError(
        f"The HDF5 file is neither AnnData, 10x nor loom: it holds {held[:120]}.",
        next_step="Save the matrix as .h5ad with its cell and gene names.",
        code="other-hdf5",
    )
