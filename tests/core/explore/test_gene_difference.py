import copy

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from core.explore import gene_difference as module
from core.explore.compare_choice import OTHERS, Choice
from core.explore.gene_difference import COLUMNS, EVERYTHING, gene_difference
from tests.worlds import CD4, B

CELLS = Choice("side", "x", "y", "")


def with_obs(answered, **columns):
    result = copy.copy(answered.result)
    result.obs = pd.DataFrame(columns)
    return result


@pytest.fixture(scope="module")
def by_type(answered):
    """B cells on one side, all others on the other."""
    labels = answered.result.labels["cell_type_ontology_term_id"]
    return with_obs(answered, side=np.where(labels == B, "x", "y"))


def test_marker_genes_of_a_type_differ(answered, everything, by_type):
    view = gene_difference(answered.bundle, by_type, everything, CELLS, EVERYTHING)
    assert tuple(view.table.columns) == COLUMNS
    assert view.n_types > 3
    top = view.table.head(12)
    assert {"BANK1", "CD79B"} <= set(top["gene_symbol"])
    assert (top["log2_fold_change"] > 1).all()
    assert view.table["p_value"].is_monotonic_increasing
    np.testing.assert_allclose(view.table["q_value"], stats.false_discovery_control(view.table["p_value"]))


def test_numbers_by_hand(answered, everything, by_type, monkeypatch):
    monkeypatch.setattr(module, "MOST_UNEVEN", 100)
    monkeypatch.setattr(module, "at_one_depth", lambda *_: None)
    view = gene_difference(answered.bundle, by_type, everything, CELLS, EVERYTHING)
    inside = (by_type.obs["side"] == "x").to_numpy()
    row = view.table.set_index("gene_symbol").loc["MS4A1"]
    values = by_type.expression("MS4A1").astype(float)
    judge = stats.mannwhitneyu(values[inside], values[~inside], method="asymptotic")
    assert row["p_value"] == pytest.approx(judge.pvalue, rel=1e-6)
    assert row["pct_group"] == pytest.approx((values[inside] > 0).mean())
    means = [np.expm1(values[side]).mean() + 0.01 for side in (inside, ~inside)]
    assert row["log2_fold_change"] == pytest.approx(np.log2(means[0] / means[1]), rel=1e-5)


def test_the_most_frequent_type_with_both_groups_is_taken(answered, everything):
    n = answered.result.n_query
    result = with_obs(answered, side=["x", "y"] * (n // 2))
    view = gene_difference(answered.bundle, result, everything, CELLS)
    assert view.within == next(iter(view.offered))
    assert view.n_group + view.n_against == (answered.result.labels["cell_type_ontology_term_id"] == view.within).sum()
    assert gene_difference(answered.bundle, result, everything, CELLS, "CL:nope").within == view.within
    assert (view.table["q_value"] < 0.05).sum() <= 2


def test_a_type_on_one_side_alone_is_not_offered(answered, everything, by_type):
    view = gene_difference(answered.bundle, by_type, everything, CELLS)
    assert (view.within, view.offered, view.table.empty) == (EVERYTHING, {}, False)
    assert gene_difference(answered.bundle, by_type, everything, CELLS, CD4).within == EVERYTHING


def test_of_many_cells_some_are_drawn(answered, everything, monkeypatch):
    monkeypatch.setattr(module, "MAX_CELLS", 20)
    n = answered.result.n_query
    result = with_obs(answered, side=["x", "y"] * (n // 2))
    views = [gene_difference(answered.bundle, result, everything, CELLS, EVERYTHING) for _ in range(2)]
    assert (views[0].n_group, views[0].n_against, views[0].n_all) == (20, 20, n)
    pd.testing.assert_frame_equal(views[0].table, views[1].table)


def test_cells_are_drawn_of_each_replicate(answered, everything, monkeypatch):
    """A replicate with most cells does not take the others' place; a replicate that is too small is left out."""
    monkeypatch.setattr(module, "MAX_CELLS", 20)
    n = answered.result.n_query
    side = np.where(np.arange(n) < 90, "x", "y")
    donor = np.array(
        [f"d{0 if i < 66 else 1 if i < 78 else 2 if i < 90 else 3 + i % 2}" for i in range(n)], dtype=object
    )
    donor[-1] = "alone"
    result = with_obs(answered, side=side, donor=donor)
    view = gene_difference(answered.bundle, result, everything, Choice("side", "x", "y", "donor"), EVERYTHING)
    assert (view.paired, view.replicates_group, view.replicates_against) == (False, 3, 2)
    assert (view.n_group, view.n_against, view.n_all) == (18, 20, n)


@pytest.mark.parametrize(("donors", "paired"), [(("a", "b"), True), (None, False)])
def test_replicates(answered, everything, by_type, donors, paired):
    n = answered.result.n_query
    side = by_type.obs["side"].to_numpy()
    donor = [donors[i % 2] if donors else f"{s}{i % 2}" for i, s in enumerate(side)]
    result = with_obs(answered, side=side, donor=donor)
    choice = Choice("side", "x", OTHERS, "donor")
    view = gene_difference(answered.bundle, result, everything, choice, EVERYTHING)
    assert view.paired is paired
    assert n == view.n_all
    assert {"BANK1", "CD79B"} <= set(view.table.head(25)["gene_symbol"])


def planted(seed: int, *, paired: bool, n_donors: int = 6, n_genes: int = 800, n_true: int = 60):
    """Counts of donors that differ from one another, and of two groups that differ in the first genes."""
    rng = np.random.default_rng(seed)
    base = np.exp(rng.normal(-1, 1.3, n_genes))
    change = np.zeros(n_genes)
    change[:n_true] = 1.5 * rng.choice([-1, 1], n_true)
    counts, sides, names = [], [], []
    shared = rng.normal(0, 0.4, (n_donors, n_genes))
    for side in ("group", "against"):
        for donor in range(n_donors):
            own = shared[donor] + rng.normal(0, 0.2, n_genes) if paired else rng.normal(0, 0.4, n_genes)
            rate = base * np.exp(own) * 2 ** (change * (side == "group"))
            n = int(rng.integers(20, 120))
            counts.append(rng.poisson(rng.gamma(2, rate / 2, (n, n_genes))))
            sides += [side] * n
            names += [f"d{donor}" if paired else f"{side}{donor}"] * n
    x = np.vstack(counts).astype(float)
    logged = sparse.csr_matrix(np.log1p(1e4 * x / x.sum(axis=1, keepdims=True)).astype(np.float32))
    return logged, pd.DataFrame({"row": np.arange(len(sides)), "side": sides, "replicate": names}), change != 0


class Genes:
    """Just what the tests of genes read of a query."""

    def __init__(self, x: sparse.csr_matrix) -> None:
        self.genes = [f"g{i}" for i in range(x.shape[1])]
        self._x = x

    def cells_by_gene(self, rows):
        return self._x[rows]


@pytest.mark.parametrize("paired", [True, False])
def test_donors_that_differ_are_not_taken_for_groups_that_do(paired):
    """Between donors p keeps its level and few discoveries are false; between cells most are."""
    level, false, missed, false_of_cells = [], [], [], []
    for seed in range(4):
        x, cells, true = planted(seed, paired=paired)
        replicates, _ = module.replicates_of(cells)
        assert replicates.paired is paired
        for found, rates in ((replicates, false), (None, false_of_cells)):
            table = module._tested(Genes(x), cells, found)[0]
            is_true = true[table["gene_symbol"].str[1:].astype(int)]
            sure = (table["q_value"] < 0.05).to_numpy()
            rates.append((sure & ~is_true).sum() / max(sure.sum(), 1))
            if found is not None:
                level.append((table["p_value"][~is_true] < 0.05).mean())
                missed.append((~sure & is_true).sum() / is_true.sum())
    assert np.mean(level) <= 0.07
    assert np.mean(false) <= 0.10
    assert np.mean(missed) <= (0.3 if paired else 0.7)
    assert np.mean(false_of_cells) > 0.4


class Alike(Genes):
    """Cells of one kind whose groups mean nothing."""

    def __init__(self, n: int, seed: int, depth=1.0, **columns) -> None:
        rng = np.random.default_rng(seed)
        rate = np.exp(rng.normal(-2, 1.5, 3_000))
        x = rng.poisson(np.reshape(depth, (-1, 1)) * rng.gamma(2, rate / 2, (n, len(rate)))).astype(float)
        super().__init__(sparse.csr_matrix(np.log1p(1e4 * x / x.sum(axis=1, keepdims=True)).astype(np.float32)))
        self.labels = pd.DataFrame({"status": ["confident"] * n, "cell_type_ontology_term_id": B})
        self.obs = pd.DataFrame(columns)
        self.n_query = n


def test_groups_of_very_different_size_without_a_difference(answered):
    """The rank-sum test's normal approximation would call many rare genes of a small group significant."""
    found, all_cells = [], []
    for seed in range(4):
        side = np.where(np.arange(1_000) < 30, "x", "y")
        result = Alike(1_000, seed, side=side)
        view = gene_difference(answered.bundle, result, np.ones(1_000, dtype=bool), CELLS)
        assert (view.n_group, view.n_against, view.n_all) == (30, 60, 1_000)
        found.append((view.table["q_value"] < 0.05).sum())
        everything = module.rank_sum(result.cells_by_gene(np.arange(1_000)), side == "x").p_value
        all_cells.append((stats.false_discovery_control(everything) < 0.05).sum())
    assert np.mean(found) <= 1
    assert np.mean(all_cells) > 5


def test_a_group_that_was_sequenced_deeper_without_a_difference(answered):
    side = np.where(np.arange(600) < 300, "x", "y")
    result = Alike(600, 0, depth=np.where(side == "x", 0.4, 1.0), side=side)
    view = gene_difference(answered.bundle, result, np.ones(600, dtype=bool), CELLS)
    assert view.deeper == pytest.approx(0.4, rel=0.1)
    assert (view.table["p_value"] < 0.05).mean() <= 0.07
    as_they_are = module.rank_sum(result.cells_by_gene(np.arange(600)), side == "x").p_value
    assert (as_they_are < 0.05).mean() > 0.3


def test_replicates_of_few_cells_beside_large_ones_without_a_difference(answered):
    """Two replicates of ten cells vary more than ten of sixty; one variance for all would call a third of the genes different."""
    sizes = [10, 10] + [60] * 10
    donor = np.repeat([f"d{i}" for i in range(12)], sizes)
    side = np.repeat(["x"] * 2 + ["y"] * 10, sizes)
    choice = Choice("side", "x", "y", "donor")
    for seed in range(3):
        result = Alike(len(side), seed, side=side, donor=donor)
        view = gene_difference(answered.bundle, result, np.ones(len(side), dtype=bool), choice)
        assert (view.paired, view.replicates_group, view.replicates_against) == (False, 2, 10)
        assert (view.table["p_value"] < 0.05).mean() <= 0.06
        assert (view.table["q_value"] < 0.05).sum() <= 2


def donors_of(rng, sizes, depth, change, *, paired: bool, sd: float = 0.3):
    """Counts of donors of two groups: cells of each and molecules a cell by group; log fold change of every gene."""
    base = np.exp(rng.normal(0, 1.6, len(change)))
    shared = rng.normal(0, sd, (max(map(len, sizes)), len(change)))
    counts, sides, names = [], [], []
    for side, of_side, molecules in zip(("group", "against"), sizes, depth, strict=True):
        for i, n in enumerate(of_side):
            own = shared[i] + rng.normal(0, sd / 2, len(change)) if paired else rng.normal(0, sd, len(change))
            rate = base * np.exp(own) * 2.0 ** (change * (side == "group"))
            counts.append(rng.poisson(rng.gamma(2, molecules * rate / rate.sum() / 2, (n, len(change)))))
            sides += [side] * n
            names += [f"d{i}" if paired else f"{side}{i}"] * n
    x = np.vstack(counts).astype(float)
    logged = sparse.csr_matrix(np.log1p(1e4 * x / np.maximum(x.sum(axis=1, keepdims=True), 1)).astype(np.float32))
    return logged, pd.DataFrame({"row": np.arange(len(sides)), "side": sides, "replicate": names})


def p_values(logged, cells) -> pd.Series:
    replicates, _ = module.replicates_of(cells)
    return module._tested(Genes(logged), cells, replicates)[0].set_index("gene_symbol")["p_value"]


@pytest.mark.parametrize(
    ("sizes", "depth", "paired"),
    [
        (([15] * 8, [120] * 8), (2_000, 2_000), False),
        (([20, 40, 150, 300], [20, 300, 40, 150]), (2_000, 2_000), True),
        (([40] * 4, [40] * 4), (8_000, 2_000), True),
    ],
)
def test_the_level_of_replicates_is_kept(sizes, depth, paired):
    """Groups of few and of many cells, unequal replicates, and one group sequenced four times as deep."""
    p = pd.concat([
        p_values(*donors_of(np.random.default_rng(seed), sizes, depth, np.zeros(1_200), paired=paired)) for seed in (0, 1)
    ])  # fmt: skip
    assert 0.02 <= (p < 0.05).mean() <= 0.065
    assert (p < 0.001).mean() <= 0.004


def test_few_cells_a_replicate_are_enough():
    """Four donors with thirty cells each in both groups, twofold changes of genes that most cells have; an error that counts the noise
    of genes drawn to the mean as if they were not would find one in six."""
    change = np.zeros(1_200)
    change[:120] = np.resize([-1.0, 1.0], 120)
    logged, cells = donors_of(np.random.default_rng(2), ([30] * 4, [30] * 4), (3_000, 3_000), change, paired=True)
    p = p_values(logged, cells)
    sure = pd.Series(stats.false_discovery_control(p) < 0.05, index=p.index)
    seen = {f"g{i}" for i in np.flatnonzero((logged > 0).mean(axis=0).A1 > 0.5)}
    true = {f"g{i}" for i in range(120)}
    assert sure[list(seen & true)].mean() > 0.6
    assert sure[[g for g in p.index if g not in true]].sum() <= 0.1 * sure.sum()
