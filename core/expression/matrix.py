"""The one shape expression has inside the house: cells x genes, sparse, named.

Not here: reading files (``formats``), judging what a matrix is (``doctor``) or normalising it (``recipe``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

Names = npt.NDArray[np.object_]


def as_names(values: object) -> Names:
    """Return names as a one-dimensional object array of `str`.

    Parameters
    ----------
    values : sequence of object
        Names; anything that is not a string is written out.

    Returns
    -------
    ndarray of object
        Same length, every element a `str`.
    """
    listed = values.tolist() if hasattr(values, "tolist") else list(values)  # type: ignore[call-overload]
    out: Names = np.empty(len(listed), dtype=object)
    out[:] = [v if isinstance(v, str) else str(v) for v in listed]
    return out


@dataclass(frozen=True, eq=False)
class ExpressionMatrix:
    """Expression values of cells, with their names.

    Parameters
    ----------
    x : scipy.sparse.csr_matrix of float32
        Values, n_obs x n_vars; the unit is the owner's to know.
    obs_names : array of str
        Cell names, n_obs.
    var_names : array of str
        Gene names, n_vars.
    obs : pandas.DataFrame, optional
        Metadata of the cells, indexed by `obs_names`; may have no columns.
    places : mapping of str to array of float32, n_obs x 2, optional
        The file's own maps of the cells, by their names.

    Raises
    ------
    ValueError
        Where names and matrix disagree in length.
    """

    x: sparse.csr_matrix
    obs_names: Names
    var_names: Names
    obs: pd.DataFrame = field(default_factory=pd.DataFrame)
    places: Mapping[str, npt.NDArray[np.float32]] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        x = self.x
        if not (isinstance(x, sparse.csr_matrix) and x.dtype == np.float32):
            x = sparse.csr_matrix(x, dtype=np.float32)
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "obs_names", as_names(self.obs_names))
        object.__setattr__(self, "var_names", as_names(self.var_names))
        if x.shape != (len(self.obs_names), len(self.var_names)):
            raise ValueError(f"matrix is {x.shape}, names are {len(self.obs_names)} x {len(self.var_names)}")
        if any(len(xy) != len(self.obs_names) for xy in self.places.values()):
            raise ValueError(f"a map has not the {len(self.obs_names)} cells of the matrix")
        self._adopt_obs()

    def _adopt_obs(self) -> None:
        if self.obs.shape == (0, 0):
            object.__setattr__(self, "obs", pd.DataFrame(index=pd.Index(self.obs_names)))
        elif len(self.obs) != len(self.obs_names):
            raise ValueError(f"metadata has {len(self.obs)} rows for {len(self.obs_names)} cells")

    @property
    def n_obs(self) -> int:
        """Number of cells."""
        return len(self.obs_names)

    @property
    def n_vars(self) -> int:
        """Number of genes."""
        return len(self.var_names)

    def take_obs(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.integer]) -> ExpressionMatrix:
        """Return some of the cells.

        Parameters
        ----------
        rows : array of bool or int
            Mask over cells, or their indices in the wanted order.

        Returns
        -------
        ExpressionMatrix
            A copy with these cells and all genes.
        """
        return ExpressionMatrix(
            self.x[rows],
            self.obs_names[rows],
            self.var_names,
            self.obs.iloc[np.arange(self.n_obs)[rows]],
            {name: xy[rows] for name, xy in self.places.items()},
        )


@dataclass(frozen=True, eq=False)
class RawMatrix:
    """A matrix as a file holds it: unit, id type and perhaps orientation still unknown.

    Parameters
    ----------
    matrix : ExpressionMatrix
        Values and names, rows as cells where the format says which are cells.
    format : str
        Format in words, for example "AnnData (.h5ad)".
    orientation_known : bool
        Whether the format itself fixes which axis holds cells (never so for CSV and MTX without names).
    notes : tuple of str
        What the reader chose or repaired, one sentence each.
    other_var_names : mapping of str to array of str
        Other names of the genes that the file carries, by where they stood, for example "var/feature_name".
    layer : str
        Which part of the file the values come from, for example "X" or "layers/counts".
    """

    matrix: ExpressionMatrix
    format: str
    orientation_known: bool = True
    notes: tuple[str, ...] = ()
    other_var_names: Mapping[str, Names] = field(default_factory=lambda: MappingProxyType({}))
    layer: str = "X"

    @property
    def n_obs(self) -> int:
        """Number of rows, cells as far as known."""
        return self.matrix.n_obs

    @property
    def n_vars(self) -> int:
        """Number of columns, genes as far as known."""
        return self.matrix.n_vars
