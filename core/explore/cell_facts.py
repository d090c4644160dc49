"""What a map says of one query cell: its name, its label and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.bundle.schema import TYPE
from core.explore.query import Query
from core.search.confidence import AMBIGUOUS

Codes = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class CellFacts:
    """Facts about query cells, in file order.

    Parameters
    ----------
    names : numpy.ndarray of object, shape (n_query,)
        Names of the cells, as the file has them.
    label, runner_up : numpy.ndarray of int16, shape (n_query,)
        Positions among the types asked for; a cell unknown to the reference has the label it is nearest to, -1 means none.
    score, runner_up_score : numpy.ndarray of float32, shape (n_query,)
        Their scores, 0..1; 0 where there is no runner-up.
    is_ambiguous : numpy.ndarray of bool, shape (n_query,)
        Whether the label does not reach the confidence level.
    """

    names: npt.NDArray[np.object_]
    label: Codes
    score: Floats
    runner_up: Codes
    runner_up_score: Floats
    is_ambiguous: npt.NDArray[np.bool_]


def cell_facts(result: Query, type_ids: tuple[str, ...]) -> CellFacts:
    """Collect the facts about all query cells.

    Parameters
    ----------
    result : Query
        The query.
    type_ids : tuple of str
        The types that codes refer to.

    Returns
    -------
    CellFacts
        100,000 cells take about 0.2 s.
    """
    labels = result.labels
    runner_up = labels["runner_up_ontology_term_id"]
    column = _codes(runner_up.to_numpy(), tuple(result.type_ids))
    rows = np.arange(result.n_query)
    return CellFacts(
        names=labels["cell_id"].to_numpy(dtype=object),
        label=_codes(labels[TYPE].to_numpy(), type_ids),
        score=labels["confidence"].to_numpy(dtype=np.float32),
        runner_up=_codes(runner_up.to_numpy(), type_ids),
        runner_up_score=np.where(column >= 0, result.scores[rows, column], 0).astype(np.float32),
        is_ambiguous=(labels["status"] == AMBIGUOUS).to_numpy(dtype=np.bool_),
    )


def _codes(keys: npt.NDArray[np.object_], vocabulary: tuple[str, ...]) -> Codes:
    """Give the position of each key, -1 for one that is not there."""
    position = {key: i for i, key in enumerate(vocabulary)}
    return np.fromiter((position.get(str(key), -1) for key in keys), dtype=np.int16, count=len(keys))
