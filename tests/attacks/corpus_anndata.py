"""Cases in AnnData files: old and odd encodings, parts missing or contradicting each other."""

from __future__ import annotations

import gzip

import h5py
import numpy as np
from scipy import sparse

from tests.attacks.corpus import (
    CELLS,
    COUNTS,
    ENSEMBL,
    GENES,
    N_CELLS,
    N_GENES,
    case,
    frame,
    h5ad,
    replace,
    sparse_group,
    strings,
)


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


@case("map of text", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        f.create_dataset("obsm/X_umap", data=np.full((N_CELLS, 2), b"a"))


@case("map with a missing place", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        xy = np.zeros((N_CELLS, 2))
        xy[3, 1] = np.nan
        f.create_dataset("obsm/X_umap", data=xy)


@case("map beyond the largest number", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        f.create_dataset("obsm/X_umap", data=np.full((N_CELLS, 2), 1e300))


@case("map of other cells", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        f.create_dataset("obsm/X_umap", data=np.zeros((N_CELLS + 1, 2)))


@case("map of one dimension", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        f.create_dataset("obsm/X_umap", data=np.zeros((N_CELLS, 1)))
        f.create_dataset("obsm/X_tsne", data=np.zeros(N_CELLS))


@case("map that is a wide table", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        f.create_dataset("obsm/X_umap", data=np.zeros((N_CELLS, 500)))


@case("map of complex numbers", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        f.create_dataset("obsm/X_umap", data=np.zeros((N_CELLS, 2), dtype=complex))


@case("map that is a group", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        frame(f.create_group("obsm"), "X_umap", CELLS)


@case("five maps", "ok", finding="note", says="the first 3 were read")
def _(path):
    with h5ad(path) as f:
        for number in range(5):
            f.create_dataset(f"obsm/X_umap_{number}", data=np.zeros((N_CELLS, 2)))


@case("maps under names of no map", "ok", finding="scale-counts")
def _(path):
    with h5ad(path) as f:
        for name in ("X_umap/../../etc", "X umap", "<b>umap</b>", "X_pca"):
            f.create_dataset(f"obsm/{name.replace('/', '|')}", data=np.zeros((N_CELLS, 2)))


@case("obsm that is no group", "ok", finding="scale-counts")
def _(path):
    with h5ad(path) as f:
        f.create_dataset("obsm", data=np.zeros((N_CELLS, 2)))


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
