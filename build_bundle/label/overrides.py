"""A curator's table of corrections, which wins over every match and mapping.

A CSV with the columns ``study, sample, term_ids, comment``. ``study`` is an accession or a study's key, case aside, or ``*``.
``sample`` is a pattern (``*``, ``?``, ``[...]``) for a sample's accession, title, source name or cell type, or for the word a
source labels its cells with. ``term_ids`` are ids joined by ``;``, or ``drop``. Of several rows that fit the first wins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from build_bundle.label.csv_table import is_ragged, read_csv_table
from build_bundle.label.mapping import split_ids
from core.errors import ConfigError

COLUMNS = ("study", "sample", "term_ids", "comment")
DROP = "drop"
ANY = "*"


@dataclass(frozen=True)
class Override:
    """One row.

    Parameters
    ----------
    study, sample : str
        Whom it is about.
    term_ids : tuple of str
        What labels them; empty where they are dropped.
    comment : str
        Why.
    """

    study: str
    sample: str
    term_ids: tuple[str, ...]
    comment: str = ""

    def is_about(self, study: Iterable[str], sample: Iterable[str]) -> bool:
        """Whether the row fits.

        Parameters
        ----------
        study : iterable of str
            Names of the study: key, accession.
        sample : iterable of str
            What the sample is called.

        Returns
        -------
        bool
            Whether both fit.
        """
        if self.study != ANY and self.study.casefold() not in {name.casefold() for name in study}:
            return False
        return self.fits(sample)

    def fits(self, sample: Iterable[str]) -> bool:
        """Whether the pattern fits one of a sample's names, of whatever study."""
        return any(fnmatchcase(name, self.sample) for name in sample if name)


def first_about(rows: Iterable[Override], study: Collection[str], sample: Collection[str]) -> Override | None:
    """Return the first row that fits, or None."""
    return next((row for row in rows if row.is_about(study, sample)), None)


def read_overrides(path: Path, known: Collection[str] | None = None) -> tuple[Override, ...]:
    """Read a table of corrections.

    Parameters
    ----------
    path : Path
        CSV, UTF-8.
    known : collection of str, optional
        Live term ids; others are refused.

    Returns
    -------
    tuple of Override
        In the order of the file.

    Raises
    ------
    ConfigError
        With all problems: wrong columns, no sample, no term, a term that is not live.
    """
    rows = read_csv_table(path, COLUMNS, "The corrections")
    problems = [f"line {n}: {why}" for n, row in enumerate(rows, start=2) for why in _problems(row, known)]
    if problems:
        raise ConfigError(f"{path.name}: {' '.join(problems)}", next_step="Correct these lines.")
    return tuple(_override(row) for row in rows)


def _override(row: dict[str, str]) -> Override:
    ids = () if row["term_ids"].strip() == DROP else split_ids(row["term_ids"])
    return Override(row["study"].strip(), row["sample"], ids, row["comment"])


def _problems(row: dict[str, str], known: Collection[str] | None) -> Sequence[str]:
    if is_ragged(row):
        return ["has not four columns."]
    ids = split_ids(row["term_ids"])
    found = [f"{name} is empty." for name in ("study", "sample") if not row[name].strip()]
    if not ids:
        found.append("term_ids is empty: give ids, or drop.")
    if ids != (DROP,) and known is not None:
        found += [f"{i} is no live term of the ontology." for i in ids if i not in known]
    return found
