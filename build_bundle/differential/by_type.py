"""How every gene is expressed in every reference type: the table ``expression_by_type``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy import sparse

from build_bundle.cells.corpus import Corpus
from core.bundle.schema import EXPRESSION_BY_TYPE, TYPE
from core.bundle.writer import write_table
from core.expression.recipe import Recipe

_BLOCK_CELLS = 5_000
_BLOCK_GENES = 2_048


def write_expression_by_type(out: Path, corpus: Corpus) -> None:
    """Write the mean and the share of expressing cells of every gene and type.

    Parameters
    ----------
    out : Path
        Folder of the table.
    corpus : Corpus
        The reference; types in ascending order are those of ``cell_types``.

    Notes
    -----
    One pass over all cells, at most 5,000 of them in memory. A gene is averaged over the cells whose part measured it.
    """
    labels = corpus.cells[TYPE].to_numpy()[: corpus.n_ref].astype(str)
    types = np.unique(labels)
    shape = (len(types), len(corpus.genes))
    n_cells, sums, seen = np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape, np.int64)
    for matrix in corpus.matrices():
        codes = np.searchsorted(types, labels[matrix.rows])
        n_cells[:, matrix.genes] += np.bincount(codes, minlength=len(types))[:, np.newaxis]
        for start in range(0, matrix.x.shape[0], _BLOCK_CELLS):
            some = codes[start : start + _BLOCK_CELLS]
            x = Recipe().lognorm(sparse.csr_matrix(matrix.x[start : start + _BLOCK_CELLS]))
            ones = np.ones(len(some), dtype=np.float64)
            member = sparse.csr_matrix((ones, (some, np.arange(len(some)))), shape=(len(types), len(some)))
            sums[:, matrix.genes] += (member @ x).toarray()
            x.data = (x.data > 0).astype(np.float32)
            seen[:, matrix.genes] += np.rint((member @ x).toarray()).astype(np.int64)
    n = np.maximum(n_cells, 1)
    columns = {"n_cells": n_cells.T, "mean": (sums / n).T, "pct": (seen / n).T}
    write_table(out, EXPRESSION_BY_TYPE, _batches(columns, len(corpus.genes), len(types)))


def _batches(columns: dict[str, np.ndarray], n_genes: int, n_types: int) -> Iterator[pa.RecordBatch]:
    for start in range(0, n_genes, _BLOCK_GENES):
        stop = min(start + _BLOCK_GENES, n_genes)
        offsets = pa.array(np.arange(stop - start + 1, dtype=np.int32) * n_types)
        lists = [
            pa.ListArray.from_arrays(offsets, _flat(columns[c.name][start:stop], c.type.value_type), type=c.type)
            for c in EXPRESSION_BY_TYPE.columns
        ]
        yield pa.RecordBatch.from_arrays(lists, schema=EXPRESSION_BY_TYPE.arrow_schema)


def _flat(values: np.ndarray, kind: pa.DataType) -> pa.Array:
    return pa.array(np.ascontiguousarray(values).ravel().astype(kind.to_pandas_dtype()), type=kind)
