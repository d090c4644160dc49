"""A GEO series out of its family SOFT file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from build_bundle.harvest.assemble import Draft
from build_bundle.harvest.client import BadReplyError
from build_bundle.harvest.file_kinds import kind_of
from build_bundle.harvest.records import Characteristic, FileRow, SampleRow, StudyRow
from build_bundle.harvest.soft import SoftEntity
from build_bundle.harvest.values import day

GEO = "geo"
_SUPPLEMENT = re.compile(r"^supplementary_file(_\d+)?$")
_ACCESSION = re.compile(r"\b([SED]R[PX]\d+|PRJ[A-Z]{2}\d+|SAM[NED][A-Z]?\d+|GSE\d+)\b")


@dataclass(frozen=True)
class Series:
    """A series.

    Parameters
    ----------
    draft : Draft
        The study.
    projects : tuple of str
        Accessions under which the sequence archives keep its runs: SRP first, BioProjects after.
    parts : tuple of str
        The series it is made of, where it is a series of series.
    """

    draft: Draft
    projects: tuple[str, ...]
    parts: tuple[str, ...]


def read_series(entities: Iterable[SoftEntity], accession: str) -> Series:
    """Read a family file.

    Parameters
    ----------
    entities : iterable of SoftEntity
        Its entities.
    accession : str
        Of the series that was asked for.

    Returns
    -------
    Series
        Its platforms are not kept.

    Raises
    ------
    BadReplyError
        Where the file has no series, or another one.
    """
    series: SoftEntity | None = None
    samples: list[SoftEntity] = []
    for entity in entities:
        if entity.kind == "SERIES":
            series = entity
        elif entity.kind == "SAMPLE":
            samples.append(entity)
    if series is None or series.name != accession:
        raise BadReplyError(f"The SOFT file of {accession} holds {series.name if series else 'no series'}.")
    relations = [relation_of(text) for text in series.attributes.get("relation", ())]
    found = [target for kind, target in relations if kind in {"SRA", "BioProject"}]
    rows = [sample_of(sample, series) for sample in samples]
    draft = Draft(
        study=_study(series, tuple(t for t in found if t[1:3] == "RP")),
        samples=tuple(rows),
        files=(*_files(series, accession, ""), *(f for s in samples for f in _files(s, accession, s.name))),
        names={
            row.sample_accession: frozenset({row.sample_accession, row.sra_experiment, row.biosample} - {""})
            for row in rows
        },
        arrays=frozenset(s.name for s in samples if not is_sequenced(s)),
        single_cell_text=series.first("title"),
    )
    projects = sorted(dict.fromkeys(found), key=lambda name: name.startswith("PRJ"))
    return Series(draft, tuple(projects), tuple(target for kind, target in relations if kind == "SuperSeries of"))


def relation_of(text: str) -> tuple[str, str]:
    """Return kind and accession of a relation.

    Examples
    --------
    >>> relation_of("SRA: https://www.ncbi.nlm.nih.gov/sra?term=SRP096361")
    ('SRA', 'SRP096361')
    """
    kind, _, rest = text.partition(":")
    found = _ACCESSION.search(rest)
    return kind.strip(), found[1] if found else ""


def is_sequenced(sample: SoftEntity) -> bool:
    """Whether a sample was read by sequencing: its type is SRA, or it names a library strategy."""
    return sample.first("type").upper() == "SRA" or bool(sample.first("library_strategy"))


def sample_of(sample: SoftEntity, series: SoftEntity) -> SampleRow:
    """Return what a sample's record says of it."""
    relations = dict(relation_of(text) for text in reversed(sample.attributes.get("relation", [])))
    return SampleRow(
        sample_accession=sample.name,
        study_accession=series.name,
        repository=GEO,
        title=sample.first("title"),
        source_name=sample.first("source_name_ch1"),
        description=sample.text("description"),
        pubmed_ids=tuple(series.attributes.get("pubmed_id", ())),
        release_date=day(sample.first("status")),
        organism=", ".join(dict.fromkeys(sample.attributes.get("organism_ch1", ()))),
        molecule=sample.first("molecule_ch1"),
        library_strategy=sample.first("library_strategy"),
        library_source=sample.first("library_source"),
        library_selection=sample.first("library_selection"),
        instrument=sample.first("instrument_model"),
        platform_accession=sample.first("platform_id"),
        treatment_protocol=sample.text("treatment_protocol_ch1"),
        growth_protocol=sample.text("growth_protocol_ch1"),
        extract_protocol=sample.text("extract_protocol_ch1"),
        data_processing=sample.text("data_processing"),
        characteristics=tuple(map(characteristic_of, sample.attributes.get("characteristics_ch1", ()))),
        biosample=relations.get("BioSample", ""),
        sra_experiment=relations.get("SRA", ""),
    )


def characteristic_of(text: str) -> Characteristic:
    """Split ``tissue: lung``; a text without a colon has no name."""
    name, colon, value = text.partition(":")
    return Characteristic(name.strip(), value.strip()) if colon else Characteristic("", text.strip())


def _study(series: SoftEntity, sra_studies: tuple[str, ...]) -> StudyRow:
    return StudyRow(
        study_accession=series.name,
        repository=GEO,
        title=series.first("title"),
        summary=series.text("summary"),
        overall_design=series.text("overall_design"),
        pubmed_ids=tuple(series.attributes.get("pubmed_id", ())),
        release_date=day(series.first("status")),
        sra_studies=sra_studies,
    )


def _files(entity: SoftEntity, study: str, sample: str) -> Iterator[FileRow]:
    """Give the supplementary files of an entity, each once."""
    urls = (url for key, values in entity.attributes.items() if _SUPPLEMENT.match(key) for url in values)
    for url in dict.fromkeys(urls):
        name = url.rstrip("/").rpartition("/")[2]
        if "://" in url and name:
            yield FileRow(study, sample, "", kind_of(name), 0, name, url)
