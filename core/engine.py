"""The only door callbacks use: bundles, answering a query, and the views of a result.

Everything here delegates: stages to ``core.annotation``, numbers of the panels to ``core.explore``. What a caller needs to
name (`Selection`, `QueryOptions`, `QueryResult`, `STAGES`, ...) can be imported from here.
"""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.annotation import annotate, check, embed
from core.bundle.reader import Bundle
from core.errors import ConfigError, InputError
from core.explore import (
    card,
    composition,
    heatmap,
    markers,
    ontology_view,
    projection,
    reference,
    selection,
    studies,
    summary,
    thin,
)
from core.explore.card import TypeCard
from core.explore.composition import CompositionView
from core.explore.heatmap import HeatmapView
from core.explore.markers import GeneHeatmapView, VolcanoView
from core.explore.ontology_view import OntologyView
from core.explore.projection import ProjectionView, Space
from core.explore.reference import ReferenceView
from core.explore.selection import Selection, SelectionView
from core.explore.summary import SummaryView
from core.expression.limits import DEFAULT_LIMITS, Limits
from core.gene_views import QueryGenes
from core.query import STAGES, Clock, Progress, QueryOptions, Request, unmonitored
from core.reference import Reference
from core.result import REPORT, QueryResult

__all__ = [
    "STAGES", "Engine", "Progress", "QueryGenes", "QueryOptions", "QueryResult", "Selection", "SelectionView",
]  # fmt: skip

Mask = npt.NDArray[np.bool_]

_KEPT_RESULTS = 16


class Engine:
    """Answers queries against one or several bundles. May be shared by threads.

    Parameters
    ----------
    bundles : mapping of str to Bundle
        Opened bundles by name; the first is the default.
    threads : int
        Threads a search may use.
    limits : Limits
        What one upload may take.

    Raises
    ------
    ConfigError
        When there is no bundle.
    """

    def __init__(self, bundles: Mapping[str, Bundle], *, threads: int = 2, limits: Limits = DEFAULT_LIMITS) -> None:
        if not bundles:
            raise ConfigError("There is no data bundle to serve.", next_step="Build one: make demo")
        self._references = {name: Reference(bundle, threads=threads) for name, bundle in bundles.items()}
        self.bundles: Mapping[str, Bundle] = MappingProxyType(dict(bundles))
        self._limits = limits
        self._reference_views: dict[str, ReferenceView] = {}
        self._results: OrderedDict[tuple[Path, int, float | None], QueryResult] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, folders: Iterable[Path], *, threads: int = 2, limits: Limits = DEFAULT_LIMITS) -> Engine:
        """Open bundles from their folders.

        Parameters
        ----------
        folders : iterable of Path
            Bundles, or folders whose link ``current`` leads to one; the first is the default.
        threads, limits
            As the class.

        Returns
        -------
        Engine
            Files are verified when first touched.

        Raises
        ------
        BundleError
            When one cannot be opened.
        ConfigError
            When there is none, or two have the same name.
        """
        bundles: dict[str, Bundle] = {}
        for folder in folders:
            bundle = Bundle.open(folder)
            if bundle.name in bundles:
                raise ConfigError(
                    f"Two data bundles are named {bundle.name!r}: {bundles[bundle.name].folder} and {bundle.folder}.",
                    next_step="Serve one of them.",
                )
            bundles[bundle.name] = bundle
        return cls(bundles, threads=threads, limits=limits)

    @property
    def default(self) -> str:
        """Name of the bundle asked where the user did not choose."""
        return next(iter(self.bundles))

    def reference(self, name: str) -> Reference:
        """Return a bundle made ready for answering.

        Raises
        ------
        InputError
            When there is none of this name.
        """
        if name not in self._references:
            raise InputError(
                f"There is no reference named {name!r}.",
                next_step=f"Choose one of {', '.join(self._references)}.",
                code="unknown-bundle",
            )
        return self._references[name]

    def canary(self, bundle: str = "") -> list[str]:
        """Ask a bundle for a few cells whose answer is known.

        Parameters
        ----------
        bundle : str
            Name of the bundle; all of them if empty.

        Returns
        -------
        list of str
            Problems, one sentence each, with the bundle's name where all are asked; empty where all is well.

        Raises
        ------
        BundleDamagedError
            When encoder or index cannot be opened at all.
        """
        if bundle:
            return self.reference(bundle).canary()
        return [f"{name}: {problem}" for name in self.bundles for problem in self.canary(name)]

    def annotate(
        self,
        source: Path,
        *,
        out: Path,
        bundle: str = "",
        options: QueryOptions | None = None,
        progress: Progress = unmonitored,
        display_name: str = "",
        work: Path | None = None,
    ) -> QueryResult:
        """Answer a query and write its result folder.

        Parameters
        ----------
        source : Path
            File, or folder of an MTX matrix.
        out : Path
            Result folder; must not exist or be empty. It appears complete or not at all.
        bundle : str
            Name of the bundle; the default one if empty.
        options : QueryOptions, optional
            What the user chose.
        progress : Progress
            Told at every step; whatever it raises ends the query.
        display_name : str
            The user's name for the file; that of `source` if empty.
        work : Path, optional
            Scratch folder, for example a job's; a temporary one if left out. ``findings.json`` appears there after the check.

        Returns
        -------
        QueryResult
            The finished result.

        Raises
        ------
        InputError
            When file or options cannot be used; a `MatrixRefusedError` carries the findings.
        BundleError
            When the bundle turns out damaged.
        """
        asked = self.reference(bundle or self.default)
        with tempfile.TemporaryDirectory(prefix="scquery-") as scratch:
            request = self._request(source, display_name, work or Path(scratch), options)
            return annotate(asked, request, out, progress, others=self._others(asked))

    def embed(
        self, source: Path, *, bundle: str = "", progress: Progress = unmonitored, display_name: str = ""
    ) -> npt.NDArray[np.float32]:
        """Read a file and embed its cells.

        Parameters
        ----------
        source, bundle, progress, display_name
            As `annotate`.

        Returns
        -------
        ndarray of float32, n_query x n_latent
            Rows of length 1.

        Raises
        ------
        InputError
            When the file cannot be used.
        """
        asked = self.reference(bundle or self.default)
        with tempfile.TemporaryDirectory(prefix="scquery-") as scratch:
            request = self._request(source, display_name, Path(scratch), None)
            matrix = check(asked, request, progress, others=self._others(asked)).matrix
            clock = Clock(progress)
            with clock.at("embed"):
                return embed(asked, matrix, clock)[0]

    def _request(self, source: Path, display_name: str, work: Path, options: QueryOptions | None) -> Request:
        return Request(source, display_name or source.name, options or QueryOptions(), work, self._limits)

    def _others(self, asked: Reference) -> list[Reference]:
        return [r for r in self._references.values() if r is not asked]

    def result(self, folder: Path, *, threshold: float | None = None) -> QueryResult:
        """Open a finished result.

        Parameters
        ----------
        folder : Path
            As `annotate` wrote it.
        threshold : float, optional
            Another confidence level than the one it was made with: labels and scores stay, statuses follow.

        Returns
        -------
        QueryResult
            Kept in memory for the next call, with what was read of it.

        Raises
        ------
        InputError
            When there is no finished result, or it was made with a reference that is no longer served.
        """
        made = folder / REPORT
        key = (folder.resolve(), made.stat().st_mtime_ns if made.exists() else 0, threshold)
        with self._lock:
            known = self._results.pop(key, None)
        if known is None:
            known = QueryResult.open(folder)
            self._reference_of(known)
            known = known if threshold is None else self.with_threshold(known, threshold)
        with self._lock:
            self._results[key] = known
            while len(self._results) > _KEPT_RESULTS:
                self._results.popitem(last=False)
        return known

    def with_threshold(self, result: QueryResult, threshold: float) -> QueryResult:
        """Return a result judged by another confidence level; nothing is written."""
        threshold = replace(QueryOptions(), threshold=threshold).threshold
        if threshold == result.report["options"]["threshold"]:
            return result
        return result.with_threshold(threshold, self._reference_of(result).labeller)

    def bundle_of(self, result: QueryResult) -> Bundle:
        """Return the bundle a result was made with.

        Raises
        ------
        InputError
            When it is no longer served: rows of another version mean other cells.
        """
        return self._reference_of(result).bundle

    def _reference_of(self, result: QueryResult) -> Reference:
        made_with = result.report["bundle"]
        served = self._references.get(made_with["name"])
        if served is None or served.bundle.manifest.bundle_id != made_with["bundle_id"]:
            raise InputError(
                f"This result was made with another version of the reference {made_with['title']!r}.",
                next_step="Search again.",
                code="reference-changed",
            )
        return served

    # The views: numbers behind the panels, for a result and a selection of its cells.

    def parse_selection(self, text: str) -> Selection:
        """Read a selection as the page's address holds it; InputError where it is none."""
        return Selection.parse(text)

    def selection_mask(self, result: QueryResult, chosen: Selection) -> Mask:
        """Return which query cells are selected, bool, n_query."""
        return selection.mask(self.bundle_of(result), result, chosen)

    def describe(self, result: QueryResult, chosen: Selection) -> SelectionView:
        """Return the sentence about a selection and its counts."""
        return selection.describe(self.bundle_of(result), result, chosen, self.selection_mask(result, chosen))

    def heatmap(self, result: QueryResult, n_clusters: int = heatmap.DEFAULT_CLUSTERS) -> HeatmapView:
        """Return the clustered heatmap of scores."""
        return heatmap.heatmap(self.bundle_of(result), result, n_clusters)

    def projection(self, result: QueryResult, space: Space = "embedding") -> ProjectionView:
        """Return the points of the map."""
        return projection.projection(self.bundle_of(result), result, space)

    def composition(self, result: QueryResult, mask: Mask) -> CompositionView:
        """Return the cell types of the selected cells."""
        return composition.composition(self.bundle_of(result), result, mask)

    def type_ranks(self, result: QueryResult) -> tuple[str, ...]:
        """Return the types by their share in the whole query: the order colours are given out in."""
        return composition.type_ranks(self.bundle_of(result), result)

    def thin_types(self, result: QueryResult) -> frozenset[str]:
        """Return the types with so few reference cells that they can lose against a frequent one by numbers alone."""
        types = self.bundle_of(result).cell_types
        few = types.loc[types["n_cells"] < thin.FEW_CELLS, "cell_type_ontology_term_id"]
        return frozenset(few.tolist())

    def studies(self, result: QueryResult, mask: Mask) -> pd.DataFrame:
        """Return the reference studies behind the selected cells."""
        return studies.studies(self.bundle_of(result), result, mask)

    def ontology_view(
        self, result: QueryResult, mask: Mask, *, size: tuple[int, int] = ontology_view.DEFAULT_SIZE
    ) -> OntologyView:
        """Return the matched types in the ontology, laid out for a panel of `size` pixels."""
        return ontology_view.ontology_view(self.bundle_of(result), result, mask, size)

    def type_card(self, result: QueryResult, term_id: str, mask: Mask) -> TypeCard:
        """Return the card of a type; InputError where the ontology does not hold it."""
        self._need_term(result, term_id)
        return card.type_card(self.bundle_of(result), result, term_id, mask)

    def gene_heatmap(self, result: QueryResult, term_id: str, mask: Mask) -> GeneHeatmapView:
        """Return a type's genes in the selected cells; InputError where the ontology does not hold it."""
        self._need_term(result, term_id)
        return markers.gene_heatmap(self.bundle_of(result), result, term_id, mask)

    def volcano(self, result: QueryResult, term_id: str) -> VolcanoView:
        """Return the tested genes of a type; InputError where the ontology does not hold it."""
        self._need_term(result, term_id)
        return markers.volcano(self.bundle_of(result), term_id)

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
