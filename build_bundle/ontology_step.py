"""The ontology tables of a bundle: the labels with all their ancestors, and how similar the labels are.

Similarity is measured in the whole ontology, so that it does not change with the labels a bundle happens to have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from build_bundle.ontology_files import OntologySource
from core.errors import ConfigError

REACH = 4  # edges at which the similarity has fallen to zero


def subgraph_tables(source: OntologySource, labels: Iterable[str]) -> dict[str, pd.DataFrame]:
    """Cut the part of the ontology a bundle needs.

    Parameters
    ----------
    source : OntologySource
        The whole ontology.
    labels : iterable of str
        Term ids that label cells.

    Returns
    -------
    dict
        ``terms`` and ``edges`` with the columns of `core.bundle.schema`, sorted by id.

    Raises
    ------
    ConfigError
        When a label is no live term, naming all such labels; or when the edges run in a circle.
    """
    parents = _parents(source)
    keep = _closure(_known(source, labels), parents)
    edges = sorted(edge for edge in source.edges if edge[0] in keep and edge[1] in keep)
    depth = _depths(keep, parents)
    terms = [
        (i, source.terms[i].name, source.terms[i].definition, list(source.terms[i].synonyms), depth[i])
        for i in sorted(keep)
    ]
    columns = ["term_id", "name", "definition", "synonyms", "depth"]
    return {
        "terms": pd.DataFrame(terms, columns=columns).astype({"depth": np.int32}),
        "edges": pd.DataFrame(edges, columns=["child_id", "parent_id", "relation"]),
    }


def similarity_table(source: OntologySource, labels: Iterable[str]) -> pd.DataFrame:
    """Measure how similar the labels are (science 5).

    Parameters
    ----------
    source : OntologySource
        The whole ontology.
    labels : iterable of str
        Term ids that label cells.

    Returns
    -------
    pandas.DataFrame
        ``a``, ``b``, ``similarity`` (float32, 0..1) for every ordered pair with similarity > 0, sorted.

    Raises
    ------
    ConfigError
        When a label is no live term, naming all such labels.

    Notes
    -----
    s(a, b) = max(0, 1 - d/4) with d the shortest path in the undirected graph of is_a and part_of edges.
    """
    wanted = _known(source, labels)
    around = _undirected(source)
    rows = [
        (a, b, 1 - distance / REACH)
        for a in sorted(wanted)
        for b, distance in sorted(_within_reach(a, around).items())
        if b in wanted
    ]
    return pd.DataFrame(rows, columns=["a", "b", "similarity"]).astype({"similarity": np.float32})


def _known(source: OntologySource, labels: Iterable[str]) -> set[str]:
    wanted = set(labels)
    unknown = sorted(wanted - source.terms.keys())
    if unknown:
        named = ", ".join(_with_replacement(source, label) for label in unknown)
        raise ConfigError(f"The ontology has no live term {named}.", next_step="Correct the label mapping.")
    return wanted


def _with_replacement(source: OntologySource, label: str) -> str:
    replacement = source.deprecated.get(label, "")
    return f"{label} (replaced by {replacement})" if replacement else label


def _parents(source: OntologySource) -> dict[str, list[str]]:
    parents: dict[str, list[str]] = {}
    for child, parent, _ in source.edges:
        parents.setdefault(child, []).append(parent)
    return parents


def _undirected(source: OntologySource) -> dict[str, set[str]]:
    around: dict[str, set[str]] = {}
    for child, parent, _ in source.edges:
        around.setdefault(child, set()).add(parent)
        around.setdefault(parent, set()).add(child)
    return around


def _closure(start: Iterable[str], parents: Mapping[str, Sequence[str]]) -> set[str]:
    reached = set(start)
    waiting = list(reached)
    while waiting:
        fresh = set(parents.get(waiting.pop(), ())) - reached
        reached |= fresh
        waiting.extend(fresh)
    return reached


def _within_reach(start: str, around: Mapping[str, set[str]]) -> dict[str, int]:
    """Return the distance of every term less than `REACH` edges away."""
    distance = {start: 0}
    ring = [start]
    for step in range(1, REACH):
        ring = sorted({other for term in ring for other in around.get(term, ()) if other not in distance})
        distance.update(dict.fromkeys(ring, step))
    return distance


def _depths(keep: set[str], parents: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the longest distance of each term from a root, layer by layer."""
    depth = dict.fromkeys(keep, 0)
    open_parents = {term: len(set(parents.get(term, ()))) for term in keep}
    children: dict[str, set[str]] = {}
    for term in keep:
        for parent in parents.get(term, ()):
            children.setdefault(parent, set()).add(term)
    ready = [term for term in keep if not open_parents[term]]
    n_done = 0
    while ready:
        term = ready.pop()
        n_done += 1
        for child in children.get(term, ()):
            depth[child] = max(depth[child], depth[term] + 1)
            open_parents[child] -= 1
            if not open_parents[child]:
                ready.append(child)
    if n_done < len(keep):
        raise ConfigError("The ontology's edges run in a circle.", next_step="Use another release of the ontology.")
    return depth
