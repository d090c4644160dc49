"""The reference studies behind the selected cells (the paper's Figure 5d)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.explore.naming import positions, type_names
from core.explore.query import Mask, Query
from core.explore.reference import year
from core.search.scoring import similarity

COLUMNS = (
    "study", "accession", "title", "pubmed_id", "similarity", "summed_similarity", "n_hits", "share", "n_types", "types",
    "technology", "tissue", "year",
)  # fmt: skip
MAX_NAMED_TYPES = 5
BLOCK = 10_000


def studies(bundle: Bundle, result: Query, mask: Mask) -> pd.DataFrame:
    """Sum the similarity of the selected cells' neighbours by study (science 7).

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query with its neighbours.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells.

    Returns
    -------
    pandas.DataFrame
        One row a study in use, largest summed similarity first, studies without a hit last: ``study``, ``accession`` (None where there is
        none), ``title``, ``pubmed_id`` (None), ``similarity`` (mean of s = 1/(1+D) over the hits, NaN without hits),
        ``summed_similarity``, ``n_hits``, ``share`` of all hits 0..1, ``n_types`` and ``types`` (the most frequent types among the hits),
        ``technology``, ``tissue``, ``year`` (None where unknown).
    """
    table = bundle.studies.loc[bundle.studies["status"] == "used"].reset_index(drop=True)
    type_ids = bundle.cell_types[TYPE]
    hits = _hits(bundle, result, mask, pd.Index(table["study"]), pd.Index(type_ids))
    table["n_hits"] = hits.by_type.sum(axis=1)
    table["summed_similarity"] = hits.similarity
    table["similarity"] = hits.similarity / table["n_hits"].where(table["n_hits"] > 0)
    table["share"] = table["n_hits"] / max(int(hits.by_type.sum()), 1)
    table["n_types"] = (hits.by_type > 0).sum(axis=1)
    names = type_names(bundle)
    table["types"] = [_most_frequent(row, [names.get(t, t) for t in type_ids]) for row in hits.by_type]
    table["year"] = table["release_date"].map(year).astype(object)
    ids = ["accession", "pubmed_id"]
    table[ids] = table[ids].astype(object).where(table[ids].notna(), None)
    table = table.sort_values("summed_similarity", ascending=False, kind="stable", ignore_index=True)
    return table[list(COLUMNS)]


class _Hits(NamedTuple):
    """Neighbours of the selected cells: sum of s by study, and counts by study and type."""

    similarity: npt.NDArray[np.float64]
    by_type: npt.NDArray[np.int64]


def _hits(bundle: Bundle, result: Query, mask: Mask, studies_in_use: pd.Index, type_ids: pd.Index) -> _Hits:
    """Count in blocks of cells: 100,000 cells have ten million neighbours."""
    cells = bundle.cells
    study = positions(cells["study"], studies_in_use.tolist())
    type_ = positions(cells[TYPE], type_ids.tolist())
    pair = study * len(type_ids) + type_
    summed = np.zeros(len(studies_in_use))
    by_type = np.zeros(len(studies_in_use) * len(type_ids), dtype=np.int64)
    chosen = np.flatnonzero(mask)
    for start in range(0, len(chosen), BLOCK):
        rows = chosen[start : start + BLOCK]
        ids = np.asarray(result.neighbor_ids[rows]).ravel()
        distances = np.asarray(result.distances[rows]).ravel()
        found = ids >= 0
        ids, s = ids[found], similarity(distances[found])
        summed += np.bincount(study[ids], weights=s, minlength=len(summed))
        by_type += np.bincount(pair[ids], minlength=len(by_type))
    return _Hits(summed, by_type.reshape(len(studies_in_use), len(type_ids)))


def _most_frequent(counts: npt.NDArray[np.int64], names: list[str]) -> str:
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    return "; ".join(names[i] for i in order[:MAX_NAMED_TYPES]) + "; ..." * (len(order) > MAX_NAMED_TYPES)
