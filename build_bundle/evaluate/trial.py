"""One hold-out: queries, reference, neighbours in every representation, and what each query cell scored."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.stream import chunks
from build_bundle.evaluate.metrics import NEAR, average_flexible_precision, average_precision
from build_bundle.evaluate.representations import (
    N_COMPONENTS,
    Representation,
    as_searched,
    cosine,
    logistic_logits,
    principal_components,
    raw,
)
from build_bundle.evaluate.retrieval import retrieve
from build_bundle.evaluate.settings import EvaluateSettings
from build_bundle.train.encoder import TrainedEncoder
from core.bundle.schema import ENCODER, TYPE
from core.expression.recipe import EncoderInputs
from core.ontology.similarity import Similarity
from core.search.scoring import label_cells, mean_distance

Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
RARE = 0.01  # share of the reference below which a type counts as rare
COLUMNS = ("held_out", "model", "cell", TYPE, "rare", "k", "afp", "ap", "predicted", "near", "mean_distance")


@dataclass(frozen=True, eq=False)
class Trial:
    """A reference and the queries put to it.

    Parameters
    ----------
    reference : ndarray of bool, n_cells
        Rows of ``corpus.cells`` that may be retrieved.
    queries : dict of str to ndarray of int64
        Study -> its query rows, ascending; every type among them has enough reference cells, unless `lacking`.
    lacking : bool
        Whether cells are asked whose type the reference may lack. Exactly the k asked for count then, since the smallest
        type of the reference says nothing.
    """

    reference: Flags
    queries: dict[str, Indices]
    lacking: bool = False


def make_trial(
    corpus: Corpus,
    reference: Flags,
    candidates: Flags,
    settings: EvaluateSettings,
    *,
    seed: int,
    lacking: bool = False,
) -> Trial:
    """Choose the query cells of a hold-out.

    Parameters
    ----------
    corpus : Corpus
        All cells.
    reference : ndarray of bool, n_cells
        Cells that may be retrieved.
    candidates : ndarray of bool, n_cells
        Cells held out.
    settings : EvaluateSettings
        Smallest reference count of a type, most queries a study.
    seed : int
        Seed of the choice where a study has too many cells.
    lacking : bool
        Whether cells are asked whatever the reference has.

    Returns
    -------
    Trial
        Studies without a query cell are absent.
    """
    counts = corpus.cells.loc[reference, TYPE].value_counts()
    known = corpus.cells[TYPE].isin(counts.index[counts >= settings.min_reference]).to_numpy() | lacking
    rng = np.random.default_rng([seed, 11])
    queries = {}
    for study, group in corpus.cells[known & candidates].groupby("study", sort=True):
        rows = group.index.to_numpy(dtype=np.int64)
        if len(rows) > settings.max_queries:
            rows = np.sort(rng.choice(rows, settings.max_queries, replace=False))
        queries[str(study)] = rows
    return Trial(reference, queries, lacking)


def run_trial(corpus: Corpus, trial: Trial, trained: TrainedEncoder, settings: EvaluateSettings) -> pd.DataFrame:
    """Put every query to every representation.

    Parameters
    ----------
    corpus : Corpus
        All cells.
    trial : Trial
        Reference and queries.
    trained : TrainedEncoder
        Encoder that saw neither the queries nor their studies; its inputs are those of the baselines too.
    settings : EvaluateSettings
        Models and k.

    Returns
    -------
    pandas.DataFrame
        One row a query cell and model, columns `COLUMNS`; ``mean_distance`` is that of the 10 nearest.
    """
    if not trial.queries:
        return pd.DataFrame(columns=list(COLUMNS))
    inputs = trained.encoder.inputs
    frames = [
        score_representation(corpus, trial, name, _representation(name, corpus, trial, trained), inputs, k=settings.k)
        for name in settings.models
    ]
    return pd.concat(frames, ignore_index=True)


def score_representation(
    corpus: Corpus, trial: Trial, name: str, representation: Representation, inputs: EncoderInputs, *, k: int
) -> pd.DataFrame:
    """Put every query to one representation.

    Parameters
    ----------
    corpus : Corpus
        All cells.
    trial : Trial
        Reference and queries, at least one.
    name : str
        Goes into the column ``model``.
    representation : Representation
        How cells are placed.
    inputs : EncoderInputs
        Vocabulary in which the cells are given to it.
    k : int
        Most neighbours retrieved.

    Returns
    -------
    pandas.DataFrame
        One row a query cell, columns `COLUMNS`.
    """
    rows = np.sort(np.concatenate(list(trial.queries.values())))
    wanted = np.zeros(len(corpus.cells), dtype=bool)
    wanted[rows] = True
    ids, distances = retrieve(corpus, trial.reference, wanted, representation, inputs, k=k)
    return score_neighbours(corpus, trial, name, ids, distances, k=k)


def score_neighbours(
    corpus: Corpus, trial: Trial, name: str, ids: Indices, distances: npt.NDArray[np.float32], *, k: int
) -> pd.DataFrame:
    """Score what was retrieved.

    Parameters
    ----------
    corpus : Corpus
        All cells.
    trial : Trial
        Reference and queries.
    name : str
        Goes into the column ``model``.
    ids : ndarray of int64, n_queries x k
        Rows of ``corpus.cells``, nearest first; queries in ascending order of all query rows.
    distances : ndarray of float32, n_queries x k
        Ascending.
    k : int
        Most neighbours that count.

    Returns
    -------
    pandas.DataFrame
        One row a query cell, columns `COLUMNS`.
    """
    rows = np.sort(np.concatenate(list(trial.queries.values())))
    places = {study: np.searchsorted(rows, some) for study, some in trial.queries.items()}
    frames = [
        _scored(corpus, trial, study, some, name, ids[places[study]], distances[places[study]], k)
        for study, some in trial.queries.items()
    ]
    return pd.concat(frames, ignore_index=True)


def score_labels(corpus: Corpus, trial: Trial, name: str, predicted: npt.NDArray[np.object_]) -> pd.DataFrame:
    """Score a method that names types and retrieves nothing.

    Parameters
    ----------
    corpus : Corpus
        All cells.
    trial : Trial
        Reference and queries.
    name : str
        Goes into the column ``model``.
    predicted : ndarray of str, n_queries
        Type of each query in ascending order of all query rows; empty for none.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; ``afp``, ``ap`` and ``mean_distance`` are missing.
    """
    rows = np.sort(np.concatenate(list(trial.queries.values())))
    types = corpus.cells[TYPE].to_numpy(dtype=object)
    counts = corpus.cells.loc[trial.reference, TYPE].value_counts()
    similarity = Similarity.from_table(corpus.type_similarity)
    frames = []
    for study, some in trial.queries.items():
        truth, named = types[some], predicted[np.searchsorted(rows, some)]
        frames.append(pd.DataFrame({
            "held_out": study,
            "model": name,
            "cell": some,
            TYPE: truth,
            "rare": counts.loc[truth].to_numpy() < RARE * counts.sum(),
            "k": int(min(100, counts.loc[truth].min())),
            "afp": np.nan,
            "ap": np.nan,
            "predicted": named,
            "near": [similarity(a, b) >= NEAR for a, b in zip(truth, named, strict=True)],
            "mean_distance": np.nan,
        }))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def _representation(name: str, corpus: Corpus, trial: Trial, trained: TrainedEncoder) -> Representation:
    inputs = trained.encoder.inputs
    if name == ENCODER:
        return as_searched(trained.encoder)
    if name == "cosine":
        return Representation(cosine(inputs))
    if name == "logistic":
        return Representation(logistic_logits(trained, corpus))
    if name in {"pca_100", "pca_width"}:
        width = N_COMPONENTS if name == "pca_100" else trained.encoder.n_latent
        return Representation(principal_components(chunks(corpus, trial.reference, inputs), raw(inputs), width))
    return Representation(raw(inputs))


def _scored(
    corpus: Corpus,
    trial: Trial,
    study: str,
    rows: Indices,
    model: str,
    ids: Indices,
    distances: npt.NDArray[np.float32],
    most: int,
) -> pd.DataFrame:
    """Score the queries of one study (science 6)."""
    types = corpus.cells[TYPE].astype("category")
    codes, names = types.cat.codes.to_numpy(dtype=np.int64), types.cat.categories.to_numpy(dtype=object)
    counts = np.bincount(codes[trial.reference], minlength=len(names))
    truth = codes[rows]
    k = int(min(most, ids.shape[1], *(() if trial.lacking else (counts[truth].min(),))))
    related = Similarity.from_table(corpus.type_similarity).matrix(names.tolist())
    found = codes[ids]
    labels = label_cells(found.astype(np.int32), np.zeros_like(found, dtype=np.int32), distances, counts).label
    return pd.DataFrame({
        "held_out": study,
        "model": model,
        "cell": rows,
        TYPE: names[truth],
        "rare": counts[truth] < RARE * counts.sum(),
        "k": k,
        "afp": average_flexible_precision(related[truth[:, np.newaxis], found[:, :k]]),
        "ap": average_precision(found[:, :k] == truth[:, np.newaxis], np.maximum(counts[truth], 1)),
        "predicted": names[labels],
        "near": related[truth, labels] >= NEAR,
        "mean_distance": mean_distance(distances),
    })  # fmt: skip
