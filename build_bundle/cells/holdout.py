"""Which cells a training or a reference must not contain, so that they can serve as honest queries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.schema import TYPE


@dataclass(frozen=True)
class Holdout:
    """Studies, or single types of single studies, that are held out.

    Parameters
    ----------
    studies : frozenset of str
        Whole studies.
    pairs : frozenset of (type, study)
        One type of one study each.
    """

    studies: frozenset[str] = frozenset()
    pairs: frozenset[tuple[str, str]] = frozenset()

    def covers(self, table: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Say which rows are held out.

        Parameters
        ----------
        table : pandas.DataFrame
            Columns ``study`` and ``cell_type_ontology_term_id``: cells, or rows that only teach.

        Returns
        -------
        ndarray of bool
            One entry a row.
        """
        held = table["study"].isin(list(self.studies)).to_numpy(dtype=bool)
        if self.pairs:
            keys = zip(table[TYPE], table["study"], strict=True)
            held = held | np.fromiter((key in self.pairs for key in keys), dtype=bool, count=len(table))
        return held


NOTHING = Holdout()
