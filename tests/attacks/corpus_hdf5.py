"""Cases in HDF5 that attack the reader: links, types, sizes, lying arrays."""

from __future__ import annotations

import h5py
import numpy as np
from h5py import h5d, h5g, h5p, h5s, h5t, h5z

from tests.attacks.corpus import N_CELLS, case, h5ad, replace


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


@case("map in another file", "unsafe-structure", says="obsm/X_umap")
def _(path):
    with h5ad(path) as f:
        f.create_group("obsm")["X_umap"] = h5py.ExternalLink("/etc/hostname", "/")


@case("map that claims a terabyte", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        f.create_dataset("obsm/X_umap", shape=(10**11, 2), dtype="f4", chunks=(10**6, 2), compression="gzip")


@case("map in pieces of half a gigabyte", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        f.create_dataset("obsm/X_umap", shape=(N_CELLS, 2), maxshape=(None, 2), dtype="f4", chunks=(2**26, 2))


@case("map through an unknown filter", "ok", finding="note", says="X_umap")
def _(path):
    with h5ad(path) as f:
        plan = h5p.create(h5p.DATASET_CREATE)
        plan.set_chunk((N_CELLS, 2))
        plan.set_filter(32_015, h5z.FLAG_OPTIONAL, (1,))
        space = h5s.create_simple((N_CELLS, 2))
        h5d.create(f.create_group("obsm").id, b"X_umap", h5t.IEEE_F32LE, space, plan)


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


@case("row pointers with decimals", "damaged", says="X/indptr")
def _(path):
    with h5ad(path) as f:
        replace(f["X"], "indptr", np.array([0.5, 1]))


@case("numbers in the place of the table of cells", "damaged", says="obs")
def _(path):
    with h5ad(path) as f:
        del f["obs"]
        f["obs"] = np.arange(N_CELLS)
