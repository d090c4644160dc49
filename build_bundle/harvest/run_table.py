"""Tables of NCBI's Run Selector that a user saved: a study's runs without asking anyone.

Two generations are read: tabs and names with the type appended (``Run_s``), and commas and spelled-out names
(``Assay Type``). Such a table has no titles and no protocols, and no addresses of files.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from build_bundle.harvest.archive_run import ArchiveRun
from build_bundle.harvest.assemble import Draft, assemble
from build_bundle.harvest.client import BadReplyError
from build_bundle.harvest.records import SRA, Characteristic, FileRow, RunRow, SampleRow, StudyRecord, StudyRow
from build_bundle.harvest.settings import SPECIES
from build_bundle.harvest.values import day, number
from core.errors import SourceError

RUN_TABLE = "run_table"
_ABSENT = {"<not provided>", "not provided", "missing", "not applicable", ""}
# What describes the library and the deposit; every other column is a characteristic of the sample.
_LIBRARY = {
    "run", "assay type", "avgspotlen", "bases", "bioproject", "biosample", "bytes", "center name", "consent",
    "datastore filetype", "datastore provider", "datastore region", "experiment", "geo accession (exp)", "instrument",
    "librarylayout", "libraryselection", "librarysource", "organism", "platform", "releasedate", "sample name",
    "sra study", "loaddate", "mbases", "mbytes", "sra sample", "insertsize", "library name", "assemblyname", "create date",
    "version", "g1k analysis group", "g1k pop code", "source name", "source",
}  # fmt: skip
_OBJECT = "https://sra-pub-run-odp.s3.amazonaws.com/sra/{run}/{run}"


def read_run_table(body: bytes) -> list[dict[str, str]]:
    """Read a table of the Run Selector.

    Parameters
    ----------
    body : bytes
        The file.

    Returns
    -------
    list of dict
        One a run, by names in lower case, without type endings and underscores; values that only say that they are
        absent are left out.

    Raises
    ------
    BadReplyError
        Where it is no such table.
    """
    lines = body.decode("utf-8-sig", "replace").splitlines()
    tab = bool(lines) and lines[0].count("\t") > lines[0].count(",")
    rows = list(csv.reader(lines, delimiter="\t" if tab else ","))
    header = [_name(cell) for cell in rows[0]] if rows else []
    if "run" not in header or "organism" not in header:
        raise BadReplyError("This is not a table of the Run Selector: it lacks the columns Run and Organism.")
    pairs = ([(n, v.strip()) for n, v in zip(header, row, strict=False)] for row in rows[1:] if row)
    return [{name: value for name, value in row if value.lower() not in _ABSENT} for row in pairs]


def _name(text: str) -> str:
    return text.strip().removesuffix("_s").removesuffix("_l").replace("_", " ").strip().lower()


def records_of(path: Path, organism: str) -> list[StudyRecord]:
    """Return the studies of a saved table.

    Parameters
    ----------
    path : Path
        The file.
    organism : str
        ``mouse`` or ``human``.

    Returns
    -------
    list of StudyRecord
        One a study of the archive (SRP...).

    Raises
    ------
    SourceError
        Where the file cannot be read.
    """
    try:
        rows = read_run_table(path.read_bytes())
    except (OSError, BadReplyError) as error:
        raise SourceError(f"The run table {path} cannot be read: {error}", code="run-table") from error
    studies: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        studies.setdefault(row.get("sra study", row.get("bioproject", path.stem)), []).append(row)
    return [_study(accession, group, organism) for accession, group in studies.items()]


def _study(accession: str, rows: Sequence[Mapping[str, str]], organism: str) -> StudyRecord:
    samples: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        samples.setdefault(_sample_name(row), []).append(row)
    study = StudyRow(accession, RUN_TABLE, sra_studies=(accession,), release_date=day(rows[0].get("releasedate")))
    drafts = tuple(_sample(name, accession, group[0]) for name, group in samples.items())
    names = {name: frozenset({name}) for name in samples}
    # Whoever saves a run table for a single-cell collection says that it is one; the table itself never does.
    draft = Draft(study, drafts, (), names, single_cell_text="single cell")
    return assemble(draft, [_run(row) for row in rows], SPECIES, organism)


def _sample_name(row: Mapping[str, str]) -> str:
    return next(
        (row[name] for name in ("geo accession (exp)", "sample name", "sra sample", "biosample", "run") if name in row),
        "",
    )


def _sample(name: str, study: str, row: Mapping[str, str]) -> SampleRow:
    return SampleRow(
        sample_accession=name,
        study_accession=study,
        repository=RUN_TABLE,
        title=row.get("library name", ""),
        source_name=row.get("source name", row.get("source", "")),
        release_date=day(row.get("releasedate")),
        organism=row.get("organism", ""),
        library_strategy=row.get("assay type", ""),
        library_source=row.get("librarysource", ""),
        library_selection=row.get("libraryselection", ""),
        library_layout=row.get("librarylayout", ""),
        instrument=row.get("instrument", ""),
        characteristics=tuple(Characteristic(key, value) for key, value in row.items() if key not in _LIBRARY),
        biosample=row.get("biosample", ""),
        sra_experiment=row.get("experiment", ""),
    )


def _run(row: Mapping[str, str]) -> ArchiveRun:
    accession = row.get("run", "")
    file = FileRow("", "", accession, SRA, 0, accession, _OBJECT.format(run=accession))
    run = RunRow(
        run_accession=accession,
        sample_accession="",
        study_accession="",
        experiment_accession=row.get("experiment", ""),
        library_layout=row.get("librarylayout", ""),
        library_strategy=row.get("assay type", ""),
        library_source=row.get("librarysource", ""),
        library_selection=row.get("libraryselection", ""),
        instrument=row.get("instrument", ""),
        base_count=number(row.get("bases")),
        first_public=day(row.get("releasedate")),
    )
    return ArchiveRun(run, (file,), frozenset({_sample_name(row)}))
