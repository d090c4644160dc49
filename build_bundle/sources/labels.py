"""The label that a source gives each cell, brought to the cells the doctor kept.

Not here: what a label means in ontology terms (`build_bundle.label.mapping`, `build_bundle.cells.selection`).
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from build_bundle.configuration.study_config import Labels, Select
from core.errors import SourceError
from core.expression.matrix import ExpressionMatrix, Names, RawMatrix

WORDS_MISSING = ""


def label_words(labels: Labels, table: Path | None, raw: RawMatrix, kept: ExpressionMatrix) -> pd.Series:
    """Return the source's label of every cell that the doctor kept.

    Parameters
    ----------
    labels : Labels
        Where the labels stand.
    table : Path, optional
        Local path of ``labels.table``.
    raw : RawMatrix
        The file as read.
    kept : ExpressionMatrix
        The cells after the doctor, cells x genes.

    Returns
    -------
    pandas.Series of str
        In the order of `kept`, "" where a cell has none.

    Raises
    ------
    SourceError
        Where the column is missing, or the table has not one row a cell.
    """
    if table is None:
        return metadata_column(kept, labels.column)
    words = _read_table(table, labels.column)
    names = _cell_names(raw, len(words))
    by_name = pd.Series(words.to_numpy(), index=names)
    if not by_name.index.is_unique:
        if len(words) != kept.n_obs:
            raise SourceError(f"The cell names repeat, so {table.name} cannot be matched to them.")
        return _clean(pd.Series(words.to_numpy()))
    return _clean(by_name.reindex(kept.obs_names).reset_index(drop=True))


def metadata_column(matrix: ExpressionMatrix, column: str) -> pd.Series:
    """Return one column of the cell metadata as text, "" where missing; SourceError names the columns there are."""
    if column not in matrix.obs.columns:
        known = ", ".join(map(str, matrix.obs.columns)) or "none"
        raise SourceError(
            f"The file has no metadata column {column!r} (it has: {known}).", next_step="Correct the configuration."
        )
    return _clean(matrix.obs[column].reset_index(drop=True))


def selected(matrix: ExpressionMatrix, rules: tuple[Select, ...]) -> pd.Series:
    """Return which cells the configuration's selections let through, as bool in the order of `matrix`."""
    chosen = pd.Series(data=True, index=range(matrix.n_obs))
    for rule in rules:
        values = metadata_column(matrix, rule.column)
        if rule.any_of:
            chosen &= values.isin(rule.any_of)
        chosen &= ~values.isin(rule.none_of)
    return chosen


def _clean(values: pd.Series) -> pd.Series:
    text: pd.Series = values.astype(object).where(values.notna(), WORDS_MISSING).astype(str).str.strip()
    return text


def _read_table(path: Path, column: str) -> pd.Series:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise SourceError(f"The label table {path.name} cannot be read: {error}.") from error
    if column not in table.columns:
        raise SourceError(f"The label table {path.name} has no column {column!r}.")
    return table[column]


def _cell_names(raw: RawMatrix, n_labels: int) -> Names:
    """Return the names of the axis that has as many entries as there are labels."""
    for names in (raw.matrix.obs_names, raw.matrix.var_names):
        if len(names) == n_labels:
            return names
    raise SourceError(
        f"There are {n_labels:,} labels, but the matrix is {raw.n_obs:,} x {raw.n_vars:,}: none of its sides fits."
    )
