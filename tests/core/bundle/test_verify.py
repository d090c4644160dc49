"""Verification: a well-hashed bundle of a faulty builder is found out too, with all problems at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file, save_file

from core.bundle import schema
from core.bundle.manifest import FileEntry, read_manifest
from core.bundle.verify import verify_bundle
from core.bundle.writer import sha256_file
from tests.core.bundle.conftest import Reseal


def _edit(own: Path, spec: schema.TableSpec, **columns: Any) -> None:
    """Rewrite a table with changed columns; a function gets the old values. No checks: that is the point."""
    table = pq.read_table(own / spec.file)
    for name, change in columns.items():
        values = change(table.column(name).to_pylist())
        i = table.column_names.index(name)
        field = table.schema.field(i)
        table = table.set_column(i, field, pa.chunked_array([pa.array(values, type=field.type)]))
    pq.write_table(table, own / spec.file, row_group_size=spec.row_group_size)


def test_a_good_bundle_has_no_problems(tiny_builds: Path) -> None:
    assert verify_bundle(tiny_builds, deep=True) == []


def test_it_never_raises(tmp_path: Path, own: Path) -> None:
    assert verify_bundle(tmp_path / "absent")[0].startswith("There is no data bundle")
    assert verify_bundle(tmp_path)[0].startswith("manifest.json is missing")
    (own / schema.MANIFEST).write_text('{"schema_version": 99}')
    assert "version 99" in verify_bundle(own)[0]


def test_damage_is_told_once_and_all_of_it(own: Path) -> None:
    (own / schema.INDEX).unlink()
    (own / "extra").write_text("x")
    for name in ("cells.parquet", schema.CANARY, schema.EMBEDDING):
        data = (own / name).read_bytes()
        (own / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    found = verify_bundle(own, deep=True)
    assert sorted(found) == [
        "'extra' is not in the manifest.",
        "canary.safetensors has other contents than the manifest says (SHA-256 differs).",
        "cells.parquet has other contents than the manifest says (SHA-256 differs).",
        "embedding.npy has other contents than the manifest says (SHA-256 differs).",
        "index.hnsw is missing.",
    ]


def test_what_a_damaged_table_is_needed_for_is_left_out(own: Path) -> None:
    for spec in schema.TABLES:
        (own / spec.file).write_bytes(b"not a table")
    found = verify_bundle(own, deep=True)
    assert len(found) == len(schema.TABLES)
    assert all(" bytes, the manifest says " in p for p in found)


def _first(value: Any) -> Any:
    return lambda values: [value, *values[1:]]


TABLE_CASES: list[tuple[schema.TableSpec, dict[str, Any], str]] = [
    (schema.CELLS, {"study": _first("nowhere")}, "cells.parquet: study names 'nowhere', not in studies.parquet."),
    (schema.CELLS, {"cell_type_ontology_term_id": _first("CL:1")}, "cell_type_ontology_term_id names 'CL:1'"),
    (schema.CELLS, {"ontology_term_ids": _first(["CL:2"])}, "ontology_term_ids names 'CL:2', not in terms.parquet."),
    (schema.CELLS, {"cell_id": lambda v: [v[1], *v[1:]]}, "cells.parquet: 1 rows repeat a key (cell_id)."),
    (schema.CELLS, {"split": _first("test")}, "Column split holds 'test', none of its choices."),
    (schema.CELLS, {"total": _first(float("nan"))}, "Column total holds numbers that are not finite."),
    (schema.EDGES, {"parent_id": _first("CL:3")}, "edges.parquet: parent_id names 'CL:3'"),
    (schema.GENES, {"gene_symbol": _first("NEWGENE")}, "genes.parquet: gene_symbol names 'NEWGENE', not in gene_names"),
    (schema.GENES, {"in_encoder": _first(False)}, "genes.parquet: in_encoder is wrong for 'MS4A1'."),
    (schema.STUDIES, {"status": _first("held_out")}, "3 studies are used, counts.n_studies says 4."),
    (schema.STUDIES, {"status": _first("set_aside")}, "2 studies are set_aside, counts.n_set_aside says 1."),
    (schema.EXAMPLE_QUERIES, {"file": _first("examples/b.h5ad")}, "disagree about 'examples/b.h5ad', 'examples/planted.h5ad'."),
    (schema.DIFFERENTIAL, {"background": _first("nothing")}, "Column background holds 'nothing', none of its choices."),
    (schema.CONTRASTS, {"compared_with": _first(["CL:4"])}, "contrasts.parquet: compared_with names 'CL:4'"),
    (schema.MARKERS_BY_GENE, {"gene_symbol": _first("NEWGENE")}, "markers_by_gene.parquet: gene_symbol names 'NEWGENE'"),
    (schema.EXPRESSION_BY_TYPE, {"pct": lambda v: [v[0][:-1], *v[1:]]}, "pct have not one entry for each of the 6 cell types."),
    (schema.TRAINING, {"kept": lambda v: [False] * len(v)}, "has not one kept epoch for each of the encoder's 1 networks."),
    (schema.TRAINING, {"network": _first(2)}, "training.parquet: it has not one kept epoch for each"),
    (schema.MODELS, {"model": lambda v: [v[1], *v[1:]]}, "models.parquet: 1 rows repeat a key (model)."),
    (schema.MODELS_BY_TYPE, {"model": _first("gone")}, "models_by_type.parquet: model names 'gone', not in models.parquet."),
    (schema.MODELS_BY_TYPE, {"model": lambda v: [v[1], *v[1:]]}, "models_by_type.parquet: 1 rows repeat a key"),
    (schema.TYPE_SIMILARITY, {"a": lambda v: [f"x{i}" for i in range(len(v))]}, "'x0', 'x1', 'x10' and "),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "columns", "sentence"), TABLE_CASES)
def test_tables_that_contradict(
    own: Path, reseal: Reseal, spec: schema.TableSpec, columns: dict[str, Any], sentence: str
) -> None:
    _edit(own, spec, **columns)
    reseal()
    found = verify_bundle(own)
    assert any(sentence in p for p in found), found


EXPRESSION_CASES: list[tuple[dict[str, Any], str]] = [
    ({"values": lambda v: [v[0][:-1], *v[1:]]}, "A row has more indices than values."),
    ({"gene_indices": lambda v: [v[0][::-1], *v[1:]]}, "are not ascending within 0..299."),
    ({"gene_indices": lambda v: [[*v[0][:-1], 300], *v[1:]]}, "are not ascending within 0..299."),
    ({"gene_indices": lambda v: [[-1, *v[0][1:]], *v[1:]]}, "are not ascending within 0..299."),
    ({"values": lambda v: [[float("inf"), *v[0][1:]], *v[1:]]}, "A value is not finite."),
    ({"values": lambda v: [[-1.0, *v[0][1:]], *v[1:]]}, "A value is negative."),
]


@pytest.mark.parametrize(("columns", "sentence"), EXPRESSION_CASES)
def test_expression_is_looked_through_when_deep(
    own: Path, reseal: Reseal, columns: dict[str, Any], sentence: str
) -> None:
    _edit(own, schema.EXPRESSION_BY_CELL, **columns)
    reseal()
    assert verify_bundle(own) == []
    found = verify_bundle(own, deep=True)
    assert len(found) == 1
    assert found[0].startswith("expression_by_cell.parquet: ")
    assert sentence in found[0]


def test_row_groups_of_expression_have_one_size(own: Path, reseal: Reseal) -> None:
    path = own / schema.EXPRESSION_BY_CELL.file
    table = pq.read_table(path)
    pq.write_table(table, path, row_group_size=7)
    reseal()
    assert verify_bundle(own) == []
    with pq.ParquetWriter(path, table.schema) as writer:
        for part in (table[:5], table[5:15], table[15:]):
            writer.write_table(part, row_group_size=10)
    reseal()
    assert verify_bundle(own) == ["expression_by_cell.parquet: Its row groups are not of one size."]


def test_expression_without_any_row(own: Path, reseal: Reseal) -> None:
    path = own / schema.EXPRESSION_BY_CELL.file
    pq.write_table(pq.read_table(path)[:0], path)
    reseal()
    assert verify_bundle(own) == ["expression_by_cell.parquet: It has 0 rows, 600 were expected."]


def test_a_bundle_may_tell_nothing_of_networks(own: Path, reseal: Reseal) -> None:
    for spec in (schema.TRAINING, schema.MODELS, schema.MODELS_BY_TYPE):
        pq.write_table(spec.arrow_schema.empty_table(), own / spec.file)
    reseal()
    assert verify_bundle(own) == []


def test_empty_rows_of_expression_are_fine(own: Path, reseal: Reseal) -> None:
    half = {"gene_indices", "values"}
    _edit(own, schema.EXPRESSION_BY_CELL, **dict.fromkeys(half, lambda v: [*v[:128], *([] for _ in v[128:])]))
    reseal()
    assert verify_bundle(own, deep=True) == []


def test_other_columns_or_rows(own: Path, reseal: Reseal) -> None:
    pd.read_parquet(own / "genes.parquet").assign(more=1).to_parquet(own / "genes.parquet")
    pq.write_table(pq.read_table(own / "cells.parquet").slice(1), own / "cells.parquet")
    pq.write_table(pq.read_table(own / "edges.parquet"), own / "terms.parquet")
    reseal()
    assert verify_bundle(own) == [
        "cells.parquet: It has 599 rows, 600 were expected.",
        "genes.parquet: Its columns are not those of the contract.",
        "terms.parquet: Its columns are not those of the contract.",
    ]


def test_rows_other_than_in_the_manifest(own: Path) -> None:
    manifest = read_manifest(own)
    entry = manifest.files["edges.parquet"]
    files = manifest.files | {
        "edges.parquet": replace(entry, rows=3),
        "encoder_genes.parquet": replace(manifest.files["encoder_genes.parquet"], rows=3),
    }
    (own / schema.MANIFEST).write_text(manifest.identified(files).to_json())
    assert verify_bundle(own) == [
        "edges.parquet: Its number of rows differs from the manifest's.",
        "encoder_genes.parquet: Its number of rows differs from the manifest's.",
        "encoder_genes.parquet: Its rows are not encoder.n_vocabulary.",
    ]


def test_a_table_that_is_none(own: Path) -> None:
    manifest = read_manifest(own)
    (own / "edges.parquet").write_bytes(b"PAR1" + b"\xff" * 40 + b"PAR1")
    path = own / "edges.parquet"
    files = manifest.files | {"edges.parquet": FileEntry(sha256_file(path), path.stat().st_size, 3)}
    (own / schema.MANIFEST).write_text(manifest.identified(files).to_json())
    found = verify_bundle(own)
    assert len(found) == 1
    assert found[0].startswith("edges.parquet: It cannot be read")


def _tensors(own: Path, name: str, change: Any) -> None:
    save_file(change(load_file(own / name)), own / name)


BINARY_CASES: list[tuple[str, Any, str]] = [
    (
        schema.ENCODER_WEIGHTS,
        lambda t: t | {"net1.layer0.bias": np.zeros(3, np.float32)},
        "encoder.safetensors: Its tensors",
    ),
    (
        schema.ENCODER_WEIGHTS,
        lambda t: t | {"net0.layer0.bias": np.zeros(3, np.float32)},
        "encoder.safetensors: Its tensors",
    ),
    (schema.CANARY, lambda t: {"x": t["x"]}, "canary.safetensors: It does not hold x, embedding and neighbors"),
    (schema.CANARY, lambda t: t | {"x": t["x"][:, 1:].copy()}, "canary.safetensors: It does not hold"),
    (schema.CANARY, lambda t: t | {"x": np.zeros(3, np.float32)}, "canary.safetensors: It does not hold"),
    (schema.CANARY, lambda t: {k: v[:0] for k, v in t.items()}, "canary.safetensors: It does not hold"),
]


@pytest.mark.parametrize(("name", "change", "sentence"), BINARY_CASES)
def test_tensors_that_do_not_fit(own: Path, reseal: Reseal, name: str, change: Any, sentence: str) -> None:
    _tensors(own, name, change)
    reseal()
    found = verify_bundle(own)
    assert len(found) == 1
    assert found[0].startswith(sentence)


def test_tensors_that_cannot_be_read(own: Path, reseal: Reseal) -> None:
    (own / schema.CANARY).write_bytes(b"\x10" + b"\0" * 7 + b"{not json here!}")
    reseal()
    assert verify_bundle(own)[0].startswith("canary.safetensors: It cannot be read")


EMBEDDINGS: list[tuple[Any, str, bool]] = [
    (lambda a: a.astype(np.float64), "float32 (600, 16) in C order was expected", False),
    (lambda a: a[:-1], "float32 (600, 16) in C order was expected", False),
    (np.asfortranarray, "float32 (600, 16) in C order was expected", False),
    (lambda a: np.where(np.arange(600)[:, None] == 5, np.float32(np.nan), a), "not finite", True),
    (lambda a: a * np.float32(2), "rows whose length is not 1", True),
]


@pytest.mark.parametrize(("change", "sentence", "deep"), EMBEDDINGS)
def test_embeddings_that_do_not_fit(own: Path, reseal: Reseal, change: Any, sentence: str, deep: bool) -> None:
    path = own / schema.EMBEDDING
    np.save(path, change(np.load(path)))
    reseal()
    assert (verify_bundle(own) == []) is deep
    assert sentence in verify_bundle(own, deep=True)[0]


def test_rows_need_no_length_without_l2(own: Path, reseal: Reseal) -> None:
    path = own / schema.EMBEDDING
    np.save(path, np.load(path) * np.float32(2))
    reseal(encoder=replace(read_manifest(own).encoder, l2=False))
    assert verify_bundle(own, deep=True) == []


@pytest.mark.parametrize("data", [b"\x93NUMPY\x01\x00", b"nothing", b""])
def test_an_embedding_that_is_none(own: Path, reseal: Reseal, data: bytes) -> None:
    (own / schema.EMBEDDING).write_bytes(data or b"\0")
    reseal()
    assert verify_bundle(own)[0].startswith("embedding.npy: It cannot be read")
