"""Reading expression matrices: one reader a format, chosen by what the file is and not by what it is called.

=============  ====================================================
``hdf5``       opens HDF5: ``anndata_file``, ``tenx``, ``loom``
``mtx``        Matrix Market with its gene and cell lists
``delimited``  CSV and TSV
=============  ====================================================

`read_matrix` reads in this process; strangers' files go through ``core.expression.sandbox``. Importing this package
loads neither pandas nor scipy, so that the reading process starts fast.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import FileFormatError, InputError
from core.expression.formats import archive, sniff, stream
from core.expression.formats.parsed import Parsed, check_axes, too_large
from core.expression.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from core.expression.matrix import RawMatrix

_DAMAGE = (
    OSError, EOFError, ValueError, KeyError, IndexError, TypeError, RuntimeError, ArithmeticError, AttributeError, NotImplementedError,
    *stream.INFLATE_ERRORS,
)  # fmt: skip


def read_matrix(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> RawMatrix:
    """Read an expression matrix of any known format, in this process.

    Parameters
    ----------
    path : Path
        A file, or a folder with the three files of an MTX matrix.
    limits : Limits
        Caps; the builder may allow more than the app.

    Returns
    -------
    RawMatrix
        Values as in the file; unit and perhaps orientation still unknown.

    Raises
    ------
    FileFormatError
        When the file cannot be read, naming the place.
    LimitError
        When it is larger than allowed.
    """
    scratch = Path(tempfile.mkdtemp(prefix="scquery-read-"))
    try:
        return to_raw(parse(path, limits, scratch))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def parse(path: Path, limits: Limits, scratch: Path) -> Parsed:
    """Read an expression matrix into plain arrays.

    Parameters
    ----------
    path : Path
        File or folder.
    limits : Limits
        Caps.
    scratch : Path
        Existing folder for what must be unpacked.

    Returns
    -------
    Parsed
        Checked arrays.

    Raises
    ------
    FileFormatError, LimitError
        As for `read_matrix`.
    """
    try:
        if path.is_file() and path.stat().st_size > limits.max_file_bytes:
            raise too_large(
                f"The file has {path.stat().st_size / 1024**2:,.0f} MB; this server takes "
                f"{limits.max_file_bytes / 1024**2:,.0f} MB.",
                "Upload a part of the cells, or use the command line.",
            )
        parsed = _parse(path, limits, scratch, outermost=True)
    except InputError:
        raise
    except _DAMAGE as error:
        raise stream.unreadable(error) from error
    check_axes(*parsed.shape, limits)
    return parsed


def _parse(path: Path, limits: Limits, scratch: Path, *, outermost: bool) -> Parsed:
    kind = sniff.sniff(path)
    if kind in {"zip", "tar", "gzip:tar", "folder"}:
        if not outermost:
            raise FileFormatError(
                "An archive lies inside the archive.", next_step="Unpack the inner one first.", code="nested-archive"
            )
        return _parse_members(path, kind, limits, scratch)
    if kind.startswith("gzip:") and kind != "gzip:text":
        inner = stream.inflate(path, scratch / "inflated", limits, "the file")
        return _parse(inner, limits, scratch, outermost=False)
    if kind == "hdf5":
        from core.expression.formats import hdf5  # noqa: PLC0415 - only what the format needs

        return hdf5.read(path, limits)
    if kind == "mtx":
        from core.expression.formats import mtx  # noqa: PLC0415 - only what the format needs

        raise mtx.without_names()
    from core.expression.formats import delimited  # noqa: PLC0415 - only what the format needs

    return delimited.read(path, limits, gzipped=kind == "gzip:text")


def _parse_members(path: Path, kind: str, limits: Limits, scratch: Path) -> Parsed:
    """Read an MTX folder or archive, or the one other file an archive holds."""
    in_folder = kind == "folder"
    members = archive.folder_members(path, limits) if in_folder else archive.unpack(path, kind, scratch, limits)
    from core.expression.formats import mtx  # noqa: PLC0415 - only what the format needs

    if mtx.is_mtx(members):
        return mtx.read(members, limits, scratch)
    if len(members) == 1:
        return _parse(members[0].path, limits, scratch, outermost=False)
    raise mtx.no_matrix(members)


def to_raw(parsed: Parsed) -> RawMatrix:
    """Turn plain arrays into the type the house works with.

    Parameters
    ----------
    parsed : Parsed
        Checked arrays.

    Returns
    -------
    RawMatrix
        Shares the arrays.
    """
    import pandas as pd  # noqa: PLC0415 - a second; the reading process does without
    from scipy import sparse  # noqa: PLC0415 - half a second; the reading process does without

    from core.expression.matrix import ExpressionMatrix, RawMatrix, as_names  # noqa: PLC0415 - needs pandas

    x = sparse.csr_matrix((parsed.data, parsed.indices, parsed.indptr), shape=parsed.shape)
    x.has_canonical_format = True
    names = as_names(parsed.row_names)
    table = pd.DataFrame(dict(parsed.row_table), index=pd.Index(names))
    return RawMatrix(
        ExpressionMatrix(x, names, as_names(parsed.column_names), table, parsed.places),
        format=parsed.format,
        orientation_known=parsed.orientation_known,
        notes=parsed.notes,
        other_var_names={place: as_names(n) for place, n in parsed.other_names.items()},
        layer=parsed.layer,
    )
