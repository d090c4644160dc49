"""A bundle made ready for answering: encoder, index, gene names and codes, each loaded when first needed.

Not here: the files (``core.bundle``), what the page shows of a reference (``core.explore.reference``).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle import schema
from core.bundle.reader import Bundle
from core.bundle.relabelled import RelabelledBundle
from core.bundle.schema import TYPE
from core.embedding.encoder import Encoder
from core.errors import InputError
from core.expression.gene_finder import GeneFinder
from core.expression.genes import GeneNames
from core.ontology.detail import Level, levels_of_detail
from core.ontology.graph import Ontology
from core.ontology.similarity import Similarity
from core.search.calibration import Calibration
from core.search.canary import check_canary
from core.search.index import NeighborIndex
from core.search.labelling import Labeller, is_thin

Ints = npt.NDArray[np.int32]


class Reference:
    """What answering needs of one bundle. May be shared by threads: every part is read-only once made.

    Parameters
    ----------
    bundle : Bundle
        The opened bundle.
    threads : int
        Threads a search may use.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 2) -> None:
        self.bundle = bundle
        self._threads = threads
        self._coarser: dict[int, Reference] = {}

    @property
    def title(self) -> str:
        """Title with organism, as a sentence can hold it."""
        return f'"{self.bundle.manifest.title}" ({self.bundle.manifest.organism})'

    @cached_property
    def encoder(self) -> Encoder:
        """The trained networks."""
        return Encoder.from_bundle(self.bundle)

    @cached_property
    def index(self) -> NeighborIndex:
        """The search index; opening it imports NMSLib."""
        return NeighborIndex.open(self.bundle, threads=self._threads)

    @cached_property
    def gene_names(self) -> GeneNames:
        """All names of the organism's genes."""
        return GeneNames.from_table(self.bundle.table(schema.GENE_NAMES))

    @cached_property
    def gene_finder(self) -> GeneFinder:
        """Finds genes of the expression matrix by what somebody types."""
        genes = self.bundle.genes
        return GeneFinder(
            self.gene_names, dict(zip(genes["gene_symbol"].tolist(), genes["n_cells"].tolist(), strict=True))
        )

    @cached_property
    def genes(self) -> frozenset[str]:
        """Symbols of the reference's expression matrix."""
        return frozenset(self.bundle.gene_rows)

    @cached_property
    def ontology(self) -> Ontology:
        """The labels and all their ancestors."""
        return Ontology.from_tables(self.bundle.terms, self.bundle.edges)

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """The ways to look at the types, from as they are (0) to a few wide terms."""
        similarity = Similarity.from_table(self.bundle.frame(schema.TYPE_SIMILARITY))
        return levels_of_detail(self.ontology, self.bundle.cell_types[TYPE].tolist(), similarity)

    def at_level(self, level: int) -> Reference:
        """Return the same reference with its cells under wider types.

        Parameters
        ----------
        level : int
            Steps away from the finest types, >= 0; past the last level, the last.

        Returns
        -------
        Reference
            This one for level 0.
        """
        level = min(level, len(self.levels) - 1)
        if level == 0:
            return self
        if level not in self._coarser:
            self._coarser[level] = Reference(RelabelledBundle(self.bundle, self.levels[level]), threads=self._threads)
        return self._coarser[level]

    @cached_property
    def labeller(self) -> Labeller:
        """Writes labels as a table."""
        types = self.bundle.cell_types
        names = dict(zip(types[TYPE].tolist(), types["cell_type"].tolist(), strict=True))
        return Labeller(
            self.ontology,
            names,
            self.bundle.manifest.confidence.unknown_distance,
            calibration=self._calibration,
            thin=frozenset(types.loc[is_thin(types), TYPE]),
        )

    @cached_property
    def _calibration(self) -> Calibration | None:
        found = Calibration.from_table(self.bundle.frame(schema.CALIBRATION.name))
        return found.for_wider_types() if found and isinstance(self.bundle, RelabelledBundle) else found

    @cached_property
    def type_codes(self) -> Ints:
        """Type of every reference cell, int32, n_ref: place in the bundle's table of cell types."""
        return _codes(self.bundle.cells[TYPE], self.bundle.cell_types[TYPE])

    @cached_property
    def study_codes(self) -> Ints:
        """Study of every reference cell, int32, n_ref: place in the bundle's table of studies."""
        return _codes(self.bundle.cells["study"], self.bundle.studies["study"])

    def type_sizes(self, leave_out: Collection[str] = ()) -> npt.NDArray[np.int64]:
        """Count the cells of each type that may be found.

        Parameters
        ----------
        leave_out : collection of str
            Studies to leave out.

        Returns
        -------
        ndarray of int64, n_types
            In the order of the bundle's table of cell types.
        """
        allowed = self.allowed(leave_out)
        codes = self.type_codes if allowed is None else self.type_codes[allowed]
        return np.bincount(codes, minlength=len(self.bundle.cell_types))

    def allowed(self, leave_out: Collection[str]) -> npt.NDArray[np.bool_] | None:
        """Return which reference cells may be found.

        Parameters
        ----------
        leave_out : collection of str
            Studies to leave out.

        Returns
        -------
        ndarray of bool, n_ref, or None
            None where nothing is left out.

        Raises
        ------
        InputError
            When the reference has no such study, naming the ones it has.
        """
        if not leave_out:
            return None
        used = self.bundle.studies.loc[self.bundle.studies["status"] == "used", "study"].tolist()
        unknown = sorted(set(leave_out) - set(used))
        if unknown:
            raise InputError(
                f"{self.title} has no study {unknown[0]!r}.",
                next_step=f"Its studies are {', '.join(used)}.",
                code="unknown-study",
            )
        kept: npt.NDArray[np.bool_] = ~self.bundle.cells["study"].isin(list(leave_out)).to_numpy()
        return kept

    def canary(self) -> list[str]:
        """Ask encoder and index for a few cells whose answer is known.

        Returns
        -------
        list of str
            Problems, one sentence each; empty where all is well.
        """
        return check_canary(self.encoder.forward, self.index, self.bundle.tensors(schema.CANARY))


def _codes(values: pd.Series[str], keys: pd.Series[str]) -> Ints:
    place = {key: i for i, key in enumerate(keys.tolist())}
    return np.fromiter((place[v] for v in values.tolist()), dtype=np.int32, count=len(values))
