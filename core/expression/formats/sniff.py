"""What a file is, from its first bytes; names and extensions say nothing."""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from core.errors import FileFormatError

HDF5 = b"\x89HDF\r\n\x1a\n"
GZIP = b"\x1f\x8b"

_WORKS = "These work: .h5ad, 10x .h5, MTX in a .zip or .tar.gz, CSV or TSV, .loom."
_AS_TEXT = "Export the counts as CSV, or save an AnnData object as .h5ad."
_FROM_R = "In R, write the counts with DropletUtils::write10xCounts or as CSV, and upload that."
_REPACK = "Unpack it and compress with gzip or zip instead."
_QUANTIFY = "Quantify the reads first, then upload the count matrix."
_BINARY: tuple[tuple[bytes, str, str, str], ...] = (
    # first bytes, what it is, next step, code; a text may begin like some of them (MZB1, PAR1)
    (b"%PDF", "a PDF document", _WORKS, "not-a-matrix"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook", "Export the sheet as CSV and upload that.", "excel"),
    (b"RDX", "an R data file", _FROM_R, "r-object"),
    (b"X\n\0\0", "an R object", _FROM_R, "r-object"),
    (b"\x93NUMPY", "a NumPy array without gene names", _AS_TEXT, "not-a-matrix"),
    (b"PAR1", "a Parquet table", _AS_TEXT, "not-a-matrix"),
    (b"ARROW1", "an Arrow table", _AS_TEXT, "not-a-matrix"),
    (b"MATLAB 5", "a MATLAB file", _AS_TEXT, "not-a-matrix"),
    (b"BAM\1", "aligned reads (BAM)", _QUANTIFY, "reads"),
    (b"\x89PNG", "a picture", _WORKS, "not-a-matrix"),
    (b"\xff\xd8\xff", "a picture", _WORKS, "not-a-matrix"),
    (b"GIF8", "a picture", _WORKS, "not-a-matrix"),
    (b"\x7fELF", "a program", _WORKS, "not-a-matrix"),
    (b"MZ", "a program", _WORKS, "not-a-matrix"),
    (b"SQLite format 3", "a database", _AS_TEXT, "not-a-matrix"),
    (b"BZh", "compressed with bzip2", _REPACK, "compression"),
    (b"\xfd7zXZ", "compressed with xz", _REPACK, "compression"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", _REPACK, "compression"),
    (b"7z\xbc\xaf", "a 7-Zip archive", _REPACK, "compression"),
    (b"Rar!", "a RAR archive", _REPACK, "compression"),
)
_TEXTUAL: tuple[tuple[re.Pattern[bytes], str, str, str], ...] = (
    (re.compile(rb"%PDF-1"), "a PDF document", _WORKS, "not-a-matrix"),
    (re.compile(rb"(?:RDA\d\nA\n|A\n)[23]\n\d{5,}\n"), "an R object", _FROM_R, "r-object"),
    (re.compile(rb"@[^\n]+\n[ACGTNacgtn.]+\r?\n\+"), "sequencing reads (FASTQ)", _QUANTIFY, "reads"),
    (re.compile(rb">[^\n]+\n[A-Za-z*-]{20,}\s"), "sequences (FASTA)", _QUANTIFY, "reads"),
    (re.compile(rb"\s*[{\[]"), "JSON", _WORKS, "not-a-matrix"),
)
_MARKUP = re.compile(rb"^\s*<(?:!doctype|html|\?xml|head|body|svg|[a-z]+[ >])", re.IGNORECASE)
_PICKLE = re.compile(rb"^\x80[\x02-\x05][\x95\x28\x5d\x7d\x63c]")


def sniff(path: Path) -> str:
    """Name the kind of a file.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    str
        "folder", "hdf5", "zip", "tar", "mtx", "text", or one of these after "gzip:" ("gzip:tar", "gzip:text" ...).

    Raises
    ------
    FileFormatError
        For an empty file and for everything that is not one of these, saying what it is and what to do.
    """
    if path.is_dir():
        return "folder"
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise FileFormatError("The file is empty (0 bytes).", next_step="Upload the file again.", code="empty-file")
    if head.startswith(GZIP):
        inner = _inflated_head(path)
        if inner.startswith(GZIP):
            raise FileFormatError(
                "The file is compressed twice.", next_step="Unpack it once and upload that.", code="nested-archive"
            )
        return f"gzip:{_kind(inner)}"
    return _kind(head)


def _inflated_head(path: Path) -> bytes:
    """Return the first inflated bytes of a gzip file."""
    try:
        with gzip.open(path) as stream:
            head = stream.read(4096)
    except (OSError, EOFError, zlib.error) as error:
        raise FileFormatError(
            "The gzip stream cannot be inflated: it is cut off or damaged.",
            next_step="Compress or upload the file again.",
            code="damaged",
        ) from error
    if not head:
        raise FileFormatError("The gzip file is empty.", next_step="Upload the file again.", code="empty-file")
    return head


def _kind(head: bytes) -> str:
    if head.startswith(HDF5):
        return "hdf5"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head[257:262] == b"ustar":
        return "tar"
    _refuse_known(head)
    if head.startswith(b"%%MatrixMarket"):
        return "mtx"
    if is_text(head):
        return "text"
    raise FileFormatError("The file is binary and of no kind known here.", next_step=_WORKS, code="unknown-format")


def _refuse_known(head: bytes) -> None:
    """Refuse what is known not to hold a matrix we read."""
    known: list[tuple[str, str, str]] = []
    if not is_text(head):
        known += [entry for magic, *entry in _BINARY if head.startswith(magic)]  # type: ignore[misc]
    known += [entry for pattern, *entry in _TEXTUAL if pattern.match(head)]  # type: ignore[misc]
    for what, next_step, code in known:
        raise FileFormatError(f"The file is {what}, not an expression matrix.", next_step=next_step, code=code)
    if _PICKLE.match(head):
        raise FileFormatError(
            "The file is a Python pickle. Pickles can run code and are never opened here.",
            next_step="Save the AnnData object with .write_h5ad and upload that.",
            code="pickle",
        )
    if _MARKUP.match(head):
        raise FileFormatError(
            "The file is a web page or XML, not an expression matrix.",
            next_step="Open it in a text editor: it may hold the error message of an unfinished download.",
            code="web-page",
        )


def is_text(head: bytes) -> bool:
    """Tell whether bytes look like text in UTF-8, UTF-16 or an 8-bit code.

    Parameters
    ----------
    head : bytes
        Start of the file.

    Returns
    -------
    bool
        False where control characters say that it is binary.
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or utf16_without_mark(head):
        return True
    control = sum(b < 32 and b not in (9, 10, 13) for b in head)
    return control == 0


def utf16_without_mark(head: bytes) -> str:
    """Name the UTF-16 byte order of text that has no byte order mark.

    Parameters
    ----------
    head : bytes
        Start of the file.

    Returns
    -------
    str
        "utf-16-le", "utf-16-be", or "" where it is not UTF-16.
    """
    even, odd = head[0::2], head[1::2]
    if len(odd) >= 8 and odd.count(0) > 0.9 * len(odd) and even.count(0) == 0:
        return "utf-16-le"
    if len(even) >= 8 and even.count(0) > 0.9 * len(even) and odd.count(0) == 0:
        return "utf-16-be"
    return ""
