"""What held-out cells say about right and wrong answers: every term that could have been the answer, and whether it was."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.holdout import Holdout
from build_bundle.evaluate.representations import as_searched
from build_bundle.evaluate.retrieval import retrieve
from build_bundle.train.encoder import TrainedEncoder
from core.bundle.schema import TYPE
from core.ontology.graph import Ontology
from core.search.confidence import Backoff
from core.search.scoring import label_cells, score_types

Codes = npt.NDArray[np.int32]
MOST_CELLS = 500  # of one study: more would teach little and cost time
COLUMNS = ("held_out", "cell", "known", "is_label", "share", "mean_distance", "right")


def trust_rows(
    corpus: Corpus, holdout: Holdout, studies: frozenset[str], trained: TrainedEncoder, *, k: int, seed: int
) -> pd.DataFrame:
    """Put held-out cells to the rest of the reference and judge every term that could be the answer.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    holdout : Holdout
        What the encoder has not seen, and what cannot be retrieved.
    studies : frozenset of str
        Held-out studies that are asked; all their cells take part, whether the rest has their type or not.
    trained : TrainedEncoder
        Trained without `holdout`.
    k : int
        Neighbours.
    seed : int
        Seed of the choice where a study has more than 500 cells.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`, one row for each cell's label and each term above it, narrowest first: whether the rest of the
        reference has the cell's type (`known`), the summed score of the types at or below the term (`share`), and whether
        the cell's true type stands at or below it (`right`).
    """
    cells = corpus.cells.iloc[: corpus.n_ref]
    reference = ~holdout.covers(cells)
    asked = _asked(cells, studies, seed)
    if not asked.any() or reference.sum() < k:
        return pd.DataFrame(columns=list(COLUMNS))
    types = cells[TYPE].astype("category")
    codes: Codes = np.asarray(types.cat.codes, dtype=np.int32)
    names = types.cat.categories.tolist()
    encoder = trained.encoder
    ids, distances = retrieve(
        corpus, _all_rows(corpus, reference), _all_rows(corpus, asked), as_searched(encoder), encoder.inputs, k=k
    )
    rows = np.flatnonzero(asked)
    judged = judged_rows(
        codes[ids],
        distances,
        codes[rows],
        np.bincount(codes[reference], minlength=len(names)),
        Backoff(_ontology(corpus), names),
    )
    studies_of = cells["study"].to_numpy(dtype=object)[rows]
    return judged.assign(held_out=studies_of[judged["cell"]], cell=rows[judged["cell"]])[list(COLUMNS)]


def judged_rows(
    found: Codes, distances: npt.NDArray[np.float32], truth: Codes, sizes: npt.NDArray[np.int64], backoff: Backoff
) -> pd.DataFrame:
    """Judge every term that could be the answer for cells whose neighbours are known.

    Parameters
    ----------
    found : ndarray of int32, n x k
        Types of the neighbours, nearest first.
    distances : ndarray of float32, n x k
        Ascending.
    truth : ndarray of int32, n
        Type of each cell.
    sizes : ndarray of int64, n_types
        Cells of each type that could have been retrieved.
    backoff : Backoff
        The terms above the types.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS` without ``held_out``; ``cell`` counts from 0.
    """
    n_types = len(backoff.type_ids)
    scores = score_types(found, distances, n_types)
    labels = label_cells(found, np.zeros_like(found, dtype=np.int32), distances, sizes)
    rows = np.arange(len(truth))
    share = np.concatenate([scores[rows, labels.label][:, np.newaxis], backoff.shares(scores)], axis=1)
    right = np.concatenate([(labels.label == truth)[:, np.newaxis], backoff.holds(truth)], axis=1)
    possible = np.concatenate([np.ones((len(truth), 1), dtype=bool), backoff.above(labels.label)], axis=1)
    cell, term = np.nonzero(possible)  # the label first, then the narrowest term above it, ...
    return pd.DataFrame({
        "cell": cell,
        "known": (sizes[truth] > 0)[cell],
        "is_label": term == 0,
        "share": share[cell, term],
        "mean_distance": labels.mean_distance[cell],
        "right": right[cell, term],
    })  # fmt: skip


def _asked(cells: pd.DataFrame, studies: frozenset[str], seed: int) -> npt.NDArray[np.bool_]:
    rng = np.random.default_rng([seed, 41])
    flags = np.zeros(len(cells), dtype=bool)
    for study in sorted(studies):
        rows = np.flatnonzero(cells["study"].to_numpy() == study)
        flags[rows if len(rows) <= MOST_CELLS else rng.choice(rows, MOST_CELLS, replace=False)] = True
    return flags


def _all_rows(corpus: Corpus, reference: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Lengthen flags of reference cells to all cells of the corpus."""
    flags = np.zeros(len(corpus.cells), dtype=bool)
    flags[: len(reference)] = reference
    return flags


def _ontology(corpus: Corpus) -> Ontology:
    edges = list(zip(corpus.edges["child_id"].tolist(), corpus.edges["parent_id"].tolist(), strict=True))
    terms = {term for edge in edges for term in edge}
    return Ontology({term: corpus.names.get(term, term) for term in terms}, edges)
