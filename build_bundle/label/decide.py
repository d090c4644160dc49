"""From the names found in a sample's fields to its terms: guards, ambiguity, most specific only, each step kept as evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache

from build_bundle.label.cell_types import ValueReader
from build_bundle.label.evidence import KEPT, Field, FieldText, Hit, SampleLabels
from build_bundle.label.matcher import Match, Matcher
from build_bundle.label.settings import LabelSettings
from build_bundle.label.vocabulary import SHORT, Name, Vocabulary

CELL = "CL:"
_RANK = {
    scope: i for i, scope in enumerate(("lab", "value", "name", "exact", "short_form", "narrow", "related", "broad"))
}
_CACHED_TEXTS = 100_000

Terms = frozenset[str]


class Labeller:
    """Labels samples; build it once for many.

    Parameters
    ----------
    vocabulary : Vocabulary
        The names and the graph.
    settings : LabelSettings, optional
        What is configuration.
    """

    def __init__(self, vocabulary: Vocabulary, settings: LabelSettings | None = None) -> None:
        self.vocabulary = vocabulary
        self.settings = settings or LabelSettings()
        self._graph = vocabulary.graph
        self._values = ValueReader(vocabulary)
        self._find = lru_cache(maxsize=_CACHED_TEXTS)(Matcher(vocabulary).find)  # samples of a study repeat their texts

    def label(self, fields: Sequence[Field]) -> SampleLabels:
        """Label one sample.

        Parameters
        ----------
        fields : sequence of (str, str)
            Names and texts of its metadata.

        Returns
        -------
        SampleLabels
            With evidence. Fields of the kind ``never`` leave none.
        """
        texts = list(self._matched(fields))
        found = [(text, match) for text in texts for match in self._find(text.text)]
        named = frozenset(term for text, match in found for term in _plain_terms(match, text))
        hits = [self._hit(text, match, named) for text, match in found]
        for text in texts:
            if text.kind == "cell_type":
                hits = self._with_value(text, hits, named)
        hits = self._most_specific(hits)
        kept = [hit for hit in hits if hit.kept]
        is_told = any(text.kind == "cell_type" for text in texts)
        return SampleLabels(tuple(sorted({h.term_id for h in kept})), _labels(kept, is_told=is_told), tuple(hits))

    def _matched(self, fields: Sequence[Field]) -> Iterator[FieldText]:
        for place, (name, text) in enumerate(fields):
            kind = self.settings.kind(name)
            if kind != "never" and text.strip():
                yield FieldText(place, name, kind, text)

    def _hit(self, text: FieldText, match: Match, named: Terms) -> Hit:
        """Choose among the terms a name can mean: short names guarded, the best scope first, then what else is named."""
        stretch = text.text[match.start : match.end]
        said = [name for name in match.names if self._is_said(name, stretch, text, match.next_word)]
        meant = [name for name in said if self._is_meant(name, named)]
        best = min((_RANK[name.scope] for name in meant), default=-1)
        chosen = {name.term_id: name for name in meant if _RANK[name.scope] == best}
        if len(chosen) > 1:
            others = named - chosen.keys()
            chosen = {term: name for term, name in chosen.items() if self._is_near(term, others)} or chosen
        name = next(iter(chosen.values()), match.names[0])
        term_id = ";".join(sorted(chosen)) or name.term_id
        hit = Hit(text.place, text.name, text.kind, match.start, match.end, stretch, term_id, name.text, name.scope)
        if not said:
            return hit._replace(why="short name in another case or place")
        if not chosen:
            return hit._replace(why="nothing else in the sample supports it")
        return self._checked(hit) if len(chosen) == 1 else hit._replace(why="ambiguous name")

    def _is_said(self, name: Name, stretch: str, text: FieldText, next_word: str) -> bool:
        """Guard short names: an acronym needs its case, and synonyms need the field of their kind or a cell after them."""
        if not name.is_short:
            return True
        if any(c.isupper() for c in name.text) and stretch not in (name.text, f"{name.text}s"):
            return False
        own_kind = "cell_type" if name.term_id.startswith(CELL) else "tissue"
        is_known = name.scope in ("name", "lab") and len(name.text) == SHORT
        return text.kind == own_kind or next_word == "cell" or is_known

    def _is_meant(self, name: Name, named: Terms) -> bool:
        """Whether what the name relies on is named too: its needs, or for a broad synonym something around the term."""
        if name.needs:
            return not named.isdisjoint(name.needs) or not self._above(named).isdisjoint(name.needs)
        return name.scope != "broad" or self._is_near(name.term_id, named)

    def _is_near(self, term_id: str, named: Terms) -> bool:
        """Whether the sample also names something wider or narrower than the term."""
        return not named.isdisjoint(self._graph.ancestors(term_id)) or term_id in self._above(named)

    def _above(self, named: Terms) -> Terms:
        return frozenset().union(*(self._graph.ancestors(term) for term in named))

    def _with_value(self, text: FieldText, hits: Sequence[Hit], named: Terms) -> list[Hit]:
        """Let a cell type field that means one type as a whole replace the hits inside it."""
        inside = [hit for hit in hits if hit.place == text.place]
        value = self._value(text, inside, named)
        if value is None:
            return list(hits)
        return [*(hit for hit in hits if hit.place != text.place), value]

    def _value(self, text: FieldText, inside: Sequence[Hit], named: Terms) -> Hit | None:
        value = text.text.strip()
        names = [name for name in self._values.read(value, named) if self._is_meant(name, named)]
        best = min((_RANK[name.scope] for name in names), default=-1)
        chosen = {name.term_id: name for name in names if _RANK[name.scope] == best}
        if len(chosen) != 1:
            return None
        (name,) = chosen.values()
        whole = {hit.term_id for hit in inside if hit.kept and len(hit.text) == len(value)}
        if whole and whole.isdisjoint(self._graph.ancestors(name.term_id)):
            return None  # the value is a name of its own
        start = text.text.find(value)
        hit = Hit(text.place, text.name, text.kind, start, start + len(value), value, name.term_id, name.text, "value")
        return self._checked(hit)

    def _checked(self, hit: Hit) -> Hit:
        if hit.term_id in self._stages or self.settings.is_general(hit.term_id):
            return hit._replace(why="too general")
        return hit if hit.confidence >= self.settings.min_confidence else hit._replace(why="not sure enough")

    @cached_property
    def _stages(self) -> Terms:
        """Everything in the branches that hold no labels."""
        branches = [term for term in self.settings.general_branches if term in self._graph]
        return frozenset(branches).union(*(self._graph.descendants(term) for term in branches))

    def _most_specific(self, hits: Sequence[Hit]) -> list[Hit]:
        specific = self._graph.most_specific({hit.term_id for hit in hits if hit.kept})
        return [_narrowed(hit, specific) for hit in hits]


def _narrowed(hit: Hit, specific: set[str]) -> Hit:
    return hit._replace(why="wider than another hit") if hit.why == KEPT and hit.term_id not in specific else hit


def _plain_terms(match: Match, text: FieldText) -> set[str]:
    """Return the term of an unambiguous preferred name or exact synonym: what others can rely on."""
    is_free_text = text.kind == "other"
    sure = {
        name.term_id for name in match.names if name.scope in ("name", "exact") and not (name.is_short and is_free_text)
    }
    return sure if len(sure) == 1 else set()


def _labels(kept: Sequence[Hit], *, is_told: bool) -> tuple[str, ...]:
    """Choose what labels; where the submitter tells the cell type, nothing else may name another one."""
    cells = [hit for hit in kept if hit.term_id.startswith(CELL)]
    chosen = [hit for hit in cells if hit.kind == "cell_type"] if is_told else cells
    return tuple(sorted({hit.term_id for hit in chosen or [h for h in kept if not h.term_id.startswith(CELL)]}))
