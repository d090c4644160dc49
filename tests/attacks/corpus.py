"""Malformed and odd uploads, each with its decided answer; all are generated, none is stored.

A case writes one file. Its answer is either the code of a refusal, or "ok" with the code of a finding that must be among
those shown (and, for repairs, the values that must come out).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
from scipy import sparse

from core.expression.genes import GeneNames

N_CELLS, N_GENES = 40, 400
_FAMILIES = ("ZNF", "SLC", "CD", "TMEM", "RPL", "KRT", "FAM", "IL", "CCL", "PTP", "GPR", "COL")
HUMAN = [f"{_FAMILIES[i % len(_FAMILIES)]}{i}A" for i in range(1200)]
MOUSE = [name.capitalize() for name in HUMAN]
ENSEMBL = [f"ENSG{i * 37 + 100_000:011d}" for i in range(1200)]
ENTREZ = [str(i * 7 + 1000) for i in range(1200)]
NAMES = GeneNames.from_lists(HUMAN, [[e] for e in ENSEMBL], [[e] for e in ENTREZ], [[f"OLD{i}"] for i in range(1200)])
ENCODER = frozenset(HUMAN[:600])

GENES = HUMAN[:N_GENES]
CELLS = [f"AAACCTGA{i:04d}-1" for i in range(N_CELLS)]


def counts(seed: int = 0) -> np.ndarray:
    """Counts of cells x genes, every cell and gene with at least one."""
    rng = np.random.default_rng(seed)
    depth = rng.uniform(0.5, 3, (N_CELLS, 1))
    x = rng.poisson(depth * rng.gamma(0.3, 3, N_GENES)).astype(np.float32)
    x[np.arange(N_CELLS), np.arange(N_CELLS)] += 1
    x[np.arange(N_GENES) % N_CELLS, np.arange(N_GENES)] += 1
    return x


COUNTS = counts()


@dataclass(frozen=True)
class Case:
    """One file and what must come of it."""

    name: str
    write: Callable[[Path], None]
    answer: str
    finding: str = ""
    says: str = ""


CASES: list[Case] = []


def case(
    name: str, answer: str, *, finding: str = "", says: str = ""
) -> Callable[[Callable[[Path], None]], Callable[[Path], None]]:
    """Add a case: the decorated function writes its file."""

    def add(write: Callable[[Path], None]) -> Callable[[Path], None]:
        CASES.append(Case(name, write, answer, finding, says))
        return write

    return add


def text_table(rows, columns, values, *, sep=",", corner="", fmt="{:g}") -> str:
    """Write a table with row names."""
    lines = [sep.join([corner, *columns])]
    lines += [sep.join([row, *(fmt.format(v) for v in line)]) for row, line in zip(rows, values, strict=True)]
    return "\n".join(lines) + "\n"


def csv(x=None, cells=None, genes=None, **style) -> str:
    """Cells in rows."""
    return text_table(cells or CELLS, genes or GENES, COUNTS if x is None else x, **style)


def strings(group, name: str, values, **attrs) -> None:
    """Write text of variable length."""
    group.create_dataset(name, data=np.array([v.encode() for v in values], dtype=object), dtype=h5py.string_dtype())
    group[name].attrs.update(attrs)


def frame(file, place: str, names, columns=()) -> h5py.Group:
    """Write an AnnData table as of today."""
    group = file.create_group(place)
    group.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"})
    group.attrs["column-order"] = np.array(list(columns), dtype=h5py.string_dtype())
    strings(group, "_index", names)
    return group


def sparse_group(file, place: str, x, layout: str = "csr") -> h5py.Group:
    """Write a sparse matrix as of today."""
    m = sparse.csr_matrix(x) if layout == "csr" else sparse.csc_matrix(x)
    group = file.create_group(place)
    group.attrs.update({"encoding-type": f"{layout}_matrix", "encoding-version": "0.1.0", "shape": np.array(m.shape)})
    for name in ("data", "indices", "indptr"):
        group.create_dataset(name, data=getattr(m, name), compression="gzip")
    return group


def h5ad(path: Path, x=None, cells=None, genes=None) -> h5py.File:
    """Write a sound .h5ad and leave it open for damage."""
    file = h5py.File(path, "w")
    file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
    sparse_group(file, "X", COUNTS if x is None else x)
    frame(file, "obs", cells or CELLS)
    frame(file, "var", genes or GENES)
    return file


def replace(group, name: str, data, **kwargs) -> None:
    """Put another data set in the place of one."""
    if name in group:
        del group[name]
    group.create_dataset(name, data=data, **kwargs)


def tenx(path: Path, *, genomes=("GRCh38",), kinds=None, ids=True) -> h5py.File:
    """Write a 10x file of Cell Ranger 3 or later and leave it open."""
    file = h5py.File(path, "w")
    m = sparse.csr_matrix(COUNTS.astype(np.int32))
    group = file.create_group("matrix")
    for name in ("data", "indices", "indptr"):
        group.create_dataset(name, data=getattr(m, name), compression="gzip")
    group.create_dataset("shape", data=np.array([N_GENES, N_CELLS]))
    group.create_dataset("barcodes", data=np.array([c.encode() for c in CELLS]))
    features = group.create_group("features")
    features.create_dataset("id", data=np.array([e.encode() for e in ENSEMBL[:N_GENES]]))
    features.create_dataset("name", data=np.array([g.encode() for g in GENES]))
    kinds = kinds or ["Gene Expression"] * N_GENES
    features.create_dataset("feature_type", data=np.array([k.encode() for k in kinds]))
    genome = [genomes[i % len(genomes)].encode() for i in range(N_GENES)]
    features.create_dataset("genome", data=np.array(genome))
    return file


def mtx_files(
    x=None, *, prefix="", header=None, body=None, kind="integer", base=1, genes=None, third="Gene Expression"
) -> dict[str, bytes]:
    """Give the three files of an MTX folder, genes in rows."""
    m = sparse.coo_matrix((COUNTS if x is None else x).T)
    lines = body or [f"{r + base} {c + base} {v:g}" for r, c, v in zip(m.row, m.col, m.data, strict=True)]
    head = header or f"{m.shape[0]} {m.shape[1]} {m.nnz}"
    text = f"%%MatrixMarket matrix coordinate {kind} general\n%\n{head}\n" + "\n".join(lines) + "\n"
    names = [f"{e}\t{g}\t{third}" for e, g in zip(ENSEMBL, genes or GENES, strict=False)]
    return {
        f"{prefix}matrix.mtx": text.encode(),
        f"{prefix}features.tsv": ("\n".join(names) + "\n").encode(),
        f"{prefix}barcodes.tsv": ("\n".join(CELLS) + "\n").encode(),
    }
