"""Cases in HDF5: AnnData, 10x, loom."""

from __future__ import annotations

import gzip

import h5py
import numpy as np
from h5py import h5d, h5f, h5g, h5p, h5s, h5t
from scipy import sparse

from tests.attacks.corpus import (
    CELLS,
    COUNTS,
    ENSEMBL,
    GENES,
    HUMAN,
    N_CELLS,
    N_GENES,
    case,
    frame,
    h5ad,
    replace,
    sparse_group,
    strings,
    tenx,
)


@case("external link to a server file", "unsafe-structure", says="X/data")
def _(path):
    with h5ad(path) as f:
        del f["X/data"]
        f["X/data"] = h5py.ExternalLink("/etc/hostname", "/")


@case("external link for a whole table", "unsafe-structure", says="obs")
def _(path):
    with h5ad(path) as f:
        del f["obs"]
        f["obs"] = h5py.ExternalLink("../other.h5ad", "/obs")


@case("external link hidden in uns", "unsafe-structure", says="uns/secret")
def _(path):
    with h5ad(path) as f:
        f.create_group("uns")["secret"] = h5py.ExternalLink("/etc/passwd", "/")


@case("symbolic link", "unsafe-structure", says="layers/counts")
def _(path):
    with h5ad(path) as f:
        f.create_group("layers")["counts"] = h5py.SoftLink("/X")


@case("values stored in another file", "unsafe-structure", says="X/data")
def _(path):
    with h5ad(path) as f:
        n = f["X/data"].shape[0]
        del f["X/data"]
        f["X"].create_dataset("data", shape=(n,), dtype="f4", external=[("/etc/passwd", 0, n * 4)])


@case("virtual data set", "unsafe-structure", says="virtual")
def _(path):
    with h5ad(path) as f:
        n = f["X/data"].shape[0]
        del f["X/data"]
        layout = h5py.VirtualLayout(shape=(n,), dtype="f4")
        layout[:] = h5py.VirtualSource("/etc/other.h5", "x", shape=(n,))
        f["X"].create_virtual_dataset("data", layout)


@case("group that holds itself", "unsafe-structure", says="circles")
def _(path):
    with h5ad(path) as f:
        f.create_group("uns")["again"] = f["/"]


@case("loop of two groups", "unsafe-structure", says="circles")
def _(path):
    with h5ad(path) as f:
        a, b = f.create_group("uns/a"), f.create_group("uns/b")
        a["b"], b["a"] = b, a


@case("group under two names", "unsafe-structure", says="circles")
def _(path):
    with h5ad(path) as f:
        f["obs2"] = f["obs"]


@case("groups forty deep", "too-deep")
def _(path):
    with h5ad(path) as f:
        f.create_group("uns/" + "/".join("g" for _ in range(40)))


@case("21,000 groups", "too-many-objects")
def _(path):
    with h5ad(path) as f:
        uns = f.create_group("uns")
        for i in range(21_000):
            h5g.create(uns.id, b"%d" % i)


def _typed(path, kind, place="obs/odd"):
    with h5ad(path) as f:
        group, name = place.rsplit("/", 1)
        h5d.create(f[group].id, name.encode(), kind, h5s.create_simple((N_CELLS,)))


@case("opaque values", "unsafe-structure", says="obs/odd")
def _(path):
    _typed(path, h5t.create(h5t.OPAQUE, 24))


@case("references as values", "unsafe-structure", says="obs/odd")
def _(path):
    _typed(path, h5t.STD_REF_OBJ)


@case("lists as values", "unsafe-structure", says="obs/odd")
def _(path):
    _typed(path, h5t.vlen_create(h5t.NATIVE_INT32))


@case("opaque values inside a table of fields", "unsafe-structure", says="obs/odd")
def _(path):
    kind = h5t.create(h5t.COMPOUND, 32)
    kind.insert(b"a", 0, h5t.NATIVE_INT32)
    kind.insert(b"b", 8, h5t.create(h5t.OPAQUE, 24))
    _typed(path, kind)


@case("opaque values in uns, which is never read", "ok", finding="scale-counts")
def _(path):
    with h5ad(path) as f:
        f.create_group("uns")
        h5d.create(f["uns"].id, b"odd", h5t.create(h5t.OPAQUE, 24), h5s.create_simple((4,)))


@case("few kilobytes that declare a gigabyte", "inflates-too-far", says="X")
def _(path):
    with h5ad(path) as f:
        del f["X"]
        f.create_dataset("X", shape=(N_CELLS, 6_700_000), dtype="f4", chunks=(N_CELLS, 1000), compression="gzip")


@case("names that declare a gigabyte", "inflates-too-far", says="var/_index")
def _(path):
    with h5ad(path) as f:
        del f["var/_index"]
        f["var"].create_dataset("_index", shape=(130_000_000,), dtype="S8", chunks=(100_000,), compression="gzip")


@case("matrix of 2 million x 2 million", "too-large", says="X")
def _(path):
    with h5ad(path) as f:
        del f["X"]
        f.create_dataset("X", shape=(2_000_000, 2_000_000), dtype="f4", chunks=(1000, 1000))


@case("pieces of half a gigabyte", "too-large", says="pieces")
def _(path):
    with h5ad(path) as f:
        del f["X"]
        f.create_dataset("X", shape=(N_CELLS, 4_000_000), dtype="f4", chunks=(N_CELLS, 3_400_000))


@case("compressed with an unknown filter", "unsupported-hdf5", says="32015")
def _(path):
    with h5ad(path) as f:
        del f["X/data"]
        plan = h5p.create(h5p.DATASET_CREATE)
        plan.set_chunk((100,))
        plan.set_filter(32015, 1, (3,))
        h5d.create(f["X"].id, b"data", h5t.NATIVE_FLOAT, h5s.create_simple((1000,)), plan)


def _bend(path, name, change):
    with h5ad(path) as f:
        replace(f["X"], name, change(f[f"X/{name}"][()]))


@case("column numbers beyond the matrix", "damaged", says="X/indices")
def _(path):
    _bend(path, "indices", lambda v: np.where(np.arange(len(v)) == 5, 2**31 - 1, v))


@case("negative column numbers", "damaged", says="X/indices")
def _(path):
    _bend(path, "indices", lambda v: np.where(np.arange(len(v)) == 5, -7, v))


@case("column numbers of 64 bits that wrap around", "damaged", says="X/indices")
def _(path):
    _bend(path, "indices", lambda v: v.astype(np.int64) + 2**32)


@case("row pointers that go back", "damaged", says="X/indptr")
def _(path):
    _bend(path, "indptr", lambda v: np.concatenate((v[:3], v[1:2], v[4:])))


@case("row pointers beyond the values", "damaged", says="X/indptr")
def _(path):
    _bend(path, "indptr", lambda v: v * 1000)


@case("too few row pointers", "damaged", says="X/indptr")
def _(path):
    _bend(path, "indptr", lambda v: v[:-3])


@case("negative row pointers", "damaged", says="X/indptr")
def _(path):
    _bend(path, "indptr", lambda v: v.astype(np.int64) - 1)


@case("fewer values than column numbers", "damaged", says="values")
def _(path):
    _bend(path, "data", lambda v: v[:-10])


@case("column numbers with decimals", "damaged", says="whole numbers")
def _(path):
    _bend(path, "indices", lambda v: v.astype(np.float32))


@case("values that are text", "damaged", says="X/data")
def _(path):
    _bend(path, "data", lambda v: v.astype("S8"))


@case("values that are complex numbers", "damaged", says="X/data")
def _(path):
    _bend(path, "data", lambda v: v.astype(np.complex64))


@case("columns out of order and twice", "ok", finding="scale-counts")
def _(path):
    with h5ad(path) as f:
        m = sparse.csr_matrix(COUNTS)
        order = np.concatenate([np.arange(a, b)[::-1] for a, b in zip(m.indptr, m.indptr[1:], strict=False)])
        replace(f["X"], "indices", m.indices[order])
        replace(f["X"], "data", m.data[order])


@case("size that contradicts the names", "damaged", says="400")
def _(path):
    with h5ad(path) as f:
        f["X"].attrs["shape"] = np.array([N_CELLS, N_GENES + 1])


@case("unknown storage of the matrix", "damaged", says="coo_matrix")
def _(path):
    with h5ad(path) as f:
        f["X"].attrs["encoding-type"] = "coo_matrix"


@case("matrix with three axes", "damaged", says="X")
def _(path):
    with h5ad(path) as f:
        replace(f, "X", np.zeros((N_CELLS, 3, 3)))


@case("matrix of text", "damaged", says="X")
def _(path):
    with h5ad(path) as f:
        replace(f, "X", np.full((N_CELLS, N_GENES), b"a"))


@case("no matrix at all", "other-hdf5")
def _(path):
    with h5ad(path) as f:
        del f["X"]


@case("no cell names", "damaged", says="obs/_index")
def _(path):
    with h5ad(path) as f:
        del f["obs/_index"]


@case("no gene table", "other-hdf5")
def _(path):
    with h5ad(path) as f:
        del f["var"]


@case("cell names that are a matrix", "damaged", says="obs/_index")
def _(path):
    with h5ad(path) as f:
        replace(f["obs"], "_index", np.zeros((4, 4)))


@case("gene name of 100,000 letters", "damaged", says="var/_index")
def _(path):
    h5ad(path, genes=["G" * 100_000, *GENES[1:]]).close()


@case("genes without names", "unknown-genes")
def _(path):
    h5ad(path, genes=[str(i) for i in range(N_GENES)]).close()


@case("category codes without category", "ok", finding="note", says="broken")
def _(path):
    with h5ad(path) as f:
        g = f["obs"].create_group("broken")
        g.attrs["encoding-type"] = "categorical"
        g.create_dataset("codes", data=np.full(N_CELLS, 9, dtype=np.int8))
        strings(g, "categories", ["a", "b"])


@case("categories missing", "ok", finding="note", says="broken")
def _(path):
    with h5ad(path) as f:
        f["obs"].create_group("broken").create_dataset("codes", data=np.zeros(N_CELLS, dtype=np.int8))


@case("metadata column of another length", "ok", finding="note", says="short")
def _(path):
    with h5ad(path) as f:
        f["obs"].create_dataset("short", data=np.arange(7))


@case("encoding of 2018: tables of fields", "ok", finding="scale-counts")
def _(path):
    m = sparse.csr_matrix(COUNTS)
    with h5py.File(path, "w") as f:
        x = f.create_group("X")
        x.attrs.update({"h5sparse_format": "csr", "h5sparse_shape": np.array(m.shape)})
        for name in ("data", "indices", "indptr"):
            x.create_dataset(name, data=getattr(m, name))
        obs = np.zeros(N_CELLS, dtype=[("index", "S20"), ("batch", "i1"), ("depth", "f4")])
        obs["index"] = [c.encode() for c in CELLS]
        f.create_dataset("obs", data=obs)
        f.create_dataset("uns/batch_categories", data=np.array([b"one", b"two"]))
        var = np.zeros(N_GENES, dtype=[("index", "S20"), ("gene_ids", "S20")])
        var["index"], var["gene_ids"] = [g.encode() for g in GENES], [e.encode() for e in ENSEMBL[:N_GENES]]
        f.create_dataset("var", data=var)


@case("encoding of 2019: categories beside the columns", "ok", finding="scale-counts")
def _(path):
    with h5ad(path) as f:
        f["obs"].create_dataset("batch", data=np.zeros(N_CELLS, dtype=np.int8))
        strings(f["obs"].create_group("__categories"), "batch", ["one", "two"])


@case("matrix by columns", "ok", finding="scale-counts")
def _(path):
    with h5ad(path) as f:
        del f["X"]
        sparse_group(f, "X", COUNTS, "csc")


@case("dense matrix", "ok", finding="scale-counts")
def _(path):
    with h5ad(path) as f:
        replace(f, "X", COUNTS, compression="gzip")


def _scaled():
    z = (COUNTS - COUNTS.mean(0)) / (COUNTS.std(0) + 1e-3)
    return z.astype(np.float32)


@case("scaled matrix with a layer of counts", "ok", finding="note", says="layers/counts")
def _(path):
    with h5ad(path) as f:
        replace(f, "X", _scaled())
        sparse_group(f, "layers/counts", COUNTS)


@case("scaled matrix with raw", "ok", finding="note", says="raw/X")
def _(path):
    with h5ad(path) as f:
        replace(f, "X", _scaled())
        sparse_group(f, "raw/X", COUNTS)
        frame(f, "raw/var", GENES)


@case("scaled matrix alone", "scaled")
def _(path):
    with h5ad(path) as f:
        replace(f, "X", _scaled())


@case("raw with more genes than the matrix", "ok", finding="note", says="raw/X")
def _(path):
    with h5ad(path, x=COUNTS[:, :150], genes=GENES[:150]) as f:
        sparse_group(f, "raw/X", COUNTS)
        frame(f, "raw/var", GENES)


@case("raw that is broken beside a sound matrix", "ok", finding="scale-counts")
def _(path):
    with h5ad(path, x=COUNTS[:, :150], genes=GENES[:150]) as f:
        sparse_group(f, "raw/X", COUNTS[:, :300])
        frame(f, "raw/var", GENES)


@case("cells and genes swapped", "ok", finding="orientation", says="Turned")
def _(path):
    h5ad(path, x=COUNTS.T, cells=GENES, genes=CELLS).close()


@case("gene symbols in a column of var", "ok", finding="orientation", says="var/feature_name")
def _(path):
    with h5ad(path, genes=[f"probe_{i}" for i in range(N_GENES)]) as f:
        strings(f["var"], "feature_name", GENES)


@case("too many cells", "too-many-cells")
def _(path):
    with h5ad(path) as f:
        replace(f["obs"], "_index", np.array([b"c%d" % i for i in range(100_001)]))


@case("cut off in the middle", "damaged")
def _(path):
    h5ad(path).close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@case("nothing but the signature", "damaged")
def _(path):
    path.write_bytes(b"\x89HDF\r\n\x1a\n")


@case("signature and noise", "damaged")
def _(path):
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + np.random.default_rng(0).bytes(5000))


@case("HDF5 with nothing inside", "other-hdf5")
def _(path):
    h5py.File(path, "w").close()


@case("MuData", "other-hdf5", says="MuData")
def _(path):
    with h5py.File(path, "w") as f:
        f.create_group("mod/rna")


@case("h5ad in gzip", "ok", finding="scale-counts")
def _(path):
    h5ad(path).close()
    path.write_bytes(gzip.compress(path.read_bytes()))


@case("infinite values in h5ad", "not-finite")
def _(path):
    x = COUNTS.copy()
    x[3, 3] = np.inf
    h5ad(path, x=x).close()


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


# --------------------------------------------------------------------------------------------------------------- loom


def _loom(path, *, genes=GENES, cells=CELLS):
    with h5py.File(path, "w") as f:
        f.create_dataset("matrix", data=COUNTS.T, chunks=(64, 16), compression="gzip")
        rows, columns = f.create_group("row_attrs"), f.create_group("col_attrs")
        if genes:
            strings(rows, "Gene", genes)
        if cells:
            strings(columns, "CellID", cells)


@case("loom", "ok", finding="scale-counts")
def _(path):
    _loom(path)


@case("loom without gene names", "damaged", says="row_attrs")
def _(path):
    _loom(path, genes=())


@case("loom without cell names", "ok", finding="note", says="numbered")
def _(path):
    _loom(path, cells=())


@case("loom with too many gene names", "damaged", says="row_attrs/Gene")
def _(path):
    _loom(path, genes=HUMAN)


@case("loom without attributes", "other-hdf5")
def _(path):
    with h5py.File(path, "w") as f:
        f.create_dataset("matrix", data=COUNTS.T)


@case("file with a user block before HDF5", "unknown-format")
def _(path):
    plan = h5p.create(h5p.FILE_CREATE)
    plan.set_userblock(512)
    h5f.create(str(path).encode(), h5f.ACC_TRUNC, plan).close()
