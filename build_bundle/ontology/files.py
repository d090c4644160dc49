"""Read Cell Ontology and UBERON releases as they are distributed, for the builder only.

Three formats, told apart by content: the JSON of ``cellxgene-ontology-guide`` (ancestor distances, no relation names),
a JSON of terms with ``is_a`` and ``part_of`` lists, and OBO. Not here: the graph as the app sees it (`core.ontology`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from core.errors import ConfigError
from core.ontology.graph import Ontology

IS_A = "is_a"
PART_OF = "part_of"
ANCESTOR = "ancestor"  # the release does not say which of the two
LOOSE_SCOPES = ("NARROW", "RELATED", "BROAD")
PREFIXES = ("CL:", "UBERON:")
_COMPRESSION = {".zst": "zstd", ".gz": "gzip"}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"\s*(\w*)')


@dataclass(frozen=True)
class SourceTerm:
    """One live term.

    Parameters
    ----------
    name : str
        Preferred name.
    definition : str
        Definition, possibly empty.
    synonyms : tuple of str
        Exact synonyms.
    loose_synonyms : tuple of (str, str)
        Other synonyms with their scope: ``NARROW``, ``RELATED`` or ``BROAD``. Releases may carry exact ones only.
    """

    name: str
    definition: str = ""
    synonyms: tuple[str, ...] = ()
    loose_synonyms: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class OntologySource:
    """A whole ontology: every live CL and UBERON term of the files read.

    Parameters
    ----------
    terms : mapping of str to SourceTerm
        By id.
    edges : tuple of (child, parent, relation)
        Direct edges between live terms; relation is ``is_a``, ``part_of`` or ``ancestor``.
    deprecated : mapping of str to str
        Retired id -> the id that replaces it, or "" where none does.
    """

    terms: Mapping[str, SourceTerm]
    edges: tuple[tuple[str, str, str], ...]
    deprecated: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def graph(self) -> Ontology:
        """Terms and edges of every relation as one graph; ValueError where terms lie above themselves."""
        names = {term_id: term.name for term_id, term in self.terms.items()}
        return Ontology(names, ((child, parent) for child, parent, _ in self.edges))


@dataclass
class _Draft:
    terms: dict[str, SourceTerm] = field(default_factory=dict)
    edges: set[tuple[str, str, str]] = field(default_factory=set)
    deprecated: dict[str, str] = field(default_factory=dict)


_Add = Callable[[str, Any, _Draft], None]


def read_ontology(*paths: Path) -> OntologySource:
    """Read one ontology from one or several files.

    Parameters
    ----------
    *paths : Path
        ``.json``, ``.obo``, each also ``.gz`` or ``.zst``.

    Returns
    -------
    OntologySource
        Terms of all files; edges whose two ends are live.

    Raises
    ------
    ConfigError
        When a file is missing, has none of the three formats, or holds no CL or UBERON term; where terms lie above
        themselves.
    """
    draft = _Draft()
    for path in paths:
        before = len(draft.terms)
        _read_one(path, draft)
        if len(draft.terms) == before:
            raise ConfigError(f"{path} holds no CL or UBERON term.", next_step="Name an ontology release file.")
    for term_id in draft.terms:
        draft.deprecated.pop(term_id, None)
    edges = sorted(edge for edge in draft.edges if edge[0] in draft.terms and edge[1] in draft.terms)
    source = OntologySource(draft.terms, tuple(edges), draft.deprecated)
    try:
        _ = source.graph
    except ValueError as error:
        names = ", ".join(path.name for path in paths)
        raise ConfigError(f"{names}: {error}.", next_step="Name an ontology release file.") from error
    return source


def _read_one(path: Path, draft: _Draft) -> None:
    text = _text(path)
    if text.lstrip()[:1] != "{":
        _add_terms(path, _add_obo, _obo_terms(text), draft)
        return
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid JSON: {error}.", next_step="Fetch the file again.") from error
    terms = content.get("terms", content)
    if not isinstance(terms, dict):
        raise ConfigError(f"{path} holds no table of terms.", next_step="Name an ontology release file.")
    _add_terms(path, _add_related if "terms" in content else _add_distant, terms.items(), draft)


def _add_terms(path: Path, add: _Add, terms: Iterable[tuple[str, Any]], draft: _Draft) -> None:
    for term_id, entry in terms:
        if not term_id.startswith(PREFIXES):
            continue
        try:
            add(term_id, entry, draft)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"{path}: the entry of {term_id} cannot be read: {type(error).__name__}, {error}.",
                next_step="Name an ontology release file.",
            ) from error


def _text(path: Path) -> str:
    try:
        with pa.input_stream(str(path), compression=_COMPRESSION.get(path.suffix)) as stream:
            return str(stream.read().decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"The ontology file {path} cannot be read: {error}.", next_step="Check the path.") from error


def _add_distant(term_id: str, entry: Mapping[str, Any], draft: _Draft) -> None:
    """Add ``{id: {label, description, synonyms, ancestors: {id: distance}, deprecated, replaced_by}}``."""
    if entry.get("deprecated"):
        draft.deprecated[term_id] = str(entry.get("replaced_by") or "")
        return
    synonyms = tuple(entry.get("synonyms") or ())
    draft.terms[term_id] = SourceTerm(str(entry["label"]), str(entry.get("description") or ""), synonyms)
    parents = [parent for parent, distance in entry["ancestors"].items() if distance == 1]
    draft.edges.update((term_id, parent, ANCESTOR) for parent in parents)


def _add_related(term_id: str, entry: Mapping[str, Any], draft: _Draft) -> None:
    """Add ``{id: {name, def, synonyms: [[text, scope]], is_a: [], part_of: []}}``."""
    given = [(str(text), str(scope)) for text, scope in entry.get("synonyms") or ()]
    draft.terms[term_id] = SourceTerm(str(entry["name"]), str(entry.get("def") or ""), *_by_scope(given))
    for relation in (IS_A, PART_OF):
        draft.edges.update((term_id, parent, relation) for parent in entry.get(relation) or ())


def _add_obo(term_id: str, stanza: Mapping[str, list[str]], draft: _Draft) -> None:
    if stanza.get("is_obsolete") == ["true"]:
        draft.deprecated[term_id] = stanza.get("replaced_by", [""])[0]
        return
    draft.terms[term_id] = _obo_term(term_id, stanza)
    draft.edges.update((term_id, parent.split()[0], IS_A) for parent in stanza.get("is_a", ()))
    related = (value.split() for value in stanza.get("relationship", ()))
    draft.edges.update((term_id, words[1], PART_OF) for words in related if words[0] == PART_OF)


def _obo_terms(text: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    return ((stanza.get("id", [""])[0], stanza) for stanza in _stanzas(text.splitlines()))


def _obo_term(term_id: str, stanza: Mapping[str, list[str]]) -> SourceTerm:
    definitions = [_quoted(value)[0] for value in stanza.get("def", ())]
    synonyms = [_quoted(value) for value in stanza.get("synonym", ())]
    return SourceTerm(
        stanza.get("name", [term_id])[0],
        definitions[0] if definitions else "",
        *_by_scope(synonyms),
    )


def _by_scope(synonyms: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Part the exact synonyms from the others, which keep their scope."""
    given = tuple(synonyms)
    return tuple(text for text, scope in given if scope == "EXACT"), tuple(s for s in given if s[1] in LOOSE_SCOPES)


def _quoted(value: str) -> tuple[str, str]:
    found = _QUOTED.match(value)
    return (found[1].replace('\\"', '"'), found[2]) if found else (value, "")


def _stanzas(lines: Iterable[str]) -> Iterator[dict[str, list[str]]]:
    """Yield the ``[Term]`` stanzas of an OBO file as tag -> values."""
    stanza: dict[str, list[str]] | None = None
    for line in lines:
        if line.startswith("["):
            if stanza:
                yield stanza
            stanza = {} if line.strip() == "[Term]" else None
        elif stanza is not None and ": " in line:
            tag, value = line.split(": ", 1)
            stanza.setdefault(tag, []).append(value.split(" ! ")[0].strip())
    if stanza:
        yield stanza
