"""How every model of a network study retrieves every cell type: the numbers of a heatmap like Fig. 3 of the paper."""

from __future__ import annotations

import pandas as pd

from core.bundle.schema import TYPE
from core.bundle.schema_networks import FIRST_FAMILIES


def models_by_type(table: pd.DataFrame, models: pd.DataFrame, *, first: str = "") -> dict[str, pd.DataFrame]:
    """Return MAFP by query type and model, for every reference of a study.

    Parameters
    ----------
    table : pandas.DataFrame
        The bundle's ``models_by_type`` table.
    models : pandas.DataFrame
        Its ``models`` table.
    first : str
        Reference that comes first, where the study has it; the others by name.

    Returns
    -------
    dict of str to pandas.DataFrame
        By name of the reference: one row a query type, ``type_id``, ``type_name``, ``n_query`` (cells), ``n_studies``, then
        a column a model, 0..1, missing where a model was not asked. Types by their mean over models, best first; models in
        the order of their table (by hold-outs inside the training studies), but the default and what it is held against
        first. Models without any figure have no column.
    """
    order = _drawing_order(models)
    names = sorted(table["reference"].unique(), key=lambda name: (name != first, name))
    return {name: _wide(table[table["reference"] == name], order) for name in names}


def _drawing_order(models: pd.DataFrame) -> list[str]:
    ranks = {family: rank for rank, family in enumerate(FIRST_FAMILIES)}
    rank = models["family"].map(ranks).fillna(len(ranks))
    return [str(name) for name in models["model"].loc[rank.sort_values(kind="stable").index]]


def _wide(rows: pd.DataFrame, order: list[str]) -> pd.DataFrame:
    types = rows.groupby(TYPE).agg(
        type_name=("cell_type", "first"), n_query=("n_cells", "max"), n_studies=("n_studies", "max")
    )
    wide = rows.pivot_table(index=TYPE, columns="model", values="mafp")
    shown = [name for name in order if name in wide.columns]
    table = types.join(wide[shown]).rename_axis("type_id").reset_index()
    best = table.assign(mean=table[shown].mean(axis=1)).sort_values(["mean", "type_name"], ascending=[False, True])
    return table.loc[best.index].reset_index(drop=True)
