"""Find the names of a vocabulary in a text: whole words, all in one pass, the longest first.

The pass is an Aho-Corasick automaton over the comparable words, each wrapped in two marks, so that a name never starts or
ends inside a word (A. V. Aho, M. J. Corasick, CACM 18, 333, 1975).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import ahocorasick

from build_bundle.label.vocabulary import Key, Name, Vocabulary
from build_bundle.label.words import Word, words_of

_OPEN, _CLOSE, _STOP = "\x02", "\x03", "\x04"


@dataclass(frozen=True)
class Match:
    """A stretch of text that is a name.

    Parameters
    ----------
    start, end : int
        Half-open range of characters of the text.
    names : tuple of Name
        All names it can be.
    next_word : str
        The comparable word after it, "" at the end of a sentence.
    """

    start: int
    end: int
    names: tuple[Name, ...]
    next_word: str = ""


class Matcher:
    """Finds names; build it once for many texts.

    Parameters
    ----------
    vocabulary : Vocabulary
        The names.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._automaton = ahocorasick.Automaton()
        for key in vocabulary.names:
            self._automaton.add_word("".join(_marked(key)), key)
        self._automaton.make_automaton()

    def find(self, text: str) -> list[Match]:
        """Find all names in a text.

        Parameters
        ----------
        text : str
            Free text.

        Returns
        -------
        list of Match
            In order of place, none overlapping another: of two that overlap the one of more words wins, then the first.
        """
        words = words_of(text)
        taken = [False] * len(words)
        found = []
        for first, last, key in sorted(self._all(words), key=lambda hit: (hit[0] - hit[1], hit[0])):
            if not any(taken[first : last + 1]):
                taken[first : last + 1] = [True] * (last + 1 - first)
                found.append((first, last, key))
        return [self._match(words, *hit) for hit in sorted(found)]

    def _match(self, words: Sequence[Word], first: int, last: int, key: Key) -> Match:
        following = words[last + 1] if last + 1 < len(words) else None
        next_word = following.text if following and not following.follows_break else ""
        return Match(words[first].start, words[last].end, self.vocabulary.names[key], next_word)

    def _all(self, words: Sequence[Word]) -> Iterator[tuple[int, int, Key]]:
        """Yield first word, last word and key of every name, overlapping ones too."""
        pieces = [f"{_STOP if word.follows_break else ''}{_OPEN}{word.text}{_CLOSE}" for word in words]
        ends = list(accumulate(map(len, pieces)))
        for end, key in self._automaton.iter("".join(pieces)):
            last = bisect_left(ends, end + 1)
            yield last - len(key) + 1, last, key


def _marked(key: Key) -> list[str]:
    return [f"{_OPEN}{word}{_CLOSE}" for word in key]
