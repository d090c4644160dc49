from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from build_bundle.quantify.imputation import NoCompleteGeneError, impute


def slow(values: np.ndarray, max_missing: float, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The rule word for word, gene by gene and cell by cell."""
    kept = np.array([np.isnan(row).sum() / len(row) < max_missing for row in values])
    values = values[kept]
    level = values.astype(np.float64)
    for row in level:
        row[np.isnan(row)] = np.median(row[~np.isnan(row)])
    complete = [j for j in range(values.shape[1]) if not np.isnan(values[:, j]).any()]
    out = values.astype(np.float64)
    for j in range(values.shape[1]):
        far = {other: float(((level[:, j] - level[:, other]) ** 2).sum()) for other in complete}
        order = sorted(complete, key=far.__getitem__)
        if (
            len(order) > k and np.isnan(values[:, j]).any()
        ):  # rounding may decide a tie: the median lies between two genes
            assume(far[order[k]] - far[order[k - 1]] > 1e-4 * far[order[k]])
        for i in range(len(values)):
            if np.isnan(values[i, j]):
                out[i, j] = np.mean([float(values[i, other]) for other in order[:k]])
    return out, kept


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(8, 40), st.integers(1, 12))
def test_it_is_the_rule_word_for_word(seed: int, n_obs: int, n_genes: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.lognormal(0, 1, (n_obs, n_genes)).astype(np.float32)
    gappy = rng.random(n_genes) < 0.4
    gappy[0] = False
    values[(rng.random(values.shape) < 0.5) & gappy] = np.nan
    found = impute(values, k=k)
    expected, kept = slow(values, 0.25, k)
    assert found.kept.tolist() == kept.tolist()
    np.testing.assert_allclose(found.values, expected, rtol=1e-5)
    assert (found.filled == np.isnan(values[kept])).all()
    assert not np.isnan(found.values).any()
    measured = ~found.filled
    assert (found.values[measured] == values[kept][measured]).all()
    if found.kept.any():  # a mean of a cell's own values never leaves their range
        low, high = np.nanmin(values[kept], axis=1), np.nanmax(values[kept], axis=1)
        assert (found.values >= low[:, None] * 0.999).all()
        assert (found.values <= high[:, None] * 1.001).all()


def test_a_quarter_missing_is_too_much() -> None:
    values = np.ones((3, 8), dtype=np.float32)
    values[0, :2] = np.nan  # exactly a quarter
    values[1, :1] = np.nan
    assert impute(values).kept.tolist() == [False, True, True]


def test_a_gene_no_cell_has_follows_the_genes_near_the_median() -> None:
    rng = np.random.default_rng(0)
    values = rng.uniform(90, 110, (5, 40)).astype(np.float32)
    values[:, :4] = 1000
    values[:, 39] = np.nan
    filled = impute(values).values[:, 39]
    assert ((filled > 90) & (filled < 110)).all()


def test_nothing_missing_changes_nothing() -> None:
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    found = impute(values)
    assert (found.values == values).all()
    assert not found.filled.any()


def test_without_a_complete_gene_there_is_nothing_to_fill_from() -> None:
    values = np.ones((5, 5), dtype=np.float32)
    values[np.arange(5), np.arange(5)] = np.nan
    with pytest.raises(NoCompleteGeneError):
        impute(values)


def test_no_cell_left_is_no_error() -> None:
    values = np.full((2, 4), np.nan, dtype=np.float32)
    assert impute(values).values.shape == (0, 4)
