"""What is kept of a study, a sample, a run and a file: one row each of the catalogue's four tables.

The fields of these classes, in their order and with their types, are the columns of the tables (``catalogue``).
A text that is unknown is empty; a number or a date that is unknown is None.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
import typing
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

# states
KEPT: Final = "kept"
EXCLUDED: Final = "excluded"
INCOMPLETE: Final = "incomplete"
FAILED: Final = "failed"
LISTED: Final = "listed"
DOWNLOADED: Final = "downloaded"
OK: Final = "ok"
MISSING_MATE: Final = "missing_mate"
NO_FILES: Final = "no_files"

# what there is to count from
AUTHOR_LABELLED: Final = "author_labelled"

# kinds of files
FASTQ: Final = "fastq"
BAM: Final = "bam"
SRA: Final = "sra"
MATRIX: Final = "matrix"
SUPPLEMENT: Final = "supplement"


@dataclass(frozen=True)
class Characteristic:
    """One characteristic of a sample, as its submitter wrote it."""

    name: str
    value: str


@dataclass(frozen=True)
class FileRow:
    """One file of a repository.

    Parameters
    ----------
    study_accession, sample_accession, run_accession : str
        What it belongs to; a file of the whole study has no sample.
    kind : str
        ``fastq``, ``bam``, ``sra``, ``matrix`` (values by the authors) or ``supplement``.
    mate : int
        1 or 2 of a pair, else 0.
    name, url, md5 : str
        As the repository gives them; the URL with a scheme, md5 empty where none is published.
    bytes : int or None
        Size the repository gives.
    path : str
        Where the downloaded file lies, relative to the output folder.
    sha256 : str
        Of the downloaded file.
    state : str
        ``listed``, ``downloaded`` or ``failed``.
    reason, reason_code : str
        Why it failed.
    """

    study_accession: str
    sample_accession: str
    run_accession: str
    kind: str
    mate: int
    name: str
    url: str
    md5: str = ""
    bytes: int | None = None
    path: str = ""
    sha256: str = ""
    state: str = LISTED
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True)
class RunRow:
    """One sequencing run; `read_count` counts spots, a pair being one."""

    run_accession: str
    sample_accession: str
    study_accession: str
    experiment_accession: str
    library_layout: str = ""
    library_strategy: str = ""
    library_source: str = ""
    library_selection: str = ""
    instrument: str = ""
    read_count: int | None = None
    base_count: int | None = None
    first_public: dt.date | None = None
    n_fastq: int = 0
    state: str = OK
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True)
class SampleRow:
    """One sample of a study.

    Parameters
    ----------
    sample_accession : str
        Unique in a catalogue.
    technology, protocol_family : str
        How cells were taken and libraries made (``technology``); empty where the texts do not say.
    is_scrna : bool
        Whether it is RNA of single cells of the organism asked for.
    excluded_code, excluded_reason : str
        Why not.
    available : str
        The best there is to count from: ``fastq``, ``bam``, ``sra``, ``author_only``, ``author_labelled`` (the authors'
        values with terms for every cell) or ``no_raw``.
    n_cells : int or None
        Cells it holds, where the repository says so.
    state : str
        ``kept``, ``excluded``, or ``incomplete``: kept, but a file that was wanted or its runs could not be had.
    """

    sample_accession: str
    study_accession: str
    repository: str
    title: str = ""
    source_name: str = ""
    description: str = ""
    pubmed_ids: tuple[str, ...] = ()
    release_date: dt.date | None = None
    organism: str = ""
    organism_ontology_term_id: str = ""
    molecule: str = ""
    library_strategy: str = ""
    library_source: str = ""
    library_selection: str = ""
    library_layout: str = ""
    instrument: str = ""
    platform_accession: str = ""
    treatment_protocol: str = ""
    growth_protocol: str = ""
    extract_protocol: str = ""
    data_processing: str = ""
    characteristics: tuple[Characteristic, ...] = ()
    biosample: str = ""
    sra_experiment: str = ""
    technology: str = ""
    protocol_family: str = ""
    is_scrna: bool = False
    excluded_code: str = ""
    excluded_reason: str = ""
    available: str = ""
    n_runs: int = 0
    n_cells: int | None = None
    state: str = KEPT
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True)
class StudyRow:
    """One study; `state` is ``kept``, ``excluded`` (no sample left), ``incomplete`` or ``failed``."""

    study_accession: str
    repository: str
    title: str = ""
    summary: str = ""
    overall_design: str = ""
    pubmed_ids: tuple[str, ...] = ()
    release_date: dt.date | None = None
    organisms: tuple[str, ...] = ()
    sra_studies: tuple[str, ...] = ()
    n_samples: int = 0
    n_kept: int = 0
    state: str = KEPT
    reason: str = ""
    reason_code: str = ""


@dataclass(frozen=True)
class StudyRecord:
    """All that is known of one study.

    Parameters
    ----------
    study : StudyRow
        The study.
    samples, runs, files : tuple
        What belongs to it.
    related : tuple of str
        Accessions of the same repository to ask for as well: the sub-series of a series of series.
    """

    study: StudyRow
    samples: tuple[SampleRow, ...] = ()
    runs: tuple[RunRow, ...] = ()
    files: tuple[FileRow, ...] = field(default=())
    related: tuple[str, ...] = ()


_hints = cache(typing.get_type_hints)


def to_plain(value: Any) -> Any:  # noqa: ANN401 - any field of a record
    """Turn a record into what JSON holds: dates become ISO text, tuples lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def from_plain(kind: Any, value: Any) -> Any:  # noqa: ANN401 - the type is the argument
    """Undo `to_plain` for a record class or the type of one of its fields."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        return kind(**{name: from_plain(hints[name], item) for name, item in value.items()})
    if typing.get_origin(kind) is tuple:
        return tuple(from_plain(typing.get_args(kind)[0], item) for item in value)
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return None if value is None else from_plain(typing.get_args(kind)[0], value)
    return dt.date.fromisoformat(value) if kind is dt.date else value
