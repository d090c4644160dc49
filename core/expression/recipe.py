"""Normalisation: the one recipe that reference and query both go through.

`Recipe.lognorm` gives the bundle's unit, log1p of counts per 10,000. `EncoderInputs` gives what the networks see: shares
among the measured genes of the vocabulary, z-scored with the training statistics, unmeasured genes at the training
mean, each cell at the same length; and, where the recipe says so, which genes were found at all.

Not here: finding out in which unit a file is (``doctor``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from core.expression.columns import renumber
from core.expression.matrix import ExpressionMatrix, Names, as_names

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Floats = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

STATISTICS = ("mean", "sd", "profile", "detected")
"""What is known of every gene an encoder sees: fields of `EncoderInputs`, columns of its table."""


def _row_sums(x: sparse.csr_matrix) -> npt.NDArray[np.float64]:
    """Sum the rows in double precision."""
    totals = np.zeros(x.shape[0])
    filled = np.flatnonzero(np.diff(x.indptr))
    if filled.size:
        totals[filled] = np.add.reduceat(x.data, x.indptr[filled], dtype=np.float64)
    return totals


def _log_shares(x: sparse.csr_matrix, scale: float) -> sparse.csr_matrix:
    """Return log1p(scale * x / row sum); rows that sum to 0 stay 0."""
    totals = _row_sums(x)
    factor = np.divide(scale, totals, out=np.zeros_like(totals), where=totals > 0)
    data = np.log1p(x.data * np.repeat(factor, np.diff(x.indptr)))
    return sparse.csr_matrix((data.astype(np.float32), x.indices, x.indptr), shape=x.shape)


@dataclass(frozen=True)
class Recipe:
    """How values are normalised; part of every bundle's manifest.

    Parameters
    ----------
    target_sum : float
        Sum every cell is scaled to before the logarithm, in counts.
    clip : float
        Largest absolute z-score an encoder sees.
    sd_offset : float
        Added to every gene's standard deviation, so that a nearly constant gene is not blown up.
    row_norm : bool
        Whether each cell's input vector is scaled to length sqrt(n_vocab).
    detected : float
        Weight with which an encoder also sees which genes were found at all, as a second half of its input; 0: it does not.
    one_sided : float
        What a cell counts in the company of one that is not in its own (`core.search.surroundings`), 0..1; 1: all alike.
    """

    target_sum: float = 1e4
    clip: float = 5.0
    sd_offset: float = 0.02
    row_norm: bool = True
    detected: float = 0.0
    one_sided: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """Read what `to_dict` wrote.

        Parameters
        ----------
        values : dict
            Exactly the fields of the class.

        Returns
        -------
        Recipe
            The same recipe.

        Raises
        ------
        ValueError
            Where a field is missing, unknown, or not a positive number.
        """
        known = cls().to_dict()
        if set(values) != set(known):
            raise ValueError(f"recipe has fields {sorted(values)}, expected {sorted(known)}")
        if not all(np.isfinite(float(v)) and float(v) >= 0 for v in values.values()):
            raise ValueError(f"recipe holds a value that is not a positive number: {values}")
        if float(values["one_sided"]) > 1:
            raise ValueError(f"one_sided of the recipe is {values['one_sided']}, at most 1 makes sense")
        return cls(
            target_sum=float(values["target_sum"]),
            clip=float(values["clip"]),
            sd_offset=float(values["sd_offset"]),
            row_norm=bool(values["row_norm"]),
            detected=float(values["detected"]),
            one_sided=float(values["one_sided"]),
        )

    def lognorm(self, linear: sparse.csr_matrix) -> sparse.csr_matrix:
        """Normalise to the bundle's unit, ln(1 + target_sum * x / sum of the cell).

        Parameters
        ----------
        linear : csr_matrix of float32, n x n_genes
            Values on linear scale, none negative.

        Returns
        -------
        csr_matrix of float32, n x n_genes
            A cell without any value stays 0. Shares `indices` and `indptr` with the input.
        """
        return _log_shares(linear, self.target_sum)


@dataclass(frozen=True, eq=False)
class EncoderInputs:
    """The encoder's vocabulary with its training statistics, and the way into it.

    Parameters
    ----------
    recipe : Recipe
        Scale, clip and offset.
    genes : array of str, n_vocab
        Symbols in input order, unique.
    mean, sd : ndarray of float32, n_vocab
        Training statistics of v (see `transform`).
    profile : ndarray of float32, n_vocab
        Mean share of each gene in a reference cell's vocabulary total; sums to 1.
    detected : ndarray of float32, n_vocab
        Share of training cells in which the gene was found.
    """

    recipe: Recipe
    genes: Names
    mean: Floats
    sd: Floats
    profile: Floats
    detected: Floats

    def __post_init__(self) -> None:
        object.__setattr__(self, "genes", as_names(self.genes))
        for name in STATISTICS:
            values = np.asarray(getattr(self, name), dtype=np.float32)
            if values.shape != self.genes.shape or not np.isfinite(values).all():
                raise ValueError(f"encoder inputs: {name} must hold {len(self.genes)} finite numbers")
            object.__setattr__(self, name, values)
        if len(set(self.genes.tolist())) != len(self.genes):
            raise ValueError("encoder inputs: a gene occurs twice in the vocabulary")

    @classmethod
    def from_table(cls, recipe: Recipe, table: pa.Table | pd.DataFrame) -> EncoderInputs:
        """Build from the bundle's ``encoder_genes`` table.

        Parameters
        ----------
        recipe : Recipe
            The bundle's recipe.
        table : pyarrow.Table or pandas.DataFrame
            Columns ``gene_symbol`` and `STATISTICS` in input order.

        Returns
        -------
        EncoderInputs
            Ready to transform.
        """
        statistics = {name: np.asarray(table[name]) for name in STATISTICS}
        return cls(recipe, as_names(np.asarray(table["gene_symbol"])), **statistics)

    def to_table(self) -> dict[str, npt.NDArray[Any]]:
        """Return the columns that `from_table` reads."""
        return {"gene_symbol": self.genes, **{name: getattr(self, name) for name in STATISTICS}}

    @property
    def n_vocab(self) -> int:
        """Number of genes an encoder sees."""
        return len(self.genes)

    @property
    def n_inputs(self) -> int:
        """Numbers an encoder sees of a cell: twice `n_vocab` where `Recipe.detected` is not 0."""
        return self.n_vocab * (2 if self.recipe.detected else 1)

    @property
    def length(self) -> float:
        """Length of a cell's inputs with `Recipe.row_norm`."""
        return float(np.sqrt(self.n_vocab * (1 + self.recipe.detected**2)))

    def align(self, matrix: ExpressionMatrix) -> tuple[sparse.csr_matrix, Flags]:
        """Bring a matrix into the order of the vocabulary.

        Parameters
        ----------
        matrix : ExpressionMatrix
            Linear scale, `var_names` are the bundle's symbols. Values of a symbol that occurs twice are added.

        Returns
        -------
        values : csr_matrix of float32, n_obs x n_vocab
            Sorted indices; genes outside the vocabulary are dropped.
        measured : ndarray of bool, n_vocab
            Whether the matrix holds the gene at all.
        """
        place = {gene: i for i, gene in enumerate(self.genes)}
        column = np.array([place.get(name, -1) for name in matrix.var_names], dtype=np.int32)
        values = renumber(matrix.x, column, self.n_vocab)
        measured: Flags = np.zeros(self.n_vocab, dtype=bool)
        measured[column[column >= 0]] = True
        return values, measured

    def log_shares(self, linear: sparse.csr_matrix, measured: Flags) -> sparse.csr_matrix:
        """Return v, the sparse first half of `transform`, over which the training statistics are taken.

        Parameters
        ----------
        linear : csr_matrix of float32, n x n_vocab
            Values on linear scale in vocabulary order (`align`).
        measured : ndarray of bool, n_vocab
            Which genes the study measured; values of other genes count as 0.

        Returns
        -------
        csr_matrix of float32, n x n_vocab
            log1p(target_sum * S_m * x / sum_m x).
        """
        if not measured.all():
            kept = linear.data * measured[linear.indices]
            linear = sparse.csr_matrix((kept, linear.indices, linear.indptr), shape=linear.shape)
        share = float(self.profile[measured].sum(dtype=np.float64))
        return _log_shares(linear, self.recipe.target_sum * share)

    def transform(self, linear: sparse.csr_matrix, measured: Flags) -> Floats:
        """Turn linear values into what the networks see.

        Parameters
        ----------
        linear : csr_matrix of float32, n x n_vocab
            Values on linear scale in vocabulary order (`align`).
        measured : ndarray of bool, n_vocab
            Which genes the study measured.

        Returns
        -------
        ndarray of float32, n x n_inputs
            `z_scores`; where `Recipe.detected` is not 0, the `detections` times it behind them.

        Notes
        -----
        Rows are independent: any batching gives the same numbers. The result is dense: 4 n n_inputs bytes.
        """
        z = self.z_scores(linear, measured)
        if not self.recipe.detected:
            return z
        return np.concatenate([z, np.float32(self.recipe.detected) * self.detections(linear, measured)], axis=1)

    def z_scores(self, linear: sparse.csr_matrix, measured: Flags) -> Floats:
        """Return how far each gene stands from its training mean.

        Parameters
        ----------
        linear, measured
            As for `transform`.

        Returns
        -------
        ndarray of float32, n x n_vocab
            Row length sqrt(n_vocab) with `Recipe.row_norm`; exactly 0 at unmeasured genes.

        Notes
        -----
        v = log1p(target_sum * S_m * x / sum_m x), S_m the sum of `profile` over the measured genes m;
        z = clip((v - mean) / (sd + sd_offset), -clip, clip).
        """
        v: Floats = self.log_shares(linear, measured).toarray()
        return self._scored(v, self.mean, self.sd + np.float32(self.recipe.sd_offset), measured)

    def detections(self, linear: sparse.csr_matrix, measured: Flags) -> Floats:
        """Return which genes were found at all, against how often they are found in training cells.

        Parameters
        ----------
        linear, measured
            As for `transform`.

        Returns
        -------
        ndarray of float32, n x n_vocab
            Row length sqrt(n_vocab) with `Recipe.row_norm`; exactly 0 at unmeasured genes.

        Notes
        -----
        b = clip(((x > 0) - p) / sqrt(p (1 - p) + sd_offset), -clip, clip), p the gene's `detected`. What a cell
        expresses at all differs less between technologies than how much of it was counted.
        """
        found: Floats = (linear > 0).astype(np.float32).toarray()
        spread = np.sqrt(self.detected * (1 - self.detected) + np.float32(self.recipe.sd_offset))
        return self._scored(found, self.detected, spread, measured)

    def _scored(self, values: Floats, mean: Floats, spread: Floats, measured: Flags) -> Floats:
        """Standardise in place, leave unmeasured genes at 0, give every row the same length."""
        values -= mean
        values /= spread
        np.clip(values, -self.recipe.clip, self.recipe.clip, out=values)
        values[:, ~measured] = 0
        if self.recipe.row_norm:
            length = np.sqrt(np.einsum("ij,ij->i", values, values, dtype=np.float64))
            scale = np.divide(np.sqrt(self.n_vocab), length, out=np.zeros_like(length), where=length > 0)
            values *= scale.astype(np.float32)[:, np.newaxis]
        return values
