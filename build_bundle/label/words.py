"""Texts as words that can be compared: without case, accents, Greek letters, plurals and punctuation, but with their places.

The names of the ontology and the texts of the samples go through the same function, so that what is cut off is cut off on
both sides.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

MAX_TEXT = 20_000  # characters of one field that are looked at; longer fields are protocols

_TOKEN = re.compile(r"[^\W_]+")
_BREAK = re.compile(r"[;|\n\r\t!?]|[.:](?=\s|$)")
_JOINTS = frozenset({"", " ", "-", "_", ", ", "/", ".", ":"})  # the usual ones, told without a search
_ACRONYMS = re.compile(r"[A-Z0-9]{2,}s")
_MARKER = re.compile(r"(?=.*\d)[a-z][a-z0-9]*")
_NEGATIVE = re.compile(r"-(?![A-Za-z0-9])|-(?=CD\d)")
_SIGNS = frozenset({"positive", "pos"})
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "κ": "kappa", "λ": "lambda", "μ": "mu",
}  # fmt: skip
_GREEK_LETTER = re.compile(f"[{''.join(_GREEK)}]")
_IRREGULAR = {
    "testes": "testis", "nuclei": "nucleus", "villi": "villus", "ganglia": "ganglion", "epithelia": "epithelium",
    "endothelia": "endothelium", "bronchi": "bronchus", "cortices": "cortex", "ova": "ovum", "mice": "mouse", "lenses": "lens",
    "lens": "lens", "vertebrae": "vertebra", "glomeruli": "glomerulus", "alveoli": "alveolus", "thalami": "thalamus",
    "hippocampi": "hippocampus", "stroma": "stroma", "feet": "foot", "teeth": "tooth", "bacilli": "bacillus",
    "leucocytes": "leukocyte", "leucocyte": "leukocyte", "neurone": "neuron", "neurones": "neuron", "oesophagus": "esophagus",
    "haematopoietic": "hematopoietic", "foetal": "fetal", "tcell": "t cell", "tcells": "t cell", "bcell": "b cell",
    "bcells": "b cell", "mesothelia": "mesothelium", "hemopoietic": "hematopoietic", "haemopoietic": "hematopoietic",
    "haematopoiesis": "hematopoiesis", "foetus": "fetus", "fetuses": "fetus", "lymphoblastoid": "lymphoblastoid",
}  # fmt: skip
_ENDINGS_KEPT = ("ss", "us", "is", "as", "ies", "xes", "ches", "shes", "uses")


class Word(NamedTuple):
    """One word of a text in its comparable form, and where it stands.

    Parameters
    ----------
    text : str
        Comparable form.
    start, end : int
        Half-open range of characters of the original text.
    follows_break : bool
        Whether a sentence or list item ended before it; no name reaches across.
    """

    text: str
    start: int
    end: int
    follows_break: bool = False


def words_of(text: str) -> list[Word]:
    """Cut a text into comparable words.

    Parameters
    ----------
    text : str
        Any text; only the first `MAX_TEXT` characters are looked at.

    Returns
    -------
    list of Word
        In order. Hyphens, underscores, commas and brackets part words like blanks do; a full stop, colon or semicolon
        ends a sentence. The sign of a marker is dropped ("CD14+", "CD14-positive" and "CD14" are alike); "low", "high" and
        "negative" stay, and "CD16-" is "CD16 negative".
    """
    text = text[:MAX_TEXT]
    found: list[Word] = []
    end = 0
    for match in _TOKEN.finditer(text):
        start = match.start()
        broken = text[end:start] not in _JOINTS and _BREAK.search(text, end, start) is not None
        end = match.end()
        for part in comparable(match[0]):
            if part in _SIGNS and found and not broken and _MARKER.fullmatch(found[-1].text):
                found[-1] = found[-1]._replace(end=end)
            else:
                found.append(Word(part, start, end, broken))
        if text[end : end + 1] == "-" and found and _NEGATIVE.match(text, end) and _MARKER.fullmatch(found[-1].text):
            found.append(Word("negative", end, end + 1))
    return found


@lru_cache(maxsize=200_000)
def comparable(token: str) -> tuple[str, ...]:
    """Bring one token to its comparable form: usually one word, more for "αβ" or "Tcell".

    Examples
    --------
    >>> comparable("Bodies"), comparable("MEFs"), comparable("αβ")
    (('body',), ('mef',), ('alpha', 'beta'))
    """
    if _ACRONYMS.fullmatch(token):
        token = token[:-1]
    plain = token.casefold()
    if not plain.isascii():
        plain = _GREEK_LETTER.sub(lambda letter: f" {_GREEK[letter[0]]} ", plain)
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c)).casefold()
    return tuple(part for word in plain.split() for part in singular(word).split())


def singular(word: str) -> str:
    """Return the singular of an English or Latin noun in lower case; words of three letters or fewer stay as they are.

    Examples
    --------
    >>> [singular(w) for w in ("cells", "bodies", "pancreas", "processes", "testes", "DC")]
    ['cell', 'body', 'pancreas', 'process', 'testis', 'DC']
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.endswith("s"):
        return word
    if not word.endswith(_ENDINGS_KEPT):
        return f"{word[:-2]}" if word.endswith("sses") else word[:-1]
    if word.endswith("ies"):
        return f"{word[:-3]}y" if len(word) > 4 else word
    return word[:-2] if word.endswith(("xes", "ches", "shes", "uses")) else word


def key_of(text: str) -> tuple[str, ...]:
    """Return the comparable words of a name.

    Examples
    --------
    >>> key_of("CD14-positive, CD16-positive monocytes")
    ('cd14', 'cd16', 'monocyte')
    """
    return tuple(word.text for word in words_of(text))
