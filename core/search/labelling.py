"""The table of labels: one row a query cell, what it is called and whether to trust it.

Not here: counting neighbours (``scoring``), the rules of trust (``confidence``), files (``core.result``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.schema import TYPE
from core.ontology.graph import Ontology
from core.search.calibration import LABEL, Calibration
from core.search.confidence import AMBIGUOUS, Backoff, statuses
from core.search.scoring import Labels

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

COLUMNS = (
    "cell_id", TYPE, "cell_type", "confidence", "runner_up_ontology_term_id", "n_studies", "status",
    "fraction_of_neighbors", "mean_distance", "parent_ontology_term_id", "parent_cell_type",
    "probability", "calibrated_ontology_term_id", "calibrated_cell_type", "calibrated_probability", "thin_reference",
)  # fmt: skip
"""Columns of ``labels.csv``.

`confidence` is the label's score; the parent columns are filled for ambiguous cells only. `probability` is that of the label
to be right, as held-out studies taught; the calibrated columns hold the narrowest term that is wrong in at most one of ten
cells (empty: no term is safe), and `thin_reference` says that few reference cells have the label. The
probabilities are missing, and the calibrated terms empty, where the bundle could not learn them.
"""


ENOUGH_CELLS = 75
"""The paper's least number of cells for a label: a type with fewer is thin."""


def is_thin(cell_types: pd.DataFrame) -> pd.Series:
    """Say of every type whether it has few reference cells.

    Parameters
    ----------
    cell_types : DataFrame
        The bundle's table, with the column ``n_cells``.

    Returns
    -------
    Series of bool
        In the order of the table.
    """
    return cell_types["n_cells"] < ENOUGH_CELLS


class Labeller:
    """Writes labels as a table, for one reference.

    Parameters
    ----------
    ontology : Ontology
        The bundle's subgraph.
    type_names : mapping of str to str
        Cell type id to name, in the order of the score columns.
    unknown_distance : float
        Mean distance to the 10 nearest neighbours above which a cell is unknown.
    calibration : Calibration, optional
        What held-out studies taught about right and wrong labels.
    thin : collection of str
        Type ids that few reference cells, or one study alone, have.
    """

    def __init__(
        self,
        ontology: Ontology,
        type_names: Mapping[str, str],
        unknown_distance: float,
        *,
        calibration: Calibration | None = None,
        thin: Collection[str] = (),
    ) -> None:
        self._calibration = calibration
        self._is_thin = np.array([name in thin for name in type_names], dtype=bool)
        self.type_ids = list(type_names)
        self.unknown_distance = unknown_distance
        self._type_names = np.array([*type_names.values(), ""], dtype=object)
        self._type_ids = np.array([*type_names, ""], dtype=object)
        self._backoff = Backoff(ontology, self.type_ids)
        above = self._backoff.term_ids
        self._parent_ids = np.array([*above, ""], dtype=object)
        self._parent_names = np.array([*(ontology.name(t) for t in above), ""], dtype=object)

    def table(self, cell_ids: Sequence[str], scores: Floats, labels: Labels, threshold: float) -> pd.DataFrame:
        """Return the labels as a table.

        Parameters
        ----------
        cell_ids : sequence of str
            Names of the cells.
        scores : ndarray of float32, n x n_types
            Rows sum to 1.
        labels : Labels
            What the neighbours say.
        threshold : float
            Smallest score of a confident label.

        Returns
        -------
        pandas.DataFrame
            `COLUMNS`, one row a cell.
        """
        rows = np.arange(len(labels.label))
        table = pd.DataFrame(
            {
                "cell_id": pd.Series(cell_ids, dtype="str"),
                TYPE: pd.Series(self._type_ids[labels.label], dtype="str"),
                "cell_type": pd.Series(self._type_names[labels.label], dtype="str"),
                "confidence": scores[rows, labels.label],
                "runner_up_ontology_term_id": pd.Series(self._type_ids[labels.runner_up], dtype="str"),
                "n_studies": labels.n_studies,
                "fraction_of_neighbors": labels.fraction,
                "mean_distance": labels.mean_distance,
                **self._calibrated(scores, labels),
                "thin_reference": self._is_thin[labels.label],
            }
        )
        return self._judged(table, scores, labels.label, threshold)

    def _calibrated(self, scores: Floats, labels: Labels) -> dict[str, pd.Series | Floats]:
        """Return the columns that rest on held-out studies."""
        n = len(labels.label)
        probability = answered = np.full(n, np.nan, dtype=np.float32)
        ids = names = np.full(n, "", dtype=object)
        if self._calibration is not None:
            place, answered = self._calibration.answer(self._backoff, scores, labels.label, labels.mean_distance)
            probability = self._calibration.of_labels(scores, labels.label, labels.mean_distance).astype(np.float32)
            wider = np.where(place >= 0, place, -1)  # the last entry of the parents' arrays is empty
            own = place == LABEL
            ids = np.where(own, self._type_ids[labels.label], self._parent_ids[wider])
            names = np.where(own, self._type_names[labels.label], self._parent_names[wider])
        return {
            "probability": probability,
            "calibrated_ontology_term_id": pd.Series(ids, dtype="str"),
            "calibrated_cell_type": pd.Series(names, dtype="str"),
            "calibrated_probability": answered,
        }

    def judge_again(self, table: pd.DataFrame, scores: Floats, threshold: float) -> pd.DataFrame:
        """Return the table for another threshold; labels and scores stay.

        Parameters
        ----------
        table : pandas.DataFrame
            As `table` made it.
        scores : ndarray of float32, n x n_types
            The scores behind it.
        threshold : float
            Smallest score of a confident label.

        Returns
        -------
        pandas.DataFrame
            A copy with other statuses and parents.
        """
        place = {t: i for i, t in enumerate(self.type_ids)}
        label: Ints = np.array([place[t] for t in table[TYPE]], dtype=np.int32)
        return self._judged(table, scores, label, threshold)

    def _judged(self, table: pd.DataFrame, scores: Floats, label: Ints, threshold: float) -> pd.DataFrame:
        status = statuses(
            table["confidence"].to_numpy(),
            table["mean_distance"].to_numpy(),
            threshold=threshold,
            unknown_distance=self.unknown_distance,
        )
        unsure = np.flatnonzero(status == AMBIGUOUS)
        parent = np.full(len(table), -1, dtype=np.int32)
        parent[unsure] = self._backoff.narrowest(scores[unsure], label[unsure], threshold)
        judged = table.assign(
            status=pd.Series(status, dtype="str"),
            parent_ontology_term_id=pd.Series(self._parent_ids[parent], dtype="str"),
            parent_cell_type=pd.Series(self._parent_names[parent], dtype="str"),
        )
        return judged[list(COLUMNS)]
