import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.explore.share_tests import between_cells, between_replicates, whole_composition

SHARES = np.array([0.4, 0.3, 0.15, 0.1, 0.05])


def arrays(*values) -> tuple[np.ndarray, ...]:
    return tuple(np.array(v, dtype=np.int64) for v in values)


def test_cells_by_hand():
    group, against = arrays([77], [21])
    found = between_cells(group, against, 940, 860)
    ratio = (77.5 / 863.5) / (21.5 / 839.5)
    error = np.sqrt(1 / 77.5 + 1 / 863.5 + 1 / 21.5 + 1 / 839.5)
    assert found.odds_ratio[0] == pytest.approx(ratio)
    assert found.low[0] == pytest.approx(ratio * np.exp(-1.959964 * error))
    assert found.high[0] == pytest.approx(ratio * np.exp(1.959964 * error))
    assert found.p_value[0] == pytest.approx(stats.fisher_exact([[77, 863], [21, 839]]).pvalue)


def test_replicates_by_hand():
    """Large replicates of one size and one type: then counting vanishes and Student's test of the log odds remains."""
    group, against = arrays([[400_000], [500_000], [450_000]], [[350_000], [250_000], [300_000]])
    n = np.full(3, 10**6)
    found = between_replicates(group, against, n, n, paired=True)
    a, b = (np.log(x[:, 0] / (10**6 - x[:, 0])) for x in (group, against))
    student = stats.ttest_rel(a, b)
    interval = student.confidence_interval()
    assert found.p_value[0] == pytest.approx(student.pvalue, rel=1e-3)
    assert np.log(found.odds_ratio[0]) == pytest.approx((a - b).mean(), rel=1e-3)
    assert np.log([found.low[0], found.high[0]]) == pytest.approx([interval.low, interval.high], rel=1e-3)


@settings(deadline=None, max_examples=50)
@given(
    counts=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6),
    more=st.tuples(st.integers(1, 50), st.integers(1, 50)),
)
def test_the_other_way_round_is_the_inverse(counts, more):
    group, against = arrays(*zip(*counts, strict=True))
    n_group, n_against = int(group.sum()) + more[0], int(against.sum()) + more[1]
    there, back = between_cells(group, against, n_group, n_against), between_cells(against, group, n_against, n_group)
    np.testing.assert_allclose(there.odds_ratio, 1 / back.odds_ratio)
    np.testing.assert_allclose(there.low, 1 / back.high)
    np.testing.assert_allclose(there.p_value, back.p_value)
    assert ((there.low <= there.odds_ratio) & (there.odds_ratio <= there.high)).all()
    assert ((there.p_value >= 0) & (there.p_value <= 1 + 1e-9)).all()


def test_replicates_that_agree_by_chance_promise_no_more_than_their_cells():
    """Three replicates a side with the very same share: the spread between them is 0, the counting error is not."""
    group, against = arrays([[12], [12], [12]], [[10], [10], [10]])
    size = np.array([100, 100, 100])
    found = between_replicates(group, against, size, size, paired=False)
    assert found.p_value[0] > 0.3
    assert found.low[0] < 1 < found.high[0]
    nothing = between_replicates(group * 0, against * 0, size, size, paired=True)
    assert nothing.p_value[0] == pytest.approx(1)


def test_few_cells_are_drawn_to_no_difference():
    """Replicates of 20 cells hold no cell of a rare type, those of 10,000 their share of it: no difference."""
    group, against = arrays([[0], [0], [0]], [[10], [10], [10]])
    found = between_replicates(group, against, np.full(3, 20), np.full(3, 10_000), paired=False)
    assert found.p_value[0] > 0.3


@pytest.mark.parametrize("paired", [True, False])
def test_a_type_and_all_others_are_two_sides_of_one_test(paired):
    group, against = arrays([[2], [0], [1]], [[3], [1], [2]])
    n = np.full(3, 100)
    rare = between_replicates(group, against, n, n, paired=paired)
    common = between_replicates(n[:, None] - group, n[:, None] - against, n, n, paired=paired)
    assert common.odds_ratio[0] == pytest.approx(1 / rare.odds_ratio[0])
    assert common.low[0] == pytest.approx(1 / rare.high[0])
    assert common.p_value[0] == pytest.approx(rare.p_value[0])


def donors(rng, n: int, share: np.ndarray) -> np.ndarray:
    """Cells by donor and type; donors differ (Dirichlet), as people do."""
    return np.array([rng.multinomial(int(rng.integers(100, 600)), rng.dirichlet(share * 30)) for _ in range(n)])


def rejected(shares: tuple[np.ndarray, np.ndarray], *, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Shares of 300 studies with p < .05, a type: between donors, between cells."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(300):
        a, b = (donors(rng, n, share) for share in shares)
        by_donor = between_replicates(a, b, a.sum(axis=1), b.sum(axis=1), paired=False)
        by_cell = between_cells(a.sum(axis=0), b.sum(axis=0), int(a.sum()), int(b.sum()))
        found.append((by_donor.p_value < 0.05, by_cell.p_value < 0.05))
    by_donor, by_cell = np.mean(found, axis=0)
    return by_donor, by_cell


@pytest.mark.parametrize("n", [3, 6])
def test_donors_that_do_not_differ_between_groups(n):
    """Between donors the test keeps its level; between cells it calls differences of donors differences of groups."""
    by_donor, by_cell = rejected((SHARES, SHARES), n=n, seed=n)
    assert by_donor.mean() <= 0.05
    assert by_donor.max() <= 0.09
    assert by_cell.mean() > 0.3


@pytest.mark.parametrize("paired", [True, False])
def test_three_donors_find_fourfold_odds(paired):
    """Ten types, donors that differ; a test of each type for itself, with two to four degrees of freedom, would find one in twenty."""
    rng = np.random.default_rng(0)
    base = np.log([0.35, 0.25, 0.15, 0.1, 0.06, 0.04, 0.025, 0.015, 0.007, 0.003])
    more = np.log(4) * (np.arange(10) == 3)
    found, level = [], []
    for i in range(120):
        own = rng.normal(0, 0.4, (2, 3, 10))
        odds = base + (own[:1] + own / 2 if paired else own) + np.array([more * (i % 2), 0 * more])[:, None]
        p = np.exp(odds) / np.exp(odds).sum(axis=-1, keepdims=True)
        a, b = (np.array([rng.multinomial(int(rng.integers(100, 1_000)), row) for row in side]) for side in p)
        kept = a.sum(axis=0) + b.sum(axis=0) >= 10
        test = between_replicates(a[:, kept], b[:, kept], a.sum(axis=1), b.sum(axis=1), paired=paired)
        q = stats.false_discovery_control(test.p_value)
        if i % 2:
            found.append(q[3] < 0.05)
        else:
            level.append((test.p_value < 0.05).mean())
    assert np.mean(found) > (0.4 if paired else 0.2)
    assert np.mean(level) <= 0.07


def test_a_planted_difference_is_found():
    other = np.array([0.2, 0.5, 0.15, 0.1, 0.05])
    by_donor, _ = rejected((SHARES, other), n=6, seed=1)
    assert by_donor[:2].min() > 0.4
    assert by_donor[2:].max() <= 0.12


def test_a_whole_table():
    alike, other = np.array([[50, 100], [30, 60], [20, 40]]), np.array([[50, 20], [30, 90], [20, 40]])
    assert whole_composition(alike) > 0.9
    assert whole_composition(other) == whole_composition(other) == pytest.approx(1e-4)
    two = np.array([[8, 2], [1, 5]])
    assert whole_composition(two) == pytest.approx(0.034965, abs=1e-6)
    assert whole_composition(np.vstack([two, [0, 0]])) == pytest.approx(0.034965, abs=1e-6)
    assert whole_composition(np.array([[5, 5]])) is None
    assert whole_composition(np.zeros((0, 0), dtype=np.int64)) is None


def test_a_large_table_is_compared_by_logarithms():
    """Each table of this size is less likely than the smallest float; without logarithms all would count as equally rare."""
    rng = np.random.default_rng(0)
    apart = rng.multinomial(20_000, rng.dirichlet(np.ones(60 * 30))).reshape(60, 30)
    assert whole_composition(apart) == pytest.approx(1e-4)
    alike = rng.multinomial(20_000, np.full(60 * 30, 1 / 1800)).reshape(60, 30)
    assert 0.01 < whole_composition(alike) < 0.99


@pytest.mark.parametrize("table", [[[1, 0], [1, 0], [0, 1]], [[5, 2, 1], [1, 3, 4]]])
def test_a_small_table_agrees_with_all_tables_there_are(table):
    table = np.array(table)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    counts = itertools.product(*(range(min(r, c) + 1) for r in rows for c in columns))
    tables = (np.reshape(cells, table.shape) for cells in counts)
    judge = stats.random_table(rows, columns)
    likely = np.array(
        [judge.pmf(t) for t in tables if (t.sum(axis=0) == columns).all() and (t.sum(axis=1) == rows).all()]
    )
    p = likely[likely <= judge.pmf(table) * (1 + 1e-9)].sum()
    assert whole_composition(table) == pytest.approx(p, abs=0.02)
