"""Where the cell types lie in the embedding, and the linear map that places cells there.

Types get coordinates whose inner products are their ontology similarities, so that a cell between two types lies near
both and a wrong answer is at least a related one. The linear map is fitted in closed form.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import linalg

from build_bundle.train.dataset import Dataset
from core.ontology.similarity import Similarity

CELLS_AT_A_TIME = 2_048
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


def type_coordinates(classes: Sequence[str], similarity: Similarity, n_latent: int) -> Floats:
    """Give every type a place.

    Parameters
    ----------
    classes : sequence of str
        Type ids.
    similarity : Similarity
        Ontology similarity of types.
    n_latent : int
        Most coordinates wanted.

    Returns
    -------
    ndarray of float32, n_classes x min(n_latent, n_classes)
        Rows whose inner products come as near to the similarities as so many coordinates allow.

    Notes
    -----
    Classical scaling without centring: the leading eigenvectors of the similarity matrix times the square roots of their
    eigenvalues. Path similarities need not be positive semidefinite; negative eigenvalues count as 0.
    """
    values, vectors = np.linalg.eigh(similarity.matrix(classes).astype(np.float64))
    leading = np.argsort(-values, kind="stable")[:n_latent]
    roots = np.sqrt(np.maximum(values[leading], 0.0))
    vectors = vectors[:, leading]
    largest = np.take_along_axis(vectors, np.argmax(np.abs(vectors), axis=0)[np.newaxis], axis=0)
    return np.asarray(vectors * np.where(largest < 0, -roots, roots), dtype=np.float32)


def fit_linear(data: Dataset, coordinates: Floats, ridge: Floats) -> Floats:
    """Fit the linear map from encoder inputs to the types' places.

    Parameters
    ----------
    data : Dataset
        Training cells.
    coordinates : ndarray of float32, n_classes x n_latent
        `type_coordinates` of ``data.classes``.
    ridge : ndarray of float32, n_vocab
        Penalty on the squared weights of each gene, for inputs of length 1.

    Returns
    -------
    ndarray of float32, n_inputs x n_latent
        Weights for the inputs as `EncoderInputs.transform` gives them.

    Notes
    -----
    Ridge regression by the normal equations. A cell weighs 1 / sqrt(cells of its type in its study), scaled to mean 1, so
    that neither large types nor large studies drown the others; the places are centred at their weighted mean. One batch of
    cells is dense at a time beside an n_inputs x n_inputs matrix.
    """
    weights = _cell_weights(data)
    places = coordinates[data.codes]
    places = places - np.average(places, axis=0, weights=weights).astype(np.float32)
    n, unit = data.inputs.n_inputs, 1 / data.inputs.length
    moment, product = np.zeros((n, n), np.float32), np.zeros((n, coordinates.shape[1]), np.float32)
    for start in range(0, len(data), CELLS_AT_A_TIME):
        rows = np.arange(start, min(start + CELLS_AT_A_TIME, len(data)))
        root = np.sqrt(weights[rows])[:, np.newaxis]
        x = data.inputs_of(rows) * np.float32(unit) * root
        moment += x.T @ x
        product += x.T @ (places[rows] * root)
    moment[np.diag_indices(n)] += np.tile(ridge, n // len(ridge))  # a gene's value and its detection alike
    factor = linalg.cho_factor(moment, lower=True, overwrite_a=True, check_finite=False)
    return np.asarray(linalg.cho_solve(factor, product, check_finite=False) * unit, dtype=np.float32)


def _cell_weights(data: Dataset) -> Floats:
    pairs = data.studies * len(data.classes) + data.codes
    weights = np.bincount(pairs)[pairs] ** -0.5
    return np.asarray(weights / weights.mean(), dtype=np.float32)
