"""Whether the tables of a bundle hold what they declare, and agree with each other and with the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.bundle import schema
from core.bundle.manifest import Manifest, is_example
from core.bundle.schema import TYPE, TableSpec
from core.bundle.writer import column_problems

_SHOWN = 3  # values named in a sentence
_BATCH_ROWS = 64  # rows of expression held at a time: at most 64 genes x all cells

REFERENCES: tuple[tuple[TableSpec, str, TableSpec, str], ...] = (
    (schema.CELLS, "study", schema.STUDIES, "study"),
    (schema.CELLS, TYPE, schema.CELL_TYPES, TYPE),
    (schema.CELLS, "ontology_term_ids", schema.TERMS, "term_id"),
    (schema.CELL_TYPES, TYPE, schema.TERMS, "term_id"),
    (schema.EDGES, "child_id", schema.TERMS, "term_id"),
    (schema.EDGES, "parent_id", schema.TERMS, "term_id"),
    (schema.TYPE_SIMILARITY, "a", schema.CELL_TYPES, TYPE),
    (schema.TYPE_SIMILARITY, "b", schema.CELL_TYPES, TYPE),
    (schema.GENES, "gene_symbol", schema.GENE_NAMES, "gene_symbol"),
    (schema.ENCODER_GENES, "gene_symbol", schema.GENES, "gene_symbol"),
    (schema.CONTRASTS, TYPE, schema.TERMS, "term_id"),
    (schema.CONTRASTS, "compared_with", schema.CELL_TYPES, TYPE),
    (schema.DIFFERENTIAL, TYPE, schema.CONTRASTS, TYPE),
    (schema.DIFFERENTIAL, "gene_symbol", schema.GENES, "gene_symbol"),
    (schema.DIFFERENTIAL_BY_STUDY, TYPE, schema.CONTRASTS, TYPE),
    (schema.DIFFERENTIAL_BY_STUDY, "gene_symbol", schema.GENES, "gene_symbol"),
    (schema.DIFFERENTIAL_BY_STUDY, "study", schema.STUDIES, "study"),
    (schema.MARKERS_BY_GENE, TYPE, schema.CONTRASTS, TYPE),
    (schema.MARKERS_BY_GENE, "gene_symbol", schema.GENES, "gene_symbol"),
    (schema.MODELS_BY_TYPE, "model", schema.MODELS, "model"),
)


def value_problems(spec: TableSpec, table: pa.Table) -> list[str]:
    """Return where the values of one table break its specification: nulls, choices, finiteness, keys."""
    found = [problem for c in spec.columns for problem in column_problems(c, table.column(c.name))]
    if spec.key and table.num_rows:
        n_keys = table.group_by(list(spec.key)).aggregate([]).num_rows
        if n_keys != table.num_rows:
            found.append(f"{table.num_rows - n_keys:,} rows repeat a key ({', '.join(spec.key)}).")
    return found


def expression_problems(file: pq.ParquetFile, manifest: Manifest, spec: TableSpec) -> list[str]:
    """Return what is wrong with the values of an expression table; stops at the first batch with a problem."""
    limit = manifest.counts.n_genes if spec is schema.EXPRESSION_BY_CELL else manifest.counts.n_cells
    index_name, value_name = (c.name for c in spec.columns)
    for batch in file.iter_batches(batch_size=_BATCH_ROWS):
        indices, values = batch.column(index_name), batch.column(value_name)
        found = [
            sentence
            for wrong, sentence in (
                (not indices.value_lengths().equals(values.value_lengths()), "A row has more indices than values."),
                (not _ascending(indices, limit), f"A row's indices are not ascending within 0..{limit - 1:,}."),
                (not pc.all(pc.is_finite(values.flatten()), min_count=0).as_py(), "A value is not finite."),
                ((pc.min(values.flatten()).as_py() or 0) < 0, "A value is negative."),
            )
            if wrong
        ]
        if found:
            return found
    return []


def agreement_problems(manifest: Manifest, tables: Mapping[str, pa.Table]) -> list[str]:
    """Return where tables contradict each other or the manifest.

    Parameters
    ----------
    manifest : Manifest
        Checked manifest.
    tables : mapping of str to pyarrow.Table
        Sound tables by name; what needs an absent table is not looked at.

    Returns
    -------
    list of str
        One sentence a problem.
    """
    found = []
    for source, column, target, key in REFERENCES:
        if source.name in tables and target.name in tables:
            unknown = _values(tables[source.name], column) - _values(tables[target.name], key)
            if unknown:
                found.append(f"{source.file}: {column} names {_shown(unknown)}, not in {target.file}.")
    return (
        found
        + _count_problems(manifest, tables)
        + _vocabulary_problems(tables)
        + _type_list_problems(manifest, tables)
        + _training_problems(manifest, tables)
        + _example_problems(manifest, tables)
    )


def _count_problems(manifest: Manifest, tables: Mapping[str, pa.Table]) -> list[str]:
    if "studies" not in tables:
        return []
    status = tables["studies"].column("status")
    found = []
    for value, field, expected in (
        ("used", "n_studies", manifest.counts.n_studies),
        ("set_aside", "n_set_aside", manifest.counts.n_set_aside),
    ):
        n = pc.sum(pc.equal(status, value)).as_py() or 0
        if n != expected:
            found.append(f"studies.parquet: {n} studies are {value}, counts.{field} says {expected}.")
    return found


def _vocabulary_problems(tables: Mapping[str, pa.Table]) -> list[str]:
    if not {"genes", "encoder_genes"} <= tables.keys():
        return []
    genes = tables["genes"]
    flagged = _values(genes.filter(genes.column("in_encoder")), "gene_symbol")
    different = flagged ^ _values(tables["encoder_genes"], "gene_symbol")
    return [f"genes.parquet: in_encoder is wrong for {_shown(different)}."] if different else []


def _type_list_problems(manifest: Manifest, tables: Mapping[str, pa.Table]) -> list[str]:
    """Say which lists of ``expression_by_type`` do not have one entry a type."""
    spec, n = schema.EXPRESSION_BY_TYPE, manifest.counts.n_cell_types
    if spec.name not in tables:
        return []
    lengths = {c.name: pc.list_value_length(tables[spec.name].column(c.name)) for c in spec.columns}
    wrong = [name for name, found in lengths.items() if not pc.all(pc.equal(found, n), min_count=0).as_py()]
    return [f"{spec.file}: {', '.join(wrong)} have not one entry for each of the {n} cell types."] if wrong else []


def _training_problems(manifest: Manifest, tables: Mapping[str, pa.Table]) -> list[str]:
    """Say where ``training`` tells of other networks than the encoder's, or not of one kept epoch each."""
    spec, n = schema.TRAINING, manifest.encoder.n_nets
    if spec.name not in tables or not tables[spec.name].num_rows:
        return []
    table = tables[spec.name]
    kept = sorted(table.filter(table.column("kept")).column("network").to_pylist())
    is_sound = kept == sorted(set(table.column("network").to_pylist())) == list(range(1, n + 1))
    return [] if is_sound else [f"{spec.file}: it has not one kept epoch for each of the encoder's {n} networks."]


def _example_problems(manifest: Manifest, tables: Mapping[str, pa.Table]) -> list[str]:
    if "example_queries" not in tables:
        return []
    listed = _values(tables["example_queries"], "file")
    different = listed ^ {name for name in manifest.files if is_example(name)}
    return [f"example_queries.parquet and the files disagree about {_shown(different)}."] if different else []


def _values(table: pa.Table, column: str) -> set[str]:
    values = table.column(column)
    if pa.types.is_list(values.type):
        values = pc.list_flatten(values)
    return set(pc.unique(values).to_pylist())


def _shown(values: Iterable[str]) -> str:
    names = sorted(values)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(repr(n[:80]) for n in names[:_SHOWN]) + more


def _ascending(lists: pa.ListArray, limit: int) -> bool:
    """Whether every list is strictly ascending with all values within 0..limit-1."""
    flat = lists.flatten().to_numpy()
    if flat.size == 0:
        return True
    rises = np.diff(flat) > 0
    starts = np.cumsum(lists.value_lengths().to_numpy())[:-1]
    rises[starts[(starts > 0) & (starts < flat.size)] - 1] = True  # from one list to the next anything goes
    return bool(rises.all() and flat.min() >= 0 and flat.max() < limit)
