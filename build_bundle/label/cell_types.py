"""Short values of cell type fields, such as "beta", "CD4 Memory T" or "T_CD8": a whole value that means one type.

Such a value may leave out the word "cell", abbreviate, change the order of words, and rely on the organ that another field
names. Not here: names inside longer texts (``matcher``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from build_bundle.label.vocabulary import Key, Name, Vocabulary
from build_bundle.label.words import key_of

MAX_WORDS = 8  # longer values are sentences
_FOLDER = Path(__file__).parent
_SURE = ("name", "lab", "exact", "short_form")
_QUALIFIERS = frozenset(
    {"activated", "quiescent", "resting", "cycling", "proliferating", "stimulated", "unstimulated", "sorted", "purified",
     "primary", "putative", "single", "control", "other", "type", "human", "mouse", "murine", "rat"}
)  # fmt: skip


@lru_cache
def _table(file: str, key: str, value: str) -> dict[str, Key]:
    with (_FOLDER / file).open(encoding="utf-8", newline="") as stream:
        return {row[key]: key_of(row[value]) for row in csv.DictReader(stream)}


@lru_cache
def _organ_words() -> dict[str, tuple[Key, ...]]:
    with (_FOLDER / "organs.csv").open(encoding="utf-8", newline="") as stream:
        return {row["term_id"]: tuple(map(key_of, row["words"].split(";"))) for row in csv.DictReader(stream)}


@dataclass(frozen=True)
class ValueReader:
    """Reads whole values.

    Parameters
    ----------
    vocabulary : Vocabulary
        The names.
    """

    vocabulary: Vocabulary
    _abbreviations: dict[str, Key] = field(default_factory=lambda: _table("abbreviations.csv", "word", "means"))
    _organs: dict[str, tuple[Key, ...]] = field(default_factory=_organ_words)

    def read(self, value: str, organs: Iterable[str]) -> tuple[Name, ...]:
        """Say what a value means.

        Parameters
        ----------
        value : str
            Text of a cell type field.
        organs : iterable of str
            UBERON terms that the sample's other fields name.

        Returns
        -------
        tuple of Name
            Names of one key; empty where the value means nothing as a whole. The type of the organ wins over the general
            one ("acinar" of the pancreas), where the ontology has it below the general one.
        """
        words = key_of(value)
        if not 0 < len(words) <= MAX_WORDS:
            return ()
        plain = next(filter(None, map(self._look_up, self._forms(words))), ())
        organ_words = self._organ_keys(organs)
        of_organ = (self._look_up(organ + form) for form in self._forms(words) for organ in organ_words)
        narrower = (names for names in of_organ if names and self._is_narrower(names, plain))
        return next(narrower, plain)

    def _forms(self, words: Key) -> Iterator[Key]:
        """Yield the words as they are, with "cell", spelled out, and without qualifiers."""
        bare = tuple(word for word in words if word not in _QUALIFIERS and not word.isdecimal())
        for chosen in dict.fromkeys((words, bare)):
            if not chosen:
                continue
            spelled = tuple(part for word in chosen for part in self._abbreviations.get(word, (word,)))
            for form in dict.fromkeys((chosen, spelled)):
                if len(form) > 1 or len(form[0]) > 3:
                    yield form
                if "cell" not in form:
                    yield (*form, "cell")

    def _look_up(self, key: Key) -> tuple[Name, ...]:
        names = self.vocabulary.by_word_set.get(tuple(sorted(key)), ())
        return tuple(name for name in names if name.scope in _SURE and not name.is_short)

    def _is_narrower(self, names: tuple[Name, ...], plain: tuple[Name, ...]) -> bool:
        """Whether the organ's names lie below the plain ones, or are sure where there are none."""
        graph = self.vocabulary.graph
        wider = {name.term_id for name in plain}
        return not wider or all(wider & graph.ancestors(name.term_id) for name in names)

    def _organ_keys(self, organs: Iterable[str]) -> list[Key]:
        """Return the words of the one organ the sample is from; of a mixture of organs none."""
        graph = self.vocabulary.graph
        known = graph.most_specific([organ for organ in organs if organ in graph and organ.startswith("UBERON:")])
        if len(known) != 1:
            return []
        (organ,) = known
        around = {organ, *graph.ancestors(organ)}
        return [key for term, keys in self._organs.items() if term in around for key in keys]
