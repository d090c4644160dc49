"""Which terms of an ontology to draw for some matched types, so that the picture stays readable and stays true.

The Cell Ontology has many ways from a type to the root, most of which say nothing about the cells at hand ("motile cell",
"nucleate cell"). Wider terms that lead to the same matched types are one choice: the one with the shortest name is drawn
("T cell" for "mature alpha-beta T cell") and the others are named in a tooltip of the line they lie on. Every drawn line
is a true "is a kind of", possibly over hidden terms.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from core.ontology.graph import Ontology
from core.ontology.text import short_name

MORE = "more:"
STATIONS = 2


@dataclass(frozen=True)
class Skeleton:
    """The chosen terms.

    Parameters
    ----------
    parents : mapping of str to tuple of str
        Drawn terms, wider before narrower, with their next drawn wider terms.
    main_parent : mapping of str to str
        The wider term a node hangs from: the one that most matched types share. Roots have none.
    counts : mapping of str to int
        Query cells of each matched term; folded types are summed under ``"more:<wider term>"``, a node at their deepest drawn
        common ancestor.
    hidden : mapping of (str, str) to tuple of str
        For a line (wider, narrower): ids of the terms between that are not drawn.
    folded : mapping of str to tuple of str
        For a ``more:`` node: ids of the matched types it stands for.
    """

    parents: Mapping[str, tuple[str, ...]]
    main_parent: Mapping[str, str]
    counts: Mapping[str, int]
    hidden: Mapping[tuple[str, str], tuple[str, ...]]
    folded: Mapping[str, tuple[str, ...]]

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Lines as pairs wider, narrower."""
        return tuple((parent, child) for child, wider in self.parents.items() for parent in wider)

    @property
    def leaves(self) -> tuple[str, ...]:
        """Drawn terms with nothing below them."""
        inner = {parent for wider in self.parents.values() for parent in wider}
        return tuple(term for term in self.parents if term not in inner)


def skeleton(ontology: Ontology, counts: Mapping[str, int], *, max_leaves: int, max_layers: int) -> Skeleton:
    """Choose the terms to draw.

    Parameters
    ----------
    ontology : Ontology
        The bundle's subgraph.
    counts : mapping of str to int
        Query cells of each matched type; ids that the ontology does not know are left out.
    max_leaves : int
        Rows at hand, >= 2. With more leaves, the rarest ones are folded into one node, so that all cells are accounted for.
    max_layers : int
        Columns at hand. Where fewer are needed, long lines get stations: plainly named terms on the way.

    Returns
    -------
    Skeleton
        Empty where nothing matched.
    """
    kept = {term: n for term, n in counts.items() if term in ontology}
    folded: set[str] = set()
    while excess := len(_leaves(ontology, kept, folded)) + bool(folded) - max(max_leaves, 2):
        if excess < 0:
            break
        rarest = sorted(_leaves(ontology, kept, folded), key=lambda term: (kept[term], term))
        folded |= set(rarest[:excess])
    drawn = _drawn(ontology, {term: n for term, n in kept.items() if term not in folded}, max_layers)
    return _with_fold(ontology, drawn, kept, folded) if folded else drawn


def _leaves(ontology: Ontology, kept: Collection[str], folded: Collection[str]) -> set[str]:
    return ontology.most_specific(set(kept) - set(folded))


def spokesman(ontology: Ontology, members: Collection[str], above: Collection[str] = ()) -> str:
    """Choose the term that speaks for terms which mean the same for the cells at hand.

    Parameters
    ----------
    ontology : Ontology
        The graph.
    members : collection of str
        Terms with the same matched types below them; not empty.
    above : collection of str
        Drawn wider terms; a member below more of them is preferred, so that the picture hangs together.

    Returns
    -------
    str
        The member with the shortest name among the best connected; then the deepest, then by id.
    """

    def rank(term: str) -> tuple[int, int, int, str]:
        connected = sum(wider in ontology.ancestors(term) for wider in above)
        name = ontology.name(term)
        return (-connected, len(short_name(name)) + len(name), -ontology.depth(term), term)

    return min(members, key=rank)


def _drawn(ontology: Ontology, counts: Mapping[str, int], max_layers: int) -> Skeleton:
    graph = ontology.subgraph(counts)
    matched = frozenset(counts)
    below = {term: (graph.descendants(term) | {term}) & matched for term in graph.ids}
    chosen = _without_detours(graph, below, _one_per_meaning(graph, below))
    chosen |= _landmarks(graph, below, chosen, max_layers)
    parents = _parents(graph, chosen)
    hidden = {(p, term): _between(graph, p, term, chosen) for term, wider in parents.items() for p in wider}
    main = {term: _main_parent(wider, below) for term, wider in parents.items() if wider}
    return Skeleton(parents, main, {t: counts[t] for t in parents if t in counts}, hidden, {})


def _one_per_meaning(graph: Ontology, below: Mapping[str, frozenset[str]]) -> set[str]:
    """Take the matched types, the roots, and one term below the roots for each set of matched types that some terms share."""
    classes: dict[frozenset[str], list[str]] = defaultdict(list)
    for term in graph.ids:
        classes[below[term]].append(term)
    chosen: dict[str, frozenset[str]] = {}
    for types, members in sorted(classes.items(), key=lambda item: (-len(item[0]), sorted(item[0]))):
        own = [term for term in members if term in types]
        if not own and len(types) > 1:
            above = [term for term, wider in chosen.items() if wider > types]
            own = [spokesman(graph, [t for t in members if t not in graph.roots] or members, above)]
        chosen.update(dict.fromkeys(own, types))
    roots = _roots(graph, below)
    return roots | {term for term in chosen if graph.ancestors(term) & roots}


def _roots(graph: Ontology, below: Mapping[str, frozenset[str]]) -> set[str]:
    """Take few roots that together stand above everything, the widest first."""
    roots: set[str] = set()
    covered: frozenset[str] = frozenset()
    for root in sorted(graph.roots, key=lambda term: (-len(below[term]), term)):
        if below[root] - covered:
            roots.add(root)
            covered |= below[root]
    return roots


def _without_detours(graph: Ontology, below: Mapping[str, frozenset[str]], chosen: set[str]) -> set[str]:
    """Drop path terms that would not bring two lines together: their narrower terms hang from a wider choice already."""
    kept = set(chosen)
    while True:
        parents = _parents(graph, kept)
        main = Counter(_main_parent(wider, below) for wider in parents.values() if wider)
        idle = [t for t in parents if parents[t] and t not in below[t] and main[t] < 2]
        if not idle:
            return kept
        kept.discard(min(idle, key=lambda term: (len(below[term]), term)))


def _landmarks(
    graph: Ontology, below: Mapping[str, frozenset[str]], chosen: Collection[str], max_layers: int
) -> set[str]:
    """Name stations on long lines where the width allows: terms that are one plain word, such as lymphocyte.

    Only on a shortest way: by a longer one a pancreatic D cell would hang from "neuron".
    """
    added: set[str] = set()
    for term, wider in (parents := _parents(graph, chosen)).items():
        if not wider:
            continue
        parent = _main_parent(wider, below)
        between = set(_between(graph, parent, term, chosen)) & _shortest_way(graph, parent, term)
        plain = [t for t in between if below[t] == below[term] and _is_plain(graph.name(t))]
        for station in sorted(plain, key=lambda t: (len(graph.name(t)), t))[:STATIONS]:
            if _n_layers(_parents(graph, {*parents, *added, station})) <= max_layers:
                added.add(station)
    return added


def _shortest_way(graph: Ontology, parent: str, child: str) -> set[str]:
    """Return the terms on all ways of fewest steps from a term up to one of its ancestors."""
    up = _steps_up(graph, child)
    return {term for term in up if up[term] + _steps_up(graph, term).get(parent, len(graph)) == up[parent]}


def _steps_up(graph: Ontology, term: str) -> dict[str, int]:
    """Return the fewest steps up to each ancestor, and 0 for the term itself."""
    steps, reached = {term: 0}, [term]
    for child in reached:
        for parent in graph.parents(child):
            if parent not in steps:
                steps[parent] = steps[child] + 1
                reached.append(parent)
    return steps


def _is_plain(name: str) -> bool:
    return len(name) <= 10 or " " not in name


def _parents(graph: Ontology, chosen: Collection[str]) -> dict[str, tuple[str, ...]]:
    return {
        term: tuple(sorted(graph.most_specific(graph.ancestors(term) & set(chosen))))
        for term in graph.ids
        if term in chosen
    }


def _main_parent(wider: Collection[str], below: Mapping[str, frozenset[str]]) -> str:
    return max(wider, key=lambda term: (len(below[term]), term))


def _n_layers(parents: Mapping[str, tuple[str, ...]]) -> int:
    layer: dict[str, int] = {}
    for term, wider in parents.items():
        layer[term] = 1 + max((layer[p] for p in wider), default=0)
    return max(layer.values(), default=0)


def _between(graph: Ontology, parent: str, child: str, chosen: Collection[str]) -> tuple[str, ...]:
    between = (graph.ancestors(child) & graph.descendants(parent)) - set(chosen)
    return tuple(sorted(between, key=lambda term: (-graph.depth(term), term)))


def _with_fold(ontology: Ontology, drawn: Skeleton, kept: Mapping[str, int], folded: Collection[str]) -> Skeleton:
    common = frozenset.intersection(*(ontology.ancestors(term) for term in folded)) & set(drawn.parents)
    anchor = max(common, key=lambda term: (ontology.depth(term), term), default=next(iter(drawn.parents)))
    node = MORE + anchor
    by_count = sorted(folded, key=lambda term: (-kept[term], term))
    return Skeleton(
        parents={**drawn.parents, node: (anchor,)},
        main_parent={**drawn.main_parent, node: anchor},
        counts={**drawn.counts, node: sum(kept[term] for term in folded)},
        hidden={**drawn.hidden, (anchor, node): ()},
        folded={node: tuple(by_count)},
    )
