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
from core.explore.compared_cells import UNKNOWN, Replicates, compared_cells, replicates_of
from core.explore.markers import FOLD_SIGNIFICANT, Q_SIGNIFICANT, VolcanoView, volcano_of
from core.explore.naming import type_names
from core.explore.query import Mask, Query
from core.expression.effect import effect_of
from core.expression.moderated import moderated
from core.expression.rank_sum import rank_sum

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
    table : pandas.DataFrame
        Columns `COLUMNS`, one row a tested gene, the smallest p first: log2 of the ratio of mean counts per 10,000 (of cells, or of
        replicates), shares of cells with the gene (0..1), mean log1p counts per 10,000, p, and Benjamini-Hochberg q.
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
    table: pd.DataFrame

    @property
    def within_name(self) -> str:
        """Whose genes were compared, in words."""
        return "all selected cells" if self.within == EVERYTHING else self.offered.get(self.within, "")

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
    Replicates are tested by a moderated t-test of the log2 of their mean counts per 10,000 (Smyth 2004; limma's test of
    pseudo-bulk), paired where they are on both sides. Replicates may have ten cells or a thousand, so a mean is drawn to that of all
    cells as by v more cells (v the relative variance of a gene over the cells; the logarithm of a noisy mean lies too low), and the
    error is never smaller than that of counting so many cells (v over their number). Cells are tested by Wilcoxon's rank-sum test.
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
        table=_tested(result, drawn, replicates) if enough else pd.DataFrame(columns=list(COLUMNS)),
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


def _tested(result: Query, cells: pd.DataFrame, replicates: Replicates | None) -> pd.DataFrame:
    x = result.cells_by_gene(cells["row"].to_numpy())
    in_group = (cells["side"] == "group").to_numpy()
    effect = effect_of(x, in_group)
    table = pd.DataFrame({
        "gene_symbol": list(result.genes), "log2_fold_change": effect.log2_fold_change, "pct_group": effect.pct_in,
        "pct_against": effect.pct_out, "mean_group": effect.mean_in, "mean_against": effect.mean_out,
    })  # fmt: skip
    found = np.flatnonzero(np.bincount(x.indices, minlength=x.shape[1]) >= MIN_WITH_GENE)
    x, table = x[:, found], table.iloc[found].reset_index(drop=True)
    if replicates is None:
        table["p_value"] = rank_sum(x, in_group).p_value
    else:
        table["log2_fold_change"], table["p_value"] = _between(replicates, cells, x)
    table["q_value"] = scipy.stats.false_discovery_control(table["p_value"])
    order = np.lexsort((-table["log2_fold_change"].abs(), table["p_value"]))
    return table.iloc[order].reset_index(drop=True)[list(COLUMNS)]


def _between(
    replicates: Replicates, cells: pd.DataFrame, x: sparse.csr_matrix
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return log2 fold change and p of every gene."""
    linear = x.copy()
    linear.data = np.expm1(linear.data)
    common = linear.mean(axis=0).A1.astype(np.float64)
    spread = (linear.multiply(linear).mean(axis=0).A1 - common**2) / (common + RAISED) ** 2
    places = []
    counting = np.zeros(x.shape[1])
    for side in ("group", "against"):
        of_side = (cells["side"] == side).to_numpy()
        parts = [linear[of_side & (cells["replicate"] == name).to_numpy()] for name in replicates.of(side)]
        places.append(np.stack([_place(part, common, spread) for part in parts]))
        counting += spread * np.mean([1 / part.shape[0] for part in parts]) / len(parts)
    a, b = places
    change = a.mean(axis=0) - b.mean(axis=0)
    if replicates.paired:
        df, scale = len(a) - 1, 1 / len(a)
        variance = (a - b).var(axis=0, ddof=1)
    else:
        df, scale = len(a) + len(b) - 2, 1 / len(a) + 1 / len(b)
        variance = (a.var(axis=0) * len(a) + b.var(axis=0) * len(b)) / df
    shrunken, freedom = moderated(variance, df)
    error = np.sqrt(np.maximum(shrunken * scale, counting / np.log(2) ** 2))
    t = np.divide(change, error, out=np.zeros(len(change)), where=error > 0)
    return change, 2 * np.asarray(scipy.stats.t.sf(np.abs(t), freedom))


def _place(
    part: sparse.csr_matrix, common: npt.NDArray[np.float64], spread: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return log2 of a replicate's mean of every gene, drawn to the mean of all cells: as much as by `spread` more cells of that mean."""
    n = part.shape[0]
    drawn = (n * part.mean(axis=0).A1.astype(np.float64) + spread * common) / (n + spread)
    place: npt.NDArray[np.float64] = np.log2(drawn + RAISED)
    return place
