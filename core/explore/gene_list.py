"""Which types a list of genes fits: overlap with what the reference's tests found, and where the list ranks in each type.

Two questions, because they fail differently. The overlap asks which of the genes set a type apart in the reference's own tests,
within studies; a type that was not tested has none. The rank asks how high the genes stand among all genes measured in a type,
whatever was tested; it sees weak genes too, but also differences between studies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import scipy

from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.explore.contrast import BACKGROUND
from core.explore.naming import type_names

MIN_GENES = 3
"""Fewer ranks than this say nothing; the overlap is still counted."""
MIN_CELLS = 10
"""A gene counts as measured in a type where so many of its cells come from studies with the gene; a mean of fewer is noise."""
FIT_COLUMNS = (
    TYPE, "cell_type", "n_cells", "n_measured", "n_markers", "n_background", "n_overlap", "overlap",
    "p_overlap", "q_overlap", "auc", "p_rank", "q_rank",
)  # fmt: skip


@dataclass(frozen=True)
class Fits:
    """The types of the reference, held against a list of genes.

    Parameters
    ----------
    genes : tuple of str
        Genes of the list that the reference has.
    table : pandas.DataFrame
        Columns `FIT_COLUMNS`, one row a type, the best fit first: cells of the type, genes of the list measured in it (in at least
        10 of its cells), genes that its tests against all other types found higher, genes tested; those of the list among the
        higher ones (number, names), hypergeometric p and Benjamini-Hochberg q; area under the ROC curve of the list's genes against all other
        measured genes by how specific they are to the type (0.5 is chance), Mann-Whitney p (greater) and q.
    """

    genes: tuple[str, ...]
    table: pd.DataFrame


def types_of(bundle: Bundle, genes: Sequence[str]) -> Fits:
    """Hold a list of genes against every type.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    genes : sequence of str
        Symbols of the reference, each once.

    Returns
    -------
    Fits
        Without rows for an empty list.

    Notes
    -----
    A gene's specificity to a type is its mean log expression there less its mean over the types that measured it, divided by the
    standard deviation over those types. Genes of one programme rise and fall together, so p-values are smaller than they would be
    for genes drawn one by one; read them as a ranking.
    """
    rows = [bundle.gene_rows[gene] for gene in genes]
    labels = bundle.table("cell_types")
    term_ids = [str(term) for term in labels.column(TYPE).to_pylist()]
    if not rows:
        return Fits((), pd.DataFrame(columns=list(FIT_COLUMNS)))
    measured = bundle.type_expression.n_cells >= MIN_CELLS
    listed = np.zeros(len(measured), dtype=np.bool_)
    listed[rows] = True
    names = type_names(bundle)
    table = pd.DataFrame(
        {
            TYPE: term_ids,
            "cell_type": [names.get(t, t) for t in term_ids],
            "n_cells": labels.column("n_cells").to_pylist(),
        }
    )
    table = table.join(_overlaps(bundle, term_ids, genes, measured, listed)).join(_ranks(bundle, measured, listed))
    for kind in ("overlap", "rank"):
        table[f"q_{kind}"] = _adjusted(table[f"p_{kind}"])
    best = table[["q_overlap", "q_rank"]].min(axis=1)
    order = table.assign(best=best, strength=-table["auc"].fillna(0)).sort_values(
        ["best", "strength"], kind="stable", ignore_index=True
    )
    return Fits(tuple(genes), order[list(FIT_COLUMNS)])


def flat(table: pd.DataFrame) -> pd.DataFrame:
    """Write the lists of genes in a table of `Fits` or of gene sets as text, for a file.

    Parameters
    ----------
    table : pandas.DataFrame
        With a column ``overlap`` or ``genes`` of tuples.

    Returns
    -------
    pandas.DataFrame
        A copy.
    """
    columns = [name for name in ("overlap", "genes") if name in table]
    return table.assign(**{name: [" ".join(genes) for genes in table[name]] for name in columns})


def _overlaps(
    bundle: Bundle,
    term_ids: Sequence[str],
    genes: Sequence[str],
    measured: npt.NDArray[np.bool_],
    listed: npt.NDArray[np.bool_],
) -> pd.DataFrame:
    contrasts = bundle.contrasts
    tested = contrasts[contrasts["background"] == BACKGROUND].set_index(TYPE)[["n_genes", "n_up"]].to_dict("index")
    higher = _higher(bundle, genes)
    out = []
    for column, term in enumerate(term_ids):
        both = higher.get(term, ())
        facts = tested.get(term, {"n_genes": 0, "n_up": 0})
        n_all, n_up = int(facts["n_genes"]), int(facts["n_up"])
        n_mine = min(max(int((measured[:, column] & listed).sum()), len(both)), n_all)
        p = scipy.stats.hypergeom.sf(len(both) - 1, n_all, n_up, n_mine) if n_up and n_mine else np.nan
        out.append((n_mine, n_up, n_all, len(both), both, float(p)))
    names = ["n_measured", "n_markers", "n_background", "n_overlap", "overlap", "p_overlap"]
    return pd.DataFrame(out, columns=names)


def _higher(bundle: Bundle, genes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the genes of the list that set each type apart upwards, the strongest first."""
    table = bundle.table("markers_by_gene", ["gene_symbol", "background", TYPE, "rank", "log2_fold_change"])
    wanted = pc.and_(
        pc.equal(table.column("background"), BACKGROUND),
        pc.is_in(table.column("gene_symbol"), value_set=pa.array(list(genes), pa.string())),
    )
    found = table.filter(wanted).to_pandas()
    found = found[found["rank"].notna() & (found["log2_fold_change"] > 0)].sort_values("rank", kind="stable")
    return {str(term): tuple(part["gene_symbol"].astype(str)) for term, part in found.groupby(TYPE)}


def _ranks(bundle: Bundle, measured: npt.NDArray[np.bool_], listed: npt.NDArray[np.bool_]) -> pd.DataFrame:
    specific = specificity(bundle.type_expression.mean, measured)
    out = []
    for column in range(measured.shape[1]):
        there = measured[:, column]
        mine, others = specific[there & listed, column], specific[there & ~listed, column]
        if len(mine) < MIN_GENES or not len(others):
            out.append((np.nan, np.nan))
            continue
        test = scipy.stats.mannwhitneyu(mine, others, alternative="greater", method="asymptotic")
        out.append((float(test.statistic) / (len(mine) * len(others)), float(test.pvalue)))
    return pd.DataFrame(out, columns=["auc", "p_rank"])


def specificity(mean: npt.NDArray[np.float32], measured: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Say how far each gene's mean in a type lies above its mean over types, in standard deviations over types.

    Parameters
    ----------
    mean : numpy.ndarray of float32, shape (n_genes, n_types)
        Mean log expression.
    measured : numpy.ndarray of bool, shape (n_genes, n_types)
        Whether the type has cells of a study that measured the gene.

    Returns
    -------
    numpy.ndarray of float64, shape (n_genes, n_types)
        0 where a gene does not vary, or was not measured.
    """
    n = np.maximum(measured.sum(axis=1, keepdims=True), 1)
    known = np.where(measured, mean, 0.0).astype(np.float64)
    centre = known.sum(axis=1, keepdims=True) / n
    away = np.where(measured, known - centre, 0.0)
    spread = np.sqrt((away**2).sum(axis=1, keepdims=True) / n)
    scaled: npt.NDArray[np.float64] = np.divide(away, spread, out=np.zeros_like(away), where=spread > 0)
    return scaled


def _adjusted(p: pd.Series[float]) -> npt.NDArray[np.float64]:
    """Adjust by Benjamini and Hochberg; what was not tested does not count."""
    values = p.to_numpy(dtype=np.float64)
    tested = ~np.isnan(values)
    adjusted = scipy.stats.false_discovery_control(np.clip(values[tested], 0, 1)) if tested.any() else np.empty(0)
    q = np.full(len(values), np.nan, dtype=np.float64)
    q[tested] = adjusted
    return np.asarray(q, dtype=np.float64)
