"""How every compared model retrieves every cell type: the numbers of a heatmap like Fig. 3 of the paper."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from core.bundle.schema import ALL, ENCODER, RARE, TYPE

METRIC = "mafp_weighted"
GATHERED = (ALL, RARE)  # rows of the evaluation that are no type


def model_types(evaluation: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return MAFP by query type and model.

    Parameters
    ----------
    evaluation : pandas.DataFrame
        The bundle's ``evaluation`` table.
    names : mapping of str to str
        Type id to name; a type without one is called by its id.

    Returns
    -------
    pandas.DataFrame
        One row a query type, most held-out cells first: ``type_id``, ``type_name``, ``n_query``, then a column a model, the
        bundle's encoder first: mean over held-out studies, 0..1, missing where a model was not asked. Whole studies held
        out where the bundle has that split, else single types of single studies.
    """
    rows = evaluation[(evaluation["metric"] == METRIC) & (evaluation["held_out"] == ALL)]
    rows = rows[~rows[TYPE].isin(GATHERED)]
    split = "study" if (rows["split"] == "study").any() else "pair"
    rows = rows[rows["split"] == split]
    wide = rows.pivot_table(index=TYPE, columns="model", values="value")
    models = sorted(wide.columns, key=lambda model: (model != ENCODER, model))
    sizes = rows.groupby(TYPE)["n_query"].max()
    table = wide[models].assign(n_query=sizes).rename_axis("type_id").rename_axis(None, axis=1).reset_index()
    table.insert(1, "type_name", [names.get(name, name) for name in table["type_id"]])
    table = table[["type_id", "type_name", "n_query", *models]]
    return table.sort_values(["n_query", "type_name"], ascending=[False, True], ignore_index=True)
