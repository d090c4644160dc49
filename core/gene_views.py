"""What the page and the command line ask about genes, for one reference and, where there is one, an answered query.

Everything here delegates to ``core.explore``; names that people type are turned into the reference's symbols first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.reader import Bundle
from core.errors import InputError
from core.explore import contrast, gene, gene_list, gene_sets, markers
from core.explore import evidence as evidence_of
from core.explore.contrast import BACKGROUND, StudyEffects
from core.explore.evidence import EvidenceView
from core.explore.gene import GeneMapView, GeneView
from core.explore.gene_list import Fits
from core.explore.gene_sets import Enrichment, GeneSets
from core.expression.gene_finder import GeneFinder, GeneList, Suggestion
from core.result import QueryResult

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ReferenceGenes:
    """Genes of a reference.

    Parameters
    ----------
    finder : GeneFinder
        Of the reference.
    bundle : Bundle
        Its files.
    """

    finder: GeneFinder
    bundle: Bundle

    def suggest(self, text: str) -> tuple[Suggestion, ...]:
        """Return the genes that a typed text may mean."""
        return self.finder.suggest(text)

    def read_list(self, text: str) -> GeneList:
        """Read a pasted list of genes; InputError for a list that is too long."""
        return self.finder.read_list(text)

    def effects(self, term_id: str, symbol: str, background: str = BACKGROUND) -> StudyEffects:
        """Return the tests of a gene in a type, study by study."""
        return contrast.study_effects(self.bundle, term_id, symbol, background)

    def backgrounds(self, term_id: str) -> tuple[str, ...]:
        """Return what a type was held against."""
        return contrast.backgrounds_of(self.bundle, term_id)

    def marks(self, symbol: str) -> pd.DataFrame:
        """Return the types a gene sets apart from all others."""
        return markers.marked_types(self.bundle, symbol)

    def fits(self, genes: Sequence[str]) -> Fits:
        """Return the types a list of genes fits."""
        return gene_list.types_of(self.bundle, genes)

    def read_gmt(self, content: bytes) -> GeneSets:
        """Read gene sets in the reference's symbols; InputError for a file that holds none."""
        return gene_sets.read_gmt(content, self.finder)

    def background(self) -> list[str]:
        """Return the genes a list could have held: all of the reference."""
        return list(self.bundle.gene_rows)

    def enrichment(self, sets: GeneSets, genes: Sequence[str]) -> Enrichment:
        """Return the sets that hold more of a list than chance gives, against `background`."""
        return gene_sets.over_representation(sets, genes, self.background())

    def symbol(self, name: str) -> str:
        """Return the reference's symbol for a name.

        Raises
        ------
        InputError
            When the name means no gene of the reference.
        """
        found = self.finder.resolve(name)
        if found is None:
            raise InputError(
                f"The reference has no gene named '{name[:40]}'.",
                next_step="Search it by its symbol, an older name, or its Ensembl or NCBI id.",
                code="unknown-gene",
            )
        return found


@dataclass(frozen=True, eq=False)
class QueryGenes(ReferenceGenes):
    """Genes of a reference and of a query answered by it.

    Parameters
    ----------
    finder : GeneFinder
        Of the reference.
    bundle : Bundle
        The reference, its labels at the level of detail of the result.
    result : QueryResult
        The answered query.
    """

    result: QueryResult

    def telling(self, mask: Mask) -> str | None:
        """Return the gene that sets the selection's most frequent type apart best, of those the upload measured."""
        return markers.telling_gene(self.bundle, self.result, mask)

    def view(self, symbol: str, mask: Mask) -> GeneView:
        """Return a gene by query type and by reference type."""
        return gene.gene_view(self.bundle, self.result, symbol, mask)

    def map(self, symbol: str, space: str = "embedding") -> GeneMapView:
        """Return a gene on the map."""
        return gene.gene_map(self.bundle, self.result, symbol, space)

    def evidence(self, mask: Mask, term_id: str | None = None) -> EvidenceView | None:
        """Return why the selected cells carry a label: the one named, or the most frequent; None for no labelled cell."""
        label = term_id or evidence_of.main_label(self.result, mask)
        return None if label is None else evidence_of.evidence(self.bundle, self.result, label, mask)

    def background(self) -> list[str]:
        """Return the genes a list could have held: those that the reference and the upload both measured."""
        return [gene for gene in super().background() if self.result.has_gene(gene)]
