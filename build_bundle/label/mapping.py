"""Label mapping tables: the words a study uses for its cells, and the ontology terms they stand for.

A table is a CSV with the columns ``study, label, term_ids, name, comment``. Several ids are joined by ``;``; no id means
that the cells are left out on purpose, and the comment says why. ``name`` repeats the term's name, so that a slip in an id
shows. Not here: choosing among terms (`build_bundle.cells.selection`).
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from build_bundle.label.csv_table import is_ragged, read_csv_table
from build_bundle.ontology.files import OntologySource
from core.errors import ConfigError

COLUMNS = ("study", "label", "term_ids", "name", "comment")


@dataclass(frozen=True)
class LabelMapping:
    """One table, checked.

    Parameters
    ----------
    terms : mapping of (str, str) to tuple of str
        (study, label) to term ids; empty where the label is left out on purpose.
    names : mapping of str to str
        Term id to the name the table gives.
    file : str
        File name, for messages.
    """

    terms: Mapping[tuple[str, str], tuple[str, ...]]
    names: Mapping[str, str] = field(default_factory=dict)
    file: str = ""

    def of_study(self, study: str) -> dict[str, tuple[str, ...]]:
        """Return label -> term ids of one study."""
        return {label: ids for (key, label), ids in self.terms.items() if key == study}


def split_ids(text: str) -> tuple[str, ...]:
    """Return the ids in a cell of a table: separated by ``;``, blanks ignored."""
    return tuple(word for word in (part.strip() for part in text.split(";")) if word)


def read_mapping(path: Path) -> LabelMapping:
    """Read a label mapping.

    Parameters
    ----------
    path : Path
        CSV file, UTF-8.

    Returns
    -------
    LabelMapping
        All rows.

    Raises
    ------
    ConfigError
        With all problems: missing columns, a label twice, as many names as ids.
    """
    terms: dict[tuple[str, str], tuple[str, ...]] = {}
    names: dict[str, str] = {}
    problems: list[str] = []
    for number, row in enumerate(read_csv_table(path, COLUMNS, "The label mapping"), start=2):
        if is_ragged(row):
            problems.append(f"line {number}: not {len(COLUMNS)} fields.")
            continue
        key, ids, called = (row["study"], row["label"]), split_ids(row["term_ids"]), split_ids(row["name"])
        problems += [f"line {number}: {why}" for why in _faults(key, ids, called, row["comment"], terms)]
        terms[key] = ids
        names |= dict(zip(ids, called, strict=False))
    if problems:
        raise ConfigError(f"{path.name}: {' '.join(problems)}", next_step="Correct these lines.")
    return LabelMapping(terms, names, path.name)


def _faults(
    key: tuple[str, str], ids: Sequence[str], called: Sequence[str], comment: str, known: Container[tuple[str, str]]
) -> Iterator[str]:
    if key in known:
        yield f"{key[1]!r} of {key[0]} stands here twice."
    if len(ids) != len(called):
        yield f"{len(ids)} ids but {len(called)} names."
    if not ids and not comment:
        yield "no term, and no comment that says why."


def mapping_problems(mapping: LabelMapping, ontology: OntologySource) -> list[str]:
    """Hold a mapping to an ontology release.

    Parameters
    ----------
    mapping : LabelMapping
        The table.
    ontology : OntologySource
        The release the bundle uses.

    Returns
    -------
    list of str
        One sentence for every id that is no live term, and for every name that is not the term's.
    """
    problems = []
    for term_id, name in sorted(mapping.names.items()):
        term = ontology.terms.get(term_id)
        if term is None:
            newer = ontology.deprecated.get(term_id, "")
            replaced = f"; it was replaced by {newer}" if newer else ""
            problems.append(f"{mapping.file}: {term_id} ({name}) is no live term of this release{replaced}.")
        elif term.name != name:
            problems.append(f"{mapping.file}: {term_id} is called {term.name!r} in this release, not {name!r}.")
    return problems
