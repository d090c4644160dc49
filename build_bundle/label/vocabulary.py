"""All names by which a text can mean a term: preferred names, synonyms with their scope, common words of the lab.

Not here: finding them in a text (``matcher``), deciding between them (``decide``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from build_bundle.label.csv_table import is_ragged, read_csv_table
from build_bundle.label.words import key_of
from build_bundle.ontology.files import OntologySource
from core.errors import ConfigError
from core.ontology.graph import Ontology

LAB_WORDS = Path(__file__).parent / "lab_words.csv"
LAB_COLUMNS = ("text", "term_id", "name", "needs", "comment")
SHORT = 3  # letters and digits; shorter names need their case and a telling field
_UNSAID = (("alpha", "beta"), ("thymus", "derived"))  # left out of T cells' names in speech

Key = tuple[str, ...]


@dataclass(frozen=True)
class Name:
    """One name of a term.

    Parameters
    ----------
    term_id : str
        CL or UBERON id.
    text : str
        As the ontology or the table writes it.
    scope : str
        ``name``, ``exact``, ``lab``, ``short_form`` (an unsaid part left out), ``narrow``, ``related`` or ``broad``.
    needs : tuple of str
        The name means the term only where the sample also names one of these terms or something below them.
    """

    term_id: str
    text: str
    scope: str
    needs: tuple[str, ...] = ()

    @cached_property
    def is_short(self) -> bool:
        """Whether the name is so short that other things are called so too."""
        return sum(c.isalnum() for c in self.text) <= SHORT


@dataclass(frozen=True)
class Vocabulary:
    """Names by their comparable words, and the graph of their terms.

    Parameters
    ----------
    graph : Ontology
        All live terms.
    names : mapping of tuple of str to tuple of Name
        By the words of `words.key_of`.
    by_word_set : mapping of tuple of str to tuple of Name
        The same by sorted words, for short values whose order is free ("Memory CD4 T").
    """

    graph: Ontology
    names: Mapping[Key, tuple[Name, ...]]
    by_word_set: Mapping[Key, tuple[Name, ...]]

    @property
    def n_ambiguous(self) -> int:
        """Names that mean more than one term."""
        return sum(len({name.term_id for name in names}) > 1 for names in self.names.values())


def make_vocabulary(source: OntologySource, lab_words: Path = LAB_WORDS) -> Vocabulary:
    """Collect the names of all live terms.

    Parameters
    ----------
    source : OntologySource
        The releases as read.
    lab_words : Path
        CSV ``text, term_id, name, needs, comment`` of common words that the ontology lacks or means otherwise; terms that
        are not in the release are skipped. Ids in ``needs`` are joined by ``;``.

    Returns
    -------
    Vocabulary
        Of every name with at least one letter.

    Raises
    ------
    ConfigError
        Where the table cannot be read.
    ValueError
        Where the edges form a cycle.
    """
    graph = source.graph
    found: dict[Key, dict[tuple[str, str], Name]] = defaultdict(dict)
    for name in (*_lab_names(lab_words, graph), *_ontology_names(source)):
        key = key_of(name.text)
        if key and not all(word.isdecimal() for word in key):
            found[key].setdefault((name.term_id, name.scope), name)
    for key, given in list(found.items()):
        for short in _short_forms(key, given.values()):
            spoken = tuple(word for word in key if word not in {w for pair in _UNSAID for w in pair})
            found[spoken].setdefault((short.term_id, short.scope), short)
    names = {key: tuple(of_key.values()) for key, of_key in found.items()}
    return Vocabulary(graph, names, _by_word_set(names))


def _by_word_set(names: Mapping[Key, tuple[Name, ...]]) -> dict[Key, tuple[Name, ...]]:
    found: dict[Key, tuple[Name, ...]] = {}
    for key, of_key in names.items():
        words = tuple(sorted(key))
        found[words] = found.get(words, ()) + of_key
    return found


def _ontology_names(source: OntologySource) -> Iterator[Name]:
    for term_id, term in source.terms.items():
        yield Name(term_id, term.name, "name")
        for text in term.synonyms:
            yield Name(term_id, text, "exact")
        for text, scope in term.loose_synonyms:
            yield Name(term_id, text, scope.lower())


def _short_forms(key: Key, names: Iterable[Name]) -> Iterator[Name]:
    """Leave "alpha-beta" and "thymus-derived" out of the names of T cells: texts say gamma-delta where they mean it."""
    pairs = set(pairwise(key))
    if ("t", "cell") in pairs and any(pair in pairs for pair in _UNSAID):
        yield from (Name(n.term_id, n.text, "short_form") for n in names if n.scope in ("name", "exact"))


def _lab_names(path: Path, graph: Ontology) -> Iterator[Name]:
    rows = read_csv_table(path, LAB_COLUMNS, "The table of lab words")
    short = [str(n) for n, row in enumerate(rows, start=2) if is_ragged(row)]
    if short:
        raise ConfigError(f"{path.name}: line {', '.join(short)}: not {len(LAB_COLUMNS)} columns.")
    for row in rows:
        if row["term_id"] in graph:
            needs = tuple(part.strip() for part in row["needs"].split(";") if part.strip())
            yield Name(row["term_id"], row["text"], "lab", needs)
