"""The planted world as a corpus, for tests of build steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from build_bundle.cells.corpus import Corpus, PartFiles, write_corpus, write_csr
from tests.worlds import COMPOSITION, MARKERS, TERMS, TYPES, World

PROFILE_STUDY = "sorted2018"


def similarity() -> pd.DataFrame:
    """Similarity in the world's own small ontology."""
    around: dict[str, set[str]] = {term: set() for term in TERMS}
    for child, (_, parents, _) in TERMS.items():
        for parent in parents:
            around[child].add(parent)
            around[parent].add(child)
    rows = []
    for a in TYPES:
        distance, ring = {a: 0}, {a}
        for step in range(1, 4):
            ring = {other for term in ring for other in around[term]} - set(distance)
            distance |= dict.fromkeys(ring, step)
        rows += [(a, b, 1 - d / 4) for b, d in distance.items() if b in TYPES]
    return pd.DataFrame(rows, columns=["a", "b", "similarity"]).astype({"similarity": np.float32})


def planted_corpus(
    folder: Path,
    *,
    world: World | None = None,
    compositions: Mapping[str, Mapping[str, int]] = COMPOSITION,
    held_out: Sequence[str] = (),
    teachers: Sequence[str] = (),
    validation_share: float = 0.0,
    profiles: Sequence[str] = (),
    two_parts: Sequence[str] = (),
    panels: Mapping[str, slice] | None = None,
) -> Corpus:
    """Write a corpus of planted studies.

    `profiles` names types of which a bulk profile study has one each; studies in `two_parts` are cut into two files, the
    second of which measured every other gene only; those in `teachers` only teach; `panels` says which of the world's genes a study measured.
    """
    world = world or World()
    parts: list[PartFiles] = []
    frames: list[pd.DataFrame] = []
    symbols: set[str] = set()
    roles = dict.fromkeys(held_out, "held_out") | dict.fromkeys(teachers, "teacher")
    for role in ("reference", "held_out", "teacher"):
        for number, (study, composition) in enumerate(sorted(compositions.items())):
            if roles.get(study, "reference") != role:
                continue
            cells = world.draw(study, composition, seed=number + 1)
            panel = np.zeros(len(world.genes), dtype=bool)
            panel[(panels or {}).get(study, slice(None))] = True
            for part, rows, measured in _cut(study, cells.measured & panel, len(cells.types), study in two_parts):
                x, names = _columns(cells.counts[rows], world.genes, measured)
                parts.append(_stored(folder, part, study, role, x, names))
                symbols |= set(names) if role == "reference" else set()
                frames.append(_cells(study, part, role, x, cells.types[rows], rows))
    profile_table = pd.DataFrame(
        {"study": PROFILE_STUDY, "part": PROFILE_STUDY, "cell_type_ontology_term_id": profiles}
    )
    if profiles:
        rates = np.stack([_profile(world, name) for name in profiles])
        x, names = _columns(sparse.csr_matrix(rates.astype(np.float32)), world.genes, np.ones(len(world.genes), bool))
        first_teacher = next((i for i, part in enumerate(parts) if part.role == "teacher"), len(parts))
        parts.insert(first_teacher, _stored(folder, PROFILE_STUDY, PROFILE_STUDY, "profile", x, names))
    told = pd.concat(frames, ignore_index=True)
    teaches = told["role"] == "teacher"
    teaching = pd.concat([profile_table, told.loc[teaches, list(profile_table.columns)]], ignore_index=True)
    cells_table = told[~teaches].reset_index(drop=True)
    in_reference = (cells_table["role"] == "reference").to_numpy()
    watching = np.random.default_rng(0).random(len(cells_table)) < validation_share
    cells_table["split"] = np.where(in_reference, np.where(watching, "validation", "train"), "none")
    cells_table["high_confidence"] = in_reference
    genes = sorted(symbols)
    out = folder / "corpus"
    out.mkdir()
    return write_corpus(
        out,
        parts,
        genes=pd.DataFrame({"gene_symbol": genes, "gene_id": [None] * len(genes)}),
        cells=cells_table,
        teaching=teaching.astype(str),
        type_similarity=similarity(),
        names={term: name for term, (name, _, _) in TERMS.items()},
        edges=pd.DataFrame(
            [(child, parent) for child, (_, parents, _) in TERMS.items() for parent in parents],
            columns=["child_id", "parent_id"],
        ),
    )


def _cut(study, measured, n, twice):
    everyone = np.arange(n)
    if not twice:
        return [(study, everyone, measured)]
    sparse_panel = measured & (np.arange(len(measured)) % 2 == 0)
    return [(f"{study}_a", everyone[: n // 2], measured), (f"{study}_b", everyone[n // 2 :], sparse_panel)]


def _columns(counts, genes, measured):
    columns = np.flatnonzero(measured)
    columns = columns[np.argsort(genes[columns].astype(str))]
    x = sparse.csr_matrix(counts[:, columns])
    x.sort_indices()
    return x, genes[columns]


def _stored(folder, part, study, role, x, names):
    target = folder / "sources" / part
    target.mkdir(parents=True)
    write_csr(target, x)
    return PartFiles(part, study, role, "counts", target, names, x.shape[0])


def _cells(study, part, role, x, types, rows):
    return pd.DataFrame({
        "cell_id": [f"{study}:cell{i:04d}" for i in rows],
        "study": study,
        "part": part,
        "role": role,
        "ontology_term_ids": [[name] for name in types],
        "cell_type_ontology_term_id": types,
        "n_genes": np.diff(x.indptr).astype(np.int32),
        "total": np.asarray(x.sum(axis=1)).ravel().astype(np.float32),
    })  # fmt: skip


def _profile(world, name):
    rates = world.base.copy()
    rates[np.isin(world.genes, MARKERS[name])] = 2.0
    return rates
