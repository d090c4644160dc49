"""The card of a cell type: what it is, how sure the answer is, and its genes in the query cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

GENE_COLUMNS = (
    "gene_symbol",
    "log2_fold_change",
    "p_value_adj",
    "pct_in",
    "pct_out",
    "mean_in",
    "mean_out",
    "n_studies",
)


@dataclass(frozen=True)
class Accuracy:
    """Held-out accuracy of a type.

    Parameters
    ----------
    value : float
        Share of held-out cells of this type that got the right label, 0..1.
    low, high : float or None
        95 % interval over studies, where it could be computed.
    n_query : int
        Held-out cells behind the figure.
    split : str
        ``study`` (whole studies held out) or ``pair``.
    """

    value: float
    low: float | None
    high: float | None
    n_query: int
    split: str


@dataclass(frozen=True)
class TypeCard:
    """The card of one type.

    Parameters
    ----------
    id, name, definition : str
        Of the term; the definition may be empty.
    synonyms : tuple of str
        Other names.
    parents : tuple of (str, str)
        Id and name of the next wider terms.
    url : str
        Page of the term in the Ontology Lookup Service.
    n_query : int
        Selected cells with exactly this type, confident or ambiguous.
    n_confident, n_ambiguous : int
        Parts of `n_query`.
    n_query_total : int
        Query cells in all.
    n_selected : int
        Selected cells.
    n_reference, n_studies : int
        Reference cells and studies with this label, 0 for a wider term that labels nothing.
    median_score : float or None
        Of the type's selected cells.
    accuracy : Accuracy or None
        Where the evaluation has the type.
    runner_up : tuple of (str, str) or None
        Id and name of the most frequent second choice of its cells.
    up, down : pandas.DataFrame
        Genes that set the type apart, strongest first, columns `GENE_COLUMNS`; at most 50 each.
    evidence : tuple of Evidence
        Genes that speak for the type, with their share in the type's selected cells.
    studies : pandas.DataFrame
        `core.explore.studies.studies` of the type's selected cells.
    thin : str
        "The reference is thin here: 119 dendritic cells against 972 monocytes." or empty.
    """

    id: str
    name: str
    definition: str
    synonyms: tuple[str, ...]
    parents: tuple[tuple[str, str], ...]
    url: str
    n_query: int
    n_confident: int
    n_ambiguous: int
    n_query_total: int
    n_selected: int
    n_reference: int
    n_studies: int
    median_score: float | None
    accuracy: Accuracy | None
    runner_up: tuple[str, str] | None
    up: pd.DataFrame
    down: pd.DataFrame
    evidence: tuple[Evidence, ...]
    studies: pd.DataFrame
    thin: str


@dataclass(frozen=True)
class Evidence:
    """One gene that decides.

    Parameters
    ----------
    gene : str
        Symbol.
    share : float
        Share of the type's selected cells that express it, 0..1.
    expected_high : bool
        Whether the reference expects it in most cells of the type, else in few.
    as_expected : bool
        Whether the query cells agree.
    """

    gene: str
    share: float
    expected_high: bool
    as_expected: bool


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
        Genes of the type that the upload did not measure; they are left out.
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
        y, of the adjusted p-value; not capped.
    direction : numpy.ndarray of int8, shape (n,)
        1 up, -1 down, 0 neither.
    n_up, n_down : int
        Genes beyond both thresholds.
    q_threshold, fold_threshold : float
        The thresholds: adjusted p and absolute log2 fold change.
    background : str
        "other cells of the reference".
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
