"""A small planted world: cells whose types, markers and studies are known because they were put there.

Counts are Poisson draws around rates in which each cell type's programme raises its textbook markers. Everything follows
from a seed. `tests.world_bundle` writes the world as a data bundle; here are the cells, and files of query cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import numpy as np
from scipy import sparse

B, T, CD4, CD8, MONO, ALPHA = (
    "CL:0000236",
    "CL:0000084",
    "CL:0000624",
    "CL:0000625",
    "CL:0000576",
    "CL:0000171",
)
TYPES = (B, T, CD4, CD8, MONO, ALPHA)

# id: (name, parents, exact synonyms); parents as in the Cell Ontology, shortened where a step adds nothing here
TERMS: Mapping[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "CL:0000000": ("cell", (), ()),
    "CL:0000988": ("hematopoietic cell", ("CL:0000000",), ("haematopoietic cell",)),
    "CL:0000738": ("leukocyte", ("CL:0000988",), ("leucocyte", "white blood cell")),
    "CL:0000842": ("mononuclear leukocyte", ("CL:0000738",), ("mononuclear cell",)),
    "CL:0000766": ("myeloid leukocyte", ("CL:0000738",), ()),
    "CL:0000542": ("lymphocyte", ("CL:0000842",), ()),
    "CL:0000945": ("lymphocyte of B lineage", ("CL:0000542",), ()),
    B: ("B cell", ("CL:0000945",), ("B lymphocyte", "B-cell", "B-lymphocyte")),
    T: ("T cell", ("CL:0000542",), ("T lymphocyte", "T-cell", "T-lymphocyte")),
    "CL:0000789": ("alpha-beta T cell", (T,), ()),
    "CL:0000791": ("mature alpha-beta T cell", ("CL:0000789",), ()),
    CD4: ("CD4-positive, alpha-beta T cell", ("CL:0000791",), ("CD4-positive, alpha-beta T lymphocyte",)),
    CD8: ("CD8-positive, alpha-beta T cell", ("CL:0000791",), ("CD8-positive, alpha-beta T lymphocyte",)),
    MONO: ("monocyte", ("CL:0000842", "CL:0000766"), ()),
    "CL:0000163": ("endocrine cell", ("CL:0000000",), ("endocrinocyte",)),
    "CL:0008024": ("pancreatic endocrine cell", ("CL:0000163",), ("endocrine pancreas cell",)),
    ALPHA: ("pancreatic A cell", ("CL:0008024",), ("pancreatic alpha cell", "alpha cell of islet of Langerhans")),
}

_T_PROGRAMME = ("CD3D", "CD3E", "CD3G", "CD2", "TRAC", "IL7R", "LCK", "CD247", "TRBC2", "CD27")
MARKERS: Mapping[str, tuple[str, ...]] = {
    B: ("MS4A1", "CD79A", "CD79B", "CD19", "CD74", "HLA-DRA", "BANK1", "TCL1A", "VPREB3", "FCER2", "IGHM", "IGHD"),
    T: _T_PROGRAMME,
    CD4: (*_T_PROGRAMME, "CD4", "CCR7", "LEF1", "TCF7", "MAL", "CD40LG", "TSHZ2", "FHIT"),
    CD8: (*_T_PROGRAMME, "CD8A", "CD8B", "GZMK", "CCL5", "NKG7", "GZMA", "CST7", "LAG3"),
    MONO: ("LYZ", "CD14", "S100A8", "S100A9", "FCN1", "CST3", "VCAN", "TYROBP", "AIF1", "CSF1R", "CD68", "MS4A6A"),
    ALPHA: ("GCG", "TTR", "CHGB", "CHGA", "PCSK2", "SCG5", "LOXL4", "IRX2", "ARX", "GC", "TM4SF4", "CRYBA2"),
}
ALIEN = ("HBB", "HBA1", "HBA2", "ALAS2", "AHSP", "CA1", "HBD", "SLC4A1", "GYPA", "HEMGN")  # a type no study holds
_HOUSEKEEPING = ("ACTB", "GAPDH", "B2M", "MALAT1", "RPL3", "RPL13", "RPS6", "RPS18", "EEF1A1", "TMSB4X", "FTL", "UBC",
                 "TPT1", "PTPRC", "VIM", "TUBA1A", "HSP90AA1", "LDHA", "ENO1", "PKM", "MT-CO1", "MT-ND1", "FOS", "JUN")  # fmt: skip

ENSEMBL: Mapping[str, str] = {
    "MS4A1": "ENSG00000156738", "CD79A": "ENSG00000105369", "CD3D": "ENSG00000167286", "CD3E": "ENSG00000198851",
    "CD4": "ENSG00000010610", "CD8A": "ENSG00000153563", "LYZ": "ENSG00000090382", "CD14": "ENSG00000170458",
    "GCG": "ENSG00000115263", "TTR": "ENSG00000118271", "ACTB": "ENSG00000075624", "GAPDH": "ENSG00000111640",
}  # fmt: skip
ALIASES: Mapping[str, tuple[str, ...]] = {
    "MS4A1": ("CD20", "LEU-16"), "CD79A": ("MB-1",), "CD3D": ("T3D",), "LYZ": ("LZM",), "CD8A": ("LEU2",),
}  # fmt: skip

# study: cells of each type
COMPOSITION: Mapping[str, Mapping[str, int]] = {
    "lindholm2019": {B: 50, CD4: 60, CD8: 50, MONO: 60},
    "okafor2020": {B: 30, T: 50, MONO: 40},
    "ferreira2021": {ALPHA: 70, T: 10},
    "tanaka2022": {B: 30, CD4: 40, CD8: 30, MONO: 40, ALPHA: 40},
}
QUERY: Mapping[str, int] = {B: 25, CD4: 25, CD8: 20, MONO: 25, ALPHA: 15}
N_GENES = 300
_UNMEASURED = {"okafor2020": 20}  # genes at the end of the list that a study's platform lacks


@dataclass(frozen=True, eq=False)
class Cells:
    """Counts of some cells: csr float32 (n, n_genes), their types and study, and which genes were measured."""

    counts: sparse.csr_matrix
    types: np.ndarray
    study: str
    measured: np.ndarray

    @property
    def names(self) -> list[str]:
        return [f"{self.study}:cell{i:04d}" for i in range(len(self.types))]


@dataclass(frozen=True)
class World:
    """Genes and rates, drawn once from the seed."""

    seed: int = 0
    genes: np.ndarray = field(init=False)
    base: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        planted = dict.fromkeys([*(g for t in TYPES for g in MARKERS[t]), *_HOUSEKEEPING, *ALIEN])
        generated = [f"FAM{900 + i}A" for i in range(N_GENES - len(planted))]
        rng = np.random.default_rng(self.seed)
        base = rng.lognormal(-1.0, 1.0, N_GENES)
        genes = np.array([*planted, *generated], dtype=object)
        base[np.isin(genes, _HOUSEKEEPING)] *= 12
        base[np.isin(genes, [g for t in TYPES for g in MARKERS[t]])] = 0.08
        base[np.isin(genes, ALIEN)] = 0.01
        object.__setattr__(self, "genes", genes)
        object.__setattr__(self, "base", base)

    def study(self, study: str) -> Cells:
        """The reference cells of one study."""
        return self.draw(study, COMPOSITION[study], seed=1 + sorted(COMPOSITION).index(study))

    def draw(self, study: str, composition: Mapping[str, int], *, seed: int, n_alien: int = 0) -> Cells:
        """Draw cells: a study's own gene effects, each cell's depth, Poisson counts. Type "" is the alien type."""
        rng = np.random.default_rng([self.seed, seed])
        effect = rng.lognormal(0, 0.15, N_GENES)
        measured = np.ones(N_GENES, dtype=bool)
        measured[N_GENES - _UNMEASURED.get(study, 0) :] = False
        types = np.array([t for t, n in [*composition.items(), ("", n_alien)] for _ in range(n)], dtype=object)
        rng.shuffle(types)
        rates = np.stack([self._rates(t) for t in types]) * effect * measured
        depth = rng.lognormal(np.log(2500), 0.35, len(types))
        shares = rates * rng.gamma(8, 1 / 8, rates.shape)
        counts = rng.poisson(shares / shares.sum(axis=1, keepdims=True) * depth[:, None])
        return Cells(sparse.csr_matrix(counts.astype(np.float32)), types, study, measured)

    def _rates(self, type_id: str) -> np.ndarray:
        rates = self.base.copy()
        rates[np.isin(self.genes, MARKERS.get(type_id, ALIEN))] = 2.0
        return rates


def write_query(
    world: World, path: Path, *, composition: Mapping[str, int] = QUERY, n_alien: int = 0, seed: int = 99
) -> Path:
    """Write cells that no reference study holds as .h5ad, counts, with donor, condition and the planted truth in obs."""
    cells = world.draw("query", composition, seed=seed, n_alien=n_alien)
    n = len(cells.types)
    obs = {
        "donor": [f"donor{i % 3 + 1}" for i in range(n)],
        "condition": ["healthy" if i % 2 else "disease" for i in range(n)],
        "planted_type": [TERMS[t][0] if t else "erythroid cell" for t in cells.types],
        "planted_type_ontology_term_id": list(cells.types),
    }
    write_h5ad(path, cells.counts, [f"AAAC{i:06d}-1" for i in range(n)], world.genes, obs)
    return path


def write_h5ad(
    path: Path, x: sparse.csr_matrix, cells: Sequence[str], genes: Sequence[str], obs: Mapping[str, Sequence[str]]
) -> None:
    """Write an .h5ad as anndata 0.8 and later lay it out: CSR X, categorical obs columns, gene names in var."""
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        group = file.create_group("X")
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": x.shape})
        for name in ("data", "indices", "indptr"):
            group.create_dataset(name, data=getattr(x, name), compression="gzip")
        _write_frame(file, "var", genes, {})
        _write_frame(file, "obs", cells, obs)
        for name in ("uns", "obsm", "varm", "layers", "obsp", "varp"):
            file.create_group(name).attrs.update({"encoding-type": "dict", "encoding-version": "0.1.0"})


def _write_frame(file: h5py.File, name: str, index: Sequence[str], columns: Mapping[str, Sequence[str]]) -> None:
    group = file.create_group(name)
    order = np.array(list(columns), dtype=h5py.string_dtype())
    group.attrs.update({"encoding-type": "dataframe", "encoding-version": "0.2.0", "_index": "_index"})
    group.attrs["column-order"] = order
    _write_strings(group, "_index", index)
    for column, values in columns.items():
        categories, codes = np.unique(np.asarray(values, dtype=object).astype(str), return_inverse=True)
        part = group.create_group(column)
        part.attrs.update({"encoding-type": "categorical", "encoding-version": "0.2.0", "ordered": False})
        part.create_dataset("codes", data=codes.astype(np.int8)).attrs.update(
            {"encoding-type": "array", "encoding-version": "0.2.0"}
        )
        _write_strings(part, "categories", categories)


def _write_strings(group: h5py.Group, name: str, values: Sequence[str]) -> None:
    dataset = group.create_dataset(name, data=np.asarray(values, dtype=object), dtype=h5py.string_dtype())
    dataset.attrs.update({"encoding-type": "string-array", "encoding-version": "0.2.0"})
