"""One test: the expression of the chosen cells, and what it says about every gene."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from build_bundle.corpus import Corpus
from build_bundle.differential.groups import Comparison
from build_bundle.differential.ranksum import adjusted, rank_sum
from core.expression.recipe import Recipe

EPSILON = 1e-9  # counts per 10,000, so that a gene absent on one side has a finite fold change
Doubles = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def compare(corpus: Corpus, comparison: Comparison) -> pd.DataFrame:
    """Test every gene of one comparison.

    Parameters
    ----------
    corpus : Corpus
        Where the cells lie.
    comparison : Comparison
        Which cells.

    Returns
    -------
    pandas.DataFrame
        One row a gene seen in at least one of the cells: ``gene`` (index into ``corpus.genes``), ``log2_fold_change``,
        ``z``, ``p_value``, ``p_value_adj``, ``pct_in``, ``pct_out``, ``mean_in``, ``mean_out``, ``n_in``, ``n_out``.

    Notes
    -----
    Ranks are of log1p counts per 10,000. Fold change: log2 of the ratio of mean counts per 10,000, each + 1e-9.
    """
    rows = np.sort(np.concatenate([comparison.inside, comparison.outside]))
    in_group = np.isin(rows, comparison.inside)
    x, genes = _expression(corpus, rows)
    found = rank_sum(x, in_group)
    group = {
        "in": sparse.csr_matrix(x[np.flatnonzero(in_group)]),
        "out": sparse.csr_matrix(x[np.flatnonzero(~in_group)]),
    }
    means = {
        side: _column_means(part, np.expm1(part.data.astype(np.float64))) + EPSILON for side, part in group.items()
    }
    table = pd.DataFrame({
        "gene": genes,
        "log2_fold_change": np.log2(means["in"] / means["out"]),
        "z": found.z,
        "p_value": found.p_value,
        **{f"pct_{side}": np.diff(part.tocsc().indptr) / part.shape[0] for side, part in group.items()},
        **{f"mean_{side}": _column_means(part, part.data.astype(np.float64)) for side, part in group.items()},
        "n_in": len(comparison.inside),
        "n_out": len(comparison.outside),
    })  # fmt: skip
    seen = table[(table["pct_in"] > 0) | (table["pct_out"] > 0)].reset_index(drop=True)
    return seen.assign(p_value_adj=adjusted(seen["p_value"].to_numpy(dtype=np.float64)))


def _column_means(x: sparse.csr_matrix, values: Doubles) -> Doubles:
    """Return the mean of every column when the stored values are replaced by others."""
    return np.asarray(np.bincount(x.indices, weights=values, minlength=x.shape[1]) / x.shape[0])


def _expression(corpus: Corpus, rows: npt.NDArray[np.int64]) -> tuple[sparse.csr_matrix, npt.NDArray[np.int64]]:
    """Return log1p counts per 10,000 of cells in row order, over the genes that all their parts measured."""
    blocks = []
    common = np.ones(len(corpus.genes), dtype=bool)
    for part, record in zip(corpus.parts, corpus.records, strict=False):
        some = rows[(rows >= record.first_row) & (rows < record.first_row + record.n_obs)]
        if not len(some):
            continue
        matrix = corpus.part(part)
        here = Recipe().lognorm(matrix.x[some - matrix.first_row])
        measured = np.zeros(len(corpus.genes), dtype=bool)
        measured[matrix.genes] = True
        common &= measured
        indices = matrix.genes[here.indices]
        blocks.append(sparse.csr_matrix((here.data, indices, here.indptr), shape=(here.shape[0], len(corpus.genes))))
    genes = np.flatnonzero(common)
    stacked = blocks[0] if len(blocks) == 1 else sparse.vstack(blocks, format="csr")
    x = sparse.csr_matrix(stacked[:, genes])
    x.eliminate_zeros()
    return x, genes
