"""Cases in text, and files that are no matrix at all."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle  # noqa: TID251 - to make a file that must be refused
import zipfile

import numpy as np

from tests.attacks.corpus import (
    CELLS,
    COUNTS,
    ENSEMBL,
    ENTREZ,
    GENES,
    HUMAN,
    MOUSE,
    N_CELLS,
    N_GENES,
    case,
    csv,
    text_table,
)

RATES = COUNTS / COUNTS.sum(1, keepdims=True)


def table(name, answer, text, *, finding="", says="", encoding="utf-8"):
    """Add a case whose file is this text."""

    def write(path):
        made = text() if callable(text) else text
        path.write_bytes(made if isinstance(made, bytes) else made.encode(encoding))

    case(name, answer, finding=finding, says=says)(write)


def _npy():
    out = io.BytesIO()
    np.save(out, COUNTS)
    return out.getvalue()


def _xlsx():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr("[Content_Types].xml", "<Types/>")
        z.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    return out.getvalue()


def _word():
    lines = csv().split("\n")
    lines[30] = lines[30].split(",")[0] + ",many" + lines[30][lines[30].index(",", 16) :]
    return "\n".join(lines)


def _quoted(sep):
    return "\n".join(sep.join(f'"{f}"' for f in line.split(",")) for line in csv().strip().split("\n"))


def _no_index():
    return ",".join(GENES) + "\n" + "\n".join(",".join(f"{v:g}" for v in row) for row in COUNTS) + "\n"


def _numbered_rows():
    lines = text_table(GENES, CELLS, COUNTS.T).strip().split("\n")
    return "\n".join(['"","gene"' + lines[0]] + [f'"{i}",{line}' for i, line in enumerate(lines[1:], 1)])


def _with_metadata():
    lines = csv(corner="cell").strip().split("\n")
    return "\n".join([lines[0] + ",donor"] + [f"{line},donor{i % 3}" for i, line in enumerate(lines[1:])])


def _two_names():
    lines = text_table(GENES, CELLS, COUNTS.T).strip().split("\n")
    return "\n".join(["gene_id,gene_name" + lines[0]] + [f"probe{i},{line}" for i, line in enumerate(lines[1:])])


# ------------------------------------------------------------------------------------------------- not a matrix at all

table("empty file", "empty-file", b"")
table("noise called .csv", "unknown-format", np.random.default_rng(3).bytes(5000))
table("web page with an error", "web-page", "<!DOCTYPE html><html><body>404 Not Found</body></html>")
table("XML", "web-page", "<?xml version='1.0'?><MINiML></MINiML>")
table("JSON", "not-a-matrix", '{"cells": [1, 2, 3]}')
table("PDF", "not-a-matrix", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj")
table("picture", "not-a-matrix", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
table("program", "not-a-matrix", b"\x7fELF\x02\x01\x01" + bytes(60))
table("NumPy array", "not-a-matrix", _npy)
table("Parquet", "not-a-matrix", b"PAR1\x15\x04\x15\x00" + bytes(60))
table("Python pickle", "pickle", lambda: pickle.dumps({"X": list(range(50))}))
table("R object", "r-object", lambda: gzip.compress(b"X\n\0\0\0\3\0\4\1\0" + bytes(99)))
table("R workspace", "r-object", lambda: gzip.compress(b"RDX3\nX\n\0\0\0\3" + bytes(99)))
table("R object as text", "r-object", "A\n3\n262402\n197888\n5\nUTF-8\n14\n3\n1\n2\n3\n")
table("Excel of today", "excel", _xlsx)
table("Excel of 1997", "excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
table("aligned reads", "reads", lambda: gzip.compress(b"BAM\1" + bytes(100)))
table("sequencing reads", "reads", "@read1\nACGTACGT\n+\nIIIIIIII\n" * 30)
table("sequences", "reads", ">chr1\nACGTACGTACGTACGTACGTACGTACGT\n")
table("bzip2", "compression", lambda: bz2.compress(csv().encode()))
table("xz", "compression", lambda: lzma.compress(csv().encode()))
table("7-Zip", "compression", b"7z\xbc\xaf\x27\x1c" + bytes(60))
table("log of a failed download", "one-column", "Error\nConnection\nrefused\n")
table("table of text only", "not-a-matrix", "cell,type\nc1,B\nc2,T\nc3,NK\n")
table("table of donors", "unknown-genes", "donor,age,height\nd1,34,170\nd2,61,181\nd3,44,166\n")


# ----------------------------------------------------------------------------------------------------- shape of tables

table("header only", "empty", "cell," + ",".join(GENES) + "\n")
table("blank lines only", "empty", "\n\n\n")
table("one column", "one-column", "\n".join(GENES))
table("ragged lines", "damaged", lambda: csv().replace("\nAAACCTGA0002-1,", "\nAAACCTGA0002-1,7,", 1), says="Line 4")
table("last line cut off", "damaged", lambda: csv()[:-300], says="Line 41")
table("quote not closed", "damaged", lambda: csv().replace("AAACCTGA0005", '"AAACCTGA0005', 1), says="Line 7")
table("word among the numbers", "damaged", _word, says="column ZNF0A")
table("one header field too many", "damaged", lambda: csv().replace("\n", ",X,Y\n", 1), says="Line 1")
table("zero bytes in the text", "damaged", lambda: csv().encode() + bytes(50), says="zero bytes")
table("nothing but numbers", "unknown-genes", lambda: "\n".join(",".join(f"{v:g}" for v in row) for row in COUNTS))
table("genes x cells, no header", "ok", lambda: csv(COUNTS.T, GENES, ["x"] * N_CELLS).split("\n", 1)[1], finding="note")


GOOD = {"finding": "scale-counts"}
table("CSV, cells in rows", "ok", csv, **GOOD)
table("CSV, genes in rows", "ok", lambda: csv(COUNTS.T, GENES, CELLS), finding="orientation", says="Turned")
table("TSV", "ok", lambda: csv(sep="\t"), **GOOD)
table("semicolons", "ok", lambda: csv(sep=";"), **GOOD)
table("blanks, header one short, as R writes it", "ok", lambda: csv(sep=" ")[1:], **GOOD)
table("commas, header one short", "ok", lambda: csv()[1:], **GOOD)
table("tabs, all quoted", "ok", lambda: _quoted("\t"), **GOOD)
table("commas, all quoted", "ok", lambda: _quoted(","), **GOOD)
table("byte order mark", "ok", csv, encoding="utf-8-sig", **GOOD)
table("UTF-16", "ok", csv, encoding="utf-16", **GOOD)
table("UTF-16 big endian without mark", "ok", csv, encoding="utf-16-be", **GOOD)
table("Latin-1 names", "ok", lambda: csv(cells=[f"Müller {i}" for i in range(N_CELLS)]), encoding="cp1252", **GOOD)
table("Windows line ends", "ok", lambda: csv().replace("\n", "\r\n"), **GOOD)
table("old Macintosh line ends", "ok", lambda: csv().replace("\n", "\r"), **GOOD)
table("comment lines first", "ok", lambda: "# made by a pipeline\n#v2\n" + csv(), **GOOD)
table("CSV without cell names", "ok", _no_index, finding="note", says="numbered")
table(
    "row numbers as R writes them, genes in a column",
    "ok",
    _numbered_rows,
    finding="orientation",
    says="gene",
)
table("metadata beside the genes", "ok", _with_metadata, finding="note", says="metadata")
table("gene id and gene symbol in columns", "ok", _two_names, finding="orientation", says="Turned")
table("formulas as names", "ok", lambda: csv(cells=[f"=HYPERLINK({i})" for i in range(N_CELLS)]), **GOOD)
table("one cell", "ok", lambda: csv(COUNTS[:1], CELLS[:1]), finding="one-cell")


# --------------------------------------------------------------------------------------------------------------- values


def _changed(place, value):
    x = COUNTS.copy()
    x[place] = value
    return csv(x)


def _decimals(sep):
    return csv(np.log1p(1e4 * RATES), sep=sep, fmt="{:.5f}").replace(".", ",")


def _log(base):
    return csv(np.log1p(1e4 * RATES) / np.log(base), fmt="{:.5g}")


table("decimal comma and semicolons", "ok", lambda: _decimals(";"), finding="scale-lognorm")
table("decimal comma and tabs", "ok", lambda: _decimals("\t"), finding="scale-lognorm")
table("natural logarithm", "ok", lambda: _log(np.e), finding="scale-lognorm")
table("logarithm to base 2", "ok", lambda: _log(2), finding="scale-log2")
table("logarithm to base 10", "ok", lambda: _log(10), finding="scale-log10")
table("counts per million", "ok", lambda: csv(1e6 * RATES, fmt="{:.8g}"), finding="scale-cpm")
table("shares of the total", "ok", lambda: csv(RATES, fmt="{:.8g}"), finding="scale-fractions")
table("zeros and ones", "ok", lambda: csv((COUNTS > 0) * 1.0), finding="scale-counts", says="0 or 1")
table("missing values in a few genes", "ok", lambda: _changed((slice(None), [3, 5]), np.nan), finding="missing")
table("fields left empty", "ok", lambda: _changed((7, 3), np.nan).replace("nan", ""), finding="missing")
table("missing values everywhere", "not-finite", lambda: _changed((slice(0, 1),), np.nan))
table("infinite values", "not-finite", lambda: _changed((3, 3), np.inf))
table("numbers beyond any number", "not-finite", lambda: _changed((3, 3), 7).replace(",7", ",1e999", 1))
table("all zero", "empty", lambda: csv(COUNTS * 0))
table("some cells all zero", "ok", lambda: _changed(([2, 9],), 0), finding="empty-cells", says="2 cells")
table("scaled to mean 0", "scaled", lambda: csv(COUNTS - COUNTS.mean(0), fmt="{:.4g}"))
table("scaled to 0..1", "scaled", lambda: csv(COUNTS / COUNTS.max(0), fmt="{:.5g}"))
table("one negative count", "negative", lambda: _changed((4, 4), -3))
table("a gene twice", "ok", lambda: csv(genes=[GENES[1], *GENES[1:]]), finding="duplicate-genes")
table("a cell twice", "ok", lambda: csv(cells=[CELLS[1], *CELLS[1:]]), finding="duplicate-cells")

# --------------------------------------------------------------------------------------------------------- gene names

table("Ensembl ids", "ok", lambda: csv(genes=ENSEMBL[:N_GENES]), finding="genes", says="Ensembl")
table(
    "Ensembl ids with versions",
    "ok",
    lambda: csv(genes=[f"{e}.{i % 20}" for i, e in enumerate(ENSEMBL[:N_GENES])]),
    finding="genes",
    says="Ensembl",
)
table("NCBI gene ids", "ok", lambda: csv(genes=ENTREZ[:N_GENES]), finding="genes", says="NCBI")
table("older names", "ok", lambda: csv(genes=[f"OLD{i}" for i in range(N_GENES)]), finding="genes")
table("wrong species by symbols", "wrong-species", lambda: csv(genes=MOUSE[:N_GENES]), says="mouse")
table(
    "wrong species by Ensembl ids",
    "wrong-species",
    lambda: csv(genes=[e.replace("ENSG", "ENSMUSG") for e in ENSEMBL[:N_GENES]]),
    says="mouse",
)
table("rat", "wrong-species", lambda: csv(genes=[e.replace("ENSG", "ENSRNOG") for e in ENSEMBL[:N_GENES]]), says="rat")
table(
    "fruit fly, genes in rows",
    "wrong-species",
    lambda: csv(COUNTS.T, [f"FBgn{i:07d}" for i in range(N_GENES)], CELLS),
    says="fruit fly",
)
table("zebrafish", "wrong-species", lambda: csv(genes=[g.lower() for g in GENES]), says="zebrafish")
table("two species", "two-species", lambda: csv(genes=GENES[:200] + MOUSE[200:400]))
table(
    "nine genes matched of 400",
    "unknown-genes",
    lambda: csv(genes=GENES[:9] + [f"probe{i}_at" for i in range(391)]),
    says="Only 9 of 400",
)
table("nine genes in all", "few-genes", lambda: csv(COUNTS[:, :9] + 1, genes=GENES[:9]))
table("genes that the reference does not use", "few-genes", lambda: csv(genes=HUMAN[800:1200]), says="reference uses")
table(
    "microarray probes",
    "unknown-genes",
    lambda: csv(genes=[f"{1000 + i}_s_at" for i in range(N_GENES)]),
    says="microarray",
)
table("proteins", "unknown-genes", lambda: csv(genes=[f"P{10000 + i}" for i in range(N_GENES)]), says="protein")
table("transcripts", "unknown-genes", lambda: csv(genes=[f"ENST{i:011d}" for i in range(N_GENES)]), says="transcript")
table(
    "open chromatin",
    "unknown-genes",
    lambda: csv(genes=[f"chr1:{i * 500}-{i * 500 + 400}" for i in range(N_GENES)]),
    says="peaks",
)
table(
    "dates made by a spreadsheet",
    "unknown-genes",
    lambda: csv(genes=[f"{i % 28 + 1}-Mar" for i in range(N_GENES)]),
    says="spreadsheet",
)
table("numbers as gene names", "unknown-genes", lambda: csv(genes=[str(i) for i in range(N_GENES)]))


# --------------------------------------------------------------------------------------- more that is no matrix, or nearly

table("database", "not-a-matrix", b"SQLite format 3\0" + bytes(84), says="database")
table("MATLAB", "not-a-matrix", b"MATLAB 5.0 MAT-file, Platform: GLNXA64" + b" " * 86 + b"\0\x01IM", says="MATLAB")
table("PDF in gzip", "not-a-matrix", lambda: gzip.compress(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj"), says="PDF")
table("RAR", "compression", b"Rar!\x1a\x07\x01\0" + bytes(60), says="RAR")
table("zstd", "compression", b"\x28\xb5\x2f\xfd" + bytes(60), says="zstd")
table("sequencing reads in gzip", "reads", lambda: gzip.compress(b"@read1\nACGTACGT\n+\nIIIIIIII\n" * 30), says="FASTQ")
table("UTF-32", "damaged", csv, encoding="utf-32")
table("hexadecimal numbers", "not-a-matrix", lambda: csv(fmt="0x{:g}"), says="no column of numbers")
table("percentages", "not-a-matrix", lambda: csv(fmt="{:g}%"), says="no column of numbers")
table("commas within thousands", "damaged", lambda: csv(1000 + COUNTS, fmt='"{:,.0f}"'), says="Line 2")
table("truth values among counts", "damaged", lambda: csv().replace(",1,", ",TRUE,"), says="TRUE")
table("a separator that changes within the header", "damaged", lambda: csv().replace(",", "\t", 300), says="Line 1")
table("two tables in one file", "damaged", lambda: csv() * 2, says="Line 42")
