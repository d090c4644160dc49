"""Shares of cell types among selected query cells, with ambiguous and unknown cells kept apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.explore.naming import type_names
from core.explore.query import Query
from core.search.confidence import AMBIGUOUS, CONFIDENT, UNKNOWN

COLUMNS = ("type_id", "type_name", "n_confident", "n_low", "n", "share")


@dataclass(frozen=True)
class CompositionView:
    """Cells by type.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a type, most cells first: ``type_id``, ``type_name``, ``n_confident``, ``n_low`` (ambiguous cells whose label
        is this type), ``n`` = both, ``share`` of the selection 0..1.
    parents : pandas.DataFrame
        The ambiguous cells by the wider type they carry: ``type_id``, ``type_name``, ``n``; most first.
    n_selected, n_confident, n_ambiguous, n_unknown : int
        Cells; the last three sum to the first. The table's ``n`` and `n_unknown` sum to `n_selected` too.
    """

    table: pd.DataFrame
    parents: pd.DataFrame
    n_selected: int
    n_confident: int
    n_ambiguous: int
    n_unknown: int


def composition(bundle: Bundle, result: Query, mask: npt.NDArray[np.bool_]) -> CompositionView:
    """Count the selected cells by type.

    Parameters
    ----------
    bundle : Bundle
        For the names of types.
    result : Query
        The query.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells.

    Returns
    -------
    CompositionView
        Tables and totals; empty tables for no cells.
    """
    labels = result.labels.loc[mask]
    names = type_names(bundle)
    status = labels["status"]
    confident, low = status == CONFIDENT, status == AMBIGUOUS
    counts = pd.DataFrame(
        {
            "n_confident": labels.loc[confident, TYPE].value_counts(),
            "n_low": labels.loc[low, TYPE].value_counts(),
        }
    )
    counts = counts.fillna(0).astype(np.int64)
    counts["n"] = counts["n_confident"] + counts["n_low"]
    table = counts.rename_axis("type_id").reset_index()
    table["type_name"] = [names.get(i, i) for i in table["type_id"]]
    table["share"] = table["n"] / max(len(labels), 1)
    table = table.sort_values(["n", "type_name"], ascending=[False, True], ignore_index=True)[list(COLUMNS)]
    return CompositionView(
        table=table,
        parents=_parents(labels.loc[low], names=dict(names)),
        n_selected=len(labels),
        n_confident=int(confident.sum()),
        n_ambiguous=int(low.sum()),
        n_unknown=int((status == UNKNOWN).sum()),
    )


def saved_composition(view: CompositionView) -> pd.DataFrame:
    """Write a composition as one table, for a file.

    Parameters
    ----------
    view : CompositionView
        Counts of cells.

    Returns
    -------
    pandas.DataFrame
        ``type_id``, ``type_name``, ``n_confident``, ``n_ambiguous``, ``n``, ``share`` (0..1 of all cells counted). Unknown cells are the
        last row, if there are any, so that ``n`` sums to all cells.
    """
    table = view.table.rename(columns={"n_low": "n_ambiguous"})
    if not view.n_unknown:
        return table
    unknown = {
        "type_id": "unknown", "type_name": "unknown", "n_confident": 0, "n_ambiguous": 0, "n": view.n_unknown,
        "share": view.n_unknown / view.n_selected,
    }  # fmt: skip
    return pd.concat([table, pd.DataFrame([unknown])], ignore_index=True) if len(table) else pd.DataFrame([unknown])


def type_ranks(bundle: Bundle, result: Query) -> tuple[str, ...]:
    """Order types by their share in the whole query; colours are given out in this order.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query.

    Returns
    -------
    tuple of str
        Ids of the types that label a query cell, most cells first. Does not depend on the selection, so neither do colours.
    """
    everything = composition(bundle, result, np.ones(result.n_query, dtype=np.bool_))
    return tuple(everything.table["type_id"])


def _parents(ambiguous: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    counts = ambiguous["parent_ontology_term_id"].replace("", np.nan).dropna().value_counts()
    table = counts.rename_axis("type_id").reset_index(name="n")
    table.insert(1, "type_name", [names.get(i, i) for i in table["type_id"]])
    return table
