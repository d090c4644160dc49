from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy import sparse

from build_bundle.cells.corpus import Corpus
from build_bundle.tables.expression_step import write_expression
from core.bundle.schema import EXPRESSION_BY_CELL, EXPRESSION_BY_GENE, TableSpec
from core.expression.recipe import Recipe


def read(folder: Path, spec: TableSpec, n_columns: int) -> sparse.csr_matrix:
    table = pq.read_table(folder / spec.file)
    indices, values = (table.column(c.name).combine_chunks() for c in spec.columns)
    indptr = np.concatenate([[0], np.cumsum(indices.value_lengths().to_numpy())])
    parts = (values.flatten().to_numpy(), indices.flatten().to_numpy(), indptr)
    return sparse.csr_matrix(parts, shape=(table.num_rows, n_columns))


def expected(corpus: Corpus) -> sparse.csr_matrix:
    blocks = []
    for part in corpus.matrices():
        whole = sparse.lil_matrix((part.x.shape[0], len(corpus.genes)), dtype=np.float32)
        whole[:, part.genes] = part.x
        blocks.append(Recipe().lognorm(sparse.csr_matrix(whole)))
    return sparse.csr_matrix(sparse.vstack(blocks))


@pytest.mark.parametrize("block_values", [200, 3_000, 10**9])
def test_both_tables_hold_the_same_numbers(planted: Corpus, tmp_path: Path, block_values: int) -> None:
    told: list[float] = []
    counts = write_expression(
        tmp_path, planted, Recipe(), block_values=block_values, progress=lambda fraction, _: told.append(fraction)
    )
    truth = expected(planted)
    by_cell = read(tmp_path, EXPRESSION_BY_CELL, len(planted.genes))
    by_gene = read(tmp_path, EXPRESSION_BY_GENE, planted.n_ref)
    assert by_cell.shape == truth.shape
    np.testing.assert_allclose(by_cell.toarray(), truth.toarray(), rtol=1e-6)
    np.testing.assert_array_equal(by_gene.toarray(), by_cell.T.toarray())
    assert by_gene.has_sorted_indices
    np.testing.assert_array_equal(counts, truth.getnnz(axis=0))
    assert told == sorted(told)
    assert max(told) <= 1
