"""Source files of a reference of 150,000 cells x 20,000 genes, 10 % filled, and a query of 100,000 cells; all from a seed.

Values are drawn, not real: what is measured with them is memory and time, which follow from sizes. Each type raises some
genes and each study shifts all of them a little, so that networks and tests of genes have something to find.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

N_GENES = 20_000
N_TYPES = 45
N_PER_BRANCH = 9
FILLED = 0.1
STUDIES = {"atlas": 60_000} | {f"study{i:02d}": 10_000 for i in range(1, 10)}  # cells; one study is much larger
N_QUERY = 100_000
CHUNK = 1_000
MARKERS = 150
_TYPE_COLUMN = "cell_type_id"
_GZIP = {"compression": "gzip", "compression_opts": 1, "chunks": (1 << 20,), "maxshape": (None,)}

GENES = [f"GENE{i:05d}" for i in range(N_GENES)]
TYPES = [f"CL:{9_000_000 + i}" for i in range(N_TYPES)]

CONFIG = """\
name = "large"
title = "A reference of 150,000 drawn cells"
organism = "human"
seed = 1

[ontology]
name = "Drawn ontology"
release = "1"
source = "made for benchmarks"
files = [{ path = "ontology.json" }]

[genes]
table = { path = "genes.csv" }

[train]
epochs = 4 # fewer than usual here and below, which saves an hour and no memory

[evaluate]
max_folds = 2
pair = false
"""
STUDY = """
[[study]]
study = "{name}"
title = "Drawn cells, {name}"
technology = "10x"
tissue = "several"
licence = "CC0"
source = {{ path = "{name}.h5ad" }}
labels = {{ column = "cell_type_id" }}
"""


@dataclass(frozen=True, eq=False)
class World:
    """How often each gene is seen, in general and in the cells of each type."""

    seen: np.ndarray
    markers: np.ndarray

    @classmethod
    def drawn(cls) -> World:
        rng = np.random.default_rng(5)
        seen = rng.gamma(0.7, 1.0, N_GENES)
        markers = np.stack([rng.choice(N_GENES, MARKERS, replace=False) for _ in TYPES])
        return cls((seen * FILLED / seen.mean()).astype(np.float32), markers)

    def chunks(self, number: int, n_cells: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
        """Yield types, CSR row lengths, columns and counts of a file's cells, a chunk at a time."""
        rng = np.random.default_rng([11, number])
        seen = self.seen * rng.lognormal(0.0, 0.3, N_GENES).astype(np.float32)
        seen *= FILLED / min(seen.mean(), 1.0)
        for start in range(0, n_cells, CHUNK):
            types = rng.integers(N_TYPES, size=min(CHUNK, n_cells - start))
            chance = rng.random((len(types), N_GENES), dtype=np.float32)
            np.put_along_axis(chance, self.markers[types], np.take_along_axis(chance, self.markers[types], 1) * 0.15, 1)
            rows, columns = np.nonzero(chance < seen)
            counts = (1 + rng.poisson(0.6, len(columns))).astype(np.float32)
            yield types, np.bincount(rows, minlength=len(types)), columns.astype(np.int32), counts


def write_sources(folder: Path) -> Path:
    """Write the studies and the configuration; return the latter's path. About 1.5 GB, three minutes of one core."""
    folder.mkdir(parents=True, exist_ok=True)
    world = World.drawn()
    for number, (name, n_cells) in enumerate(STUDIES.items()):
        path = folder / f"{name}.h5ad"
        if not path.exists():
            write_cells(world, path, number, n_cells)
    (folder / "genes.csv").write_text("symbol,ensembl,entrez,aliases\n" + "".join(f"{g},,,\n" for g in GENES), "utf-8")
    (folder / "ontology.json").write_text(json.dumps({"terms": _terms()}), "utf-8")
    config = folder / "large.toml"
    config.write_text(CONFIG + "".join(STUDY.format(name=name) for name in STUDIES), encoding="utf-8")
    return config


def write_query(path: Path, n_cells: int = N_QUERY) -> None:
    """Write the cells of a study that the reference does not hold."""
    write_cells(World.drawn(), path, len(STUDIES), n_cells)


def write_cells(world: World, path: Path, number: int, n_cells: int) -> None:
    """Write one .h5ad, a chunk of cells in memory at a time; a killed run leaves no file of this name."""
    part = path.with_suffix(".part")
    with h5py.File(part, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        group = file.create_group("X")
        shape = np.array([n_cells, N_GENES])
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": shape})
        data = group.create_dataset("data", shape=(0,), dtype=np.float32, **_GZIP)
        indices = group.create_dataset("indices", shape=(0,), dtype=np.int32, **_GZIP)
        lengths, codes = [], []
        for types, of_row, columns, counts in world.chunks(number, n_cells):
            _append(indices, columns)
            _append(data, counts)
            lengths.append(of_row)
            codes.append(types)
        group.create_dataset("indptr", data=np.concatenate([[0], np.cumsum(np.concatenate(lengths))]))
        _frame(file, "var", GENES, {})
        _frame(file, "obs", [f"c{i:06d}" for i in range(n_cells)], {_TYPE_COLUMN: np.concatenate(codes)})
    part.replace(path)


def _append(dataset: h5py.Dataset, values: np.ndarray) -> None:
    at = len(dataset)
    dataset.resize((at + len(values),))
    dataset[at:] = values


def _frame(file: h5py.File, name: str, index: list[str], columns: dict[str, np.ndarray]) -> None:
    """Write a table whose columns are codes of `TYPES`."""
    text = h5py.string_dtype()
    group = file.create_group(name)
    group.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"})
    group.attrs["column-order"] = np.array(list(columns), dtype=text)
    group.create_dataset("_index", data=np.array(index, dtype=object), dtype=text)
    for column, codes in columns.items():
        part = group.create_group(column)
        part.attrs.update({"encoding-type": "categorical", "encoding-version": "0.2.0", "ordered": False})
        part.create_dataset("codes", data=codes.astype(np.int8))
        part.create_dataset("categories", data=np.array(TYPES, dtype=object), dtype=text)


def _terms() -> dict[str, dict[str, object]]:
    """A root, branches, and the types under them."""
    root = "CL:0000000"
    branch = [f"CL:{8_000_000 + i // N_PER_BRANCH}" for i in range(N_TYPES)]
    terms: dict[str, dict[str, object]] = {root: {"name": "cell", "def": "", "is_a": [], "synonyms": []}}
    for term in dict.fromkeys(branch):
        terms[term] = {"name": f"drawn branch {term[-1]}", "def": "", "is_a": [root], "synonyms": []}
    for term, parent in zip(TYPES, branch, strict=True):
        terms[term] = {"name": f"drawn cell {term[-2:]}", "def": "", "is_a": [parent], "synonyms": []}
    return terms
