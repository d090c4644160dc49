"""Verification: all problems of a bundle at once, from bytes to meaning.

Bytes first: nothing opens a file whose hash is wrong. Then every table against its specification, then the tables
against each other and against the manifest. Not here: trying the canary, which needs the encoder and the index
(``core.engine``).
"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from core.bundle.agreement import agreement_problems, expression_problems, value_problems
from core.bundle.binaries import embedding_problems, tensor_problems
from core.bundle.files import check_file, content_problems, listing_problems, resolve_bundle
from core.bundle.manifest import Manifest, read_manifest
from core.bundle.schema import EXPRESSION_BY_CELL, EXPRESSION_BY_GENE, TABLES, TableSpec
from core.errors import BundleDamagedError, BundleError

__all__ = ["check_file", "verify_bundle"]

EXPRESSION = (EXPRESSION_BY_CELL, EXPRESSION_BY_GENE)


def verify_bundle(folder: Path, *, deep: bool = False) -> list[str]:
    """Return all problems of a bundle.

    Parameters
    ----------
    folder : Path
        Bundle folder, or a folder with a ``current`` link.
    deep : bool
        Whether to read every value of the expression tables and of the embedding as well.

    Returns
    -------
    list of str
        One sentence a problem; empty when the bundle is good.

    Notes
    -----
    Never raises for a bad bundle. Costs one read of all files (1.5 GB/s); `deep` adds the decoding of all values
    (about 100 million a second).
    """
    try:
        root = resolve_bundle(folder)
        manifest = read_manifest(root)
    except BundleDamagedError as error:
        return list(error.problems)
    except BundleError as error:
        return [str(error)]
    listed = listing_problems(root, manifest)
    hashed = {name: content_problems(root, name, entry) for name, entry in manifest.files.items()}
    bytes_wrong = dict.fromkeys([*listed, *(p for found in hashed.values() for p in found)])
    sound = {name for name, found in hashed.items() if not found}
    return [
        *bytes_wrong,
        *_table_problems(root, manifest, sound, deep=deep),
        *_binary_problems(root, manifest, sound, deep),
    ]


def _table_problems(root: Path, manifest: Manifest, sound: set[str], *, deep: bool) -> list[str]:
    problems: list[str] = []
    tables: dict[str, pa.Table] = {}
    for spec in TABLES:
        if spec.file not in sound:
            continue
        found, table = _one_table(root, manifest, spec, deep=deep)
        problems += [f"{spec.file}: {p}" for p in found]
        if table is not None:
            tables[spec.name] = table
    return problems + agreement_problems(manifest, tables)


def _one_table(root: Path, manifest: Manifest, spec: TableSpec, *, deep: bool) -> tuple[list[str], pa.Table | None]:
    """Check one table by itself; return it unless it is wrong or too large to hold."""
    try:
        with pq.ParquetFile(root / spec.file, memory_map=True, page_checksum_verification=True) as file:
            found = _shape_problems(file, manifest, spec)
            if found:
                return found, None
            if spec in EXPRESSION:
                return (expression_problems(file, manifest, spec) if deep else []), None
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        return [f"It cannot be read: {error}."], None
    return value_problems(spec, table), table


def _shape_problems(file: pq.ParquetFile, manifest: Manifest, spec: TableSpec) -> list[str]:
    if not file.schema_arrow.equals(spec.arrow_schema):
        return ["Its columns are not those of the contract."]
    counts = manifest.counts
    aligned = {"cells": counts.n_cells, "genes": counts.n_genes, "cell_types": counts.n_cell_types}
    expected = aligned.get(spec.aligned_with or spec.name, file.metadata.num_rows)
    found = []
    if file.metadata.num_rows != manifest.files[spec.file].rows:
        found.append("Its number of rows differs from the manifest's.")
    if file.metadata.num_rows != expected:
        found.append(f"It has {file.metadata.num_rows:,} rows, {expected:,} were expected.")
    if spec in EXPRESSION and not _is_regular(file.metadata):
        found.append("Its row groups are not of one size.")
    return found


def _is_regular(metadata: pq.FileMetaData) -> bool:
    """Whether all row groups but the last hold equally many rows: readers find a row by division."""
    sizes = [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)]
    return set(sizes[:-1]) <= {max(sizes, default=0)}


def _binary_problems(root: Path, manifest: Manifest, sound: set[str], deep: bool) -> list[str]:  # noqa: FBT001
    found = tensor_problems(root, manifest, sound)
    return found + embedding_problems(root, manifest, sound, deep=deep)
