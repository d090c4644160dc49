"""A result looked at with wider cell types: the same neighbours, counted under other labels.

Every number is computed as for the finest types (`core.annotation`), so scores of a wider type are the sums of its types'
scores, and the label is chosen among the wider types. Nothing is written.
"""

from __future__ import annotations

from functools import cached_property

import pandas as pd

from core.explore import heatmap
from core.reference import Reference
from core.result import Arrays, Floats, QueryResult, count_statuses
from core.search.scoring import label_cells, score_types


class CoarserResult(QueryResult):
    """A result under wider types.

    Parameters
    ----------
    result : QueryResult
        As written.
    reference : Reference
        The result's reference at the level wanted.
    level : int
        Steps away from the finest types.
    """

    def __init__(self, result: QueryResult, reference: Reference, level: int) -> None:
        super().__init__(result.folder, result.report)
        self._finest = result
        self._reference = reference
        options = {**result.report["options"], "level": level}
        self.report = {**result.report, "options": options, "counts": count_statuses(self.labels)}

    @property
    def n_query(self) -> int:
        """Number of query cells."""
        return self._finest.n_query

    @cached_property
    def labels(self) -> pd.DataFrame:
        """Columns of ``labels.csv``, for the wider types."""
        neighbors, reference = self.neighbor_ids, self._reference
        sizes = reference.type_sizes(self.report["options"]["leave_out"])
        votes = label_cells(reference.type_codes[neighbors], reference.study_codes[neighbors], self.distances, sizes)
        cell_ids = self._finest.labels["cell_id"].tolist()
        return reference.labeller.table(cell_ids, self.scores, votes, self._finest.report["options"]["threshold"])

    @cached_property
    def scores(self) -> Floats:
        """Scores, float32, n_query x n_types of this level, rows sum to 1."""
        return score_types(self._reference.type_codes[self.neighbor_ids], self.distances, len(self.type_ids))

    @cached_property
    def type_ids(self) -> list[str]:
        """Ids of the wider types, in the order of the columns of `scores`."""
        return list(self._reference.labeller.type_ids)

    @cached_property
    def heatmap(self) -> Arrays:
        """Arrays of `core.explore.heatmap.prepare` for the wider types."""
        return heatmap.prepare(self.scores)
