"""The answer in one sentence, and the counts behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from core.bundle.reader import Bundle
from core.explore.composition import CompositionView, composition
from core.explore.query import Mask, Query
from core.explore.thin import ThinPair, thin_pairs
from core.ontology.graph import Ontology
from core.ontology.skeleton import spokesman
from core.ontology.text import plural, short_name
from core.words import count, percent

T = TypeVar("T")
MAX_GROUPS = 3
ENOUGH = 0.85
"""Share of the confident cells that the named groups should cover."""
MIN_SHARE = 0.03
SHALLOWEST_GROUP = 2
"""Terms nearer to the root than this say too little to name a group."""


@dataclass(frozen=True)
class Group:
    """Cells under one name of the answer sentence.

    Parameters
    ----------
    id, name : str
        A type, or a wider term that stands for several.
    n : int
        Its confident cells, and the ambiguous ones whose wider type lies in it.
    share : float
        Of all selected cells, 0..1.
    types : tuple of str
        Ids of the types it stands for.
    """

    id: str
    name: str
    n: int
    share: float
    types: tuple[str, ...]


@dataclass(frozen=True)
class SummaryView:
    """The answer line.

    Parameters
    ----------
    title : str
        "Mostly T cells (53 %), monocytes (24 %) and B cells (14 %)".
    detail : str
        "2,638 cells. 89 % have a confident type, 11 in all; 248 are ambiguous and count as their parent type; 40 resemble nothing in the reference." Composition counts ambiguous cells by their most likely type instead.
    groups : tuple of Group
        Parts of the title, most cells first; they do not overlap.
    n_cells, n_confident, n_ambiguous, n_unknown : int
        Selected cells; the last three sum to the first.
    n_types : int
        Types with a confident cell.
    thin : tuple of ThinPair
        Types whose reference is thin, most cells first.
    """

    title: str
    detail: str
    groups: tuple[Group, ...]
    n_cells: int
    n_confident: int
    n_ambiguous: int
    n_unknown: int
    n_types: int
    thin: tuple[ThinPair, ...]


def summary(bundle: Bundle, result: Query, mask: Mask) -> SummaryView:
    """Say in one sentence what the selected cells are.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells.

    Returns
    -------
    SummaryView
        Sentences and counts. A wider type that many ambiguous cells carry is a group too, even without a confident cell.
        A cell counts for a group only where its status allows it: confident cells by their type,
        ambiguous ones by the wider type they carry, unknown ones for none.
    """
    view = composition(bundle, result, mask)
    ontology = Ontology.from_tables(bundle.terms, bundle.edges)
    found = _groups(ontology, view)
    return SummaryView(
        title=_title(view, found),
        detail=_detail(view),
        groups=found,
        n_cells=view.n_selected,
        n_confident=view.n_confident,
        n_ambiguous=view.n_ambiguous,
        n_unknown=view.n_unknown,
        n_types=int((view.table["n_confident"] > 0).sum()),
        thin=thin_pairs(bundle, result, mask),
    )


def _groups(ontology: Ontology, view: CompositionView) -> tuple[Group, ...]:
    confident = _column(view.table["type_id"], view.table["n_confident"])
    confident = {term: n for term, n in confident.items() if n}
    known = {term: n for term, n in confident.items() if term in ontology}
    carried = {t: n for t, n in _column(view.parents["type_id"], view.parents["n"]).items() if t in ontology}
    heads = _with_carried(ontology, _merged(ontology, known) if known else [], known, carried)
    groups = [_group(ontology, head, heads, known, carried, view.n_selected) for head in heads]
    names = _column(view.table["type_id"], view.table["type_name"])
    for term in confident.keys() - known.keys():
        n = confident[term]
        groups.append(Group(term, names[term], n, n / view.n_selected, (term,)))
    return tuple(sorted(groups, key=lambda group: (-group.n, group.name)))


def _merged(ontology: Ontology, counts: Mapping[str, int]) -> list[str]:
    """Roll types up, the most closely related first, until few groups hold most of the cells."""
    heads = sorted(ontology_tops(ontology, counts))
    while len(heads) > MAX_GROUPS and not _enough(ontology, heads, counts):
        joints = [
            (ontology.depth(joint), -_size(ontology, joint, counts), joint)
            for i, a in enumerate(heads)
            for b in heads[i + 1 :]
            for joint in ontology.lowest_common_ancestors(a, b)
        ]
        depth, _, joint = max(joints, default=(0, 0, ""))
        if depth < SHALLOWEST_GROUP:
            break
        below = ontology.descendants(joint)
        heads = sorted([joint, *(head for head in heads if head not in below)])
    return heads


def _with_carried(
    ontology: Ontology, heads: list[str], counts: Mapping[str, int], carried: Mapping[str, int]
) -> list[str]:
    """Add wider types that more ambiguous cells carry than confident cells lie below; groups still do not overlap."""
    in_play = counts.keys() | carried.keys()
    for term in sorted(carried, key=lambda term: (-carried[term], term)):
        below = ontology.descendants(term) | {term}
        taken = [head for head in heads if head in below]
        rest = [head for head in heads if head not in below]
        apart = not any(below & in_play & (ontology.descendants(head) | {head}) for head in rest)
        outweighs = carried[term] > sum(_size(ontology, head, counts) for head in taken)
        if apart and outweighs and ontology.depth(term) >= SHALLOWEST_GROUP:
            heads = [*rest, term]
    return heads


def ontology_tops(ontology: Ontology, terms: Mapping[str, int]) -> set[str]:
    """Keep the terms that have no other of the terms above them, so that groups never overlap.

    Parameters
    ----------
    ontology : Ontology
        The graph.
    terms : mapping of str to int
        Types; the values are not looked at.

    Returns
    -------
    set of str
        The widest ones.
    """
    return {term for term in terms if not ontology.ancestors(term) & terms.keys()}


def _enough(ontology: Ontology, heads: list[str], counts: Mapping[str, int]) -> bool:
    sizes = sorted((_size(ontology, head, counts) for head in heads), reverse=True)
    return sum(sizes[:MAX_GROUPS]) >= ENOUGH * sum(counts.values())


def _size(ontology: Ontology, head: str, counts: Mapping[str, int]) -> int:
    return sum(counts.get(term, 0) for term in (head, *ontology.descendants(head)))


def _group(
    ontology: Ontology,
    head: str,
    heads: list[str],
    counts: Mapping[str, int],
    carried: Mapping[str, int],
    whole: int,
) -> Group:
    types = _types_below(ontology, head, counts)
    if len(types) > 1:
        others = set(heads) - {head}
        alike = [
            t
            for t in (head, *ontology.ancestors(head))
            if _types_below(ontology, t, counts) == types and not others & (ontology.descendants(t) | {t})
        ]
        head = spokesman(ontology, [t for t in alike if ontology.depth(t) >= SHALLOWEST_GROUP] or alike)
    n = _size(ontology, head, counts) + _size(ontology, head, carried)
    return Group(head, ontology.name(head), n, n / whole, tuple(sorted(types)))


def _types_below(ontology: Ontology, term: str, counts: Mapping[str, int]) -> frozenset[str]:
    return frozenset(counts) & (ontology.descendants(term) | {term})


def _title(view: CompositionView, groups: tuple[Group, ...]) -> str:
    whole = view.n_selected
    if not whole:
        return "No cells selected"
    named = [group for group in groups if group.share >= MIN_SHARE][:MAX_GROUPS]
    if view.n_unknown * 2 >= whole:
        mostly = f"Mostly cells that resemble nothing in the reference ({percent(view.n_unknown, whole)})"
        return mostly if view.n_unknown < whole else "No cell resembles the reference"
    if not named:
        return f"No sure type: {percent(view.n_ambiguous, whole)} of the cells are ambiguous"
    if named[0].n == whole:
        return f"All {plural(short_name(named[0].name))}"
    listed = _listed([f"{plural(short_name(group.name))} ({percent(group.n, whole)})" for group in named])
    covered = sum(group.n for group in named)
    if covered * 2 >= whole:
        return f"Mostly {listed}"
    unsure = {"ambiguous": view.n_ambiguous, "unknown": view.n_unknown}
    rest = (
        " or ".join(word for word, n in unsure.items() if n) if sum(unsure.values()) * 2 >= whole else "of other types"
    )
    return f"{listed[0].upper()}{listed[1:]}; most cells are {rest}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" and {parts[-1]}"


def _detail(view: CompositionView) -> str:
    n_types = int((view.table["n_confident"] > 0).sum())
    parts = ["None has a confident type"]
    if n_types:
        of_types = "all the same" if n_types == 1 else f"{n_types:,} in all"
        parts = [f"{percent(view.n_confident, view.n_selected)} have a confident type, {of_types}"]
    if view.n_ambiguous:
        one = view.n_ambiguous == 1
        wider = [short_name(str(name)) for name in view.parents["type_name"]]
        named = " or ".join(name if one else plural(name) for name in wider)
        as_what = named if 0 < len(wider) < 3 else "its parent type" if one else "their parent types"
        parts.append(
            f"{view.n_ambiguous:,} {'is ambiguous and counts' if one else 'are ambiguous and count'} as {as_what}"
        )
    if view.n_unknown:
        parts.append(f"{view.n_unknown:,} resemble{'s' * (view.n_unknown == 1)} nothing in the reference")
    return f"{count(view.n_selected, 'cell')}. {'; '.join(parts)}." if view.n_selected else ""


def _column(keys: Iterable[object], values: Iterable[T]) -> dict[str, T]:
    return {str(key): value for key, value in zip(keys, values, strict=True)}
