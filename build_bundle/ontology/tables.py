"""The ontology tables of a bundle: the labels with all their ancestors, and how similar the labels are.

Similarity is measured in the whole ontology, so that it does not change with the labels a bundle happens to have.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from build_bundle.ontology.files import OntologySource
from core.errors import ConfigError
from core.ontology import similarity


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
        When a label is no live term, naming all such labels.
    """
    graph = source.graph
    keep = {term for label in _known(source, labels) for term in (label, *graph.ancestors(label))}
    edges = sorted(edge for edge in source.edges if edge[0] in keep)
    terms = [
        (i, source.terms[i].name, source.terms[i].definition, list(source.terms[i].synonyms), graph.depth(i))
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
        As of `core.ontology.similarity.similarity_table`.

    Raises
    ------
    ConfigError
        When a label is no live term, naming all such labels.
    """
    return similarity.similarity_table(source.graph, _known(source, labels))


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
