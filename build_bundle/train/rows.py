"""Which cells a network learns from: a bounded, even choice over types and parts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.holdout import NOTHING, Holdout
from core.bundle.schema import TYPE

Rows = npt.NDArray[np.int64]


def choose_rows(corpus: Corpus, *, split: str, per_type: int, seed: int, holdout: Holdout = NOTHING) -> dict[str, Rows]:
    """Choose at most `per_type` reference cells of every type in every part.

    Parameters
    ----------
    corpus : Corpus
        Cells with ``split`` set.
    split : str
        "train" or "validation".
    per_type : int
        Most cells taken of one (type, part).
    seed : int
        Seed of the choice.
    holdout : Holdout
        What is left out.

    Returns
    -------
    dict of str to ndarray of int64
        Part -> ascending rows of ``corpus.cells``; parts without a cell are absent.
    """
    cells = corpus.cells.iloc[: corpus.n_ref]
    wanted = cells[(cells["split"] == split) & ~holdout.covers(cells)]
    rng = np.random.default_rng([seed, len(split)])
    chosen = [at_most(group.index.to_numpy(), per_type, rng) for _, group in wanted.groupby(["part", TYPE], sort=True)]
    if not chosen:
        return {}
    rows = np.sort(np.concatenate(chosen)).astype(np.int64)
    return {
        str(part): group.index.to_numpy(dtype=np.int64)
        for part, group in pd.Series(rows, index=rows).groupby(cells["part"].to_numpy()[rows], sort=False)
    }


def at_most(rows: npt.NDArray[np.int64], n: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the rows, or `n` of them chosen at random where there are more."""
    return rows if len(rows) <= n else rng.choice(rows, n, replace=False)
