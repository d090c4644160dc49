"""Join the parts that could be read to one corpus: genes, cells, labels, who trains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from build_bundle.cells.corpus import ROLES, TEACHING, PartFiles, Role, write_corpus
from build_bundle.cells.selection import high_confidence, split
from build_bundle.configuration.config import Config, SelectionSettings
from build_bundle.ontology.files import OntologySource
from build_bundle.ontology.tables import similarity_table, subgraph_tables
from build_bundle.steps.task import Facts, Finished
from core.bundle.schema import TYPE
from core.errors import ConfigError

SET_ASIDE = "set_aside"
"""Among the facts of a part that could not be read: the reason."""


@dataclass(frozen=True)
class ReadPart:
    """A part that could be read: where it is in the configuration, and the finished step."""

    study: str
    part: str
    role: Role
    step: Finished

    @property
    def facts(self) -> Facts:
        """What reading it told."""
        return self.step.facts

    @property
    def files(self) -> PartFiles:
        """The part as `write_corpus` wants it."""
        table = pq.read_table(self.step.folder / "symbols.parquet")
        symbols = np.array(table.column("gene_symbol").to_pylist(), dtype=object)
        folder, n_obs = self.step.folder, int(self.facts["n_cells"])
        return PartFiles(self.part, self.study, self.role, self.facts["unit"], folder, symbols, n_obs)

    def cells(self) -> pd.DataFrame:
        """Return the table of its cells, with study, part and role."""
        frame: pd.DataFrame = pq.read_table(self.step.folder / "cells.parquet").to_pandas()
        return frame.assign(study=self.study, part=self.part, role=self.role)


def read_parts(config: Config, done: Mapping[str, Finished]) -> list[ReadPart]:
    """Return the parts that could be read: in the order of `ROLES`; studies stay together.

    Parameters
    ----------
    config : Config
        The configuration.
    done : mapping of str to Finished
        The reading steps by name (``read-<part>``).

    Returns
    -------
    list of ReadPart
        In the order of the configuration within a role.
    """
    found = [
        ReadPart(study.study, part.part, study.role_of(part), done[f"read-{part.part}"])
        for study in config.study
        for part in study.parts
        if SET_ASIDE not in done[f"read-{part.part}"].facts
    ]
    return sorted(found, key=lambda part: ROLES.index(part.role))


def write_corpus_step(
    out: Path, parts: Sequence[ReadPart], gene_names: pd.DataFrame, ontology: OntologySource, config: Config
) -> dict[str, Any]:
    """Write the corpus.

    Parameters
    ----------
    out : Path
        Empty folder.
    parts : sequence of ReadPart
        From `read_parts`.
    gene_names : pandas.DataFrame
        For the Ensembl ids.
    ontology : OntologySource
        The whole ontology.
    config : Config
        Selection and seed.

    Returns
    -------
    dict
        Counts for the report.

    Raises
    ------
    ConfigError
        Where no type has enough cells to train on.
    """
    files = [part.files for part in parts]
    frames = [part.cells() for part in parts]
    cells = _cells([f for f, p in zip(frames, parts, strict=True) if p.role not in TEACHING], config)
    teaching = _teaching([f for f, p in zip(frames, parts, strict=True) if p.role in TEACHING])
    names: dict[str, str] = {}
    for part in parts:
        names |= part.facts["names"]
    graph = subgraph_tables(ontology, set(cells.loc[cells["role"] == "reference", TYPE]))
    names |= dict(zip(graph["terms"]["term_id"], graph["terms"]["name"], strict=True))
    corpus = write_corpus(
        out,
        files,
        genes=_genes(files, gene_names),
        cells=cells,
        teaching=teaching,
        type_similarity=similarity_table(ontology, set(cells[TYPE]) | set(teaching[TYPE])),
        names=names,
        edges=graph["edges"][["child_id", "parent_id"]].drop_duplicates(),
    )
    n_training = int((cells["split"] == "train").sum())
    if n_training == 0:
        raise ConfigError(
            f"No cell type has {config.selection.min_cells} cells to train on.",
            next_step="Lower min_cells in [selection], or add studies.",
        )
    return {"n_ref": corpus.n_ref, "n_genes": len(corpus.genes), "n_training": n_training}


def _genes(files: Sequence[PartFiles], gene_names: pd.DataFrame) -> pd.DataFrame:
    """Return the union of the genes of the reference parts, with the first Ensembl id of each."""
    union = sorted({str(symbol) for part in files if part.role == "reference" for symbol in part.symbols})
    first = [ids[0] if len(ids) else None for ids in gene_names["ensembl_ids"]]
    known = pd.Series(first, index=gene_names["gene_symbol"], dtype=object)
    return pd.DataFrame({"gene_symbol": union, "gene_id": known.reindex(union).to_numpy()})


def _cells(frames: Sequence[pd.DataFrame], config: Config) -> pd.DataFrame:
    cells = pd.concat(frames, ignore_index=True)
    reference = cells["role"] == "reference"
    terms = cells["terms"].map(tuple)
    table = pd.DataFrame(
        {
            "cell_id": _unique_ids(cells["study"] + ":" + cells["name"]),
            "study": cells["study"],
            "ontology_term_ids": cells["terms"],
            TYPE: cells["label"],
            "high_confidence": _high_confidence(terms, reference, config.selection),
            "split": "none",
            "n_genes": cells["n_genes"],
            "total": cells["total"],
            "role": cells["role"],
            "part": cells["part"],
            "replicate": cells["replicate"],
        }
    )
    return table.assign(split=split(table, config.selection, config.seed))


def _high_confidence(terms: pd.Series, reference: pd.Series, settings: SelectionSettings) -> npt.NDArray[np.bool_]:
    chosen = np.zeros(len(terms), dtype=bool)
    chosen[reference.to_numpy()] = high_confidence(terms[reference], settings).to_numpy()
    return chosen


def _unique_ids(ids: Iterable[str]) -> list[str]:
    """Give ids that repeat a number that no other has: name, name#2, name#3."""
    names = list(ids)
    taken = set(names)
    seen: Counter[str] = Counter()
    result = []
    for name in names:
        seen[name] += 1
        new = name
        while seen[name] > 1 and (new := f"{name}#{seen[name]}") in taken:
            seen[name] += 1
        taken.add(new)
        result.append(new)
    return result


def _teaching(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    columns = ["study", "part", "label"]
    table = pd.concat([f[columns] for f in frames], ignore_index=True) if frames else pd.DataFrame(columns=columns)
    return table.rename(columns={"label": TYPE}).astype(str)
