"""The catalogue: four Parquet tables under ``DIR/catalogue`` and ``catalogue.json``, which is written last.

A reader that finds ``catalogue.json`` and tables with its checksums has one whole catalogue. The tables hold nothing of
the run that made them: the same answers give the same bytes. Not here: where the rows come from (``harvester``).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from build_bundle.harvest.records import (
    KEPT,
    Characteristic,
    FileRow,
    RunRow,
    SampleRow,
    StudyRecord,
    StudyRow,
    to_plain,
)
from core.bundle.writer import sha256_file
from core.durable import write_durably
from core.errors import SourceError

FOLDER = "catalogue"
RECORD = "catalogue.json"
SCHEMA_VERSION = 2


def _arrow_type(kind: Any) -> pa.DataType:  # noqa: ANN401 - a type annotation
    if typing.get_origin(kind) is tuple:
        return pa.list_(_arrow_type(typing.get_args(kind)[0]))
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        inner = typing.get_args(kind)[0]
        return pa.int64() if inner is int else _arrow_type(inner)
    if kind is Characteristic:
        return pa.struct([("name", pa.string()), ("value", pa.string())])
    known: Mapping[Any, pa.DataType] = {str: pa.string(), int: pa.int32(), bool: pa.bool_(), dt.date: pa.date32()}
    return known[kind]


def _schema(kind: type[Any]) -> pa.Schema:
    hints = typing.get_type_hints(kind)
    return pa.schema([pa.field(f.name, _arrow_type(hints[f.name])) for f in dataclasses.fields(kind)])


STUDIES = _schema(StudyRow)
SAMPLES = _schema(SampleRow)
RUNS = _schema(RunRow)
FILES = _schema(FileRow)
TABLES: Mapping[str, pa.Schema] = {"studies": STUDIES, "samples": SAMPLES, "runs": RUNS, "files": FILES}
_ORDER = {
    "studies": ("study_accession",),
    "samples": ("study_accession", "sample_accession"),
    "runs": ("study_accession", "sample_accession", "run_accession"),
    "files": ("study_accession", "sample_accession", "run_accession", "mate", "name", "url"),
}


@dataclass(frozen=True)
class Catalogue:
    """What a harvest knows.

    Parameters
    ----------
    folder : Path
        The harvest's output folder; paths of downloaded files are relative to it.
    organism : str
        ``mouse`` or ``human``.
    studies, samples, runs, files : pandas.DataFrame
        The tables (`STUDIES`, `SAMPLES`, `RUNS`, `FILES`), sorted by accession.
    """

    folder: Path
    organism: str
    studies: pd.DataFrame
    samples: pd.DataFrame
    runs: pd.DataFrame
    files: pd.DataFrame


def write_catalogue(folder: Path, organism: str, records: Iterable[StudyRecord]) -> dict[str, int]:
    """Write the catalogue of some studies in place of an older one.

    Parameters
    ----------
    folder : Path
        The harvest's output folder.
    organism : str
        ``mouse`` or ``human``.
    records : iterable of StudyRecord
        In any order. A sample or run that several studies list is kept with one: with a study that is not excluded
        if there is one, then with the lowest accession.

    Returns
    -------
    dict of str to int
        Rows of each table.
    """
    target = folder / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    (target / RECORD).unlink(missing_ok=True)
    rows = _rows(records)
    facts: dict[str, Any] = {}
    for name, schema in TABLES.items():
        table = _table(rows[name], schema, _ORDER[name])
        part = target / f"{name}.parquet.part"
        pq.write_table(table, part, compression="zstd", write_page_checksum=True, store_schema=True)
        part.replace(target / f"{name}.parquet")
        facts[name] = {"rows": table.num_rows, "sha256": sha256_file(target / f"{name}.parquet")}
    record = {"schema_version": SCHEMA_VERSION, "organism": organism, "tables": facts}
    write_durably(target / RECORD, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
    return {name: fact["rows"] for name, fact in facts.items()}


def _rows(records: Iterable[StudyRecord]) -> dict[str, list[Any]]:
    rows: dict[str, list[Any]] = {name: [] for name in TABLES}
    owner: dict[str, str] = {}
    for record in sorted(records, key=_rank):
        mine = {
            s.sample_accession
            for s in record.samples
            if owner.setdefault(s.sample_accession, _name(record)) == _name(record)
        }
        rows["studies"].append(record.study)
        rows["samples"] += [s for s in record.samples if s.sample_accession in mine]
        rows["runs"] += [r for r in record.runs if r.sample_accession in mine]
        rows["files"] += [f for f in record.files if not f.sample_accession or f.sample_accession in mine]
    return rows


def _name(record: StudyRecord) -> str:
    return record.study.study_accession


def _rank(record: StudyRecord) -> tuple[bool, int, str]:
    accession = _name(record)
    return record.study.state != KEPT, len(accession), accession


def _table(rows: Sequence[Any], schema: pa.Schema, order: tuple[str, ...]) -> pa.Table:
    ordered = sorted(rows, key=lambda row: tuple(getattr(row, name) for name in order))
    columns = {name: [_cell(getattr(row, name)) for row in ordered] for name in schema.names}
    return pa.table(columns, schema=schema)


def _cell(value: Any) -> Any:  # noqa: ANN401 - any field of a row
    return to_plain(value) if isinstance(value, tuple) else value


def read_catalogue(folder: Path) -> Catalogue:
    """Read a catalogue, checking every table against its checksum.

    Parameters
    ----------
    folder : Path
        The harvest's output folder.

    Returns
    -------
    Catalogue
        All four tables.

    Raises
    ------
    SourceError
        Where there is no whole catalogue, or it was written by another version.
    """
    source = folder / FOLDER
    try:
        record = json.loads((source / RECORD).read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise SourceError(
            f"{folder} holds no whole catalogue.",
            next_step="Run python -m build_bundle harvest with this --out.",
            code="no-catalogue",
        ) from error
    if record.get("schema_version") != SCHEMA_VERSION:
        raise SourceError(
            f"The catalogue in {folder} has version {record.get('schema_version')}, this program reads {SCHEMA_VERSION}.",
            next_step="Run the harvest again: it writes the catalogue anew from what it has.",
            code="catalogue-version",
        )
    frames = {name: _read(source / f"{name}.parquet", record["tables"][name]["sha256"]) for name in TABLES}
    return Catalogue(folder=folder, organism=record["organism"], **frames)


def _read(path: Path, expected: str) -> pd.DataFrame:
    if not path.is_file() or sha256_file(path) != expected:
        raise SourceError(
            f"The table {path} is missing or not the one that was written.",
            next_step="Run the harvest again: it writes the catalogue anew from what it has.",
            code="catalogue-damaged",
        )
    frame: pd.DataFrame = pq.read_table(path, page_checksum_verification=True).to_pandas()
    return frame
