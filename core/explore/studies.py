"""The reference studies behind the selected cells (the paper's Figure 5d)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.reader import Bundle
from core.explore.naming import type_names
from core.explore.query import Query
from core.explore.reference import year

COLUMNS = (
    "study", "accession", "title", "pubmed_id", "similarity", "summed_similarity", "n_hits", "share", "n_types", "types",
    "technology", "tissue", "year",
)  # fmt: skip
MAX_NAMED_TYPES = 5


def studies(bundle: Bundle, result: Query, mask: npt.NDArray[np.bool_]) -> pd.DataFrame:
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
    hits = _hits(bundle, result, mask)
    by_study = hits.groupby("study")["s"].agg(["mean", "sum", "size"])
    table = bundle.studies.loc[bundle.studies["status"] == "used"].set_index("study")
    table = table[["accession", "title", "pubmed_id", "technology", "tissue", "release_date"]].join(by_study)
    table["similarity"] = table["mean"]
    table["summed_similarity"] = table["sum"].fillna(0.0)
    table["n_hits"] = table["size"].fillna(0).astype(np.int64)
    table["share"] = table["n_hits"] / max(len(hits), 1)
    types = _types_by_study(hits, dict(type_names(bundle)))
    table["n_types"] = [types.get(study, (0, ""))[0] for study in table.index]
    table["types"] = [types.get(study, (0, ""))[1] for study in table.index]
    table["year"] = table["release_date"].map(year).astype(object)
    table[["accession", "pubmed_id"]] = (
        table[["accession", "pubmed_id"]].astype(object).where(table[["accession", "pubmed_id"]].notna(), None)
    )
    table = table.sort_values("summed_similarity", ascending=False, kind="stable").reset_index()
    return table[list(COLUMNS)]


def _hits(bundle: Bundle, result: Query, mask: npt.NDArray[np.bool_]) -> pd.DataFrame:
    ids, distances = result.neighbor_ids[mask].ravel(), result.distances[mask].ravel()
    found = ids >= 0
    cells = bundle.cells.iloc[ids[found]]
    return pd.DataFrame(
        {
            "study": cells["study"].to_numpy(),
            "type_id": cells["cell_type_ontology_term_id"].to_numpy(),
            "s": 1.0 / (1.0 + distances[found].astype(np.float64)),
        }
    )


def _types_by_study(hits: pd.DataFrame, names: dict[str, str]) -> dict[str, tuple[int, str]]:
    out = {}
    for study, types in hits.groupby("study")["type_id"]:
        frequent = types.value_counts()
        named = "; ".join(names.get(str(i), str(i)) for i in frequent.index[:MAX_NAMED_TYPES])
        out[str(study)] = (len(frequent), named + ("; ..." if len(frequent) > MAX_NAMED_TYPES else ""))
    return out
