"""The only door callbacks use: bundles, answering a query, and the views of a result.

Answering is done stage by stage in ``core.annotation``, views are ``core.views``. What a caller needs to
name (`Selection`, `QueryOptions`, `QueryResult`, `STAGES`, ...) can be imported from here.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.annotation import annotate, check, embed
from core.bundle.reader import Bundle
from core.errors import ConfigError
from core.explore.selection import Selection, SelectionView
from core.expression.limits import DEFAULT_LIMITS, Limits
from core.gene_views import QueryGenes
from core.query import STAGES, Clock, Progress, QueryOptions, Request, unmonitored
from core.reference import Reference
from core.result import QueryResult
from core.views import Views

__all__ = [
    "STAGES", "Engine", "Progress", "QueryGenes", "QueryOptions", "QueryResult", "Selection", "SelectionView",
]  # fmt: skip


class Engine(Views):
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
        super().__init__(bundles, threads=threads)
        self._limits = limits

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
            return embed(asked, matrix, Clock(progress))[0]

    def _request(self, source: Path, display_name: str, work: Path, options: QueryOptions | None) -> Request:
        return Request(source, display_name or source.name, options or QueryOptions(), work, self._limits)

    def _others(self, asked: Reference) -> list[Reference]:
        return [r for r in self._references.values() if r is not asked]
