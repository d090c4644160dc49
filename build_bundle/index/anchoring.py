"""The reference's cells drawn to the middle of their type, so that a badly measured cell does not stand among strangers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.schema import TYPE
from core.vectors import unit_rows

Floats = npt.NDArray[np.float32]
ANCHOR_WEIGHT = np.float32(3.0)
"""Of a type's middle against a cell's own place. What is left of the own place orders the cells of a type, so that the
nearest are still those most like the query."""


def anchored(embedding: Floats, cells: pd.DataFrame) -> Floats:
    """Draw reference cells towards the middle of their type.

    Parameters
    ----------
    embedding : ndarray of float32, n x n_latent
        Places of the reference's cells as the encoder gives them, rows of length 1.
    cells : pandas.DataFrame
        Their ``cell_type_ontology_term_id`` and ``study``, n rows in the same order.

    Returns
    -------
    ndarray of float32, n x n_latent
        Rows of length 1: u(e + 3 m), where m is the middle of the cell's type and u divides by the length. The middle is
        the mean over studies of each study's mean, of length 1: a large study does not outvote the others.
    """
    of_set, sets = _codes(cells[TYPE].astype(str) + "\t" + cells["study"].astype(str))
    first = np.unique(of_set, return_index=True)[1]
    of_type, types = _codes(cells[TYPE].astype(str).iloc[first])
    by_set = unit_rows(_means(embedding, of_set, sets))
    middles = unit_rows(_means(by_set, of_type, types))
    drawn: Floats = embedding + ANCHOR_WEIGHT * middles[of_type][of_set]
    return unit_rows(drawn)


def _codes(keys: pd.Series) -> tuple[npt.NDArray[np.int64], int]:
    codes, found = pd.factorize(keys, sort=True)
    return codes.astype(np.int64), len(found)


def _means(rows: Floats, codes: npt.NDArray[np.int64], n: int) -> Floats:
    sums = np.zeros((n, rows.shape[1]), dtype=np.float64)
    np.add.at(sums, codes, rows)
    return (sums / np.bincount(codes, minlength=n)[:, np.newaxis]).astype(np.float32)
