"""Reading a bundle: read-only, lazy, memory-mapped, each file verified when it is first touched.

Opening looks at the manifest and at the sizes of all files; the bytes of a file are hashed before anything parses it,
once a process. A bundle object may be shared by threads. Not here: anything that interprets the numbers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy import sparse

from core.bundle import schema
from core.bundle.files import check_file, listing_problems, resolve_bundle
from core.bundle.gene_lookup import RowGroups, TypeExpression, rows_where
from core.bundle.manifest import Manifest, damaged, read_manifest
from core.bundle.schema import EMBEDDING, TABLES, TYPE, TableSpec
from core.bundle.verify import verify_bundle

_SPECS = {spec.name: spec for spec in TABLES}
T = TypeVar("T")


class Bundle:
    """One opened bundle.

    Made by `Bundle.open`. Frames and arrays it hands out are shared or memory-mapped: arrays are read-only, and a
    frame may be changed without changing the bundle's own.

    Attributes
    ----------
    folder : Path
        The real folder; a later switch of a ``current`` link does not touch it.
    manifest : Manifest
        All facts.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._paths: dict[str, Path] = {}
        self._values: dict[tuple[str, str], Any] = {}
        self._locks: dict[tuple[str, str], threading.RLock] = {}

    @classmethod
    def open(cls, folder: Path, *, verify: Literal["lazy", "all"] = "lazy") -> Bundle:
        """Open a bundle.

        Parameters
        ----------
        folder : Path
            The bundle, or a folder with a ``current`` link (resolved once).
        verify : {"lazy", "all"}
            Whether to hash and check everything now, or each file when it is first touched.

        Returns
        -------
        Bundle
            Ready to read.

        Raises
        ------
        BundleError
            When there is no bundle.
        BundleVersionError
            When it has another schema version.
        BundleDamagedError
            With all problems; in lazy mode also later, from the first touch of a damaged file.
        """
        root = resolve_bundle(Path(folder))
        manifest = read_manifest(root)
        problems = verify_bundle(root) if verify == "all" else listing_problems(root, manifest)
        if problems:
            raise damaged(root, problems)
        return cls(root, manifest)

    def __repr__(self) -> str:
        return f"Bundle({self.name!r}, {self.manifest.bundle_id!r})"

    @property
    def name(self) -> str:
        """Short name, for example ``demo-human``."""
        return self.manifest.name

    def path(self, name: str) -> Path:
        """Return the path of a file for a loader of its own, its bytes verified.

        Raises
        ------
        KeyError
            When the bundle has no such file.
        BundleDamagedError
            When its bytes are not what the manifest says.
        """
        with self._lock("path", name):
            if name not in self._paths:
                self._paths[name] = check_file(self.folder, self.manifest, name)
            return self._paths[name]

    def table(self, table: TableSpec | str, columns: Sequence[str] | None = None) -> pa.Table:
        """Read a table, or some of its columns, in file order."""
        spec = _SPECS[table] if isinstance(table, str) else table
        with self._lock("table", spec.name):
            return self._parquet(spec).read(columns=list(columns) if columns is not None else None)

    def frame(self, table: TableSpec | str) -> pd.DataFrame:
        """Return a table as pandas with a RangeIndex, read once.

        Returns
        -------
        DataFrame
            A cheap copy: changing it does not change the bundle's.
        """
        spec = _SPECS[table] if isinstance(table, str) else table
        frame: pd.DataFrame = self._once("frame", spec.name, lambda: self.table(spec).to_pandas())
        return frame.copy(deep=False)

    def tensors(self, name: str) -> dict[str, NDArray[Any]]:
        """Return the arrays of a safetensors file, read once and read-only."""
        return dict(self._once("tensors", name, lambda: _frozen(load_file(self.path(name)))))

    @cached_property
    def embedding(self) -> NDArray[np.float32]:
        """Reference embedding, float32, n_ref x n_latent, memory-mapped."""
        array = np.load(self.path(EMBEDDING), mmap_mode="r", allow_pickle=False)
        return cast("NDArray[np.float32]", array)

    @property
    def cells(self) -> pd.DataFrame:
        """Table ``cells``; row i is item i of embedding, index and projection."""
        return self.frame(schema.CELLS)

    @property
    def genes(self) -> pd.DataFrame:
        """Table ``genes``; row j is gene index j of the expression tables."""
        return self.frame(schema.GENES)

    @property
    def studies(self) -> pd.DataFrame:
        """Table ``studies``."""
        return self.frame(schema.STUDIES)

    @property
    def cell_types(self) -> pd.DataFrame:
        """Table ``cell_types``."""
        return self.frame(schema.CELL_TYPES)

    @property
    def terms(self) -> pd.DataFrame:
        """Table ``terms`` of the ontology subgraph."""
        return self.frame(schema.TERMS)

    @property
    def edges(self) -> pd.DataFrame:
        """Table ``edges`` of the ontology subgraph."""
        return self.frame(schema.EDGES)

    @property
    def examples(self) -> pd.DataFrame:
        """Table ``example_queries``."""
        return self.frame(schema.EXAMPLE_QUERIES)

    @property
    def contrasts(self) -> pd.DataFrame:
        """Table ``contrasts``: which type was compared with what."""
        return self.frame(schema.CONTRASTS)

    def backgrounds(self, term_id: str) -> tuple[str, ...]:
        """Return what a type was held against, in the order of `core.bundle.schema.BACKGROUNDS`; empty for an untested one."""
        contrasts = self.contrasts
        found = set(contrasts.loc[contrasts[TYPE] == term_id, "background"])
        return tuple(name for name in schema.BACKGROUNDS if name in found)

    def differential(self, term_id: str, *, background: str = "others", by_study: bool = False) -> pd.DataFrame:
        """Return the genes that set one cell type apart, in file order.

        Parameters
        ----------
        term_id : str
            Cell type id, of a label or of a wider term.
        background : str
            What it is held against: one of `core.bundle.schema.BACKGROUNDS`.
        by_study : bool
            Whether to return the tests of each study instead of the combined ones.

        Returns
        -------
        DataFrame
            Rows of ``differential`` (or ``differential_by_study``) of this contrast; none where it was not made.

        Notes
        -----
        Reads the row groups that hold the contrast, not the table.
        """
        spec = schema.DIFFERENTIAL_BY_STUDY if by_study else schema.DIFFERENTIAL
        return self._rows_where(spec, {TYPE: term_id, "background": background})

    def gene_by_study(self, term_id: str, gene_symbol: str, *, background: str = "others") -> pd.DataFrame:
        """Return the tests of one gene in one contrast, a row a study; none where the table does not hold it."""
        wanted = {TYPE: term_id, "background": background, "gene_symbol": gene_symbol}
        return self._rows_where(schema.DIFFERENTIAL_BY_STUDY, wanted)

    def differential_of_gene(self, gene_symbol: str) -> pd.DataFrame:
        """Return the rows of ``markers_by_gene`` of one gene: the contrasts in which it is significant; possibly none."""
        return self._rows_where(schema.MARKERS_BY_GENE, {"gene_symbol": gene_symbol})

    def gene_by_type(self, gene_symbol: str) -> pd.DataFrame:
        """Return the expression of one gene in all reference types.

        Parameters
        ----------
        gene_symbol : str
            A symbol of ``genes``.

        Returns
        -------
        DataFrame
            ``cell_type_ontology_term_id``, ``n_cells``, ``mean``, ``pct`` in the order of ``cell_types``; a type
            whose studies did not measure the gene has no cells.

        Raises
        ------
        KeyError
            When the bundle does not know the gene.
        """
        row = self.gene_rows[gene_symbol]
        with self._lock("table", schema.EXPRESSION_BY_TYPE.name):
            file = self._parquet(schema.EXPRESSION_BY_TYPE)
            group, within = divmod(row, file.metadata.row_group(0).num_rows)
            table = file.read_row_group(group).slice(within, 1)
        found = TypeExpression.from_table(table, self.manifest.counts.n_cell_types)
        columns = {"n_cells": found.n_cells[0], "mean": found.mean[0], "pct": found.pct[0]}
        return pd.DataFrame({TYPE: self.cell_types[TYPE], **columns})

    @property
    def type_expression(self) -> TypeExpression:
        """Expression of all genes in all reference types, read once."""
        spec, n_types = schema.EXPRESSION_BY_TYPE, self.manifest.counts.n_cell_types
        return self._once("matrix", spec.name, lambda: TypeExpression.from_table(self.table(spec), n_types))

    @cached_property
    def gene_rows(self) -> dict[str, int]:
        """Row of each gene symbol in ``genes``."""
        symbols = self.table(schema.GENES, ["gene_symbol"]).column(0).to_pylist()
        return {symbol: i for i, symbol in enumerate(symbols)}

    def gene_expression(self, gene_symbol: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return the expression of one gene in all reference cells.

        Parameters
        ----------
        gene_symbol : str
            A symbol of ``genes``.

        Returns
        -------
        cell_indices : ndarray of int32
            Ascending rows of ``cells`` with a value; all others are 0.
        values : ndarray of float32
            log1p of counts per 10,000.

        Raises
        ------
        KeyError
            When the bundle does not know the gene.
        """
        indices, values, _ = self._expression(schema.EXPRESSION_BY_GENE, np.array([self.gene_rows[gene_symbol]]))
        return indices, values

    def cell_expression(self, cell_indices: Sequence[int] | NDArray[np.integer[Any]]) -> sparse.csr_matrix:
        """Return all genes of some reference cells.

        Parameters
        ----------
        cell_indices : sequence of int
            Rows of ``cells``, in any order, repeats allowed.

        Returns
        -------
        csr_matrix of float32, n x n_genes
            log1p of counts per 10,000, rows in the order asked for.

        Raises
        ------
        IndexError
            When a row does not exist.
        """
        rows = np.asarray(cell_indices, dtype=np.int64).reshape(-1)
        wanted, places = np.unique(rows, return_inverse=True)
        if rows.size and not (wanted[0] >= 0 and wanted[-1] < self.manifest.counts.n_cells):
            raise IndexError(f"cell rows go from 0 to {self.manifest.counts.n_cells - 1}")
        indices, values, indptr = self._expression(schema.EXPRESSION_BY_CELL, wanted)
        matrix = sparse.csr_matrix((values, indices, indptr), shape=(len(wanted), self.manifest.counts.n_genes))
        return matrix[places]

    def _expression(
        self, spec: TableSpec, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int64]]:
        """Read ascending rows of an expression table: indices, values, row boundaries."""
        with self._lock("table", spec.name):
            file = self._parquet(spec)
            size = file.metadata.row_group(0).num_rows  # as written, which may be by another version
            groups, within = np.divmod(rows, size)
            needed, first = np.unique(groups, return_inverse=True)
            table = file.read_row_groups(needed.tolist())
        taken = table.take(pa.array(first * size + within)).combine_chunks()
        index_lists, value_lists = (taken.column(c.name).combine_chunks() for c in spec.columns)
        lengths = index_lists.value_lengths().to_numpy(zero_copy_only=False)
        indptr = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))
        return index_lists.flatten().to_numpy(), value_lists.flatten().to_numpy(), indptr

    def _rows_where(self, spec: TableSpec, wanted: dict[str, str]) -> pd.DataFrame:
        """Read the rows of a sorted table whose columns have these values, in file order."""
        with self._lock("table", spec.name):
            file = self._parquet(spec)
            keys = tuple(c.name for c in spec.columns if c.name in spec.key)
            groups = self._once("groups", spec.name, lambda: RowGroups(file.metadata, keys))
            table = file.read_row_groups(groups.holding(wanted))
        frame: pd.DataFrame = rows_where(table, wanted).to_pandas()
        return frame

    def _parquet(self, spec: TableSpec) -> pq.ParquetFile:
        """Return the open file, its footer parsed once. Reads share it, so they hold the table's lock."""
        return self._once(
            "parquet",
            spec.name,
            lambda: pq.ParquetFile(self.path(spec.file), memory_map=True, page_checksum_verification=True),
        )

    def _once(self, kind: str, name: str, make: Callable[[], T]) -> T:
        with self._lock(kind, name):
            if (kind, name) not in self._values:
                self._values[kind, name] = make()
            return cast("T", self._values[kind, name])

    def _lock(self, kind: str, name: str) -> threading.RLock:
        """One lock an object: hashing a large file must not hold up the readers of the others."""
        return self._locks.setdefault((kind, name), threading.RLock())


def _frozen(tensors: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    for array in tensors.values():
        array.setflags(write=False)
    return tensors
