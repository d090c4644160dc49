"""Writing the files of a bundle, in the one form that readers accept.

Tables are streamed: a table is never whole in memory unless the caller's data is. A file appears under its name only
when it is complete. Not here: the manifest and publication (``core.bundle.publish``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors.numpy import save

from core.bundle.schema import INDEX_LIST, REAL_LIST, Column, TableSpec
from core.errors import BundleError

COMPRESSION_LEVEL = 3  # measured: higher levels cost minutes on expression and save under 5 %

TableData: TypeAlias = "pa.Table | pd.DataFrame | Mapping[str, Any] | Iterable[pa.RecordBatch]"


def write_table(folder: Path, spec: TableSpec, data: TableData) -> int:
    """Write one table of a bundle.

    Parameters
    ----------
    folder : Path
        Bundle folder in the making.
    spec : TableSpec
        Which table; columns are put into its order and cast to its types.
    data : pyarrow.Table, pandas.DataFrame, mapping of str to array, or iterable of pyarrow.RecordBatch
        The rows. Of an iterable, about one row group is held at a time.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    BundleError
        When a column is missing, unknown, of another type, holds a null or a number that is not finite where none
        may be, or a value that is not among the column's choices. Nothing is left under the file's name.
    """
    part = _part(folder, spec.file)
    rows = 0
    try:
        with pq.ParquetWriter(part, spec.arrow_schema, **_layout(spec)) as writer:
            for table in _row_groups(spec, _tables(data)):
                writer.write_table(table, row_group_size=spec.row_group_size)
                rows += table.num_rows
        part.replace(folder / spec.file)
    finally:
        part.unlink(missing_ok=True)
    return rows


def write_array(folder: Path, name: str, array: NDArray[Any]) -> None:
    """Write one array as ``.npy``, in C order, without pickles.

    Parameters
    ----------
    folder : Path
        Bundle folder in the making.
    name : str
        File name.
    array : ndarray
        Of a numeric type; finite.

    Raises
    ------
    BundleError
        When a value is not finite or the type is not numeric.
    """
    _check_finite(name, array)
    part = _part(folder, name)
    with part.open("wb") as stream:
        np.save(stream, np.ascontiguousarray(array), allow_pickle=False)
    part.replace(folder / name)


def write_tensors(folder: Path, name: str, tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as safetensors.

    Parameters
    ----------
    folder : Path
        Bundle folder in the making.
    name : str
        File name.
    tensors : mapping of str to ndarray
        Numeric and finite.

    Raises
    ------
    BundleError
        When a value is not finite or a type is not numeric.
    """
    for key, array in tensors.items():
        _check_finite(f"{name}, {key}", array)
    # not `save_file`, which leaves a file that only its owner can read
    write_bytes(folder, name, save({key: np.ascontiguousarray(array) for key, array in sorted(tensors.items())}))


def write_bytes(folder: Path, name: str, data: bytes) -> None:
    """Write any other file, for example the report or an example query."""
    part = _part(folder, name)
    part.write_bytes(data)
    part.replace(folder / name)


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a file in hex (1.5 GB/s; other threads go on meanwhile)."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def expression_batch(
    spec: TableSpec, indptr: NDArray[np.integer[Any]], indices: NDArray[np.int32], values: NDArray[np.float32]
) -> pa.RecordBatch:
    """Make a batch of an expression table from compressed sparse rows, without copying.

    Parameters
    ----------
    spec : TableSpec
        ``EXPRESSION_BY_CELL`` (rows of a CSR matrix) or ``EXPRESSION_BY_GENE`` (columns of a CSC matrix).
    indptr : ndarray of int, (n + 1,)
        Row boundaries, starting at 0.
    indices : ndarray of int32, (nnz,)
        Ascending within a row.
    values : ndarray of float32, (nnz,)
        log1p of counts per 10,000.

    Returns
    -------
    pyarrow.RecordBatch
        With n rows.
    """
    offsets = pa.array(np.asarray(indptr, dtype=np.int32))
    columns = [
        pa.ListArray.from_arrays(offsets, pa.array(np.asarray(data, dtype=kind)), type=column.type)
        for column, data, kind in zip(spec.columns, (indices, values), (np.int32, np.float32), strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, schema=spec.arrow_schema)


def _part(folder: Path, name: str) -> Path:
    """Return the name a file has until it is complete."""
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f".{target.name}.part")


def _layout(spec: TableSpec) -> dict[str, Any]:
    """Parquet options of a table; indices as differences and values by dictionary halve the expression tables."""
    deltas = [f"{c.name}.list.element" for c in spec.columns if c.type == INDEX_LIST]
    lists = [f"{c.name}.list.element" for c in spec.columns if c.type == REAL_LIST]
    options: dict[str, Any] = {
        "compression": "zstd",
        "compression_level": COMPRESSION_LEVEL,
        "write_page_checksum": True,
        "write_statistics": [c.name for c in spec.columns if not pa.types.is_list(c.type)],
    }
    if deltas:
        options |= {"use_dictionary": lists, "column_encoding": dict.fromkeys(deltas, "DELTA_BINARY_PACKED")}
    return options


def _tables(data: TableData) -> Iterator[pa.Table]:
    if isinstance(data, pa.Table):
        yield data
    elif isinstance(data, pd.DataFrame):
        yield pa.Table.from_pandas(data, preserve_index=False)
    elif isinstance(data, Mapping):
        yield pa.table(dict(data))
    else:
        for batch in data:
            yield pa.Table.from_batches([batch])


def _row_groups(spec: TableSpec, tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Check tables and regroup their rows so that only the last piece is not a multiple of the row group size."""
    waiting: list[pa.Table] = []
    n_waiting = 0
    for table in tables:
        waiting.append(_checked(spec, table))
        n_waiting += table.num_rows
        n_ready = n_waiting - n_waiting % spec.row_group_size
        if n_ready:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, n_ready)
            waiting, n_waiting = [joined.slice(n_ready)], n_waiting - n_ready
    if n_waiting:
        yield pa.concat_tables(waiting)


def _checked(spec: TableSpec, table: pa.Table) -> pa.Table:
    names = [c.name for c in spec.columns]
    if sorted(names) != sorted(table.column_names):
        wrong = sorted(set(names) ^ set(table.column_names)) or ["a column twice"]
        raise BundleError(f"{spec.file}: columns missing or unknown: {', '.join(wrong)}.", code="bundle-write")
    try:
        cast = table.select(names).cast(spec.arrow_schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise BundleError(f"{spec.file}: {error}.", code="bundle-write") from error
    problems = [problem for c in spec.columns for problem in column_problems(c, cast.column(c.name))]
    if problems:
        raise BundleError(f"{spec.file}: {' '.join(problems)}", code="bundle-write")
    return cast


def column_problems(column: Column, values: pa.ChunkedArray) -> list[str]:
    """Return what in a column breaks its declaration beyond its Arrow type, one sentence each."""
    found: list[str] = []
    flat = values.combine_chunks().flatten() if pa.types.is_list(column.type) else values
    if pa.types.is_list(column.type) and flat.null_count:
        found.append(f"Column {column.name} holds lists with {flat.null_count} missing values.")
    if pa.types.is_floating(flat.type) and not pc.all(pc.is_finite(flat), min_count=0).as_py():
        found.append(f"Column {column.name} holds numbers that are not finite.")
    if column.choices:
        other = set(pc.unique(values).to_pylist()) - {*column.choices, None}
        found += [f"Column {column.name} holds {value[:80]!r}, none of its choices." for value in sorted(other)]
    return found


def _check_finite(name: str, array: NDArray[Any]) -> None:
    if array.dtype.kind not in "fiu":
        raise BundleError(f"{name}: type {array.dtype} is not numeric.", code="bundle-write")
    if not np.isfinite(array).all():
        raise BundleError(f"{name}: holds numbers that are not finite.", code="bundle-write")
