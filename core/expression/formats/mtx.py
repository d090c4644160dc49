"""Matrix Market: a matrix file with one list of genes and one of cells, in a folder or an archive.

Names of the parts may carry a prefix (``GSM123_sample_matrix.mtx.gz``) and may be gzipped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.errors import FileFormatError
from core.expression.formats import csr, stream
from core.expression.formats.archive import Member
from core.expression.formats.parsed import Parsed, check_axes, check_cells, clean_names, damaged, too_large
from core.expression.formats.sniff import GZIP
from core.expression.formats.tenx import keep_genes
from core.expression.limits import Limits

_MATRIX = re.compile(r"\.mtx(?:\.gz)?$", re.IGNORECASE)
_GENES = re.compile(r"(?:features|genes|gene_names|var(?:_names)?)\.(?:tsv|txt|csv)(?:\.gz)?$", re.IGNORECASE)
_CELLS = re.compile(r"(?:barcodes|cells|cell_names|obs(?:_names)?)\.(?:tsv|txt|csv)(?:\.gz)?$", re.IGNORECASE)
_HEADER = re.compile(rb"^%%MatrixMarket\s+matrix\s+(\w+)\s+(\w+)\s+(\w+)", re.IGNORECASE)
_FEATURE_TYPES = {
    "Gene Expression",
    "Antibody Capture",
    "CRISPR Guide Capture",
    "Peaks",
    "Multiplexing Capture",
    "Custom",
}
_SHORTEST_LINE = 4  # bytes of "1 1\n"
_THREE = "Pack matrix.mtx, features.tsv (or genes.tsv) and barcodes.tsv together in one .zip and upload that."


def is_mtx(members: Sequence[Member]) -> bool:
    """Tell whether one of the files is named like a Matrix Market matrix.

    Parameters
    ----------
    members : sequence of Member
        Files of an archive or folder.

    Returns
    -------
    bool
        True with at least one ``*.mtx`` or ``*.mtx.gz``.
    """
    return any(_MATRIX.search(m.name) for m in members)


def without_names() -> FileFormatError:
    """Return the error for a matrix file that came alone."""
    return FileFormatError(
        "The file is a Matrix Market matrix alone, without names of genes and cells.", next_step=_THREE, code="no-names"
    )


def no_matrix(members: Sequence[Member]) -> FileFormatError:
    """Return the error for an archive without a matrix.

    Parameters
    ----------
    members : sequence of Member
        What it holds.

    Returns
    -------
    FileFormatError
        With code "no-matrix".
    """
    held = ", ".join(Path(m.name).name[:40] for m in members[:4]) or "nothing"
    return FileFormatError(
        f"The archive holds no matrix.mtx: {len(members)} file{'s' * (len(members) != 1)} ({held}).",
        next_step=_THREE,
        code="no-matrix",
    )


def read(members: Sequence[Member], limits: Limits, scratch: Path) -> Parsed:
    """Read the three files.

    Parameters
    ----------
    members : sequence of Member
        Files of an archive or folder; those that do not belong are passed over.
    limits : Limits
        Caps.
    scratch : Path
        Folder for inflated parts.

    Returns
    -------
    Parsed
        Rows are cells where the lists say so; 10x stores genes in rows.

    Raises
    ------
    FileFormatError
        With code "several-matrices", "no-names" or "damaged".
    LimitError
        Before anything of an exaggerated header is allocated.
    """
    matrix = _one_matrix(members)
    path = _inflated(matrix, scratch / "matrix.mtx", limits)
    n_rows, n_columns = _check_header(path, limits)
    genes, kinds, ids = _genes(_partner(members, matrix, _GENES, "features.tsv (or genes.tsv)"), limits)
    cells = _lines(_partner(members, matrix, _CELLS, "barcodes.tsv"), limits, "barcodes.tsv")
    genes_in_rows, cut = _fit(len(genes), len(cells), n_rows, n_columns)
    genes, kinds, ids, cells = genes[cut[0] :], kinds[cut[0] :], ids[cut[0] :], cells[cut[1] :]
    check_cells(len(cells), limits, "Upload the filtered matrix: the raw one holds mostly empty droplets.")
    triplet = csr.tidy(_values(path, transpose=genes_in_rows), len(genes))
    kept, notes = keep_genes(kinds, len(genes), "features.tsv") if kinds else (np.ones(len(genes), dtype=bool), ())
    if not kept.all():
        triplet = csr.keep_columns(triplet, kept)
        genes, ids = ([n for n, k in zip(names, kept, strict=True) if k] for names in (genes, ids))
    return Parsed(
        *triplet,
        row_names=clean_names((c.split("\t")[0] for c in cells), "barcodes.tsv", limits),
        column_names=genes,
        format="Matrix Market (MTX)",
        other_names={"features.tsv/column 1": ids} if ids != genes else {},
        notes=notes,
        layer=Path(matrix.name).name[:80],
    )


def _one_matrix(members: Sequence[Member]) -> Member:
    found = [m for m in members if _MATRIX.search(m.name)]
    if len(found) > 1:
        shown = ", ".join(Path(m.name).name[:60] for m in found[:3]) + (" ..." if len(found) > 3 else "")
        raise FileFormatError(
            f"{len(found)} matrices are in the archive ({shown}).",
            next_step="Upload one sample at a time, or join them first.",
            code="several-matrices",
        )
    return found[0]


def _partner(members: Sequence[Member], matrix: Member, pattern: re.Pattern[str], wanted: str) -> Member:
    """Find the list that belongs to the matrix: the one with the longest common beginning."""
    found = [m for m in members if pattern.search(m.name)]
    if not found:
        raise FileFormatError(f"{wanted} is missing beside the matrix.", next_step=_THREE, code="no-names")
    return max(found, key=lambda m: _common_start(m.name, matrix.name))


def _common_start(a: str, b: str) -> int:
    """Return how many characters two names share at their beginning."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _inflated(member: Member, target: Path, limits: Limits) -> Path:
    with member.path.open("rb") as file:
        zipped = file.read(2) == GZIP
    return stream.inflate(member.path, target, limits, Path(member.name).name[:60]) if zipped else member.path


def _check_header(path: Path, limits: Limits) -> tuple[int, int]:
    """Read the size line and hold it against the file's size; nothing is allocated before."""
    with path.open("rb") as file:
        banner = _HEADER.match(file.readline(1024))
        if not banner:
            raise damaged("matrix.mtx, line 1", "is not a Matrix Market header")
        layout, field, symmetry = (g.decode().lower() for g in banner.groups())
        if (layout, symmetry) != ("coordinate", "general") or field not in {"real", "integer", "double"}:
            raise damaged("matrix.mtx, line 1", f"says {layout} {field} {symmetry}; coordinate real general is read")
        number, line = 2, file.readline(10_000)
        while line.startswith(b"%") or (line and not line.strip()):
            number, line = number + 1, file.readline(10_000)
    words = line.split()
    if len(words) != 3 or not all(w.isdigit() and len(w) < 16 for w in words):
        raise damaged(f"matrix.mtx, line {number}", "does not give rows, columns and entries")
    n_rows, n_columns, n_values = map(int, words)
    check_axes(n_rows, n_columns, limits, "matrix.mtx")
    if n_values * _SHORTEST_LINE > path.stat().st_size:
        raise damaged(
            f"matrix.mtx, line {number}",
            f"announces {n_values:,} entries, more than {path.stat().st_size:,} bytes can hold",
        )
    if n_values * 8 > limits.max_dataset_bytes:
        raise too_large(f"matrix.mtx holds {n_values:,} entries.", "Upload a part of the cells.")
    return n_rows, n_columns


def _values(path: Path, *, transpose: bool) -> csr.Triplet:
    """Read the entries; the reader refuses rows and columns outside the header's."""
    from scipy import io, sparse  # noqa: PLC0415 - half a second; only this format needs it

    try:
        entries = io.mmread(path)
    except (ValueError, OverflowError) as error:
        said = (str(error).strip() or "a line cannot be read").splitlines()[0][:160].rstrip(".")
        raise damaged("matrix.mtx", f"cannot be read: {said[0].lower()}{said[1:]}", _zero_based(said)) from error
    x = sparse.csr_matrix(entries.T if transpose else entries)
    return x.data.astype(np.float32), x.indices.astype(np.int32), x.indptr.astype(np.int64)


def _zero_based(said: str) -> str:
    """Return the next step, for the commonest reason first."""
    if "out of bounds" in said:
        return "Rows and columns of Matrix Market count from 1. Write the matrix again with scipy.io.mmwrite or from R."
    return "Write the matrix again with scipy.io.mmwrite or from R, then upload it once more."


def _lines(member: Member, limits: Limits, name: str) -> list[str]:
    """Read a list of names, one a line."""
    cap = max(limits.max_cells, limits.max_genes) * 4
    with member.path.open("rb") as file:
        zipped = file.read(2) == GZIP
    opened = stream.open_gzip(member.path, limits, name) if zipped else member.path.open("rb")
    with opened:
        text = opened.read(cap * 100 + 1)
    lines = text.decode("utf-8-sig", "replace").splitlines()
    if len(lines) > cap or len(text) > cap * 100:
        raise too_large(f"{name} holds more than {cap:,} names.", "Upload the filtered matrix.")
    longest = max(map(len, lines), default=0)
    if longest > limits.max_name_chars:
        raise damaged(name, f"holds a line of {longest:,} characters")
    return [line for line in lines if line.strip()]


def _genes(member: Member, limits: Limits) -> tuple[list[str], list[str], list[str]]:
    """Return names, feature types (empty where there are none) and ids."""
    place = Path(member.name).name[:60]
    rows = [line.split("\t") for line in _lines(member, limits, place)]
    width = min(map(len, rows), default=0)
    ids = clean_names((r[0] for r in rows), place, limits)
    names = clean_names((r[1] for r in rows), place, limits) if width >= 2 else ids
    kinds = [r[2].strip() for r in rows] if width >= 3 else []
    if not _FEATURE_TYPES & set(kinds):
        kinds = []  # some other third column, for example a chromosome
    return names, kinds, ids


def _fit(n_genes: int, n_cells: int, n_rows: int, n_columns: int) -> tuple[bool, tuple[int, int]]:
    """Match the lists to the axes; a list may begin with one header line.

    Returns
    -------
    genes_in_rows : bool
        As 10x writes it.
    cut : tuple of int
        Header lines of the genes and of the cells.
    """
    for genes_in_rows, (a, b) in ((True, (n_rows, n_columns)), (False, (n_columns, n_rows))):
        cut = (n_genes - a, n_cells - b)
        if cut[0] in {0, 1} and cut[1] in {0, 1}:
            return genes_in_rows, cut
    raise damaged(
        "matrix.mtx", f"is {n_rows:,} x {n_columns:,}, but the lists name {n_genes:,} genes and {n_cells:,} cells"
    )
