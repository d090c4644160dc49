"""ArrayExpress, the collection of functional genomics in BioStudies.

Studies that ArrayExpress once copied from GEO (``E-GEOD-...``) are left to GEO.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from build_bundle.harvest.archive_run import ArchiveRun
from build_bundle.harvest.assemble import Draft, assemble
from build_bundle.harvest.client import BadReplyError, Client
from build_bundle.harvest.ena import ask_runs
from build_bundle.harvest.mage_tab import SdrfRow, read_idf, read_sdrf
from build_bundle.harvest.records import StudyRecord
from build_bundle.harvest.repository import Found
from build_bundle.harvest.sdrf_study import ARRAYEXPRESS, draft_of, files_of, runs_of
from build_bundle.harvest.settings import SPECIES, Window
from build_bundle.harvest.values import day
from core.errors import FetchError

_PAGE = 100
_COPIED = "E-GEOD-"


@dataclass(frozen=True)
class ArrayExpress:
    """ArrayExpress for one organism.

    Parameters
    ----------
    client : Client
        The door to the network.
    organism : str
        ``mouse`` or ``human``.
    """

    client: Client
    organism: str

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        return ARRAYEXPRESS

    @property
    def question(self) -> str:
        """The search text, without days."""
        return f'("single cell" OR "single nucleus" OR "scRNA-seq") AND organism:"{SPECIES[self.organism]}"'

    def search(self, window: Window) -> Iterator[Found]:
        """Give the studies released in some days: the newest first, until they are older than the window."""
        url = f"{self.client.settings.base('biostudies')}/arrayexpress/search"
        order = {"sortBy": "release_date", "sortOrder": "descending", "pageSize": str(_PAGE)}
        page = 1
        while True:
            hits = self.client.ask(url, {"query": self.question, "page": str(page), **order}, read_search, keep=False)
            days = [day(str(hit.get("release_date", ""))) for hit in hits]
            for hit, released in zip(hits, days, strict=True):
                accession = str(hit.get("accession", ""))
                in_window = released is None or window.since <= released <= window.until
                if in_window and accession.startswith("E-") and not accession.startswith(_COPIED):
                    yield Found(accession, {"title": str(hit.get("title", ""))})
            if len(hits) < _PAGE or any(released is not None and released < window.since for released in days):
                return
            page += 1

    def read(self, found: Found) -> StudyRecord:
        """Return the record of a study; ``incomplete`` where its runs cannot be had.

        Raises
        ------
        FetchError
            Where its IDF or SDRF cannot be had.
        """
        accession, ask = found.accession, self.client.ask
        idf = ask(self._address(accession, f"{accession}.idf.txt"), {}, read_idf)
        tables = [name for name in idf.get("sdrf file", []) if name] or [f"{accession}.sdrf.txt"]
        rows = [row for name in tables for row in ask(self._address(accession, name), {}, read_sdrf)]
        listing = ask(f"{self.client.settings.base('biostudies')}/studies/{accession}", {}, read_listing)
        draft = draft_of(accession, idf, rows, files_of(accession, listing))
        trouble: FetchError | None = None
        runs: list[ArchiveRun] = []
        try:
            runs = self._runs(draft, rows)
        except FetchError as error:
            trouble, runs = error, runs_of(rows)
        return assemble(draft, runs, SPECIES, self.organism, trouble)

    def _runs(self, draft: Draft, rows: list[SdrfRow]) -> list[ArchiveRun]:
        if not any(sample.organism == SPECIES[self.organism] for sample in draft.samples):
            return []
        runs = [run for project in draft.study.sra_studies for run in ask_runs(self.client, project)]
        return runs or runs_of(rows)

    def _address(self, accession: str, name: str) -> str:
        if "/" in name or name.startswith("."):
            raise FetchError(
                f"The IDF of {accession} names a table {name[:80]!r}, which is no file name.", code="bad-reply"
            )
        return f"{self.client.settings.base('biostudies_files')}/{accession}/{name}"


def read_search(body: bytes) -> list[dict[str, Any]]:
    """Read a page of search hits.

    Raises
    ------
    BadReplyError
        Where it is no such page.
    """
    table = _json(body)
    hits = table.get("hits")
    if not isinstance(hits, list) or not all(isinstance(hit, dict) for hit in hits):
        raise BadReplyError("The reply of BioStudies has no hits.")
    return hits


def read_listing(body: bytes) -> list[tuple[str, int | None]]:
    """Read the files of a study: path and size of each, wherever in the tree of sections it stands."""
    found: dict[str, int | None] = {}
    for entry in _files(_json(body).get("section")):
        path = str(entry.get("path") or "")
        if path and ".." not in path.split("/"):
            size = entry.get("size")
            found[path.lstrip("/")] = size if isinstance(size, int) and size >= 0 else None
    return list(found.items())


def _files(node: object) -> Iterator[dict[str, Any]]:
    """Give all tables that stand in a list of files, at any depth; lists are nested where files have one table."""
    if isinstance(node, list):
        for item in node:
            yield from _files(item)
    elif isinstance(node, dict):
        if "path" in node:
            yield node
        for key in ("files", "subsections"):
            yield from _files(node.get(key))


def _json(body: bytes) -> dict[str, Any]:
    try:
        table = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadReplyError(f"A reply is not readable as JSON: {error}.") from error
    if not isinstance(table, dict):
        raise BadReplyError("A reply is JSON, but no table.")
    return table
