"""Finding the axis that holds the genes, and those of a file's names for them that are known best."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.expression.findings import Level
from core.expression.genes import GeneNames, Resolution
from core.expression.matrix import ExpressionMatrix, Names, RawMatrix, as_names
from core.expression.species import are_ids_of_another_kind, shares_of_known_ids

_SAMPLE = 3_000  # names that are looked at to tell the axes apart
MIN_ENTREZ_SHARE = 0.6  # any list of small numbers matches some NCBI gene ids; a list of genes nearly all
_MAX_TEXT_COLUMNS = 20  # text columns that are tried as gene names


@dataclass(frozen=True, eq=False)
class Oriented:
    """A matrix with cells in rows, and the gene names that serve best.

    Parameters
    ----------
    matrix : ExpressionMatrix
        Cells x genes, values as in the file.
    names : list of str
        Gene names as in the file.
    resolution : Resolution
        What they are in the reference.
    text : str
        For the finding.
    level : str
        Level of the finding.
    """

    matrix: ExpressionMatrix
    names: list[str]
    resolution: Resolution
    text: str
    level: Level


def orient(raw: RawMatrix, names: GeneNames) -> Oriented:
    """Find the genes and turn the matrix when they are in rows.

    Parameters
    ----------
    raw : RawMatrix
        As read.
    names : GeneNames
        Gene names of the reference's organism.

    Returns
    -------
    Oriented
        Where neither axis holds known genes, the matrix stays as it is.
    """
    columns = {"column names": raw.matrix.var_names, **raw.other_var_names}
    rows = {"row names": raw.matrix.obs_names, **dict(_text_columns(raw.matrix.obs))}
    in_columns, by_column = _best(columns, names)
    in_rows, by_row = _best(rows, names)
    matrix, text, level = raw.matrix, "Cells in rows, genes in columns. Read as they are.", "ok"
    place, chosen = in_columns, columns[in_columns]
    if by_row > by_column or (by_row == by_column == 0 and _only_rows_are_features(raw.matrix)):
        place, chosen = in_rows, rows[in_rows]
        matrix = _turned(raw.matrix, chosen)
        text = "Genes in rows, cells in columns. Turned here."
        level = "info" if raw.orientation_known else "ok"
    elif by_column == 0:
        text, level = "Not decided: no axis has names of known genes.", "info"
    elif raw.format.startswith(("10x", "Matrix", "Loom")):
        text = "Genes and cells are where the format puts them."
    if place not in {"column names", "row names"}:
        text = f"{text} Genes are named by {place}."
    listed = chosen.tolist()
    return Oriented(matrix, listed, names.resolve(listed), text, level)  # type: ignore[arg-type]


def _only_rows_are_features(matrix: ExpressionMatrix) -> bool:
    """Tell whether the rows have ids of features that are no genes, such as probes: then the reason must be told of them."""
    rows, columns = matrix.obs_names.tolist(), matrix.var_names.tolist()
    return are_ids_of_another_kind(rows) and not are_ids_of_another_kind(columns)


def _text_columns(obs: pd.DataFrame) -> Iterator[tuple[str, Names]]:
    """Give the text columns of the rows whose values are nearly all different, as names are."""
    for label in list(obs.columns)[:_MAX_TEXT_COLUMNS]:
        column = obs[label]
        if not pd.api.types.is_numeric_dtype(column) and column.nunique() > 0.8 * len(column):
            yield f"column {label}", as_names(column.fillna("").to_numpy(dtype=object))


def _best(candidates: Mapping[str, Names], names: GeneNames) -> tuple[str, float]:
    """Return the list of names with the most known genes, and about how many."""
    scores = {place: _score(listed, names) for place, listed in candidates.items()}
    best = max(scores, key=lambda place: scores[place])
    return best, scores[best]


def _score(listed: Names, names: GeneNames) -> float:
    """Estimate how many names are genes, known here or of another species."""
    if len(listed) == 0 or _counting(listed):
        return 0.0
    sample = _sampled(listed)
    found = names.resolve(sample)
    if found.id_type == "entrez" and found.share < MIN_ENTREZ_SHARE:
        return 0.0
    return max(found.share, shares_of_known_ids(sample).total() / len(sample)) * len(listed)


def _sampled(listed: Names) -> Sequence[str]:
    if len(listed) <= _SAMPLE:
        return list(listed)
    return list(listed[np.linspace(0, len(listed) - 1, _SAMPLE).astype(int)])


def _counting(listed: Names) -> bool:
    """Tell whether names merely number the rows: they must not be taken for NCBI gene ids."""
    first = listed[0]
    return first.isdecimal() and all(name == str(i) for i, name in enumerate(listed, start=int(first[:18])))


def _turned(matrix: ExpressionMatrix, genes: Names) -> ExpressionMatrix:
    return ExpressionMatrix(matrix.x.T.tocsr(), matrix.var_names, genes)
