"""Group files from published tables: transcription factor targets, protein interactions, Gene Ontology annotation.

Read are tab-separated tables with a header (see `write_group_files`). The original groups were never released, so the
choice among the many possible groups is ours and stated at each function.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from build_bundle.networks.groups import write_groups

SMALLEST, LARGEST = 10, 500  # genes of a usable group
N_PPITF, N_FLAT = 1036, 300  # science 4
OVERLAP = 0.5  # two GO terms that share more than this are taken for one
LEVELS = (4, 3, 2)
PROCESS = "biological_process"
FILES = ("ppitf.txt", "flat_go.txt", "tree_go_4.txt", "tree_go_3.txt", "tree_go_2.txt")

Sets = dict[str, set[str]]


def write_group_files(tables: Path, organism: str, out: Path) -> tuple[Path, ...]:
    """Write the group files of an organism.

    Parameters
    ----------
    tables : Path
        Holds ``tf_targets_ORGANISM``, ``ppi_ORGANISM``, ``go_ORGANISM``, ``go_terms`` and ``go_edges`` (``.tsv.gz``).
    organism : str
        "human" or "mouse".
    out : Path
        Gets `FILES`; made if absent.

    Returns
    -------
    tuple of Path
        The files.
    """
    out.mkdir(parents=True, exist_ok=True)
    factors = factor_groups(_read(tables, f"tf_targets_{organism}"))
    ppi = interaction_groups(_read(tables, f"ppi_{organism}"), N_PPITF - len(factors))
    edges, terms = _read(tables, "go_edges"), _read(tables, "go_terms")
    genes = annotated(_read(tables, f"go_{organism}"), edges)
    levels = tree_groups(genes, terms, edges)
    for name, groups in zip(FILES, (factors | ppi, flat_groups(genes, terms), *levels), strict=True):
        write_groups(out / name, {key: sorted(members) for key, members in groups.items()})
    return tuple(out / name for name in FILES)


def factor_groups(table: pd.DataFrame) -> Sets:
    """Return the targets of every transcription factor with at least 10 of them (columns ``tf``, ``target``)."""
    by_factor = table.groupby("tf")["target"].agg(set)
    return {f"TF:{name}": members for name, members in by_factor.items() if len(members) >= SMALLEST}


def interaction_groups(table: pd.DataFrame, n: int) -> Sets:
    """Return the neighbourhoods of the `n` proteins with most partners, none above 500 (``gene_a``, ``gene_b``)."""
    around: Sets = defaultdict(set)
    for a, b in zip(table["gene_a"], table["gene_b"], strict=True):
        around[a] |= {a, b}
        around[b] |= {a, b}
    fitting = [(name, members) for name, members in around.items() if SMALLEST <= len(members) <= LARGEST]
    fitting.sort(key=lambda item: (-len(item[1]), item[0]))
    return {f"PPI:{name}": members for name, members in fitting[:n]}


def annotated(table: pd.DataFrame, edges: pd.DataFrame) -> Sets:
    """Return the genes of every GO term, those of its narrower terms included.

    Parameters
    ----------
    table : pandas.DataFrame
        Direct annotation: ``gene_symbol``, ``go_id``.
    edges : pandas.DataFrame
        ``child``, ``parent`` of all relations that are passed up.

    Returns
    -------
    dict of str to set of str
        Term -> genes.
    """
    parents: Sets = defaultdict(set)
    for child, parent in zip(edges["child"], edges["parent"], strict=True):
        parents[child].add(parent)
    genes: Sets = defaultdict(set)
    for term, members in table.groupby("go_id")["gene_symbol"].agg(set).items():
        for above in _ancestors(str(term), parents):
            genes[above] |= members
    return dict(genes)


def _ancestors(term: str, parents: Mapping[str, set[str]]) -> set[str]:
    found, ring = {term}, {term}
    while ring:
        ring = {parent for t in ring for parent in parents.get(t, ())} - found
        found |= ring
    return found


def flat_groups(genes: Sets, terms: pd.DataFrame, n: int = N_FLAT) -> Sets:
    """Return the largest biological processes of 10 to 500 genes, no two of which share more than half of their genes."""
    process = set(terms.loc[terms["namespace"] == PROCESS, "go_id"])
    usable = [(t, g) for t, g in genes.items() if t in process and SMALLEST <= len(g) <= LARGEST]
    chosen: Sets = {}
    for term, members in sorted(usable, key=lambda item: (-len(item[1]), item[0])):
        if len(chosen) == n:
            break
        if all(len(members & other) <= OVERLAP * len(members | other) for other in chosen.values()):
            chosen[term] = members
    return chosen


def tree_groups(genes: Sets, terms: pd.DataFrame, edges: pd.DataFrame) -> tuple[Sets, ...]:
    """Return the biological processes of levels 4, 3 and 2.

    Parameters
    ----------
    genes : dict of str to set of str
        Of `annotated`.
    terms : pandas.DataFrame
        ``go_id``, ``namespace``, ``level``.
    edges : pandas.DataFrame
        ``child``, ``parent``.

    Returns
    -------
    tuple of dict
        Level 4: genes of each term with at least 10. Level 3: the level 4 terms below each term that has any; level 2
        the same over level 3. A relation that skips a level is not followed.
    """
    level = terms[terms["namespace"] == PROCESS].set_index("go_id")["level"]
    below: Sets = defaultdict(set)
    for child, parent in zip(edges["child"], edges["parent"], strict=True):
        below[parent].add(child)
    first = {term: genes[term] for term in _at(level, LEVELS[0]) if len(genes.get(term, ())) >= SMALLEST}
    found: list[Sets] = [first]
    for number in LEVELS[1:]:
        members = {term: below[term] & found[-1].keys() for term in _at(level, number)}
        found.append({term: children for term, children in members.items() if children})
    return tuple(found)


def _at(level: pd.Series[float], number: int) -> Iterable[str]:
    return sorted(str(term) for term in level.index[level == number])


def _read(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / f"{name}.tsv.gz", sep="\t", keep_default_na=False, na_values={"level": [""]})
