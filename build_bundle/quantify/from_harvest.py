"""Libraries of a harvest: the samples it kept, with the files it downloaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from build_bundle.harvest.records import AUTHOR_LABELLED, EXCLUDED
from build_bundle.quantify.author import AuthorMatrix, AuthorStudy
from build_bundle.quantify.library import Chemistry, Kind, Library, Protocol, ReadFile, choose_files, missing_runs
from core.errors import ConfigError

CATALOGUE = "catalogue/catalogue.json"
_ORGANISMS = {"mouse": "NCBITaxon:10090", "human": "NCBITaxon:9606"}
_KINDS: Mapping[str, Kind] = {"fastq": "fastq", "sra": "sra", "bam": "bam"}
_SAMPLE_COLUMNS = (
    "study_accession", "sample_accession", "organism_ontology_term_id", "protocol_family", "technology",
    "library_layout", "available", "state", "reason_code", "reason", "title", "description",
)  # fmt: skip
_CELL_NAMES = ("sample_accession", "title", "description")  # what the column of a cell may be called in a matrix
_FILE_COLUMNS = (
    "study_accession", "sample_accession", "run_accession", "kind", "mate", "md5", "path", "state", "reason_code",
    "reason",
)  # fmt: skip
_RUN_COLUMNS = ("sample_accession", "state", "reason_code", "reason")

Row = Mapping[str, Any]


def read_harvest(folder: Path, organism: str = "") -> tuple[list[Library], list[AuthorStudy]]:
    """List the libraries of a harvest, and its studies with processed matrices.

    Parameters
    ----------
    folder : Path
        With ``catalogue/`` and what was downloaded.
    organism : str
        "mouse" or "human"; all where empty.

    Returns
    -------
    (list of Library, list of AuthorStudy)
        A library for every sample that was not excluded and does not bring its cells with their labels; what the harvest could not download, or found incomplete, is
        its `fault`. Matrices that were downloaded.

    Raises
    ------
    ConfigError
        Where the tables cannot be read.
    """
    samples = _rows(folder, "samples", _SAMPLE_COLUMNS)
    files = _by_sample(_rows(folder, "files", _FILE_COLUMNS))
    runs = _by_sample(_rows(folder, "runs", _RUN_COLUMNS))
    with_matrix = {row["study_accession"] for row in files.get("", []) if row["kind"] == "matrix"}
    term = _ORGANISMS.get(organism, "")
    kept = [
        sample
        for sample in samples
        if sample["state"] != EXCLUDED
        and sample["available"] != AUTHOR_LABELLED
        and (not term or sample["organism_ontology_term_id"] == term)
    ]
    libraries = [
        _library(folder, sample, files.get(name, []), runs.get(name, []), with_matrix)
        for sample in kept
        for name in [sample["sample_accession"]]
    ]
    matrices = [row for rows in files.values() for row in rows if row["kind"] == "matrix"]
    return libraries, list(_authors(folder, kept, [row for row in matrices if row["state"] == "downloaded"]))


def _authors(folder: Path, samples: Sequence[Row], matrices: Sequence[Row]) -> Iterator[AuthorStudy]:
    by_term = {term: name for name, term in _ORGANISMS.items()}
    for study in sorted({row["study_accession"] for row in matrices}):
        own = [sample for sample in samples if sample["study_accession"] == study]
        kept = {sample["sample_accession"] for sample in own}
        organisms = {by_term.get(sample["organism_ontology_term_id"], "") for sample in own}
        files = tuple(
            AuthorMatrix(folder / row["path"], row["sample_accession"])
            for row in matrices
            if row["study_accession"] == study and row["sample_accession"] in {"", *kept}
        )
        names = [(sample[column], sample["sample_accession"]) for sample in own for column in _CELL_NAMES]
        if files and len(organisms) == 1:
            yield AuthorStudy(study, organisms.pop(), files, _only_once(names))


def _only_once(names: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the names that mean one sample, in lower case."""
    found: dict[str, set[str]] = {}
    for name, sample in names:
        if name.strip():
            found.setdefault(name.strip().lower(), set()).add(sample)
    return {name: of.pop() for name, of in found.items() if len(of) == 1}


def _library(folder: Path, sample: Row, files: list[Row], runs: list[Row], with_matrix: set[str]) -> Library:
    protocol = _protocol(str(sample["protocol_family"]))
    rows = [row for row in files if row["kind"] in _KINDS]
    has_matrix = sample["study_accession"] in with_matrix or any(row["kind"] == "matrix" for row in files)
    chosen = choose_files([_file(folder, row) for row in rows if row["state"] == "downloaded"], protocol)
    if chosen and chosen[0].kind == "bam":  # what is wrong with the FASTQ files does not matter then
        fault = _reason([row for row in rows if row["kind"] == "bam" and row["state"] == "failed"])
    else:
        fault = _fault(sample, rows, runs)
    if not any(fault):
        fault = missing_runs([_file(folder, row) for row in rows], chosen)
    if rows and not chosen and not has_matrix and not any(fault):
        fault = ("not_downloaded", "Its reads are listed, but were not downloaded (harvest --download fastq,bam,sra).")
    technology = str(sample["technology"])
    return Library(
        study=sample["study_accession"],
        sample=sample["sample_accession"],
        protocol=protocol,
        layout=sample["library_layout"],
        files=chosen,
        chemistry=technology if Chemistry.of(technology) else "",
        fault=fault,
        has_author_matrix=has_matrix or sample["available"] == "author_only",
    )


def _file(folder: Path, row: Row) -> ReadFile:
    return ReadFile(folder / row["path"], _KINDS[row["kind"]], row["run_accession"], int(row["mate"]), row["md5"])


def _fault(sample: Row, files: list[Row], runs: list[Row]) -> tuple[str, str]:
    """Return what the harvest says is wrong with the reads of a sample, if anything.

    A run without files is no fault of its sample: another kind of file may stand for it, or its state says so. But where
    the archive could not be asked for the runs, nobody knows yet whether there are reads.
    """
    failed = [row for row in files if row["state"] == "failed"]
    broken = [row for row in runs if row["state"] not in {"ok", "no_files"}]
    unasked = [sample] if sample["state"] == "incomplete" and not runs else []
    return _reason([*failed, *broken, *unasked])


def _reason(rows: Sequence[Row]) -> tuple[str, str]:
    """Return code and reason of the first, if there is one."""
    return (str(rows[0]["reason_code"]), str(rows[0]["reason"])) if rows else ("", "")


def _protocol(text: str) -> Protocol:
    if text == "plate":
        return "plate"
    return "droplet" if text == "droplet" else ""


def _by_sample(rows: list[dict[str, Any]]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["sample_accession"], []).append(row)
    return found


def _rows(folder: Path, name: str, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    path = folder / "catalogue" / f"{name}.parquet"
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, columns=list(columns)).to_pylist()
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"The catalogue table {path.name} cannot be read: {error}.", next_step="Run the harvest again."
        ) from error
    return rows
