"""The bundles a process serves, and the results made with them."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from core.bundle.reader import Bundle
from core.coarser import CoarserResult
from core.errors import ConfigError, InputError
from core.explore.naming import type_names
from core.explore.own_table import OwnTable, read_table
from core.ontology.text import short_name
from core.query import QueryOptions, n_not_drawn
from core.reference import Reference
from core.result import REPORT, QueryResult

_KEPT_RESULTS = 16
_KEPT_TABLES = 4  # a result is kept once for every confidence level it was looked at with; its table is read once

_Version = tuple[Path, int, int]
"""A file as it was at one time: path, time of its last change, size."""

logger = logging.getLogger(__name__)


class Served:
    """Bundles by name, and results by folder. May be shared by threads.

    Parameters
    ----------
    bundles : mapping of str to Bundle
        Opened bundles by name; the first is the default.
    threads : int
        Threads a search may use.

    Raises
    ------
    ConfigError
        When there is no bundle.
    """

    def __init__(self, bundles: Mapping[str, Bundle], *, threads: int = 2) -> None:
        if not bundles:
            raise ConfigError("There is no data bundle to serve.", next_step="Build one: make demo")
        self.bundles: Mapping[str, Bundle] = MappingProxyType(dict(bundles))
        self._references = {name: Reference(bundle, threads=threads) for name, bundle in bundles.items()}
        self._results: OrderedDict[tuple[Path, int, float | None, int, _Version | None], QueryResult] = OrderedDict()
        self._tables: OrderedDict[tuple[Path, _Version], OwnTable | None] = OrderedDict()
        self._lock = threading.Lock()

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

    def result(
        self, folder: Path, *, threshold: float | None = None, level: int = 0, cell_table: Path | None = None
    ) -> QueryResult:
        """Open a finished result.

        Parameters
        ----------
        folder : Path
            As `annotate` wrote it.
        threshold : float, optional
            Another confidence level than the one it was made with: labels and scores stay, statuses follow.
        level : int
            Steps away from the finest types: labels and scores are those of wider types.
        cell_table : Path, optional
            Table that the user brought to the result; its columns are part of ``obs``. There may be no such file.

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
        brought = _version(cell_table)
        key = (folder.resolve(), made.stat().st_mtime_ns if made.exists() else 0, threshold, level, brought)
        with self._lock:
            known = self._results.pop(key, None)
        if known is None:
            known = self._at_level(QueryResult.open(folder), level)
            known = known if threshold is None else self.with_threshold(known, threshold)
            table = self.own_table(folder, cell_table)
            known = known if table is None else known.with_obs(table.obs)
        with self._lock:
            self._results[key] = known
            while len(self._results) > _KEPT_RESULTS:
                self._results.popitem(last=False)
        return known

    def own_table(self, folder: Path, cell_table: Path | None) -> OwnTable | None:
        """Read the table that a user brought to a result.

        Parameters
        ----------
        folder : Path
            The result.
        cell_table : Path or None
            The table.

        Returns
        -------
        OwnTable or None
            None where there is none, or none that can still be read: a result is worth showing without it.

        Raises
        ------
        InputError
            When there is no finished result.
        """
        brought = _version(cell_table)
        if brought is None:
            return None
        key = (folder.resolve(), brought)
        with self._lock:
            if key in self._tables:
                return self._tables[key]
        result = QueryResult.open(folder)
        try:
            table = read_table(
                brought[0].read_bytes(), result.cell_ids.tolist(), n_not_drawn=n_not_drawn(result.report)
            )
        except (OSError, InputError) as error:
            logger.warning("A table of cells cannot be read", extra={"fields": {"problem": str(error)}})
            table = None
        with self._lock:
            self._tables[key] = table
            while len(self._tables) > _KEPT_TABLES:
                self._tables.popitem(last=False)
        return table

    def types_by_level(self, result: QueryResult) -> tuple[int, ...]:
        """Return how many types the reference has at each level of detail, the finest first."""
        levels = self._served(result).levels
        return tuple(len(set(level.values())) for level in levels)

    def level_joining(self, result: QueryResult, a: str, b: str) -> tuple[int, str] | None:
        """Return the finest level of detail at which two types are one, and that type's short name; None where there is none."""
        reference = self._served(result)
        for number, level in enumerate(reference.levels):
            if level.get(a, a) == level.get(b, b):
                return number, short_name(type_names(reference.at_level(number).bundle).get(level[a], level[a]))
        return None

    def _at_level(self, result: QueryResult, level: int) -> QueryResult:
        reference = self._served(result).at_level(level)
        return result if level == 0 else CoarserResult(result, reference, level)

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
        return self._served(result).at_level(result.level)

    def _served(self, result: QueryResult) -> Reference:
        made_with = result.report["bundle"]
        served = self._references.get(made_with["name"])
        if served is None or served.bundle.manifest.bundle_id != made_with["bundle_id"]:
            raise InputError(
                f"This result was made with another version of the reference {made_with['title']!r}.",
                next_step="Search again.",
                code="reference-changed",
            )
        return served


def _version(path: Path | None) -> _Version | None:
    try:
        made = path.stat() if path is not None else None
    except OSError:
        made = None
    return None if path is None or made is None else (path.resolve(), made.st_mtime_ns, made.st_size)
