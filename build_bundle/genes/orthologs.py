"""Genes of another organism under the names of their counterparts, so that its cells can teach.

Not here: what the cells teach (``train.teachers``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import ConfigError
from core.expression.genes import GeneNames
from core.expression.matrix import ExpressionMatrix


@dataclass(frozen=True, eq=False)
class Orthologs:
    """Genes of another organism that have exactly one counterpart in the bundle's, and are that gene's only counterpart.

    Parameters
    ----------
    names : GeneNames
        Their names in the other organism.
    counterpart : mapping of str to str
        Their symbol there to the symbol of the bundle.
    """

    names: GeneNames
    counterpart: Mapping[str, str]

    def renamed(self, matrix: ExpressionMatrix) -> ExpressionMatrix:
        """Return a matrix with the symbols of the bundle.

        Parameters
        ----------
        matrix : ExpressionMatrix
            Every symbol is one of `names`.

        Returns
        -------
        ExpressionMatrix
            The same values.
        """
        symbols = np.array([self.counterpart[str(symbol)] for symbol in matrix.var_names], dtype=object)
        return ExpressionMatrix(matrix.x, matrix.obs_names, symbols, matrix.obs)


def read_orthologs(path: Path, other: str, own_names: GeneNames) -> Orthologs:
    """Read which genes of two organisms stand for each other.

    Parameters
    ----------
    path : Path
        Table as Ensembl's BioMart exports it for the genes of the bundle's organism, CSV or TSV, also gzip, one row a pair
        of genes: columns ``Gene name`` and, for human counterparts, ``Human gene name`` and ``Human gene stable ID``.
    other : str
        Organism of the cells.
    own_names : GeneNames
        Of the bundle's organism: symbols of an older table become those of the bundle.

    Returns
    -------
    Orthologs
        Pairs of which both genes stand in one row only. Genes that were doubled since the organisms parted can do another
        work in each, so they are left out.

    Raises
    ------
    ConfigError
        Where the file is no such table.
    """
    mine, *theirs = wanted = ["Gene name", f"{other.capitalize()} gene name", f"{other.capitalize()} gene stable ID"]
    try:
        separator = "\t" if ".tsv" in path.name else ","
        table = pd.read_csv(path, sep=separator, usecols=wanted, dtype=str)
    except (OSError, EOFError, ValueError) as error:
        raise ConfigError(
            f"{path.name} is no table of orthologs with the columns {', '.join(wanted)}: {error}.",
            next_step="Correct orthologs in the table [genes].",
        ) from error
    symbol, ensembl = theirs
    table = table.dropna(subset=[mine, symbol])
    table[mine] = own_names.resolve(table[mine].tolist()).symbols
    table = table.dropna(subset=mine).drop_duplicates([mine, symbol])
    table = table[~table[mine].duplicated(keep=False) & ~table[symbol].duplicated(keep=False)]
    symbols = table[symbol].tolist()
    none: list[tuple[str, ...]] = [()] * len(symbols)
    names = GeneNames.from_lists(symbols, [(name,) for name in table[ensembl].fillna("")], none, none)
    return Orthologs(names, dict(zip(symbols, table[mine], strict=True)))
