"""Levels of detail: the same cells under wider and wider types, so that sums over types stay consistent.

The way up is a tree over the reference's own types, made of the terms that `core.ontology.skeleton` would draw: each joins
types that occur, and carries the plainest of the names that mean the same here. Where the ontology offers several ways up,
a type goes with the relatives it is most similar to ("monocyte" joins the myeloid leukocytes, not the precursor cells).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from core.ontology.graph import Ontology
from core.ontology.similarity import Similarity
from core.ontology.skeleton import skeleton

SHALLOWEST = 2
"""Terms nearer to the root than this ("eukaryotic cell") say too little to stand for cells."""
_ALL_ROWS = 10**6

Level = Mapping[str, str]
"""Type id to the id of the term that stands for it."""


def levels_of_detail(ontology: Ontology, type_ids: Sequence[str], similarity: Similarity) -> tuple[Level, ...]:
    """Find the ways to look at the reference's types, from as they are to a few wide terms.

    Parameters
    ----------
    ontology : Ontology
        The bundle's subgraph.
    type_ids : sequence of str
        Labels of the reference.
    similarity : Similarity
        How similar two labels are, 0..1.

    Returns
    -------
    tuple of mapping of str to str
        First every type for itself; each next level joins types of the one before and separates none. One level only where
        nothing can be joined.

    Notes
    -----
    Level h joins all types below a term of the tree whose longest way down has at most h steps; levels that join nothing new
    are left out.
    """
    tree = _tree(ontology, type_ids, similarity)
    height = _heights(tree)
    levels: list[Level] = [{term: term for term in type_ids}]
    for limit in range(1, max(height.values(), default=0) + 1):
        level = {term: _climb(term, tree, height, limit) for term in type_ids}
        if len(set(level.values())) < len(set(levels[-1].values())):  # a wider name for the same types says nothing new
            levels.append(level)
    return tuple(levels)


def _tree(ontology: Ontology, type_ids: Sequence[str], similarity: Similarity) -> dict[str, str]:
    """Give every term of the tree the one term above it; terms at the top have none."""
    drawn = skeleton(ontology, dict.fromkeys(type_ids, 1), max_leaves=_ALL_ROWS, max_layers=0)
    types = frozenset(type_ids)
    below = {term: (ontology.descendants(term) | {term}) & types for term in drawn.parents}
    tree = {}
    for term, wider in drawn.parents.items():
        telling = [parent for parent in wider if ontology.depth(parent) >= SHALLOWEST]
        if telling:
            tree[term] = max(telling, key=lambda p: (_kinship(below[term], below[p], similarity), -len(below[p]), p))
    return tree


def _kinship(own: frozenset[str], all_below: frozenset[str], similarity: Similarity) -> float:
    """Return the mean similarity of some types to the others below the same term."""
    pairs = [similarity(a, b) for a in own for b in all_below - own]
    return sum(pairs) / len(pairs) if pairs else 0.0


def _heights(tree: Mapping[str, str]) -> dict[str, int]:
    """Return the longest way down from every term that stands above another."""
    below: dict[str, list[str]] = defaultdict(list)
    for term, parent in tree.items():
        below[parent].append(term)

    def height(term: str) -> int:
        return 1 + max((height(child) for child in below[term]), default=-1) if term in below else 0

    return {term: height(term) for term in list(below)}


def _climb(term: str, tree: Mapping[str, str], height: Mapping[str, int], limit: int) -> str:
    while term in tree and height[tree[term]] <= limit:
        term = tree[term]
    return term
