"""Genes that differ between two groups of query cells, in one type or in all selected cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy
from scipy import sparse

from core.bundle.reader import Bundle
from core.explore.compare_choice import Choice
from core.explore.compared_cells import Replicates, compared_cells, replicates_of
from core.explore.markers import FOLD_SIGNIFICANT, Q_SIGNIFICANT, VolcanoView, volcano_of
from core.explore.naming import type_names
from core.explore.query import Mask, Query
from core.expression.depth import at_one_depth
from core.expression.effect import effect_of
from core.expression.rank_sum import rank_sum
from core.expression.replicates import Measured, difference
from core.search.confidence import UNKNOWN

EVERYTHING = "*"
"""Stands for all selected cells, whatever their type."""
COLUMNS = (
    "gene_symbol", "log2_fold_change", "pct_group", "pct_against", "mean_group", "mean_against", "p_value", "q_value",
)  # fmt: skip
MIN_CELLS = 10
"""Of each group, in a type whose genes are compared."""
MIN_WITH_GENE = 10
"""Cells of both groups together that have a gene, for it to be tested. Shares of either group would choose genes that are frequent
in a small group by chance."""
MAX_CELLS = 2_000
"""Of each group, as many of every replicate where those are tested; of more, as many are drawn, always the same."""
MOST_UNEVEN = 2
"""How many times as many cells one group may have as the other where cells are tested; of more, as many are drawn. The test's normal
approximation calls rare genes significant in groups of very different size: of 50 and 1,000 cells taken at random, six genes."""
RAISED = 0.1
"""Added to a replicate's mean before its logarithm, in counts per 10,000: one molecule in one of ten cells of 10,000."""
LEAST_SPREAD = 1e-9
"""Of the relative variance of a gene over the cells of a replicate; with none at all its mean would be known without error."""
_SEED = 0


@dataclass(frozen=True)
class GeneDifference:
    """Genes in two groups.

    Parameters
    ----------
    within : str
        Cell type id, `UNKNOWN` or `EVERYTHING`.
    offered : mapping of str to str
        Types that could be asked for, most cells first: id to name. `EVERYTHING` always can.
    n_group, n_against : int
        Cells compared.
    n_all : int
        Cells there are; more than those compared where these were drawn, or where some are in no tested replicate.
    n_types : int
        Types among them.
    paired : bool or None
        Whether replicates tested are on both sides; None where cells are tested.
    replicates_group, replicates_against : int
        Replicates tested; 0 where cells are.
    lacking : str
        Why the chosen replicates could not be tested, a sentence; empty otherwise.
    deeper : float or None
        How many times as many molecules a cell of the group had as one of the other, before the deeper cells were brought to the
        depth of the others for the test; None where nothing was: replicates, or values that are no counts.
    table : pandas.DataFrame
        Columns `COLUMNS`, one row a tested gene, the smallest p first: log2 of the ratio of mean counts per 10,000 (of cells, or of
        replicates; drawn to 0 where few molecules were counted), shares of cells with the gene (0..1), mean log1p counts per 10,000,
        p, and Benjamini-Hochberg q.
    """

    within: str
    offered: Mapping[str, str]
    n_group: int
    n_against: int
    n_all: int
    n_types: int
    paired: bool | None
    replicates_group: int
    replicates_against: int
    lacking: str
    deeper: float | None
    table: pd.DataFrame

    @property
    def within_name(self) -> str:
        """Whose genes were compared, in words."""
        return "all selected cells" if self.within == EVERYTHING else self.offered.get(self.within, "")

    @property
    def more_genes(self) -> float:
        """How many times as many tested genes a cell of the group has as one of the other, on average; 1 where none was tested."""
        group, against = self.table["pct_group"].sum(), self.table["pct_against"].sum()
        return float(group / against) if group and against else 1.0

    @property
    def none_differs(self) -> bool:
        """Whether no tested gene reaches q < .05."""
        return not (self.table["q_value"] < Q_SIGNIFICANT).any()

    def volcano(self, background: str) -> VolcanoView:
        """Return the tested genes as a volcano plot; `background` names the group compared with."""
        q, change = self.table["q_value"], self.table["log2_fold_change"]
        return volcano_of(self.table, q, (q < Q_SIGNIFICANT) & (change.abs() >= FOLD_SIGNIFICANT), background)


def gene_difference(
    bundle: Bundle, result: Query, mask: Mask, choice: Choice, within: str | None = None
) -> GeneDifference:
    """Test which genes differ between two groups.

    Parameters
    ----------
    bundle : Bundle
        For the names of types.
    result : Query
        The query.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells.
    choice : Choice
        The groups.
    within : str, optional
        Type whose cells are compared, or `EVERYTHING`; if left out or not there, the most frequent one with enough cells of both
        groups, or `EVERYTHING` where there is none.

    Returns
    -------
    GeneDifference
        Without rows where a group has fewer than ten cells.

    Notes
    -----
    Replicates are tested by a weighted moderated t-test of the log2 of their mean counts per 10,000 (limma's test of pseudo-bulk,
    see `core.expression.replicates`), paired where they are on both sides. Replicates may have ten cells or a thousand, and cells more
    molecules in one than in another, so a mean is drawn to that of all cells as by v more cells, v the variance of a gene over the
    cells of a replicate relative to the mean, and weighs the less the larger v over its number of cells. Cells are tested by
    Wilcoxon's rank-sum test, counts after the deeper cells were thinned to the depth of the others (`core.expression.depth`): the ranks
    depend on how many cells lack a gene, which no scaling makes independent of depth.
    """
    cells = compared_cells(result, mask, choice)
    cells = cells[cells["side"] != ""]
    offered = _offered(cells, type_names(bundle))
    if within not in (*offered, EVERYTHING):
        within = next((t for t in offered if t != UNKNOWN), next(iter(offered), EVERYTHING))
    inside = cells if within == EVERYTHING else cells[cells["type_id"] == within]
    enough = min(int((inside["side"] == side).sum()) for side in ("group", "against")) >= MIN_CELLS
    replicates, lacking = replicates_of(inside) if choice.replicates and enough else (None, "")
    drawn = _drawn(inside, replicates)
    n_group, n_against = (int((drawn["side"] == side).sum()) for side in ("group", "against"))
    table, deeper = _tested(result, drawn, replicates) if enough else (pd.DataFrame(columns=list(COLUMNS)), None)
    return GeneDifference(
        within=within,
        offered=offered,
        n_group=n_group,
        n_against=n_against,
        n_all=len(inside),
        n_types=inside["type_id"].nunique(),
        paired=replicates.paired if replicates else None,
        replicates_group=len(replicates.group) if replicates else 0,
        replicates_against=len(replicates.against) if replicates else 0,
        lacking=lacking,
        deeper=deeper,
        table=table,
    )


def _offered(cells: pd.DataFrame, names: Mapping[str, str]) -> dict[str, str]:
    counts = pd.crosstab(cells["type_id"], cells["side"])
    if counts.shape[1] < 2:
        return {}
    enough = counts[counts.min(axis=1) >= MIN_CELLS].sum(axis=1).sort_values(ascending=False, kind="stable")
    return {str(t): names.get(str(t), str(t)) for t in enough.index}


def _drawn(inside: pd.DataFrame, replicates: Replicates | None) -> pd.DataFrame:
    """Choose the cells to test; as many of each replicate, so that a large one does not leave the others too few."""
    sides = {side: inside[inside["side"] == side] for side in ("group", "against")}
    if replicates is None:
        most = min(MAX_CELLS, MOST_UNEVEN * min(len(cells) for cells in sides.values()))
        parts = [_sampled(cells, most) for cells in sides.values()]
    else:
        parts = [
            _sampled(cells[cells["replicate"] == name], MAX_CELLS // len(replicates.of(side)))
            for side, cells in sides.items()
            for name in replicates.of(side)
        ]
    return pd.concat(parts).sort_values("row")


def _sampled(cells: pd.DataFrame, n: int) -> pd.DataFrame:
    return cells if len(cells) <= n else cells.sample(n, random_state=_SEED)


def _tested(result: Query, cells: pd.DataFrame, replicates: Replicates | None) -> tuple[pd.DataFrame, float | None]:
    """Return the tested genes, and how much deeper the group was."""
    x = result.cells_by_gene(cells["row"].to_numpy())
    in_group = (cells["side"] == "group").to_numpy()
    effect = effect_of(x, in_group)
    table = pd.DataFrame({
        "gene_symbol": list(result.genes), "log2_fold_change": effect.log2_fold_change, "pct_group": effect.pct_in,
        "pct_against": effect.pct_out, "mean_group": effect.mean_in, "mean_against": effect.mean_out,
    })  # fmt: skip
    found = np.flatnonzero(np.bincount(x.indices, minlength=x.shape[1]) >= MIN_WITH_GENE)
    table = table.iloc[found].reset_index(drop=True)
    thinned = at_one_depth(x, in_group) if replicates is None else None
    if replicates is None:
        table["p_value"] = rank_sum((thinned.x if thinned else x)[:, found], in_group).p_value
    else:
        table["log2_fold_change"], table["p_value"] = _between(replicates, cells, x[:, found])
    table["q_value"] = scipy.stats.false_discovery_control(table["p_value"])
    order = np.lexsort((-table["log2_fold_change"].abs(), table["p_value"]))
    return table.iloc[order].reset_index(drop=True)[list(COLUMNS)], thinned.deeper if thinned else None


def _between(
    replicates: Replicates, cells: pd.DataFrame, x: sparse.csr_matrix
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return log2 fold change and p of every gene."""
    linear = x.astype(np.float64)
    linear.data = np.expm1(linear.data)
    n, mean, molecule = [], [], []
    for side in ("group", "against"):
        of_side = (cells["side"] == side).to_numpy()
        parts = [linear[of_side & (cells["replicate"] == name).to_numpy()] for name in replicates.of(side)]
        n.append(np.array([[part.shape[0]] for part in parts], dtype=np.float64))
        mean.append(np.stack([part.mean(axis=0).A1 for part in parts]))
        molecule.append(np.array([[_molecule(part)] for part in parts]))
    spread = _spread(linear, *(np.concatenate(of_both) for of_both in (n, mean, molecule)))
    common = linear.mean(axis=0).A1
    spreads = spread[: len(n[0])], spread[len(n[0]) :]
    # both sides of a pair are drawn alike, so that what is the donor's own falls out of their difference
    more = [spread / size for spread, size in zip(spreads, n, strict=True)]
    drawn = [np.maximum(*more)] * 2 if replicates.paired else more
    a, b = (_measured(m, common, 1 / (1 + d), noise) for m, d, noise in zip(mean, drawn, more, strict=True))
    found = (
        difference(Measured(a.value - b.value, a.kept, a.noise + b.noise)) if replicates.paired else difference(a, b)
    )
    return found.change, found.p_value


def _molecule(part: sparse.csr_matrix) -> float:
    """Return what one molecule is in counts per 10,000, as the mean of cells: a cell's smallest value."""
    filled = np.diff(part.indptr) > 0
    return float(np.minimum.reduceat(part.data, part.indptr[:-1][filled]).mean()) if filled.any() else 0.0


def _spread(
    linear: sparse.csr_matrix,
    n: npt.NDArray[np.float64],
    mean: npt.NDArray[np.float64],
    molecule: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return the relative variance of every gene over the cells of each replicate, were its mean that of all cells.

    A replicate's own variance would not do: of a few cells, those that happen to lack a gene would seem to know so for sure. What
    counting molecules gives follows from the mean; what goes beyond it (a negative binomial's dispersion) is one for all replicates.
    """
    squares = linear.multiply(linear).sum(axis=0).A1 - (n * mean**2).sum(axis=0)
    beyond = (squares - ((n - 1) * molecule * mean).sum(axis=0)) / ((n - 1) * mean**2).sum(axis=0)
    common = (n * mean).sum(axis=0) / n.sum()
    spread: npt.NDArray[np.float64] = (molecule * common + np.maximum(beyond, 0) * common**2) / (common + RAISED) ** 2
    return np.maximum(spread, LEAST_SPREAD)


def _measured(
    mean: npt.NDArray[np.float64],
    common: npt.NDArray[np.float64],
    kept: npt.NDArray[np.float64],
    noise: npt.NDArray[np.float64],
) -> Measured:
    """Return log2 of the replicates' means of every gene, of whose distance to the mean of all cells `kept` is kept.

    The logarithm of a noisy mean lies too low by half its variance; that is added. `RAISED` makes less of a donor's own factor where
    the mean is low.
    """
    noise = kept**2 * noise
    value = np.log(common + kept * (mean - common) + RAISED) + noise / 2
    return Measured(value / np.log(2), kept * common / (common + RAISED), noise / np.log(2) ** 2)
