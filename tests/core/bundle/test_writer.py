"""Writing: streamed, checked, checksummed, and nothing under a file's name until it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from core.bundle import schema
from core.bundle.schema import Column, TableSpec
from core.bundle.writer import expression_batch, sha256_file, write_array, write_bytes, write_table, write_tensors
from core.errors import BundleError

SPEC = TableSpec(
    "sample",
    "one row",
    (
        Column("name", schema.TEXT, "a name"),
        Column("kind", schema.TEXT, "a kind", nullable=True, choices=("x", "y")),
        Column("value", schema.REAL, "a number", nullable=True),
        Column("tags", schema.TEXTS, "some texts"),
    ),
    row_group_size=3,
    key=("name",),
)
GOOD = {"name": ["a", "b"], "kind": ["x", None], "value": [0.5, None], "tags": [["t"], []]}


def _read(folder: Path, spec: TableSpec = SPEC) -> pa.Table:
    return pq.read_table(folder / spec.file, page_checksum_verification=True)


@pytest.mark.parametrize(
    "data",
    [GOOD, pa.table(GOOD), pd.DataFrame(GOOD), pa.table(GOOD).to_batches()],
    ids=["dict", "table", "frame", "batches"],
)
def test_every_kind_of_data_gives_the_same_file(tmp_path: Path, data: object) -> None:
    assert write_table(tmp_path, SPEC, data) == 2
    table = _read(tmp_path)
    assert table.schema.equals(SPEC.arrow_schema)
    assert table.to_pydict() == GOOD


def test_columns_are_put_in_order(tmp_path: Path) -> None:
    write_table(tmp_path, SPEC, dict(reversed(GOOD.items())))
    assert _read(tmp_path).column_names == [c.name for c in SPEC.columns]


def test_an_empty_table_has_its_columns(tmp_path: Path) -> None:
    assert write_table(tmp_path, SPEC, []) == 0
    assert _read(tmp_path).schema.equals(SPEC.arrow_schema)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 7), max_size=8))
def test_batches_are_regrouped(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    folder = tmp_path_factory.mktemp("batches")
    names = iter(range(100))
    batches = [
        pa.RecordBatch.from_pydict(
            {"name": [str(next(names)) for _ in range(n)], "kind": ["x"] * n, "value": [1.0] * n, "tags": [["t"]] * n},
            schema=SPEC.arrow_schema,
        )
        for n in sizes
    ]
    assert write_table(folder, SPEC, iter(batches)) == sum(sizes)
    file = pq.ParquetFile(folder / SPEC.file)
    groups = [file.metadata.row_group(i).num_rows for i in range(file.metadata.num_row_groups)]
    assert all(n == SPEC.row_group_size for n in groups[:-1])
    assert file.read().column("name").to_pylist() == [str(i) for i in range(sum(sizes))]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ["a", None]}, "'name' with null values to non-nullable"),
        ({"kind": ["x", "z"]}, "holds 'z', none of its choices"),
        ({"value": [1.0, float("nan")]}, "Column value holds numbers that are not finite"),
        ({"value": [1.0, float("inf")]}, "Column value holds numbers that are not finite"),
        ({"value": ["one", "two"]}, "Failed to parse"),
        ({"value": [1e300, 0]}, "not finite"),
        ({"tags": [["a", None], []]}, "lists with 1 missing values"),
        ({"other": [1, 2]}, "missing or unknown: other"),
    ],
)
def test_what_breaks_the_declaration_is_refused(tmp_path: Path, change: dict[str, object], sentence: str) -> None:
    data = GOOD | change
    table = pa.table({k: pa.array(v, from_pandas=False) for k, v in data.items()})
    with pytest.raises(BundleError, match=sentence):
        write_table(tmp_path, SPEC, table)
    assert list(tmp_path.iterdir()) == []


def test_a_column_twice_is_refused(tmp_path: Path) -> None:
    table = pa.table([["a"], ["b"], ["x"], [1.0], [["t"]]], names=["name", "name", "kind", "value", "tags"])
    with pytest.raises(BundleError, match="a column twice"):
        write_table(tmp_path, SPEC, table)


def test_missing_lists_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="'tags' with null values to non-nullable"):
        write_table(tmp_path, SPEC, GOOD | {"tags": [None, []]})


def test_a_generator_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[pa.RecordBatch]:
        yield from pa.table(GOOD, schema=SPEC.arrow_schema).to_batches()
        raise RuntimeError("study cannot be read")

    with pytest.raises(RuntimeError, match="study cannot be read"):
        write_table(tmp_path, SPEC, failing())
    assert list(tmp_path.iterdir()) == []


def test_pages_carry_checksums(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=500).astype(np.float32)
    write_table(
        tmp_path,
        SPEC,
        {"name": [str(i) for i in range(500)], "kind": ["x"] * 500, "value": values, "tags": [["t"]] * 500},
    )
    path = tmp_path / SPEC.file
    good = path.read_bytes()
    start = pq.read_metadata(path).row_group(80).column(2).dictionary_page_offset
    reasons = []
    for place in range(start, start + 60):
        path.write_bytes(good[:place] + bytes([good[place] ^ 4]) + good[place + 1 :])
        try:
            _read(tmp_path)
        except (OSError, pa.ArrowException) as error:
            reasons.append(str(error))
    assert sum("CRC checksum" in reason for reason in reasons) > 10


@given(st.integers(0, 20), st.integers(1, 30), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_expression_comes_back(tmp_path_factory: pytest.TempPathFactory, n: int, m: int, seed: int) -> None:
    folder = tmp_path_factory.mktemp("expression")
    x = sparse.random(n, m, density=0.3, format="csr", dtype=np.float32, random_state=seed)
    x.sort_indices()
    spec = schema.EXPRESSION_BY_CELL
    half = n // 2
    batches = (expression_batch(spec, p.indptr, p.indices, p.data) for p in (x[:half], x[half:]))
    assert write_table(folder, spec, batches) == n
    table = _read(folder, spec)
    assert table.schema.equals(spec.arrow_schema)
    assert table.column("gene_indices").to_pylist() == [x[i].indices.tolist() for i in range(n)]
    assert table.column("values").to_pylist() == [x[i].data.tolist() for i in range(n)]


def test_arrays_tensors_and_bytes(tmp_path: Path) -> None:
    array = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    write_array(tmp_path, "a.npy", array)
    loaded = np.load(tmp_path / "a.npy", allow_pickle=False)
    np.testing.assert_array_equal(loaded, array)
    assert loaded.flags.c_contiguous
    write_tensors(tmp_path, "t.safetensors", {"w": array.T})
    from safetensors.numpy import load_file

    np.testing.assert_array_equal(load_file(tmp_path / "t.safetensors")["w"], array.T)
    write_bytes(tmp_path, "examples/x.h5ad", b"abc")
    modes = {path.stat().st_mode for path in tmp_path.rglob("*") if path.is_file()}
    assert len(modes) == 1, "all files are for the same readers"
    assert (tmp_path / "examples" / "x.h5ad").read_bytes() == b"abc"
    assert sha256_file(tmp_path / "examples" / "x.h5ad").startswith("ba7816bf8f01cfea")
    assert not [p for p in tmp_path.rglob("*") if p.name.endswith(".part")]


@pytest.mark.parametrize(
    ("array", "sentence"),
    [(np.array([1.0, np.nan]), "not finite"), (np.array(["a"]), "not numeric"), (np.array([{}]), "not numeric")],
)
def test_arrays_that_are_not_finite_numbers(tmp_path: Path, array: np.ndarray, sentence: str) -> None:
    with pytest.raises(BundleError, match=sentence):
        write_array(tmp_path, "a.npy", array)
    with pytest.raises(BundleError, match=sentence):
        write_tensors(tmp_path, "t.safetensors", {"w": array})
    assert list(tmp_path.iterdir()) == []
