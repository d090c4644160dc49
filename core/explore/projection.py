"""Two-dimensional maps: the principal components of the embedding and of the raw expression (the paper's Figure 5b).

The reference's coordinates are in the bundle's ``projection`` table; a query is placed on the same axes with the loadings.

Tensors of ``projection_loadings.safetensors``, all float32:

========================  ==============  ==================================================================
key                       shape           meaning
========================  ==============  ==================================================================
embedding_mean            (n_latent,)     mean of the reference's embedding
embedding_components      (2, n_latent)   orthonormal rows, largest variance first
embedding_explained       (2,)            share of the reference's variance along each, 0..1
raw_mean                  (n_vocab,)      mean of ``EncoderInputs.z_scores`` over the reference
raw_components            (2, n_vocab)    orthonormal rows
raw_explained             (2,)            shares, 0..1
========================  ==============  ==================================================================

A third kind of map is the user's: coordinates that the file holds (`core.expression.places`), with query cells alone.

"raw" is the encoder's input, the normalised expression: the unsupervised map to hold the embedding against.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.linalg import eigh
from scipy.sparse.linalg import eigsh

from core.bundle.reader import Bundle
from core.bundle.schema import PROJECTION_LOADINGS, TYPE
from core.explore.naming import type_names
from core.explore.query import Query
from core.search.confidence import UNKNOWN

Space = Literal["embedding", "raw"]
"""A map of the reference."""
COLUMNS: Mapping[str, tuple[str, str]] = {"embedding": ("pc1", "pc2"), "raw": ("raw_pc1", "raw_pc2")}
MAX_REFERENCE_POINTS = 20_000
BLOCK = 4_096
DENSE_BELOW = 200


@dataclass(frozen=True)
class Loadings:
    """Axes of a map.

    Parameters
    ----------
    mean : numpy.ndarray of float32, shape (n_features,)
        Origin.
    components : numpy.ndarray of float32, shape (n_components, n_features)
        Orthonormal rows, largest variance first; the largest entry of each row is positive.
    explained : numpy.ndarray of float32, shape (n_components,)
        Share of the variance, 0..1.
    """

    mean: npt.NDArray[np.float32]
    components: npt.NDArray[np.float32]
    explained: npt.NDArray[np.float32]

    def tensors(self, space: Space) -> dict[str, npt.NDArray[np.float32]]:
        """Give the arrays under the keys of the loadings file."""
        return {
            f"{space}_mean": self.mean,
            f"{space}_components": self.components,
            f"{space}_explained": self.explained,
        }

    @classmethod
    def of(cls, tensors: Mapping[str, npt.NDArray[np.float32]], space: Space) -> Loadings:
        """Take the axes of one space from the tensors of the loadings file."""
        return cls(tensors[f"{space}_mean"], tensors[f"{space}_components"], tensors[f"{space}_explained"])

    def place(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Give the coordinates of rows.

        Parameters
        ----------
        rows : numpy.ndarray of float32, shape (n, n_features)
            Embedding or encoder inputs.

        Returns
        -------
        numpy.ndarray of float32, shape (n, n_components)
            Coordinates on the axes.
        """
        # The mean is taken off after the product, which spares a copy of the rows.
        return (rows @ self.components.T - self.mean @ self.components.T).astype(np.float32)


@dataclass(frozen=True)
class ProjectionView:
    """Points of the map.

    Parameters
    ----------
    space : str
        ``embedding``, ``raw``, or the name of one of the file's own maps.
    reference_xy : numpy.ndarray of float32, shape (n_shown, 2)
        Reference cells, at most 20,000, taken evenly over types; none on the file's own map.
    reference_rows : numpy.ndarray of int, shape (n_shown,)
        Their rows in the bundle's cells, ascending.
    reference_type, reference_study : numpy.ndarray of int16, shape (n_shown,)
        Positions in `type_ids` and `accessions`.
    type_ids, type_names : tuple of str
        Types of the reference.
    accessions : tuple of str
        Studies of the reference; ``"no accession"`` where there is none.
    query_xy : numpy.ndarray of float32, shape (n_query, 2)
        Query cells.
    query_type : numpy.ndarray of int16, shape (n_query,)
        Position of a query cell's label in `type_ids`, -1 for a cell unknown to the reference.
    explained_variance : tuple of float or None
        Shares of the reference's variance along x and y, 0..1; None for the file's own map.
    type_xy : numpy.ndarray of float32, shape (n_types, 2)
        Median place of a type's shown reference cells; NaN for a type without one.
    query_type_xy : numpy.ndarray of float32, shape (n_types, 2)
        The same of the query cells with this label.
    n_reference : int
        Reference cells in all, shown or not.
    """

    space: str
    reference_xy: npt.NDArray[np.float32]
    reference_rows: npt.NDArray[np.intp]
    reference_type: npt.NDArray[np.int16]
    reference_study: npt.NDArray[np.int16]
    type_ids: tuple[str, ...]
    type_names: tuple[str, ...]
    accessions: tuple[str, ...]
    query_xy: npt.NDArray[np.float32]
    query_type: npt.NDArray[np.int16]
    explained_variance: tuple[float, float] | None
    type_xy: npt.NDArray[np.float32]
    query_type_xy: npt.NDArray[np.float32]
    n_reference: int


def fit_projection(batches: Iterable[npt.NDArray[np.float32]], n_components: int = 2) -> Loadings:
    """Find the principal axes of a matrix that comes in batches of rows.

    Parameters
    ----------
    batches : iterable of numpy.ndarray of float32, shape (n_batch, n_features)
        Read once, in any order.
    n_components : int
        Axes wanted.

    Returns
    -------
    Loadings
        Missing axes (fewer features or rows than wanted) are rows of zeros.

    Raises
    ------
    ValueError
        If there is no row at all.

    Notes
    -----
    Sums outer products (float32 within a block of rows, float64 over blocks) and takes the largest eigenvectors by Lanczos
    steps: memory 12 x n_features^2 bytes (110 MB for 3,000 features) whatever the number of rows; 2,600 x 3,000 takes about
    2 s. Rows are shifted by the first batch's mean, so that the covariance is not a small difference of large numbers.
    """
    n, shift, total, outer = 0, None, None, None
    for batch in batches:
        if not len(batch):
            continue
        if shift is None or total is None or outer is None:
            shift = np.asarray(batch.mean(axis=0), dtype=np.float32)
            total, outer = np.zeros(batch.shape[1]), np.zeros((batch.shape[1],) * 2)
        for start in range(0, len(batch), BLOCK):
            rows = np.asarray(batch[start : start + BLOCK], dtype=np.float32) - shift
            n += len(rows)
            total += rows.sum(axis=0, dtype=np.float64)
            outer += rows.T @ rows
    if shift is None or total is None or outer is None:
        raise ValueError("A projection needs at least one row.")
    return _axes(shift + total / n, outer / n - np.outer(total / n, total / n), n_components)


def project(
    tensors: Mapping[str, npt.NDArray[np.float32]],
    embedding: npt.NDArray[np.float32],
    raw_places: npt.NDArray[np.float32],
) -> pd.DataFrame:
    """Place cells on the bundle's two maps.

    Parameters
    ----------
    tensors : mapping of str to numpy.ndarray
        Of ``projection_loadings.safetensors``.
    embedding : numpy.ndarray of float32, shape (n, n_latent)
        The cells' embedding.
    raw_places : numpy.ndarray of float32, shape (n, 2)
        Where the axes ``raw`` (`Loadings.of`) place `EncoderInputs.z_scores` of the same cells.

    Returns
    -------
    pandas.DataFrame
        float32 columns pc1, pc2, raw_pc1, raw_pc2; n rows.
    """
    xy = np.hstack([Loadings.of(tensors, "embedding").place(embedding), raw_places])
    return pd.DataFrame(xy, columns=[*COLUMNS["embedding"], *COLUMNS["raw"]])


def query_places(result: Query, space: str) -> npt.NDArray[np.float32] | None:
    """Give the query cells' places on a map.

    Parameters
    ----------
    result : Query
        The query, already placed.
    space : str
        ``embedding``, ``raw``, or the name of one of the file's own maps.

    Returns
    -------
    numpy.ndarray of float32, shape (n_query, 2), or None
        None where there is no such map.
    """
    if space in COLUMNS:
        return result.projection[list(COLUMNS[space])].to_numpy(dtype=np.float32)
    return result.own_places.get(space)


def projection(bundle: Bundle, result: Query, space: str = "embedding") -> ProjectionView:
    """Collect the points of a map.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query, already placed.
    space : str
        ``embedding``, ``raw``, or the name of one of the file's own maps; the embedding where there is no such map.

    Returns
    -------
    ProjectionView
        Points, codes and places for the names of types.
    """
    query_xy = query_places(result, space)
    if query_xy is None:
        return projection(bundle, result)
    is_own = space not in COLUMNS
    cells, types, studies = bundle.cells, bundle.cell_types, bundle.studies
    type_ids = tuple(types[TYPE].astype(str))
    study_ids = tuple(studies.loc[studies["status"] == "used", "study"].astype(str))
    type_code = _codes(cells[TYPE].to_numpy(), type_ids)
    shown = np.empty(0, dtype=np.intp) if is_own else even_rows(type_code, MAX_REFERENCE_POINTS)
    xy, explained = (np.empty((0, 2), dtype=np.float32), None) if is_own else _reference(bundle, space, shown)
    names = type_names(bundle)
    accession = dict(zip(studies["study"], studies["accession"], strict=True))
    query_type = _query_types(result, type_ids)
    return ProjectionView(
        space=space,
        reference_xy=xy,
        reference_rows=shown,
        reference_type=type_code[shown],
        reference_study=_codes(cells["study"].to_numpy()[shown], study_ids),
        type_ids=type_ids,
        type_names=tuple(names.get(i, i) for i in type_ids),
        accessions=tuple(accession[s] if isinstance(accession[s], str) else "no accession" for s in study_ids),
        query_xy=query_xy,
        query_type=query_type,
        explained_variance=explained,
        type_xy=_medians(xy, type_code[shown], len(type_ids)),
        query_type_xy=_medians(query_xy, query_type, len(type_ids)),
        n_reference=len(cells),
    )


def _reference(
    bundle: Bundle, space: str, rows: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.float32], tuple[float, float]]:
    """Give the places of reference cells, and the shares of the variance along the axes."""
    xy = bundle.frame("projection")[list(COLUMNS[space])].to_numpy(dtype=np.float32)[rows]
    first, second = Loadings.of(bundle.tensors(PROJECTION_LOADINGS), "raw" if space == "raw" else "embedding").explained
    return xy, (float(first), float(second))


def even_rows(codes: npt.NDArray[np.integer], size: int, seed: int = 0) -> npt.NDArray[np.intp]:
    """Take rows evenly over groups: small groups whole, large ones down to a common size.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (n,)
        Group of each row.
    size : int
        Rows wanted at most.
    seed : int
        For the choice within a group.

    Returns
    -------
    numpy.ndarray of int
        Rows, ascending; all of them where there are no more than `size`.
    """
    n = len(codes)
    if n <= size:
        return np.arange(n)
    # Rank of each row within its group, in random order: the rows with the smallest ranks are spread evenly.
    shuffled = np.random.default_rng(seed).permutation(n)
    by_group = shuffled[np.argsort(codes[shuffled], kind="stable")]
    starts = np.concatenate([[0], np.flatnonzero(np.diff(codes[by_group])) + 1])
    rank = np.arange(n) - np.repeat(starts, np.diff(np.append(starts, n)))
    return np.sort(by_group[np.argsort(rank, kind="stable")[:size]])


def _axes(mean: npt.NDArray[np.float64], covariance: npt.NDArray[np.float64], n_components: int) -> Loadings:
    n_features = len(mean)
    found = min(n_components, n_features)
    total = float(np.trace(covariance))
    values, vectors = _largest(covariance, found)
    components = np.zeros((n_components, n_features))
    explained = np.zeros(n_components)
    for i, column in enumerate(reversed(range(found))):
        vector = vectors[:, column]
        components[i] = vector * (1.0 if vector[np.abs(vector).argmax()] >= 0 else -1.0)
        explained[i] = max(float(values[column]), 0.0) / total if total > 0 else 0.0
    return Loadings(mean.astype(np.float32), components.astype(np.float32), explained.astype(np.float32))


def _largest(
    covariance: npt.NDArray[np.float64], found: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Give the largest eigenvalues, ascending, and their vectors as columns."""
    n = len(covariance)
    if n < DENSE_BELOW or not covariance.any():
        return eigh(covariance, subset_by_index=(n - found, n - 1))
    # A fixed start makes the answer reproducible.
    start = np.random.default_rng(0).standard_normal(n)
    values, vectors = eigsh(covariance, k=found, v0=start)
    order = np.argsort(values)
    return values[order], vectors[:, order]


def _codes(keys: npt.NDArray[np.object_], vocabulary: tuple[str, ...]) -> npt.NDArray[np.int16]:
    position = {key: i for i, key in enumerate(vocabulary)}
    return np.fromiter((position[str(key)] for key in keys), dtype=np.int16, count=len(keys))


def _query_types(result: Query, type_ids: tuple[str, ...]) -> npt.NDArray[np.int16]:
    codes = _codes(result.labels[TYPE].to_numpy(), type_ids)
    return np.where((result.labels["status"] == UNKNOWN).to_numpy(), np.int16(-1), codes)


def _medians(xy: npt.NDArray[np.float32], codes: npt.NDArray[np.int16], n: int) -> npt.NDArray[np.float32]:
    out = np.full((n, 2), np.nan, dtype=np.float32)
    for code in np.unique(codes[codes >= 0]):
        out[code] = np.median(xy[codes == code], axis=0)
    return out
