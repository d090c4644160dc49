"""Cases in 10x and loom files."""

from __future__ import annotations

import h5py
import numpy as np
from h5py import h5f, h5p

from tests.attacks.corpus import CELLS, COUNTS, GENES, HUMAN, N_CELLS, N_GENES, case, replace, strings, tenx

# ---------------------------------------------------------------------------------------------------------------- 10x


@case("10x of Cell Ranger 3", "ok", finding="scale-counts")
def _(path):
    tenx(path).close()


@case("10x of Cell Ranger 2", "ok", finding="scale-counts")
def _(path):
    with tenx(path) as f:
        g = f["matrix"]
        f.move("matrix", "GRCh38")
        g["genes"], g["gene_names"] = g["features/id"], g["features/name"]
        del g["features"]


@case("10x of Cell Ranger 2 with two genomes", "two-species")
def _(path):
    with tenx(path) as f:
        g = f["matrix"]
        f.move("matrix", "hg19")
        g["genes"], g["gene_names"] = g["features/id"], g["features/name"]
        del g["features"]
        f.copy("hg19", "mm10")


@case("10x with two genomes", "two-species")
def _(path):
    tenx(path, genomes=("GRCh38", "mm10")).close()


@case("10x with antibodies", "ok", finding="note", says="Antibody Capture")
def _(path):
    tenx(path, kinds=["Gene Expression"] * (N_GENES - 20) + ["Antibody Capture"] * 20).close()


@case("10x with antibodies only", "no-genes", says="Antibody Capture")
def _(path):
    tenx(path, kinds=["Antibody Capture"] * N_GENES).close()


@case("10x that names too few cells", "damaged", says="barcodes")
def _(path):
    with tenx(path) as f:
        replace(f["matrix"], "barcodes", np.array([b"a", b"b"]))


@case("10x that lies about its size", "damaged")
def _(path):
    with tenx(path) as f:
        f["matrix/shape"][...] = [N_GENES, N_CELLS * 2]


@case("10x with a size of three numbers", "damaged", says="shape")
def _(path):
    with tenx(path) as f:
        replace(f["matrix"], "shape", np.array([1, 2, 3]))


@case("10x unfiltered, 737,280 barcodes", "too-many-cells", says="737,280")
def _(path):
    with tenx(path) as f:
        f["matrix/shape"][...] = [N_GENES, 737_280]


@case("10x without feature names", "damaged", says="features")
def _(path):
    with tenx(path) as f:
        del f["matrix/features/name"], f["matrix/features/id"]


@case("10x with a negative count", "negative", says="down to -4")
def _(path):
    with tenx(path) as f:
        f["matrix/data"][3] = -4


@case("10x with column pointers that go back", "damaged", says="indptr")
def _(path):
    with tenx(path) as f:
        f["matrix/indptr"][3] = 0


@case("10x with a gene beyond its genes", "damaged", says="column 404 of 400")
def _(path):
    with tenx(path) as f:
        f["matrix/indices"][3] = N_GENES + 4


@case("10x without a size", "damaged", says="matrix/shape is missing")
def _(path):
    with tenx(path) as f:
        del f["matrix/shape"]


@case("10x with text for counts", "damaged", says="matrix/data")
def _(path):
    with tenx(path) as f:
        replace(f["matrix"], "data", np.array([b"x"] * len(f["matrix/indices"])))


@case("10x with a symbolic link", "unsafe-structure", says="matrix/data2")
def _(path):
    with tenx(path) as f:
        f["matrix/data2"] = h5py.SoftLink("/matrix/data")


# --------------------------------------------------------------------------------------------------------------- loom


def loom(path, *, genes=GENES, cells=CELLS):
    with h5py.File(path, "w") as f:
        f.create_dataset("matrix", data=COUNTS.T, chunks=(64, 16), compression="gzip")
        rows, columns = f.create_group("row_attrs"), f.create_group("col_attrs")
        if genes:
            strings(rows, "Gene", genes)
        if cells:
            strings(columns, "CellID", cells)


@case("loom", "ok", finding="scale-counts")
def _(path):
    loom(path)


@case("loom without gene names", "damaged", says="row_attrs")
def _(path):
    loom(path, genes=())


@case("loom without cell names", "ok", finding="note", says="numbered")
def _(path):
    loom(path, cells=())


@case("loom with too many gene names", "damaged", says="row_attrs/Gene")
def _(path):
    loom(path, genes=HUMAN)


@case("loom with a negative count", "negative", says="down to -5")
def _(path):
    loom(path)
    with h5py.File(path, "a") as f:
        f["matrix"][0, 0] = -5


@case("loom with fewer cells than names", "damaged", says="col_attrs/CellID")
def _(path):
    loom(path)
    with h5py.File(path, "a") as f:
        replace(f, "matrix", COUNTS[:5].T)


@case("loom with three axes", "damaged", says="two axes")
def _(path):
    loom(path)
    with h5py.File(path, "a") as f:
        replace(f, "matrix", np.zeros((4, 4, 4)))


@case("loom cut off in the middle", "damaged")
def _(path):
    loom(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@case("loom without attributes", "other-hdf5")
def _(path):
    with h5py.File(path, "w") as f:
        f.create_dataset("matrix", data=COUNTS.T)


@case("file with a user block before HDF5", "unknown-format")
def _(path):
    plan = h5p.create(h5p.FILE_CREATE)
    plan.set_userblock(512)
    h5f.create(str(path).encode(), h5f.ACC_TRUNC, plan).close()
