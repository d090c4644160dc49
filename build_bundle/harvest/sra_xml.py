"""Read SRA's XML: experiments, samples and runs, from NCBI's packages and from ENA's browser alike.

The elements are those of the INSDC SRA schemas (``SRA.experiment.xsd`` and its neighbours); both services wrap them in
sets of their own. What NCBI adds, the files of a run, is read where it is there: among them the alignments that authors
deposited, which may be all that is left of a droplet run's barcodes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from build_bundle.harvest.client import BadReplyError
from build_bundle.harvest.values import day, number


@dataclass(frozen=True)
class SraFile:
    """A file of a run."""

    name: str
    url: str
    md5: str
    bytes: int | None
    is_original: bool


@dataclass(frozen=True)
class SraRun:
    """A run; `read_count` counts spots."""

    accession: str
    experiment: str
    read_count: int | None
    base_count: int | None
    published: dt.date | None
    files: tuple[SraFile, ...]


@dataclass(frozen=True)
class SraExperiment:
    """An experiment: how one library was made and read."""

    accession: str
    alias: str
    sample: str
    strategy: str
    source: str
    selection: str
    layout: str
    instrument: str


@dataclass(frozen=True)
class SraSample:
    """A sample, with its names in other archives."""

    accession: str
    alias: str
    external: Mapping[str, str]


@dataclass(frozen=True)
class SraRecords:
    """What one or several replies hold; an element that several packages repeat stands once."""

    experiments: tuple[SraExperiment, ...] = ()
    samples: tuple[SraSample, ...] = ()
    runs: tuple[SraRun, ...] = ()

    def joined(self, other: SraRecords) -> SraRecords:
        """Return both together."""
        return SraRecords(
            _once((*self.experiments, *other.experiments)),
            _once((*self.samples, *other.samples)),
            _once((*self.runs, *other.runs)),
        )


R = TypeVar("R", SraExperiment, SraSample, SraRun)


def _once(records: tuple[R, ...]) -> tuple[R, ...]:
    return tuple({record.accession: record for record in records}.values())


def read_sra_xml(body: bytes) -> SraRecords:
    """Read a reply of ``efetch`` (``EXPERIMENT_PACKAGE_SET``) or of ENA's browser (``RUN_SET``, ``SAMPLE_SET``, ...).

    Parameters
    ----------
    body : bytes
        XML; unpacked.

    Returns
    -------
    SraRecords
        In the order of the file.

    Raises
    ------
    BadReplyError
        Where it is not XML, defines entities, or holds no such set.
    """
    try:
        root: Element = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadReplyError(f"An SRA record is not readable as XML: {error}.") from error
    if not root.tag.endswith("_SET"):
        raise BadReplyError(f"An SRA record holds {root.tag[:60]}, not a set of records.")
    return SraRecords(
        _once(tuple(map(_experiment, root.iter("EXPERIMENT")))),
        _once(tuple(map(_sample, root.iter("SAMPLE")))),
        _once(tuple(map(_run, root.iter("RUN")))),
    )


def _experiment(element: Element) -> SraExperiment:
    library = "DESIGN/LIBRARY_DESCRIPTOR/"
    layout = next(iter(element.iterfind(f"{library}LIBRARY_LAYOUT/*")), None)
    return SraExperiment(
        accession=element.get("accession", ""),
        alias=element.get("alias", ""),
        sample=_reference(element, "DESIGN/SAMPLE_DESCRIPTOR"),
        strategy=element.findtext(f"{library}LIBRARY_STRATEGY", ""),
        source=element.findtext(f"{library}LIBRARY_SOURCE", ""),
        selection=element.findtext(f"{library}LIBRARY_SELECTION", ""),
        layout="" if layout is None else layout.tag,
        instrument=element.findtext("PLATFORM/*/INSTRUMENT_MODEL", ""),
    )


def _sample(element: Element) -> SraSample:
    external = {e.get("namespace", ""): e.text or "" for e in element.iterfind("IDENTIFIERS/EXTERNAL_ID")}
    return SraSample(
        accession=element.get("accession", ""),
        alias=element.get("alias", ""),
        external=external,
    )


def _run(element: Element) -> SraRun:
    attributes = {
        a.findtext("TAG", ""): a.findtext("VALUE", "") for a in element.iterfind("RUN_ATTRIBUTES/RUN_ATTRIBUTE")
    }
    return SraRun(
        accession=element.get("accession", ""),
        experiment=_reference(element, "EXPERIMENT_REF"),
        read_count=number(element.get("total_spots") or attributes.get("ENA-SPOT-COUNT")),
        base_count=number(element.get("total_bases") or attributes.get("ENA-BASE-COUNT")),
        published=day(element.get("published") or attributes.get("ENA-FIRST-PUBLIC")),
        files=tuple(_files(element)),
    )


def _files(run: Element) -> Iterator[SraFile]:
    for element in run.iterfind("SRAFiles/SRAFile"):
        url = element.get("url") or next(
            (a.get("url", "") for a in element.iterfind("Alternatives") if a.get("url")), ""
        )
        yield SraFile(
            name=element.get("filename", ""),
            url=url,
            md5=element.get("md5", ""),
            bytes=number(element.get("size")),
            is_original=element.get("supertype", "") == "Original",
        )


def _reference(element: Element, path: str) -> str:
    found = element.find(path)
    if found is None:
        return ""
    return found.get("accession", "") or found.findtext("IDENTIFIERS/PRIMARY_ID", "")
