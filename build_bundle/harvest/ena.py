"""ENA's run tables: which runs a study has and where their files are.

Request: ``filereport?accession=...&result=read_run&fields=...`` of the ENA Portal API. Mates and files of one run come
joined by ``;``, addresses without a scheme.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping

from build_bundle.harvest.archive_run import ArchiveRun, judge_files
from build_bundle.harvest.client import BadReplyError, Client
from build_bundle.harvest.file_kinds import kind_of, mate_of
from build_bundle.harvest.records import BAM, FASTQ, OK, FileRow, RunRow
from build_bundle.harvest.values import day, number

FIELDS = (
    "run_accession", "experiment_accession", "experiment_alias", "sample_accession", "secondary_sample_accession",
    "sample_alias", "library_layout", "library_strategy", "library_source", "library_selection", "instrument_model",
    "read_count", "base_count", "first_public", "fastq_ftp", "fastq_md5", "fastq_bytes", "submitted_ftp", "submitted_md5",
    "submitted_bytes", "submitted_format",
)  # fmt: skip


def ask_runs(client: Client, accession: str) -> list[ArchiveRun]:
    """Ask for the runs of a study (SRP..., ERP..., PRJ...); empty where ENA does not have it."""
    url = f"{client.settings.base('ena')}/filereport"
    params = {"accession": accession, "result": "read_run", "fields": ",".join(FIELDS), "format": "tsv", "limit": "0"}
    return [run_of(row) for row in client.ask(url, params, read_report)]


def read_report(body: bytes) -> list[dict[str, str]]:
    """Read a table of the Portal API, as TSV or as JSON.

    Parameters
    ----------
    body : bytes
        The reply; empty where there are no runs.

    Returns
    -------
    list of dict
        One a run; every value a text.

    Raises
    ------
    BadReplyError
        Where it is no such table, or a row is cut short.
    """
    text = body.decode("utf-8", "replace").strip("\n\r")
    if text.startswith("["):
        return _rows_of_json(text)
    lines = text.splitlines()
    if not text.strip():
        return []
    rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    if "run_accession" not in lines[0].split("\t"):
        raise BadReplyError(f"This is not a table of runs: it starts with {lines[0][:60]!r}.")
    if any(None in row or None in row.values() for row in rows):
        raise BadReplyError("A table of runs is cut short in the middle of a row.", code="truncated")
    return rows


def _rows_of_json(text: str) -> list[dict[str, str]]:
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise BadReplyError(f"A table of runs is not readable as JSON: {error}.") from error
    if not all(isinstance(row, dict) and "run_accession" in row for row in rows):
        raise BadReplyError("A table of runs has rows without a run.")
    return [{key: str(value) for key, value in row.items()} for row in rows]


def run_of(row: Mapping[str, str]) -> ArchiveRun:
    """Turn a row of the table into a run with its files.

    Parameters
    ----------
    row : mapping of str to str
        Fields as in `FIELDS`; those that are absent count as unknown.

    Returns
    -------
    ArchiveRun
        Without study and sample. A run that should have two mates and has not is marked.
    """
    get = row.get
    accession = get("run_accession", "")
    files = (*_files(row, accession, "fastq"), *(f for f in _files(row, accession, "submitted") if f.kind == BAM))
    layout = get("library_layout", "").upper()
    state, reason = judge_files(layout, files)
    run = RunRow(
        run_accession=accession,
        sample_accession="",
        study_accession="",
        experiment_accession=get("experiment_accession", ""),
        library_layout=layout,
        library_strategy=get("library_strategy", ""),
        library_source=get("library_source", ""),
        library_selection=get("library_selection", ""),
        instrument=get("instrument_model", ""),
        read_count=number(get("read_count")),
        base_count=number(get("base_count")),
        first_public=day(get("first_public")),
        n_fastq=sum(file.kind == FASTQ for file in files),
        state=state,
        reason=reason,
        reason_code="" if state == OK else state,
    )
    called = (
        "experiment_accession",
        "experiment_alias",
        "sample_accession",
        "secondary_sample_accession",
        "sample_alias",
        "run_accession",
    )
    return ArchiveRun(run, files, frozenset(get(name, "") for name in called) - {""})


def _files(row: Mapping[str, str], run: str, what: str) -> Iterator[FileRow]:
    urls = _split(row.get(f"{what}_ftp"))
    sums, sizes = _split(row.get(f"{what}_md5")), _split(row.get(f"{what}_bytes"))
    if len(sums) != len(urls) or len(sizes) != len(urls):
        sums, sizes = [""] * len(urls), [""] * len(urls)  # which belongs to which cannot be told
    for url, md5, size in zip(urls, sums, sizes, strict=True):
        name = url.rstrip("/").rpartition("/")[2]
        full = url if "://" in url else f"ftp://{url}"
        yield FileRow("", "", run, kind_of(name), mate_of(name), name, full, md5.lower(), number(size))


def _split(text: str | None) -> list[str]:
    return text.split(";") if text else []
