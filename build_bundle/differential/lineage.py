"""Which labels belong to a term of the ontology, and which are its relatives."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache, cached_property

from core.ontology.graph import Ontology


class Lineage:
    """The labels of a reference within their ontology.

    Parameters
    ----------
    labels : collection of str
        Terms that label cells.
    edges : iterable of (str, str)
        Pairs child, parent.

    Notes
    -----
    A term stands for the cells of all labels that are the term or narrower. A label that is wider than a term says
    nothing about it: a cell labelled "T cell" may or may not be a CD4-positive one. Such labels are left out of the
    backgrounds "others" and "siblings"; "parent" has them.
    """

    def __init__(self, labels: Collection[str], edges: Iterable[tuple[str, str]]) -> None:
        pairs = list(edges)
        terms = {*labels, *(term for pair in pairs for term in pair)}
        self._graph = Ontology({term: term for term in terms}, pairs)
        self.labels = frozenset(labels)
        self.labels_of = cache(self._labels_of)
        self.nearest = cache(self._nearest)

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """Terms worth a comparison, ascending: every label, and wider terms that unite other labels than narrower ones do.

        Of terms that unite the same labels only the narrowest counts, and none that unites all. A wider term is of the
        same ontology as one of its labels: an organ unites cells, but is no type of cell.
        """
        chosen = {self.labels_of(label): label for label in sorted(self.labels)}
        for term in reversed(self._graph.ids):  # children before parents
            united = self.labels_of(term)
            kinds = {label.split(":")[0] for label in united}
            if united and united != self.labels and term.split(":")[0] in kinds:
                chosen.setdefault(united, term)
        return tuple(sorted(chosen.values()))

    def wider(self, term: str) -> frozenset[str]:
        """Return the labels that are wider than a term."""
        return self._graph.ancestors(term) & self.labels

    def others(self, term: str) -> frozenset[str]:
        """Return all labels outside a term, without wider ones."""
        return self.labels - self.labels_of(term) - self.wider(term)

    def siblings(self, term: str) -> frozenset[str]:
        """Return the labels beside a term: of its nearest ancestors that have any."""
        return frozenset().union(*self.nearest(term)) - self.labels_of(term) - self.wider(term)

    def parent_rest(self, term: str) -> frozenset[str]:
        """Return the labels of the same ancestors outside the term, with those that name the ancestors themselves."""
        return frozenset().union(*self.nearest(term)) - self.labels_of(term)

    def _labels_of(self, term: str) -> frozenset[str]:
        return (self._graph.descendants(term) | {term}) & self.labels

    def _nearest(self, term: str) -> tuple[frozenset[str], ...]:
        """Return what the nearest ancestors with other labels unite: of several such sets, those that hold no other."""
        own = self.labels_of(term) | self.wider(term)
        united = {self.labels_of(ancestor) for ancestor in self._graph.ancestors(term)}
        beside = {found for found in united if found - own}
        return tuple(sorted((a for a in beside if not any(b < a for b in beside)), key=sorted))
