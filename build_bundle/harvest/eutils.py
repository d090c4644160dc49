"""NCBI's E-utilities: search with history, summaries, links, SRA records.

Requests follow NCBI, "Entrez Programming Utilities Help". Errors come in many dresses (JSON ``error``, XML ``ERROR``,
an ``ErrorList``, a page of HTML); all become one error here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from build_bundle.harvest.client import BadReplyError, Client
from build_bundle.harvest.sra_xml import SraRecords, read_sra_xml

T = TypeVar("T")
_PAGE = 200
_SRA_PAGE = 100


@dataclass(frozen=True)
class SearchReply:
    """What ``esearch`` found: how many, the first ids, and where the server keeps the rest."""

    count: int
    ids: tuple[str, ...]
    web_env: str = ""
    query_key: str = ""


@dataclass(frozen=True)
class Entrez:
    """E-utilities through a client."""

    client: Client

    def search(self, db: str, term: str, extra: Mapping[str, str] | None = None) -> SearchReply:
        """Search, and let the server keep the result. Never answered from disk."""
        params = {"db": db, "term": term, "usehistory": "y", "retmode": "json", "retmax": "20", **(extra or {})}
        return self._ask("esearch", params, read_esearch, keep=False)

    def summaries(self, db: str, found: SearchReply) -> Iterator[dict[str, Any]]:
        """Give the summaries of all records of a search, page by page from the server's history."""
        for start in range(0, found.count, _PAGE):
            params = _history(db, found, start, _PAGE) | {"retmode": "json"}
            expected = min(_PAGE, found.count - start)
            yield from self._ask("esummary", params, partial(_whole_page, expected=expected), keep=False)

    def linked(self, source: str, target: str, uid: str) -> tuple[str, ...]:
        """Return the ids of records of another database that belong to a record."""
        return self._ask("elink", {"dbfrom": source, "db": target, "id": uid}, read_elink, keep=True)

    def sra_of(self, ids: Sequence[str]) -> SraRecords:
        """Return the SRA records of some ids or accessions."""
        found = SraRecords()
        for start in range(0, len(ids), _SRA_PAGE):
            page = ",".join(ids[start : start + _SRA_PAGE])
            found = found.joined(
                self._ask("efetch", {"db": "sra", "id": page, "rettype": "full"}, read_sra_xml, keep=True)
            )
        return found

    def _ask(self, tool: str, params: Mapping[str, str], read: Callable[[bytes], T], *, keep: bool) -> T:
        return self.client.ask(f"{self.client.settings.base('eutils')}/{tool}.fcgi", params, read, keep=keep)


def _history(db: str, found: SearchReply, start: int, size: int) -> dict[str, str]:
    place = {"query_key": found.query_key, "WebEnv": found.web_env}
    return {"db": db, **place, "retstart": str(start), "retmax": str(size)}


def read_esearch(body: bytes) -> SearchReply:
    """Read a reply of ``esearch``, as JSON or as XML.

    Parameters
    ----------
    body : bytes
        The reply.

    Returns
    -------
    SearchReply
        Empty where nothing fits the question.

    Raises
    ------
    BadReplyError
        Where the reply is an error, or none of these.
    """
    if body.lstrip().startswith(b"<"):
        return _esearch_of_xml(body)
    result = _json(body).get("esearchresult")
    if not isinstance(result, dict) or "ERROR" in result:
        raise BadReplyError(f"The search failed at NCBI: {_words(result)}.")
    try:
        return SearchReply(
            int(result["count"]),
            tuple(map(str, result["idlist"])),
            str(result.get("webenv", "")),
            str(result.get("querykey", "")),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadReplyError(f"The reply of the search lacks {error}.") from error


def _esearch_of_xml(body: bytes) -> SearchReply:
    root = read_xml(body, "eSearchResult")
    count = root.findtext("Count", "")
    if not count.isdigit():
        raise BadReplyError("The reply of the search has no count.")
    ids = tuple(element.text or "" for element in root.iterfind("IdList/Id"))
    return SearchReply(int(count), ids, root.findtext("WebEnv", ""), root.findtext("QueryKey", ""))


def read_esummary(body: bytes) -> list[dict[str, Any]]:
    """Read a reply of ``esummary`` (JSON, version 0.3).

    Parameters
    ----------
    body : bytes
        The reply; also without its envelope, as some mirrors give it.

    Returns
    -------
    list of dict
        One a record, with ``uid``; records that only say that they cannot be had are left out.

    Raises
    ------
    BadReplyError
        Where the reply is an error, or none of these.
    """
    if body.lstrip().startswith(b"<"):
        root = read_xml(body, "eSummaryResult")
        raise BadReplyError(f"NCBI gave no summary: {root.findtext('ERROR', 'no reason')}.")
    table = _json(body)
    result = table.get("result", table)
    if not isinstance(result, dict) or "error" in table or "esummaryresult" in table:
        raise BadReplyError(f"NCBI gave no summary: {_words(table.get('error') or table.get('esummaryresult'))}.")
    return [
        {"uid": str(uid), **entry} for uid, entry in result.items() if isinstance(entry, dict) and "error" not in entry
    ]


def _whole_page(body: bytes, expected: int) -> list[dict[str, Any]]:
    """Read a page of summaries and check that none is lacking; a study that is missed once would be missed for good."""
    found = read_esummary(body)
    listed = _json(body).get("result", {}).get("uids", [])
    if len(listed) != expected:
        raise BadReplyError(f"A page of summaries lists {len(listed)} records, not {expected}.")
    return found


def read_elink(body: bytes) -> tuple[str, ...]:
    """Read the linked ids of a reply of ``elink`` (XML), each once, in their order."""
    root = read_xml(body, "eLinkResult")
    if root.find(".//ERROR") is not None:
        raise BadReplyError(f"NCBI gave no links: {root.findtext('.//ERROR')}.")
    return tuple(dict.fromkeys(e.text or "" for e in root.iterfind("LinkSet/LinkSetDb/Link/Id")))


def read_xml(body: bytes, expected: str) -> Element:
    """Parse XML without entities, and check the name of its root.

    Raises
    ------
    BadReplyError
        Where it does not parse, defines entities, or is something else.
    """
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadReplyError(f"A reply is not readable as XML: {error}.") from error
    if root.tag != expected:
        raise BadReplyError(f"A reply holds {root.tag}, not {expected}.")
    return root


def _json(body: bytes) -> dict[str, Any]:
    try:
        table = json.loads(body)
    except ValueError as error:
        raise BadReplyError(f"A reply is not readable as JSON: {error}.") from error
    if not isinstance(table, dict):
        raise BadReplyError("A reply is JSON, but no table.")
    return table


def _words(value: object) -> str:
    return str(value)[:200] if value else "it gave no reason"
