"""How similar two cell types are: s = max(0, 1 - d/4), d the shortest path in the undirected ontology.

Not here: reading the ontology (builder) or judging retrieval with it (``build_bundle.evaluate``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.ontology.graph import Ontology

REACH = 4
"""Distance from which two types count as unrelated."""


def distances(ontology: Ontology, source: str, limit: int = REACH) -> dict[str, int]:
    """Return the number of edges to every term nearby, whatever their direction.

    Parameters
    ----------
    ontology : Ontology
        The whole graph: a cut-out can miss a shorter path.
    source : str
        Term to start from.
    limit : int
        Largest distance looked at.

    Returns
    -------
    dict of str to int
        Term id to distance, 0 for `source`; terms further away than `limit` are absent.
    """
    found = {source: 0}
    ring = [source]
    for distance in range(1, limit + 1):
        near = (n for t in ring for n in (*ontology.parents(t), *ontology.children(t)))
        ring = [t for t in dict.fromkeys(near) if t not in found]
        found.update(dict.fromkeys(ring, distance))
    return found


def similarity_table(ontology: Ontology, ids: Iterable[str], reach: int = REACH) -> pd.DataFrame:
    """Compare all pairs of types.

    Parameters
    ----------
    ontology : Ontology
        The whole graph.
    ids : iterable of str
        Types to compare.
    reach : int
        Distance from which the similarity is 0.

    Returns
    -------
    pandas.DataFrame
        Columns a, b, similarity (float32); pairs with similarity > 0, both orders, with the diagonal; sorted by a, b.
    """
    wanted = sorted(set(ids))
    members = set(wanted)
    rows = [
        (a, b, 1 - d / reach)
        for a in wanted
        for b, d in sorted(distances(ontology, a, reach - 1).items())
        if b in members
    ]
    table = pd.DataFrame(rows, columns=["a", "b", "similarity"])
    return table.astype({"a": str, "b": str, "similarity": np.float32})


@dataclass(frozen=True)
class Similarity:
    """Similarities looked up by type.

    Parameters
    ----------
    pairs : mapping of (str, str) to float
        Similarities > 0, both orders.
    """

    pairs: Mapping[tuple[str, str], float]

    @classmethod
    def from_table(cls, table: pd.DataFrame) -> Similarity:
        """Read the bundle's ``type_similarity`` table.

        Parameters
        ----------
        table : pandas.DataFrame
            Columns a, b, similarity.

        Returns
        -------
        Similarity
            With the pairs of the table.
        """
        keys = zip(table["a"].tolist(), table["b"].tolist(), strict=True)
        return cls(dict(zip(keys, table["similarity"].tolist(), strict=True)))

    def __call__(self, a: str, b: str) -> float:
        """Return s(a, b), 0 for types that are far apart or unknown."""
        return 1.0 if a == b else self.pairs.get((a, b), 0.0)

    def matrix(self, rows: Sequence[str], columns: Sequence[str] | None = None) -> npt.NDArray[np.float32]:
        """Return similarities as a matrix.

        Parameters
        ----------
        rows : sequence of str
            Types of the rows.
        columns : sequence of str, optional
            Types of the columns; those of the rows if left out.

        Returns
        -------
        ndarray of float32, len(rows) x len(columns)
            In 0..1.
        """
        across = rows if columns is None else columns
        values = [[self(a, b) for b in across] for a in rows]
        return np.asarray(values, dtype=np.float32).reshape(len(rows), len(across))
