"""A bundle looked at with wider cell types: the same files, with the cells under other labels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import pandas as pd

from core.bundle import schema
from core.bundle.gene_lookup import TypeExpression
from core.bundle.reader import Bundle
from core.bundle.schema import TYPE, TableSpec


class RelabelledBundle(Bundle):
    """A bundle whose tables ``cells`` and ``cell_types`` name wider types; everything else is the bundle's own.

    Parameters
    ----------
    bundle : Bundle
        Shares what it has read with this one.
    wider : mapping of str to str
        Every label of the bundle to the term that stands for it; both are in the bundle's ontology.
    """

    def __init__(self, bundle: Bundle, wider: Mapping[str, str]) -> None:
        vars(self).update(vars(bundle))
        self._finest = bundle
        names = dict(zip(bundle.terms["term_id"].tolist(), bundle.terms["name"].tolist(), strict=True))
        cells = bundle.cells
        cells[TYPE] = cells[TYPE].map(wider)
        types = _joined(bundle.cell_types, cells, wider, names)
        place = {term: i for i, term in enumerate(types[TYPE])}
        self._group_of_type = np.array([place[wider[term]] for term in bundle.cell_types[TYPE]])
        self._relabelled = {
            schema.CELLS.name: cells,
            schema.CELL_TYPES.name: types,
        }

    def frame(self, table: TableSpec | str) -> pd.DataFrame:
        """Return a table as pandas with a RangeIndex; cells and cell types with their wider labels."""
        found = self._relabelled.get(table if isinstance(table, str) else table.name)
        return super().frame(table) if found is None else found.copy(deep=False)

    def gene_by_type(self, gene_symbol: str) -> pd.DataFrame:
        """Return the expression of one gene in the wider types; KeyError when the bundle does not know it."""
        fine = self._finest.gene_by_type(gene_symbol)
        rows = (fine[name].to_numpy()[np.newaxis] for name in ("n_cells", "mean", "pct"))
        joined = TypeExpression(*rows).joined(self._group_of_type)
        columns = {"n_cells": joined.n_cells[0], "mean": joined.mean[0], "pct": joined.pct[0]}
        return pd.DataFrame({TYPE: self.cell_types[TYPE], **columns})

    @cached_property
    def type_expression(self) -> TypeExpression:
        """Expression of all genes in the wider types."""
        return self._finest.type_expression.joined(self._group_of_type)


def _joined(
    types: pd.DataFrame, cells: pd.DataFrame, wider: Mapping[str, str], names: Mapping[str, str]
) -> pd.DataFrame:
    """Join the rows of types that one term stands for; first come, first listed."""
    groups = types.assign(**{TYPE: types[TYPE].map(wider)}).groupby(TYPE, sort=False)
    table = groups.agg(n_cells=("n_cells", "sum"), in_training=("in_training", "any")).reset_index()
    studies = cells.groupby(TYPE)["study"].nunique()
    table["n_studies"] = table[TYPE].map(studies).fillna(0).astype(types["n_studies"].dtype)
    table["cell_type"] = table[TYPE].map(names)
    return table[types.columns.tolist()]
