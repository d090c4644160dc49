"""The views of a result: the numbers behind every panel, for a selection of its cells.

Everything here delegates to ``core.explore``, with the reference at the result's level of detail.
"""

from __future__ import annotations

from collections.abc import Mapping
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.reader import Bundle
from core.errors import InputError
from core.explore import (
    card,
    cell_facts,
    compare,
    compare_choice,
    composition,
    gene_difference,
    heatmap,
    markers,
    ontology_view,
    own_groups,
    projection,
    reference,
    selection,
    studies,
    summary,
)
from core.explore.card import TypeCard
from core.explore.cell_facts import CellFacts
from core.explore.compare import Comparison
from core.explore.compare_choice import Choice
from core.explore.composition import CompositionView
from core.explore.contrast import BACKGROUND
from core.explore.gene_difference import GeneDifference
from core.explore.heatmap import HeatmapView
from core.explore.markers import GeneHeatmapView, VolcanoView
from core.explore.ontology_view import OntologyView
from core.explore.own_groups import OwnColumn
from core.explore.projection import ProjectionView
from core.explore.reference import ReferenceView
from core.explore.selection import Selection, SelectionView
from core.explore.summary import SummaryView
from core.gene_views import QueryGenes
from core.result import QueryResult
from core.served import Served

Mask = npt.NDArray[np.bool_]


class Views(Served):
    """What the panels show of a result. Parameters as `Served`."""

    def __init__(self, bundles: Mapping[str, Bundle], *, threads: int = 2) -> None:
        super().__init__(bundles, threads=threads)
        self._reference_views: dict[str, ReferenceView] = {}
        self._ranks: WeakKeyDictionary[QueryResult, tuple[str, ...]] = WeakKeyDictionary()
        self._own: WeakKeyDictionary[QueryResult, tuple[OwnColumn, ...]] = WeakKeyDictionary()
        self._replicates: WeakKeyDictionary[QueryResult, tuple[str, ...]] = WeakKeyDictionary()

    def parse_selection(self, text: str) -> Selection:
        """Read a selection as the page's address holds it; InputError where it is none."""
        return Selection.parse(text)

    def selection_mask(self, result: QueryResult, chosen: Selection) -> Mask:
        """Return which query cells are selected, bool, n_query."""
        return selection.mask(self.bundle_of(result), result, chosen)

    def describe(self, result: QueryResult, chosen: Selection) -> SelectionView:
        """Return the sentence about a selection and its counts."""
        return selection.describe(self.bundle_of(result), result, chosen, self.selection_mask(result, chosen))

    def heatmap(
        self, result: QueryResult, n_clusters: int = heatmap.DEFAULT_CLUSTERS, cells: Mask | None = None
    ) -> HeatmapView:
        """Return the clustered heatmap of scores: of all cells, or of some alone (at least one)."""
        if cells is None:
            return heatmap.heatmap(self.bundle_of(result), result, n_clusters)
        return heatmap.heatmap_of(self.bundle_of(result), result, cells, n_clusters)

    def projection(self, result: QueryResult, space: str = "embedding") -> ProjectionView:
        """Return the points of the map."""
        return projection.projection(self.bundle_of(result), result, space)

    def cell_facts(self, result: QueryResult, type_ids: tuple[str, ...]) -> CellFacts:
        """Return what the map says of each query cell; codes are positions in `type_ids`."""
        return cell_facts.cell_facts(result, type_ids)

    def composition(self, result: QueryResult, mask: Mask) -> CompositionView:
        """Return the cell types of the selected cells."""
        return composition.composition(self.bundle_of(result), result, mask)

    def type_ranks(self, result: QueryResult) -> tuple[str, ...]:
        """Return the types by their share in the whole query: the order colours are given out in; counted once a result."""
        if result not in self._ranks:
            self._ranks[result] = composition.type_ranks(self.bundle_of(result), result)
        return self._ranks[result]

    def own_columns(self, result: QueryResult) -> tuple[OwnColumn, ...]:
        """Return the columns of the user's metadata that part the cells; looked for once a result."""
        if result not in self._own:
            self._own[result] = own_groups.own_columns(result.obs)
        return self._own[result]

    def replicate_columns(self, result: QueryResult) -> tuple[str, ...]:
        """Return the columns of the user's metadata that may name replicates; looked for once a result."""
        if result not in self._replicates:
            self._replicates[result] = compare_choice.replicate_columns(result.obs)
        return self._replicates[result]

    def compared(self, result: QueryResult, *chosen: str | None) -> Choice | None:
        """Return which groups are compared: column, group, the one against it and replicates, each filled in where it is left out."""
        return compare_choice.choose(self.own_columns(result), self.replicate_columns(result), *chosen)

    def comparison(self, result: QueryResult, mask: Mask, choice: Choice) -> Comparison:
        """Return the cell types of two groups of the selected cells."""
        return compare.compare(self.bundle_of(result), result, mask, choice)

    def gene_difference(
        self, result: QueryResult, mask: Mask, choice: Choice, within: str | None = None
    ) -> GeneDifference:
        """Return the genes that differ between two groups of the selected cells, in one type or in all of them."""
        return gene_difference.gene_difference(self.bundle_of(result), result, mask, choice, within)

    def studies(self, result: QueryResult, mask: Mask) -> pd.DataFrame:
        """Return the reference studies behind the selected cells."""
        return studies.studies(self.bundle_of(result), result, mask)

    def ontology_view(
        self, result: QueryResult, mask: Mask, *, size: tuple[int, int] = ontology_view.DEFAULT_SIZE
    ) -> OntologyView:
        """Return the matched types in the ontology, laid out for a panel of `size` pixels."""
        return ontology_view.ontology_view(self.bundle_of(result), result, mask, size)

    def type_card(self, result: QueryResult, term_id: str, mask: Mask, background: str = BACKGROUND) -> TypeCard:
        """Return the card of a type; InputError where the ontology does not hold it."""
        self._need_term(result, term_id)
        return card.type_card(self.bundle_of(result), result, term_id, mask, background)

    def gene_heatmap(
        self, result: QueryResult, term_id: str, mask: Mask, background: str = BACKGROUND
    ) -> GeneHeatmapView:
        """Return a type's genes in the selected cells; InputError where the ontology does not hold it."""
        self._need_term(result, term_id)
        return markers.gene_heatmap(self.bundle_of(result), result, term_id, mask, background)

    def volcano(self, result: QueryResult, term_id: str, background: str = BACKGROUND) -> VolcanoView:
        """Return the tested genes of a type; InputError where the ontology does not hold it."""
        self._need_term(result, term_id)
        return markers.volcano(self.bundle_of(result), term_id, background)

    def genes(self, result: QueryResult) -> QueryGenes:
        """Return what can be asked about genes of a result and its reference."""
        return QueryGenes(self._reference_of(result).gene_finder, self.bundle_of(result), result)

    def summary(self, result: QueryResult, mask: Mask) -> SummaryView:
        """Return the parts of the sentence that answers the question."""
        return summary.summary(self.bundle_of(result), result, mask)

    def reference_view(self, bundle: str) -> ReferenceView:
        """Return what the Reference page shows of a bundle; made once, since bundles do not change."""
        if bundle not in self._reference_views:
            self._reference_views[bundle] = reference.reference_view(self.reference(bundle).bundle)
        return self._reference_views[bundle]

    def _need_term(self, result: QueryResult, term_id: str) -> None:
        if term_id not in self._reference_of(result).ontology:
            raise InputError(
                "The reference's ontology does not hold this cell type.",
                next_step="Choose a type from the panel.",
                code="unknown-type",
            )
