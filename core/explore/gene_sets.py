"""Gene sets from a GMT file: reading it as a stranger's file, and over-representation of a list of genes in them.

The test is scipy's hypergeometric distribution with Benjamini-Hochberg (scipy is here anyway; the packages that wrap the same test
bring plotting libraries and more with them).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from core.errors import InputError
from core.explore.brought import one_line, plain_text
from core.expression.gene_finder import GeneFinder

MAX_BYTES = 8 * 1024**2
MAX_SETS = 20_000
MAX_NAMES = 200_000  # resolved in about a second, which the page's server has for it
MAX_SET_NAME = 120
CODE = "gene-sets"
SMALLEST_SET, LARGEST_SET = 3, 2_000
ENRICHMENT_COLUMNS = ("gene_set", "n_set", "n_overlap", "genes", "expected", "fold", "p_value", "q_value")


@dataclass(frozen=True)
class GeneSets:
    """Gene sets in the symbols of a reference.

    Parameters
    ----------
    sets : mapping of str to frozenset of str
        Genes of the reference by name of the set.
    n_read : int
        Sets in the file.
    n_names : int
        Different gene names in the file.
    n_known : int
        Of these, names of a gene of the reference.
    """

    sets: Mapping[str, frozenset[str]]
    n_read: int
    n_names: int
    n_known: int


@dataclass(frozen=True)
class Enrichment:
    """Over-representation of a list in gene sets.

    Parameters
    ----------
    n_genes : int
        Genes of the list that are in the background.
    n_background : int
        Genes of the background.
    n_tested : int
        Sets with 3 to 2,000 genes in the background.
    table : pandas.DataFrame
        Columns `ENRICHMENT_COLUMNS`, sets that share a gene with the list, the smallest p first: genes of the set in the background,
        shared genes (number, names), number expected by chance, ratio of both, hypergeometric p, Benjamini-Hochberg q over all
        tested sets.
    """

    n_genes: int
    n_background: int
    n_tested: int
    table: pd.DataFrame


def read_gmt(content: bytes, finder: GeneFinder) -> GeneSets:
    """Read a GMT file: a line a set, name, description and genes separated by tabs.

    Parameters
    ----------
    content : bytes
        The file.
    finder : GeneFinder
        Turns its gene names into the reference's symbols.

    Returns
    -------
    GeneSets
        Sets that hold a gene of the reference. Of two sets with one name, the first.

    Raises
    ------
    InputError
        When it is too large, no text, no GMT, or names no gene of the reference (code ``gene-sets``).
    """
    lines = _lines(content)
    raw: dict[str, list[str]] = {}
    for number, line in enumerate(lines, start=1):
        name, *rest = [part.strip() for part in line.split("\t")]
        if len(rest) < 2 or not name:
            raise _refused(
                f"Line {number} of this file is not a gene set.",
                "A GMT file has a line a set: its name, a description, its genes, with tabs between them.",
            )
        # Some collections give each gene a weight: "CD79A,1.0".
        raw.setdefault(one_line(name, MAX_SET_NAME), [gene.partition(",")[0] for gene in rest[1:] if gene])
    symbols = _symbols(raw, finder)
    if not any(symbols.values()):
        raise _refused(
            "None of the genes in this file is a gene of the reference.",
            "Use gene symbols, Ensembl ids or NCBI gene ids.",
        )
    sets = {name: frozenset(s for g in genes if (s := symbols[g]) is not None) for name, genes in raw.items()}
    known = {name: genes for name, genes in sets.items() if genes}
    return GeneSets(known, len(raw), len(symbols), sum(s is not None for s in symbols.values()))


def over_representation(sets: GeneSets, genes: Collection[str], background: Collection[str]) -> Enrichment:
    """Test which sets hold more of a list than chance gives.

    Parameters
    ----------
    sets : GeneSets
        The sets.
    genes : collection of str
        The list.
    background : collection of str
        Genes the list could have held.

    Returns
    -------
    Enrichment
        All sets of 3 to 2,000 background genes are tested.
    """
    universe = frozenset(background)
    mine = universe.intersection(genes)
    inside = {name: members & universe for name, members in sets.sets.items()}
    tested = {name: members for name, members in inside.items() if SMALLEST_SET <= len(members) <= LARGEST_SET}
    shared = {name: sorted(members & mine) for name, members in tested.items()}
    sizes = np.array([len(members) for members in tested.values()], dtype=np.int64)
    hits = np.array([len(found) for found in shared.values()], dtype=np.int64)
    p = np.atleast_1d(scipy.stats.hypergeom.sf(hits - 1, len(universe), sizes, len(mine)))
    expected = sizes * len(mine) / max(len(universe), 1)
    table = pd.DataFrame({
        "gene_set": list(tested), "n_set": sizes, "n_overlap": hits, "genes": [tuple(g) for g in shared.values()],
        "expected": expected, "fold": np.divide(hits, expected, out=np.zeros(len(hits)), where=expected > 0), "p_value": p,
        "q_value": scipy.stats.false_discovery_control(np.clip(p, 0, 1)) if len(p) else p,
    })  # fmt: skip
    found = table[table["n_overlap"] > 0].sort_values(["p_value", "gene_set"], kind="stable", ignore_index=True)
    return Enrichment(len(mine), len(universe), len(tested), found[list(ENRICHMENT_COLUMNS)])


def _lines(content: bytes) -> list[str]:
    text = plain_text(
        content, max_bytes=MAX_BYTES, what="Gene sets", choose="Choose a GMT file, not compressed.", code=CODE
    )
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        raise _refused("This file is empty.", "Choose a GMT file with gene sets.")
    if len(lines) > MAX_SETS:
        raise _refused(f"This file has {len(lines):,} sets.", f"Choose a file of at most {MAX_SETS:,}.")
    return lines


def _symbols(raw: Mapping[str, Sequence[str]], finder: GeneFinder) -> dict[str, str | None]:
    """Resolve every different name once."""
    names = list(dict.fromkeys(gene for genes in raw.values() for gene in genes))
    if len(names) > MAX_NAMES:
        raise _refused(
            f"This file names {len(names):,} different genes; no organism has so many.",
            "Keep the sets of one organism, with one kind of names.",
        )
    found = finder.names.resolve([name[:60] for name in names]).symbols
    return {name: s if s in finder.measured else None for name, s in zip(names, found, strict=True)}


def _refused(message: str, next_step: str) -> InputError:
    return InputError(message, next_step=next_step, code=CODE)
