"""Real cells to resample: from the shared studies where they are present, otherwise from the default bundle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from build_bundle.ontology.files import read_ontology
from build_bundle.ontology.tables import similarity_table, subgraph_tables
from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.expression.formats import read_matrix

SHARED_STUDIES = (
    "kang2018_human_blood",
    "pbmc3k_10x_human_blood",
    "baron2016_human_pancreas",
    "kleshchevnikov2022_human_lymph",
)
ONTOLOGY = Path("ontology/CL-ontology-v2026-03-26.json.zst")
N_GENES = 20_000
DEPTH = 5_000  # counts given to a cell of which a bundle holds shares only


@dataclass(frozen=True, eq=False)
class Study:
    """Labelled cells of one real study: csr float32 counts over some genes."""

    name: str
    counts: sparse.csr_matrix
    types: np.ndarray
    genes: np.ndarray


@dataclass(frozen=True, eq=False)
class Pool:
    """Studies over one list of `N_GENES` genes; ontology tables of their labels; where they are from."""

    genes: np.ndarray
    studies: tuple[Study, ...]
    tables: dict[str, pd.DataFrame]
    origin: str

    @property
    def types(self) -> list[str]:
        return sorted({t for s in self.studies for t in s.types})


def load_pool(shared: Path, demo: Path, wanted: Sequence[str] = ()) -> Pool:
    """Read the real cells and bring them to one list of genes, which holds the `wanted` ones."""
    if (shared / ONTOLOGY).is_file():
        studies, origin = list(_shared_studies(shared)), "the shared studies"
        source = read_ontology(shared / ONTOLOGY)
        types = sorted({t for s in studies for t in s.types})
        tables = {**subgraph_tables(source, types), "type_similarity": similarity_table(source, types)}
    else:
        bundle = Bundle.open(demo)
        studies, origin = list(_bundle_studies(bundle)), "the default bundle"
        tables = {name: bundle.frame(name) for name in ("terms", "edges", "type_similarity")}
        types = sorted({t for s in studies for t in s.types})
        pairs = tables["type_similarity"]
        tables["type_similarity"] = pairs[pairs["a"].isin(types) & pairs["b"].isin(types)]
    names, copied_from = _genes(studies, wanted)
    return Pool(names, tuple(_aligned(s, names, copied_from) for s in studies), tables, origin)


def _shared_studies(shared: Path) -> Iterator[Study]:
    for folder in SHARED_STUDIES:
        matrix = read_matrix(next((shared / folder).glob("*.h5ad"))).matrix
        types = matrix.obs["cell_ontology_id"].astype(str).to_numpy(dtype=object)
        labelled = np.array([t.startswith("CL:") for t in types])
        yield Study(folder.split("_")[0], matrix.x[labelled], types[labelled], matrix.var_names)


def _bundle_studies(bundle: Bundle) -> Iterator[Study]:
    cells, genes = bundle.cells, bundle.genes["gene_symbol"].to_numpy(dtype=object)
    for name, rows in cells.groupby("study").indices.items():
        x = bundle.cell_expression(rows)
        x.data = np.expm1(x.data) * (DEPTH / 1e4)
        seen = np.flatnonzero(np.asarray(x.sum(axis=0)).ravel())
        yield Study(str(name), x[:, seen], cells[TYPE].to_numpy(dtype=object)[rows], genes[seen])


def _genes(studies: list[Study], wanted: Sequence[str]) -> tuple[np.ndarray, dict[str, str]]:
    """Choose the genes seen in most cells; where there are too few, some stand in twice under another name."""
    seen: dict[str, int] = dict.fromkeys(wanted, 1_000_000)  # ahead of all others
    for s in studies:
        for gene, n in zip(s.genes, np.bincount(s.counts.indices, minlength=len(s.genes)), strict=True):
            seen[gene] = seen.get(gene, 0) + int(n)
    kept = sorted(sorted(seen), key=lambda g: -seen[g])[:N_GENES]
    copies = {f"COPY-{g}": g for g in kept[: N_GENES - len(kept)]}
    return np.array(sorted([*kept, *copies]), dtype=object), copies


def _aligned(study: Study, genes: np.ndarray, copied_from: dict[str, str]) -> Study:
    """The study's measured genes only, in the order of `genes`; `Study.genes` becomes their rows in `genes`."""
    place = {g: i for i, g in enumerate(study.genes)}
    source = np.array([place.get(copied_from.get(g, g), -1) for g in genes])
    measured = np.flatnonzero(source >= 0)
    return Study(study.name, sparse.csr_matrix(study.counts.tocsc()[:, source[measured]]), study.types, measured)
