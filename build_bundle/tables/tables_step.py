"""Write the tables of a bundle that describe it: cells, genes, types, ontology, studies, examples."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from build_bundle.cells.corpus import Corpus
from build_bundle.collection.record import Record, read_record
from build_bundle.collection.statistics import alignment_rates, by_month, reads_by_study
from build_bundle.configuration.config import Config
from build_bundle.ontology.files import OntologySource
from build_bundle.ontology.tables import similarity_table, subgraph_tables
from build_bundle.sources.examples import file_name
from build_bundle.steps.task import Finished
from build_bundle.study.models_file import STUDY_TABLES, read_models
from build_bundle.tables.study_facts import StudyOutcome, collection_table, outcomes, studies_table
from core.bundle import schema
from core.bundle.schema import TYPE
from core.bundle.writer import write_table

READS, RATES = schema.READS_BY_STUDY, schema.ALIGNMENT_RATES


@dataclass(frozen=True)
class TableInputs:
    """What the tables are made from.

    Parameters
    ----------
    config : Config
        The configuration.
    ontology : OntologySource
        The whole ontology.
    gene_names : pandas.DataFrame
        The ``gene_names`` table.
    done : mapping of str to Finished
        Every step before this one, by name.
    """

    config: Config
    ontology: OntologySource
    gene_names: pd.DataFrame
    done: Mapping[str, Finished]


def write_tables(out: Path, corpus: Corpus, inputs: TableInputs) -> dict[str, Any]:
    """Write the describing tables and the example queries.

    Parameters
    ----------
    out : Path
        Empty folder.
    corpus : Corpus
        The reference.
    inputs : TableInputs
        Everything else.

    Returns
    -------
    dict
        ``counts`` as in the manifest.
    """
    cells = _cells(corpus, inputs.done["train"])
    types = _cell_types(cells, inputs)
    found = outcomes(inputs.config, inputs.done)
    studies = studies_table(found)
    terms = {term for ids in cells["ontology_term_ids"] for term in ids}
    graph = subgraph_tables(inputs.ontology, terms)
    for spec, table in (
        (schema.CELLS, cells),
        (schema.GENES, _genes(corpus, inputs.done)),
        (schema.GENE_NAMES, inputs.gene_names),
        (schema.STUDIES, studies),
        (schema.CELL_TYPES, types),
        (schema.TERMS, graph["terms"]),
        (schema.EDGES, graph["edges"]),
        (schema.TYPE_SIMILARITY, similarity_table(inputs.ontology, types[TYPE])),
        *collection_tables(found, inputs.config),
        *models_of(inputs.config).items(),
        (schema.EXAMPLE_QUERIES, _examples(out, inputs)),
    ):
        write_table(out, spec, table)
    return {
        "counts": {
            "n_cells": len(cells),
            "n_genes": len(corpus.genes),
            "n_studies": int(cells["study"].nunique()),
            "n_cell_types": len(types),
            "n_set_aside": int((studies["status"] == "set_aside").sum()),
        }
    }


def collection_tables(found: list[StudyOutcome], config: Config) -> list[tuple[schema.TableSpec, pd.DataFrame]]:
    """Count the harvested collection where the configuration names one, and the studies that are not in it.

    Parameters
    ----------
    found : list of StudyOutcome
        What became of the configuration's studies.
    config : Config
        Names the collection, or none.

    Returns
    -------
    list of (TableSpec, pandas.DataFrame)
        ``collection``, ``reads_by_study`` and ``alignment_rates``; the last two are empty without a collection.
    """
    record = record_of(config)
    if record is None:
        empty = [(spec, pd.DataFrame(columns=[c.name for c in spec.columns])) for spec in (READS, RATES)]
        return [(schema.COLLECTION, collection_table(found)), *empty]
    others = [outcome for outcome in found if outcome.study.accession not in record.studies]
    return [
        (schema.COLLECTION, by_month(record, collection_table(others))),
        (READS, reads_by_study(record)),
        (RATES, alignment_rates(record)),
    ]


def models_of(config: Config) -> dict[schema.TableSpec, pa.Table]:
    """Return the tables about models: of the study that a configuration names, empty where it names none."""
    if config.study_folder is None:
        return {spec: spec.arrow_schema.empty_table() for spec in STUDY_TABLES}
    return read_models(config.study_folder)


def record_of(config: Config) -> Record | None:
    """Read the record of the collection that a configuration names; None where it names none."""
    named = config.collection
    if not named.catalogue:
        return None
    labels, quantified = (config.path(text) if text else None for text in (named.labels, named.quantified))
    return read_record(config.path(named.catalogue), labels, quantified)


def _cells(corpus: Corpus, train: Finished) -> pd.DataFrame:
    """Return the reference cells with what the encoder really saw as ``split``."""
    columns = [c.name for c in schema.CELLS.columns]
    cells = corpus.cells.iloc[: corpus.n_ref][columns].copy()
    seen = np.load(train.folder / "seen.npy").astype(bool)
    watching = (cells["split"] == "validation").to_numpy()
    cells["split"] = np.where(seen, "train", np.where(watching, "validation", "none"))
    return cells


def _genes(corpus: Corpus, done: Mapping[str, Finished]) -> pd.DataFrame:
    vocabulary = pq.read_table(done["train"].folder / schema.ENCODER_GENES.file, columns=["gene_symbol"])
    studies = np.array([record.study for record in corpus.records if record.role == "reference"])
    n_studies = sum(corpus.measured[studies == study].any(axis=0).astype(np.int32) for study in corpus.reference)
    return corpus.gene_table.assign(
        n_studies=n_studies,
        n_cells=np.load(done["expression"].folder / "n_cells_of_gene.npy"),
        in_encoder=np.isin(corpus.genes.astype(str), vocabulary.column("gene_symbol").to_pylist()),
    )


def _cell_types(cells: pd.DataFrame, inputs: TableInputs) -> pd.DataFrame:
    grouped = cells.groupby(TYPE, sort=True)
    types = pd.DataFrame({"n_cells": grouped.size(), "n_studies": grouped["study"].nunique()}).reset_index()
    return types.assign(
        cell_type=[inputs.ontology.terms[term].name for term in types[TYPE]],
        in_training=types[TYPE].isin(inputs.done["train"].facts["classes"]),
    )


def _examples(out: Path, inputs: TableInputs) -> pd.DataFrame:
    """Copy the example files into the bundle's folder and describe them."""
    columns = [c.name for c in schema.EXAMPLE_QUERIES.columns]
    folder = out / schema.EXAMPLES
    rows = []
    for example in inputs.config.example:
        found = _example_file(example.example, inputs)
        if found is None:  # its study was set aside, and the report says why
            continue
        source, size = found
        folder.mkdir(exist_ok=True)
        name = file_name(example.example)
        shutil.copyfile(source, folder / name)
        rows.append(
            (example.example, example.title, example.detail, f"{schema.EXAMPLES}/{name}", *size, example.origin)
        )
    return pd.DataFrame(rows, columns=columns)


def _example_file(example: str, inputs: TableInputs) -> tuple[Path, tuple[int, int]] | None:
    for step in inputs.done.values():
        size = step.facts.get("examples", {}).get(example)
        if size:
            return step.folder / file_name(example), (size["n_cells"], size["n_genes"])
    return None
