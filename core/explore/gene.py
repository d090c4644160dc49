"""One gene: where the map has it, and in which types of the query and of the reference it is found.

Expression is log1p of counts per 10,000 throughout. A study in which no cell has the gene may not have measured it, so its
cells are left out of the reference's figures.

Not here: which types the gene sets apart (``markers``), finding a gene by its name (``core.expression.gene_finder``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.explore.naming import positions, type_names
from core.explore.projection import projection
from core.explore.query import Mask, Query
from core.search.confidence import UNKNOWN

Floats = npt.NDArray[np.float32]
TYPE_COLUMNS = (
    TYPE, "cell_type", "n_query", "mean_query", "share_query", "n_reference", "mean_reference",
    "share_reference",
)  # fmt: skip


@dataclass(frozen=True)
class GeneView:
    """A gene in the query and in the reference.

    Parameters
    ----------
    symbol : str
        Official symbol.
    gene_id : str
        Ensembl id, or empty.
    aliases : tuple of str
        Older or other names.
    n_studies, n_studies_total : int
        Studies of the reference in which some cell has the gene, studies in all.
    share_reference : float
        Share of the cells of those studies that have the gene, 0..1.
    in_query : bool
        Whether the upload measured it.
    n_selected : int
        Selected query cells.
    share_query : float or None
        Share of the selected cells that have the gene, 0..1; None where it was not measured or nothing is selected.
    by_type : pandas.DataFrame
        Columns `TYPE_COLUMNS`, one row a type of the selected cells or of the reference's cells that count: cells, mean log
        expression, share of cells with a value above 0 (NaN where there are no cells). The highest reference mean first.
    """

    symbol: str
    gene_id: str
    aliases: tuple[str, ...]
    n_studies: int
    n_studies_total: int
    share_reference: float
    in_query: bool
    n_selected: int
    share_query: float | None
    by_type: pd.DataFrame


@dataclass(frozen=True)
class GeneMapView:
    """A gene on the map.

    Parameters
    ----------
    symbol : str
        Official symbol.
    space : str
        ``embedding``, ``raw``, or the name of one of the file's own maps, which has no reference cells.
    query_xy : numpy.ndarray of float32, shape (n_query, 2)
        Query cells.
    query_values : numpy.ndarray of float32, shape (n_query,), or None
        Log expression; None where the upload did not measure the gene.
    reference_xy : numpy.ndarray of float32, shape (n_shown, 2)
        Reference cells, at most 20,000, taken evenly over types.
    reference_values : numpy.ndarray of float32, shape (n_shown,)
        Log expression, NaN for cells of a study in which no cell has the gene.
    explained_variance : tuple of float or None
        Shares of the two axes, 0..1; None for the file's own map.
    """

    symbol: str
    space: str
    query_xy: Floats
    query_values: Floats | None
    reference_xy: Floats
    reference_values: Floats
    explained_variance: tuple[float, float] | None


def gene_view(bundle: Bundle, result: Query, symbol: str, mask: Mask) -> GeneView:
    """Count a gene by query type and by reference type.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query.
    symbol : str
        A gene of the reference.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells.

    Returns
    -------
    GeneView
        Figures of all types.

    Raises
    ------
    KeyError
        When the reference does not know the gene.
    """
    values, counts = _reference(bundle, symbol)
    row = bundle.genes.iloc[bundle.gene_rows[symbol]]
    in_query = result.has_gene(symbol)
    own = result.expression(symbol)[mask] if in_query else None
    return GeneView(
        symbol=symbol,
        gene_id=row["gene_id"] if isinstance(row["gene_id"], str) else "",
        aliases=_aliases(bundle, symbol),
        n_studies=int(bundle.cells["study"][counts].nunique()),
        n_studies_total=int((bundle.studies["status"] == "used").sum()),
        share_reference=float((values[counts] > 0).mean()) if counts.any() else 0.0,
        in_query=in_query,
        n_selected=int(mask.sum()),
        share_query=float((own > 0).mean()) if own is not None and len(own) else None,
        by_type=_by_type(bundle, result, mask, own, values, counts),
    )


def gene_map(bundle: Bundle, result: Query, symbol: str, space: str = "embedding") -> GeneMapView:
    """Place a gene's values on the map.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query.
    symbol : str
        A gene of the reference.
    space : str
        Which map, as in `core.explore.projection.projection`.

    Returns
    -------
    GeneMapView
        Points and values.

    Raises
    ------
    KeyError
        When the reference does not know the gene.
    """
    places = projection(bundle, result, space)
    values, counts = _reference(bundle, symbol)
    shown = np.where(counts, values, np.float32(np.nan))[places.reference_rows]
    return GeneMapView(
        symbol=symbol,
        space=places.space,
        query_xy=places.query_xy,
        query_values=result.expression(symbol) if result.has_gene(symbol) else None,
        reference_xy=places.reference_xy,
        reference_values=shown.astype(np.float32),
        explained_variance=places.explained_variance,
    )


def _reference(bundle: Bundle, symbol: str) -> tuple[Floats, Mask]:
    """Return the gene's value in every reference cell, and which cells are of a study that has it."""
    rows, found = bundle.gene_expression(symbol)
    values = np.zeros(bundle.manifest.counts.n_cells, dtype=np.float32)
    values[rows] = found
    used = bundle.studies["study"].tolist()
    study = positions(bundle.cells["study"], used)
    having = np.bincount(study[rows], minlength=len(used)) > 0
    return values, np.asarray(having[study], dtype=np.bool_)


def _aliases(bundle: Bundle, symbol: str) -> tuple[str, ...]:
    names = bundle.frame("gene_names")
    found = names.loc[names["gene_symbol"] == symbol, "aliases"]
    return tuple(str(alias) for alias in found.iloc[0]) if len(found) else ()


def _by_type(
    bundle: Bundle, result: Query, mask: Mask, own: Floats | None, values: Floats, counts: Mask
) -> pd.DataFrame:
    known = result.labels["status"].to_numpy()[mask] != UNKNOWN
    labels = result.labels[TYPE][mask]
    query = _figures(labels[known], own[known] if own is not None else None, "query")
    reference = _figures(bundle.cells[TYPE][counts], values[counts], "reference")
    table = query.join(reference, how="outer")
    for side in ("query", "reference"):
        table[f"n_{side}"] = table[f"n_{side}"].fillna(0).astype(np.int64)
    names = type_names(bundle)
    table["cell_type"] = [names.get(str(term), str(term)) for term in table.index]
    table = table.rename_axis(TYPE).reset_index()[list(TYPE_COLUMNS)]
    order = ["mean_reference", "mean_query", "cell_type"]
    return table.sort_values(order, ascending=[False, False, True], na_position="last", ignore_index=True)


def _figures(types: pd.Series[str], values: Floats | None, side: str) -> pd.DataFrame:
    """Count cells, mean and share of cells with the gene, by type."""
    found = types.unique().tolist()
    codes = positions(types, found)
    n = np.bincount(codes, minlength=len(found)).astype(np.float64)
    missing = np.full(len(found), np.nan)
    mean = missing if values is None else np.bincount(codes, weights=values, minlength=len(found)) / n
    share = missing if values is None else np.bincount(codes, weights=values > 0, minlength=len(found)) / n
    return pd.DataFrame({f"n_{side}": n, f"mean_{side}": mean, f"share_{side}": share}, index=pd.Index(found))
