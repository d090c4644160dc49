"""Cases in zip, tar and gzip: Matrix Market and everything that can be wrong with an archive."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile

from tests.attacks.corpus import CELLS, COUNTS, GENES, N_CELLS, N_GENES, case, csv, h5ad, mtx_files, text_table


def zipped(path, files, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as z:
        for name, data in files.items():
            z.writestr(name, data)


def tarred(path, files, mode="w:gz", extra=()):
    with tarfile.open(path, mode) as t:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
        for info in extra:
            t.addfile(info)


def gz(files):
    return {f"{name}.gz": gzip.compress(data) for name, data in files.items()}


def without(files, part):
    return {name: data for name, data in files.items() if part not in name}


@case("MTX in a zip", "ok", finding="scale-counts")
def _(path):
    zipped(path, mtx_files())


@case("MTX in a zip, gzipped parts with a prefix in a folder", "ok", finding="scale-counts")
def _(path):
    zipped(path, gz(mtx_files(prefix="sample/GSM1_")))


@case("MTX in a tar.gz", "ok", finding="scale-counts")
def _(path):
    tarred(path, gz(mtx_files()))


@case("MTX in a plain tar", "ok", finding="scale-counts")
def _(path):
    tarred(path, mtx_files(prefix="filtered_feature_bc_matrix/"), "w")


@case("MTX with genes.tsv as of Cell Ranger 2", "ok", finding="scale-counts")
def _(path):
    files = mtx_files()
    files["genes.tsv"] = files.pop("features.tsv")
    zipped(path, files)


@case("MTX with cells in rows", "ok", finding="scale-counts")
def _(path):
    zipped(path, mtx_files(COUNTS.T))


@case("MTX with real numbers", "ok", finding="scale-counts")
def _(path):
    zipped(path, mtx_files(kind="real"))


@case("MTX with a header line in the lists", "ok", finding="scale-counts")
def _(path):
    files = mtx_files()
    files["features.tsv"] = b"gene_id\tgene\ttype\n" + files["features.tsv"]
    files["barcodes.tsv"] = b"barcode\n" + files["barcodes.tsv"]
    zipped(path, files)


@case("MTX with clutter of macOS", "ok", finding="scale-counts")
def _(path):
    zipped(path, mtx_files(prefix="m/") | {"__MACOSX/m/._matrix.mtx": b"x", "m/.DS_Store": b"x"})


@case("MTX with antibodies", "ok", finding="note", says="Antibody Capture")
def _(path):
    files = mtx_files()
    lines = files["features.tsv"].decode().splitlines()
    lines[-10:] = [line.replace("Gene Expression", "Antibody Capture") for line in lines[-10:]]
    zipped(path, files | {"features.tsv": "\n".join(lines).encode()})


@case("MTX that announces a trillion entries", "damaged", says="1,000,000,000,000")
def _(path):
    zipped(path, mtx_files(header=f"{N_GENES} {N_CELLS} 1000000000000"))


@case("MTX that announces a matrix of 10 million x 10 million", "too-large")
def _(path):
    zipped(path, mtx_files(header="10000000 10000000 5"))


@case("MTX that announces fewer entries than it holds", "damaged")
def _(path):
    zipped(path, mtx_files(header=f"{N_GENES} {N_CELLS} 3"))


@case("MTX that ends too early", "damaged")
def _(path):
    zipped(path, mtx_files(header=f"{N_GENES} {N_CELLS} 200", body=["1 1 1"] * 300 + ["1 2"]))


@case("MTX that counts from 0", "damaged", says="matrix.mtx")
def _(path):
    zipped(path, mtx_files(base=0))


@case("MTX with letters among the numbers", "damaged", says="matrix.mtx")
def _(path):
    zipped(path, mtx_files(header=f"{N_GENES} {N_CELLS} 3", body=["1 1 1", "2 b 3", "3 3 3"]))


@case("MTX with negative sizes", "damaged")
def _(path):
    zipped(path, mtx_files(header="-400 40 10"))


@case("MTX without a size line", "damaged")
def _(path):
    zipped(path, mtx_files() | {"matrix.mtx": b"%%MatrixMarket matrix coordinate integer general\n"})


@case("MTX of complex numbers", "damaged", says="complex")
def _(path):
    zipped(path, mtx_files(kind="complex"))


@case("MTX without its first line", "damaged", says="matrix.mtx, line 1")
def _(path):
    files = mtx_files()
    zipped(path, files | {"matrix.mtx": files["matrix.mtx"].split(b"\n", 1)[1]})


@case("MTX without features", "no-names", says="features.tsv")
def _(path):
    zipped(path, without(mtx_files(), "features"))


@case("MTX without barcodes", "no-names", says="barcodes.tsv")
def _(path):
    zipped(path, without(mtx_files(), "barcodes"))


@case("MTX matrix alone", "no-names")
def _(path):
    path.write_bytes(mtx_files()["matrix.mtx"])


@case("MTX matrix alone in gzip", "no-names")
def _(path):
    path.write_bytes(gzip.compress(mtx_files()["matrix.mtx"]))


@case("two MTX matrices", "several-matrices", says="2 matrices")
def _(path):
    zipped(path, mtx_files(prefix="a/") | mtx_files(prefix="b/"))


@case("MTX with too few names", "damaged", says="400 x 40")
def _(path):
    files = mtx_files()
    zipped(path, files | {"features.tsv": files["features.tsv"][:2000]})


@case("MTX with human and mouse genomes", "two-species")
def _(path):
    half = N_GENES // 2
    genes = [f"GRCh38_{g}" for g in GENES[:half]] + [f"mm10___{g.capitalize()}" for g in GENES[half:]]
    files = mtx_files(genes=genes)
    names = "\n".join(f"{g}\t{g}\tGene Expression" for g in genes)
    zipped(path, files | {"features.tsv": names.encode()})


# ----------------------------------------------------------------------------------------------------------- archives


@case("zip bomb", "inflates-too-far")
def _(path):
    zipped(path, mtx_files() | {"more.mtx.txt": bytes(90 * 1024**2)})


@case("zip bomb as a matrix", "inflates-too-far")
def _(path):
    zipped(path, {"matrix.mtx": b"%%MatrixMarket matrix coordinate integer general\n" + b"\n" * (90 * 1024**2)})


@case("gzip bomb of text", "inflates-too-far")
def _(path):
    line = b"g" + b",0.00000000000000" * 500 + b"\n"  # long numbers: inflating is tried, not the reading of numbers
    path.write_bytes(gzip.compress(b"gene" + b",c" * 500 + b"\n" + line * 11_000, 9))


@case("tar bomb", "inflates-too-far")
def _(path):
    tarred(path, {"a.tsv": bytes(90 * 1024**2)})


@case("bomb inside an archive's gzip", "inflates-too-far")
def _(path):
    files = mtx_files()
    head = files.pop("matrix.mtx").split(b"\n")[0]
    zipped(path, files | {"matrix.mtx.gz": gzip.compress(head + b"\n" * (90 * 1024**2))})


@case("zip in a zip", "nested-archive")
def _(path):
    inner = io.BytesIO()
    zipped(inner, mtx_files())
    zipped(path, {"inner.zip": inner.getvalue()})


@case("zip in gzip", "nested-archive")
def _(path):
    inner = io.BytesIO()
    zipped(inner, mtx_files())
    path.write_bytes(gzip.compress(inner.getvalue()))


@case("gzip in gzip", "nested-archive")
def _(path):
    path.write_bytes(gzip.compress(gzip.compress(csv().encode())))


@case("150 files in a zip", "too-many-files")
def _(path):
    zipped(path, {f"{i}.txt": b"x" for i in range(150)})


@case("150 files in a tar", "too-many-files")
def _(path):
    tarred(path, {f"{i}.txt": b"x" for i in range(150)})


@case("zip that leads out of its folder", "unsafe-archive", says="..")
def _(path):
    zipped(path, mtx_files() | {"../../../../srv/owned.tsv": b"x"})


@case("zip with a Windows path", "unsafe-archive")
def _(path):
    zipped(path, {"C:\\Windows\\matrix.mtx": b"x"})


@case("tar with an absolute path", "unsafe-archive")
def _(path):
    tarred(path, mtx_files(prefix="/etc/"))


def _odd(kind, name="matrix.mtx", target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@case("tar with a symbolic link", "unsafe-archive", says="link")
def _(path):
    tarred(path, without(mtx_files(), "matrix"), extra=[_odd(tarfile.SYMTYPE, target="/etc/passwd")])


@case("tar with a hard link", "unsafe-archive", says="link")
def _(path):
    tarred(path, mtx_files(), extra=[_odd(tarfile.LNKTYPE, "x", "matrix.mtx")])


@case("tar with a device", "unsafe-archive")
def _(path):
    tarred(path, {}, extra=[_odd(tarfile.CHRTYPE, "features.tsv")])


@case("tar with a pipe", "unsafe-archive")
def _(path):
    tarred(path, {}, extra=[_odd(tarfile.FIFOTYPE, "barcodes.tsv")])


@case("zip with a symbolic link", "unsafe-archive", says="link")
def _(path):
    with zipfile.ZipFile(path, "w") as z:
        info = zipfile.ZipInfo("matrix.mtx")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        z.writestr(info, "/etc/passwd")


@case("zip with a password", "encrypted")
def _(path):
    zipped(path, mtx_files())
    data = bytearray(path.read_bytes())
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    path.write_bytes(data)


@case("empty zip", "no-matrix")
def _(path):
    zipped(path, {})


@case("zip of a thesis", "no-matrix", says="2 files")
def _(path):
    zipped(path, {"thesis.docx": b"x", "figure.png": b"y"})


@case("zip with one CSV", "ok", finding="scale-counts")
def _(path):
    zipped(path, {"counts.csv": csv()})


@case("zip with one h5ad", "ok", finding="scale-counts")
def _(path):
    h5ad(path).close()
    zipped(path, {"cells.h5ad": path.read_bytes()})


@case("zip with one PDF", "not-a-matrix")
def _(path):
    zipped(path, {"paper.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"})


@case("zip cut off", "damaged")
def _(path):
    zipped(path, mtx_files())
    path.write_bytes(path.read_bytes()[:-300])


@case("zip with a wrong checksum", "damaged")
def _(path):
    zipped(path, mtx_files(), zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"AAACCTGA0003", b"AAACCTGA9993", 1))


@case("tar.gz cut off", "damaged")
def _(path):
    tarred(path, mtx_files())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@case("gzip CSV", "ok", finding="scale-counts")
def _(path):
    path.write_bytes(gzip.compress(csv().encode()))


@case("gzip CSV cut off", "damaged", says="cut off")
def _(path):
    data = gzip.compress(text_table(CELLS * 4, GENES, list(COUNTS) * 4).encode())
    path.write_bytes(data[: len(data) * 2 // 3])


@case("gzip CSV with a wrong checksum", "damaged")
def _(path):
    data = bytearray(gzip.compress(csv().encode()))
    data[-6] ^= 0xFF
    path.write_bytes(data)


@case("empty gzip", "empty-file")
def _(path):
    path.write_bytes(gzip.compress(b""))


@case("gzip header and noise", "damaged")
def _(path):
    path.write_bytes(b"\x1f\x8b\x08\x00" + b"noise" * 50)
