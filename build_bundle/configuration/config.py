"""What a builder configuration says, as frozen dataclasses; one TOML table each.

Read with `build_bundle.configuration.reader.read_config`, which checks everything at once. Paths are relative to the configuration file, or
begin with ``$DATA`` for the folder given with ``--data``. Not here: the settings of the numeric steps, which stand beside
these steps, and what it says of studies (`study_config`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from build_bundle.configuration.study_config import SLUG, ExampleConfig, SourceFile, StudyConfig, require

Organism = Literal["human", "mouse"]
DATA_VARIABLE = "$DATA"


MAX_SEED = 40_000
"""Above it the seeds made from the build's would not fit the 32 bits that Keras has for them."""


@dataclass(frozen=True)
class OntologyConfig:
    """The ontology release: one or several files, and how to name it."""

    name: str
    release: str
    source: str
    files: tuple[SourceFile, ...]
    licence: str = "CC BY 4.0"

    def __post_init__(self) -> None:
        require(self.files, "files is empty.")


@dataclass(frozen=True)
class GenesConfig:
    """Gene tables: `gencode` and `ncbi` as packages carry them, or one `table` (symbol, ensembl, entrez, aliases).

    `orthologs` says what genes are called in the other organism (`build_bundle.genes.orthologs`), for teachers from there.
    """

    gencode: SourceFile | None = None
    ncbi: SourceFile | None = None
    table: SourceFile | None = None
    orthologs: SourceFile | None = None

    def __post_init__(self) -> None:
        require((self.gencode is None) != (self.table is None), "give either gencode (with ncbi), or table.")
        require(self.ncbi is None or self.table is None, "ncbi goes with gencode, not with table.")

    @property
    def files(self) -> tuple[SourceFile, ...]:
        """All files named."""
        return tuple(f for f in (self.gencode, self.ncbi, self.table, self.orthologs) if f is not None)


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
        require(self.catalogue or not (self.labels or self.quantified), "labels and quantified go with a catalogue.")


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
        require(self.min_cells >= 1, "min_cells is below 1.")
        require(0 <= self.validation_share < 1, "validation_share is outside 0..1.")


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
    teachers : tuple of str
        Configurations whose reference studies teach here (`teaching_configs`); `study` holds them already.
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
    teachers: tuple[str, ...] = ()
    steps: Mapping[str, Any] = field(default_factory=dict, metadata={"toml": False})
    folder: Path = field(default=Path(), metadata={"toml": False})
    data: Path | None = field(default=None, metadata={"toml": False})

    def __post_init__(self) -> None:
        require(SLUG.fullmatch(self.name), f"name {self.name!r} is not of a-z, 0-9, - and _.")
        require(self.title.strip(), "title is empty.")
        require(0 <= self.seed < MAX_SEED, f"seed is not from 0 to {MAX_SEED - 1:,}.")
        require(0 <= self.max_set_aside <= 1, "max_set_aside is outside 0..1.")

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

    @property
    def study_folder(self) -> Path | None:
        """Folder of the network study that ``[evaluate]`` names; None where it names none."""
        named = getattr(self.steps.get("evaluate"), "study", "")
        return self.path(named) if named else None

    def path(self, text: str) -> Path:
        """Return the path a configuration's text means."""
        if text.startswith(DATA_VARIABLE) and self.data is not None:
            return self.data / text.removeprefix(DATA_VARIABLE).lstrip("/")
        return self.folder / text
