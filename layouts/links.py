"""Addresses of the page: every path and query the page writes or reads.

``/`` first visit, ``/r/<token>`` a search and its result, ``/reference`` about the reference. What a result shows is in the query
(``tab``, ``sel``, ``clusters``, ``space``, ``zoom``, ``type``, ``threshold``, ``detail``, ``rows``, ``gene``, ``vs``, ``list``, ``by``, ``group``,
``against``, ``replicates``, ``within``); ``assets/scquery.js`` reads the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, urlencode

HOME = "/"
REFERENCE = "/reference"
RESULT = "/r/"


@dataclass(frozen=True)
class Place:
    """Which page an address means.

    Parameters
    ----------
    page : str
        ``home``, ``result``, ``reference`` or ``nowhere``.
    token : str
        Of a result, else empty.
    """

    page: Literal["home", "result", "reference", "nowhere"]
    token: str = ""


def read_path(pathname: str | None) -> Place:
    """Say which page a path means.

    Parameters
    ----------
    pathname : str or None
        Path of the address.

    Returns
    -------
    Place
        ``nowhere`` for a path the page does not know.

    Examples
    --------
    >>> read_path("/r/abc").token
    'abc'
    """
    path = pathname if isinstance(pathname, str) and pathname else HOME
    if path == HOME:
        return Place("home")
    if path.rstrip("/") == REFERENCE:
        return Place("reference")
    if path.startswith(RESULT) and "/" not in path[len(RESULT) :].rstrip("/") and len(path) > len(RESULT):
        return Place("result", path[len(RESULT) :].rstrip("/"))
    return Place("nowhere")


def result(token: str, **view: str) -> str:
    """Give the address of a result.

    Parameters
    ----------
    token : str
        Of the job.
    **view : str
        Query, for example ``sel="cluster:5/9"``.

    Returns
    -------
    str
        Path and query.
    """
    query = urlencode(view, quote_via=quote, safe=":/,")
    return f"{RESULT}{token}" + (f"?{query}" if query else "")


def download(
    token: str,
    file: str,
    selection: str = "",
    threshold: str | None = None,
    detail: str | None = None,
    **compared: str | None,
) -> str:
    """Give the address of a file of a result.

    Parameters
    ----------
    token : str
        Of the job.
    file : str
        ``labels.csv``, ``scores.parquet``, ...
    selection : str
        Text of a selection: only its cells.
    threshold : str, optional
        Confidence level of the page where it is not the one searched with.
    detail : str, optional
        Steps away from the finest types.
    **compared : str or None
        Who is compared: ``by``, ``group``, ``against``, ``replicates``.

    Returns
    -------
    str
        Path and query.
    """
    parts = {
        "sel": selection if selection != "all" else "",
        "threshold": threshold or "",
        "detail": detail or "",
        **{name: value or "" for name, value in compared.items()},
    }
    query = urlencode({key: value for key, value in parts.items() if value}, quote_via=quote, safe="")
    return f"{RESULT}{token}/{file}" + (f"?{query}" if query else "")


def home(bundle: str = "") -> str:
    """Give the address of the first page, for one of several references.

    Parameters
    ----------
    bundle : str
        Name of the reference; empty for the default.

    Returns
    -------
    str
        Path and query.
    """
    return HOME + (f"?bundle={quote(bundle)}" if bundle else "")


def reference(bundle: str = "") -> str:
    """Give the address of the page about a reference.

    Parameters
    ----------
    bundle : str
        Name of the reference; empty for the default.

    Returns
    -------
    str
        Path and query.
    """
    return REFERENCE + (f"?bundle={quote(bundle)}" if bundle else "")


def build_report(bundle: str) -> str:
    """Give the address of a reference's build report.

    Parameters
    ----------
    bundle : str
        Name of the reference.

    Returns
    -------
    str
        Path.
    """
    return f"{REFERENCE}/{quote(bundle)}/report.html"


def pubmed(pubmed_id: str) -> str:
    """Give the address of an article in PubMed.

    Parameters
    ----------
    pubmed_id : str
        PubMed id.

    Returns
    -------
    str
        Address on another site.
    """
    return f"https://pubmed.ncbi.nlm.nih.gov/{quote(pubmed_id, safe='')}/"


def accession(text: str) -> str:
    """Give the address of a study in its repository.

    Parameters
    ----------
    text : str
        GEO, ArrayExpress or other accession.

    Returns
    -------
    str
        Address on another site, empty for an accession of no known repository.

    Examples
    --------
    >>> accession("GSE96583")
    'https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc=GSE96583'
    """
    if text.startswith(("GSE", "GSM")):
        return f"https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi?acc={quote(text, safe='')}"
    if text.startswith("E-"):
        return f"https://www.ebi.ac.uk/biostudies/arrayexpress/studies/{quote(text, safe='')}"
    return ""
