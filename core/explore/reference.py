"""About the reference: what is in it, how well it answers, how it was built."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class ReferenceView:
    """The Reference tab.

    Parameters
    ----------
    title, organism, built_on : str
        "Human blood and pancreas", "human", "20 Nov 2026".
    chip : str
        "5,037 cells · 29 types · 7 studies · built 20 Nov 2026".
    n_cells, n_genes, n_types, n_studies : int
        Counts of what is searched.
    types : pandas.DataFrame
        Most cells first: type_id, type_name, n_cells, n_studies, thin (bool), accuracy, ci_low, ci_high, n_query (held-out cells; NaN
        where the evaluation lacks the type).
    studies : pandas.DataFrame
        study, accession, title, pubmed_id, year, technology, tissue, n_cells, n_genes, n_types, status, reason, licence; used first.
    evaluation : pandas.DataFrame
        Over all types: split, model, metric, value, ci_low, ci_high, p_value, n_query, k.
    collection : pandas.DataFrame
        month, kind, n_studies, n_cells.
    facts : tuple of (str, str)
        How it was built, as rows of name and text.
    """

    title: str
    organism: str
    built_on: str
    chip: str
    n_cells: int
    n_genes: int
    n_types: int
    n_studies: int
    types: pd.DataFrame
    studies: pd.DataFrame
    evaluation: pd.DataFrame
    collection: pd.DataFrame
    facts: tuple[tuple[str, str], ...]
