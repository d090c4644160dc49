"""Genes that set a cell type apart, in the reference and in the query cells.

Not here: the differential test itself (builder), drawing, the words of the card (``card``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.explore.contrast import BACKGROUND, IN_WORDS, term_of_tests
from core.explore.naming import narrower, type_names
from core.explore.query import Mask, Query

MAX_GENES = 50
MAX_LISTED = 200
MAX_CELLS = 160
Q_SIGNIFICANT = 0.05
FOLD_SIGNIFICANT = 1.0
SMALLEST_P = 1e-300
GENE_COLUMNS = (
    "rank",
    "gene_symbol",
    "log2_fold_change",
    "log2_fold_change_se",
    "p_value_adj",
    "q_stouffer",
    "i2",
    "pct_in",
    "pct_out",
    "mean_in",
    "mean_out",
    "n_studies",
    "specific",
)


@dataclass(frozen=True)
class Markers:
    """Genes of one contrast.

    Parameters
    ----------
    up, down : pandas.DataFrame
        Columns `GENE_COLUMNS`, strongest first: every gene the reference ranks, those with adjusted p < 0.05 and at least twofold
        change, by the difference of mean log expression times the root of the absolute log2 fold change.
    """

    up: pd.DataFrame
    down: pd.DataFrame


@dataclass(frozen=True)
class GeneHeatmapView:
    """A type's genes in query cells.

    Parameters
    ----------
    genes : tuple of str
        Rows: up genes, then down genes.
    n_up : int
        How many of them are up.
    cell_ids : tuple of str
        Columns: at most 160 cells.
    values : numpy.ndarray of float32, shape (n_genes, n_cells)
        log1p counts per 10,000; genes and cells NOT reordered.
    reference : numpy.ndarray of float32, shape (n_genes,)
        Mean in the reference's cells of the type, same unit.
    n_available : int
        Cells the shown ones were taken from.
    n_missing : int
        Stronger genes that the upload did not measure and that were passed over.
    """

    genes: tuple[str, ...]
    n_up: int
    cell_ids: tuple[str, ...]
    values: npt.NDArray[np.float32]
    reference: npt.NDArray[np.float32]
    n_available: int
    n_missing: int


@dataclass(frozen=True)
class VolcanoView:
    """All tested genes of a type.

    Parameters
    ----------
    genes : numpy.ndarray of str, shape (n,)
        Symbols.
    log2_fold_change : numpy.ndarray of float32, shape (n,)
        x.
    minus_log10_p : numpy.ndarray of float32, shape (n,)
        y, of the adjusted p-value, at most 300.
    direction : numpy.ndarray of int8, shape (n,)
        1 up, -1 down, 0 neither.
    n_up, n_down : int
        Genes beyond both thresholds.
    q_threshold, fold_threshold : float
        The thresholds: adjusted p and absolute log2 fold change.
    background : str
        What the type was held against, in words.
    """

    genes: npt.NDArray[np.str_]
    log2_fold_change: npt.NDArray[np.float32]
    minus_log10_p: npt.NDArray[np.float32]
    direction: npt.NDArray[np.int8]
    n_up: int
    n_down: int
    q_threshold: float
    fold_threshold: float
    background: str


def markers_of(bundle: Bundle, term_id: str, background: str = BACKGROUND) -> Markers:
    """List the genes that set a term apart.

    Parameters
    ----------
    bundle : Bundle
        The reference with its differential tables.
    term_id : str
        A term of the ontology subgraph; one without tests has empty tables.
    background : str
        ``others``, ``siblings`` or ``parent``.

    Returns
    -------
    Markers
        Up and down genes.

    Notes
    -----
    Not ranked by p-value, which is 0 for hundreds of genes of a large type, nor by fold change, which is largest for genes that
    hardly any cell has.
    """
    table = bundle.differential(term_of_tests(bundle, term_id), background=background)
    ranked = table.loc[table["rank"].notna(), list(GENE_COLUMNS)].sort_values("rank", kind="stable")
    up = ranked["log2_fold_change"] > 0
    return Markers(up=ranked[up].reset_index(drop=True), down=ranked[~up].reset_index(drop=True))


def marked_types(bundle: Bundle, symbol: str) -> pd.DataFrame:
    """List the types a gene sets apart from all other types.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    symbol : str
        A gene.

    Returns
    -------
    pandas.DataFrame
        Columns ``cell_type_ontology_term_id``, ``cell_type`` and `GENE_COLUMNS` without symbol, errors and heterogeneity; one row
        a term with adjusted p < 0.05, those it marks up first, then by the difference of mean log expression.
    """
    table = bundle.differential_of_gene(symbol)
    table = table[table["background"] == BACKGROUND]
    names = type_names(bundle)
    gap = table["mean_in"] - table["mean_out"]
    table = table.assign(cell_type=[names.get(str(t), str(t)) for t in table[TYPE]], gap=gap)
    left_out = {"gene_symbol", "log2_fold_change_se", "i2"}
    columns = [TYPE, "cell_type", *(c for c in GENE_COLUMNS if c not in left_out)]
    return table.sort_values("gap", ascending=False, kind="stable", ignore_index=True)[columns]


def telling_gene(bundle: Bundle, result: Query, mask: Mask) -> str | None:
    """Choose a gene to show before anybody has asked for one.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells.

    Returns
    -------
    str or None
        The strongest gene that the upload measured, of the most frequent type of the selection that has one.
    """
    for term_id in result.labels.loc[mask, TYPE].value_counts().index:
        for symbol in markers_of(bundle, str(term_id)).up["gene_symbol"]:
            if result.has_gene(str(symbol)):
                return str(symbol)
    return None


def gene_heatmap(
    bundle: Bundle, result: Query, term_id: str, mask: Mask, background: str = BACKGROUND
) -> GeneHeatmapView:
    """Look up a type's genes in the selected query cells.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query.
    term_id : str
        Cell type id.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells. Where there are more than 160, half of those shown are of the type (if it has so many), the others a
        random sample of the rest.
    background : str
        ``others``, ``siblings`` or ``parent``.

    Returns
    -------
    GeneHeatmapView
        The 50 strongest up and the 50 strongest down genes that the upload measured; no genes or no cells give empty arrays.
    """
    found = markers_of(bundle, term_id, background)
    up, missing_up = _measured(result, found.up, MAX_GENES)
    down, missing_down = _measured(result, found.down, MAX_GENES)
    rows = pd.concat([up, down], ignore_index=True)
    genes = tuple(rows["gene_symbol"].astype(str))
    own = result.labels[TYPE].isin(narrower(bundle, term_id)).to_numpy()
    cells = _sample(mask, own)
    values = result.expression_of(genes, cells).T if genes else np.empty((0, len(cells)))
    return GeneHeatmapView(
        genes=genes,
        n_up=len(up),
        cell_ids=tuple(result.labels["cell_id"].astype(str).to_numpy()[cells]),
        values=np.ascontiguousarray(values, dtype=np.float32),
        reference=rows["mean_in"].to_numpy(dtype=np.float32),
        n_available=int(mask.sum()),
        n_missing=missing_up + missing_down,
    )


def volcano(bundle: Bundle, term_id: str, background: str = BACKGROUND) -> VolcanoView:
    """Collect the tested genes of a term.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    term_id : str
        A term of the ontology subgraph; one without tests gives empty arrays.
    background : str
        ``others``, ``siblings`` or ``parent``.

    Returns
    -------
    VolcanoView
        Genes in file order: all significant ones that the table keeps, and a sample of the others.
    """
    table = bundle.differential(term_of_tests(bundle, term_id), background=background)
    return volcano_of(table, table["p_value_adj"], table["rank"].notna(), IN_WORDS[background])


def volcano_of(table: pd.DataFrame, q: pd.Series, significant: pd.Series, background: str) -> VolcanoView:
    """Make a volcano plot of any table of tested genes.

    Parameters
    ----------
    table : pandas.DataFrame
        ``gene_symbol`` and ``log2_fold_change``.
    q : pandas.Series
        Adjusted p-values of its rows.
    significant : pandas.Series of bool
        Whether a gene counts as up or down.
    background : str
        What was held against, in words.

    Returns
    -------
    VolcanoView
        Genes in the order of the table.
    """
    change = table["log2_fold_change"].to_numpy(dtype=np.float32)
    direction = np.where(significant, np.sign(change), 0).astype(np.int8)
    return VolcanoView(
        genes=table["gene_symbol"].to_numpy(dtype=np.str_),
        log2_fold_change=change,
        minus_log10_p=-np.log10(np.maximum(q.to_numpy(dtype=np.float64), SMALLEST_P)).astype(np.float32),
        direction=direction,
        n_up=int((direction > 0).sum()),
        n_down=int((direction < 0).sum()),
        q_threshold=Q_SIGNIFICANT,
        fold_threshold=FOLD_SIGNIFICANT,
        background=background,
    )


def _measured(result: Query, genes: pd.DataFrame, wanted: int) -> tuple[pd.DataFrame, int]:
    """Keep the strongest measured genes; count the ones that were passed over."""
    known = np.array([result.has_gene(str(gene)) for gene in genes["gene_symbol"]], dtype=np.bool_)
    kept = genes.loc[known].head(wanted)
    last = int(kept.index[-1]) if len(kept) else len(genes) - 1
    return kept, int((~known[: last + 1]).sum())


def _sample(mask: Mask, own: Mask) -> npt.NDArray[np.intp]:
    rng = np.random.default_rng(0)
    of_type, others = np.flatnonzero(mask & own), np.flatnonzero(mask & ~own)
    n_others = min(len(others), max(MAX_CELLS - len(of_type), MAX_CELLS // 2))
    n_own = min(len(of_type), MAX_CELLS - n_others)
    chosen = [rng.choice(of_type, n_own, replace=False), rng.choice(others, n_others, replace=False)]
    return np.sort(np.concatenate(chosen))
