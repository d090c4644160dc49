"""Which genes the encoder sees: those that tell types apart within some part, first those that several studies measured.

Types are compared inside one part only, so that what differs between laboratories cannot pass for biology.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy import sparse

from build_bundle.cells.corpus import Corpus
from build_bundle.train.rows import Rows
from core.bundle.schema import TYPE
from core.errors import ConfigError
from core.expression.recipe import Recipe

MIN_CELLS_OF_TYPE = 3
Doubles = npt.NDArray[np.float64]


def between_within(x: sparse.csr_matrix, types: npt.NDArray[np.object_]) -> Doubles:
    """Return each gene's ratio of the between-type to the within-type sum of squares.

    Parameters
    ----------
    x : csr_matrix of float32, n x n_genes
        Normalised expression, log1p of counts per 10,000.
    types : array of str, n
        Type of each cell. Types with fewer than three cells are left out.

    Returns
    -------
    ndarray of float64, n_genes
        0 where a gene never varies; all 0 where fewer than two types remain.
    """
    labels, codes, sizes = np.unique(types.astype(str), return_inverse=True, return_counts=True)
    kept = np.flatnonzero(sizes >= MIN_CELLS_OF_TYPE)
    if len(kept) < 2:
        return np.zeros(x.shape[1])
    members = sparse.csr_matrix((np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(len(labels), len(codes)))
    members = members[kept]
    n = sizes[kept].astype(float)
    values = x.astype(np.float64)
    means = (members @ values).toarray() / n[:, np.newaxis]
    total_squares = np.asarray((members @ values.multiply(values)).sum(axis=0)).ravel()
    grand = n @ means / n.sum()
    between = n @ (means - grand) ** 2
    within = total_squares - n @ means**2
    floor = 1e-12 * np.maximum(total_squares, 1e-300)
    ratio: Doubles = np.where(total_squares > 0, between / np.maximum(within, floor), 0.0)
    return ratio


def choose_vocabulary(corpus: Corpus, rows: Mapping[str, Rows], *, n_genes: int, min_studies: int) -> Rows:
    """Choose the encoder's genes.

    Parameters
    ----------
    corpus : Corpus
        Reference parts.
    rows : mapping of str to ndarray
        Training rows by part (`choose_rows`).
    n_genes : int
        Most genes chosen.
    min_studies : int
        Studies that should have measured a gene; capped at the number of studies there are. Genes of fewer studies come last.

    Returns
    -------
    ndarray of int64
        Ascending indices into ``corpus.genes``.

    Raises
    ------
    ConfigError
        When no gene is measured by so many studies.

    Notes
    -----
    A gene's key is its best rank over the parts that have at least two types; ties go to the gene whose ratio in that
    part is larger relative to the part's best. Streams one part at a time.
    """
    n = len(corpus.genes)
    key = np.full(n, np.inf)
    studies_with: dict[str, npt.NDArray[np.bool_]] = {}
    cell_types = corpus.cells[TYPE].to_numpy(dtype=object)
    for part, chosen in rows.items():
        matrix = corpus.part(part)
        studies_with.setdefault(matrix.study, np.zeros(n, dtype=bool))[matrix.genes] = True
        ratio = between_within(Recipe().lognorm(matrix.x[chosen - matrix.first_row]), cell_types[chosen])
        key[matrix.genes] = np.minimum(key[matrix.genes], _ranks(ratio))
    n_studies = np.sum(list(studies_with.values()), axis=0)
    if not np.isfinite(key).any():  # one type a part: nothing to rank by, so every measured gene is as good
        key[n_studies > 0] = 0
    usable = np.flatnonzero(np.isfinite(key))
    alone = n_studies[usable] < min(min_studies, len(studies_with))
    if alone.all():
        raise ConfigError(
            "No gene is measured in enough studies to train an encoder.",
            next_step="Check that the studies share one symbol space, or lower [train] min_studies.",
        )
    best = usable[np.lexsort((key[usable], alone))][:n_genes]
    return np.sort(best).astype(np.int64)


def _ranks(ratio: Doubles) -> Doubles:
    """Return 0 for the largest ratio, 1 for the next, ...; infinite where the ratio is 0."""
    ranks = np.empty(len(ratio))
    ranks[np.argsort(-ratio, kind="stable")] = np.arange(len(ratio))
    ranks[ratio <= 0] = np.inf
    return ranks
