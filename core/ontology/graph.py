"""The ontology as a directed acyclic graph, edges pointing from the narrower to the wider term.

Not here: similarity of terms (``similarity``), positions on the page (``layout``), reading ontology releases (builder).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


class Ontology:
    """Terms and the edges between them; read-only.

    Parameters
    ----------
    terms : mapping of str to str
        Term id to name.
    edges : iterable of (str, str)
        Pairs child, parent; both must be in `terms`. Repeated pairs count once.

    Raises
    ------
    ValueError
        When an edge names an unknown term, or the edges form a cycle.
    """

    def __init__(self, terms: Mapping[str, str], edges: Iterable[tuple[str, str]]) -> None:
        self._names = dict(terms)
        pairs = sorted(set(edges))
        unknown = sorted({t for pair in pairs for t in pair if t not in self._names})
        if unknown:
            raise ValueError(f"{len(unknown)} edges name unknown terms, the first is {unknown[0]}")
        self._parents: dict[str, list[str]] = {t: [] for t in self._names}
        self._children: dict[str, list[str]] = {t: [] for t in self._names}
        for child, parent in pairs:
            self._parents[child].append(parent)
            self._children[parent].append(child)
        self._order = self._sorted_from_roots()
        self._ancestors: dict[str, frozenset[str]] = {}
        self._descendants: dict[str, frozenset[str]] = {}

    @classmethod
    def from_tables(cls, terms: pd.DataFrame, edges: pd.DataFrame) -> Ontology:
        """Build from the bundle's ``terms`` and ``edges`` tables.

        Parameters
        ----------
        terms : pandas.DataFrame
            Columns term_id, name.
        edges : pandas.DataFrame
            Columns child_id, parent_id; every relation counts alike.

        Returns
        -------
        Ontology
            Of all terms and edges.
        """
        names = dict(zip(terms["term_id"].tolist(), terms["name"].tolist(), strict=True))
        return cls(names, zip(edges["child_id"].tolist(), edges["parent_id"].tolist(), strict=True))

    def _sorted_from_roots(self) -> list[str]:
        """Order the terms so that parents come before children."""
        waiting = {t: len(p) for t, p in self._parents.items()}
        ready = deque(t for t, n in waiting.items() if n == 0)
        order: list[str] = []
        while ready:
            term = ready.popleft()
            order.append(term)
            for child in self._children[term]:
                waiting[child] -= 1
                if waiting[child] == 0:
                    ready.append(child)
        if len(order) < len(self._names):
            stuck = min(t for t, n in waiting.items() if n > 0)
            raise ValueError(f"the ontology has a cycle at or above {stuck}")
        return order

    def __contains__(self, term: object) -> bool:
        """Whether the id is a term of this graph."""
        return term in self._names

    def __len__(self) -> int:
        """Count the terms."""
        return len(self._names)

    @property
    def ids(self) -> list[str]:
        """All term ids, parents before children."""
        return list(self._order)

    @cached_property
    def roots(self) -> tuple[str, ...]:
        """Terms without a parent."""
        return tuple(t for t in self._order if not self._parents[t])

    def name(self, term: str) -> str:
        """Return the name of a term; KeyError where it is unknown."""
        return self._names[term]

    def parents(self, term: str) -> tuple[str, ...]:
        """Return the next wider terms, sorted by id."""
        return tuple(self._parents[term])

    def children(self, term: str) -> tuple[str, ...]:
        """Return the next narrower terms, sorted by id."""
        return tuple(self._children[term])

    def ancestors(self, term: str) -> frozenset[str]:
        """Return all wider terms, without the term itself."""
        return _closure(term, self._parents, self._ancestors)

    def descendants(self, term: str) -> frozenset[str]:
        """Return all narrower terms, without the term itself."""
        return _closure(term, self._children, self._descendants)

    @cached_property
    def _depths(self) -> dict[str, int]:
        depths: dict[str, int] = {}
        for term in self._order:
            depths[term] = max((depths[p] + 1 for p in self._parents[term]), default=0)
        return depths

    def depth(self, term: str) -> int:
        """Return the longest distance from a root, 0 for a root."""
        return self._depths[term]

    def most_specific(self, terms: Collection[str]) -> set[str]:
        """Drop every term that is an ancestor of another one.

        Parameters
        ----------
        terms : collection of str
            Term ids; unknown ids raise KeyError.

        Returns
        -------
        set of str
            No member is an ancestor of another member.
        """
        return set(terms).difference(*(self.ancestors(term) for term in terms))

    def lowest_common_ancestors(self, a: str, b: str) -> set[str]:
        """Return the most specific terms that are above (or are) both `a` and `b`.

        Parameters
        ----------
        a, b : str
            Term ids.

        Returns
        -------
        set of str
            Empty where the two share no ancestor; {a} for a is b or b below a.
        """
        return self.most_specific((self.ancestors(a) | {a}) & (self.ancestors(b) | {b}))

    def subgraph(self, terms: Iterable[str]) -> Ontology:
        """Return the graph of some terms and all their ancestors.

        Parameters
        ----------
        terms : iterable of str
            Term ids.

        Returns
        -------
        Ontology
            With all edges between the kept terms.
        """
        kept: set[str] = set()
        for term in terms:
            kept |= self.ancestors(term) | {term}
        return Ontology(
            {t: self._names[t] for t in self._order if t in kept},
            ((c, p) for c in kept for p in self._parents[c]),
        )


def _closure(start: str, edges: Mapping[str, list[str]], known: dict[str, frozenset[str]]) -> frozenset[str]:
    """Collect everything reachable from `start`, remembering the answer in `known`."""
    if start not in known:
        seen: set[str] = set()
        waiting = list(edges[start])
        while waiting:
            term = waiting.pop()
            if term not in seen:
                seen.add(term)
                if term in known:
                    seen |= known[term]
                else:
                    waiting.extend(edges[term])
        known[start] = frozenset(seen)
    return known[start]
