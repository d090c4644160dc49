"""Say in the rows of the catalogue what became of the downloads."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from build_bundle.harvest.downloads import place_of
from build_bundle.harvest.journal import Download
from build_bundle.harvest.records import (
    DOWNLOADED,
    FAILED,
    INCOMPLETE,
    KEPT,
    OK,
    FileRow,
    RunRow,
    SampleRow,
    StudyRecord,
)


def settled(record: StudyRecord, downloads: Mapping[str, Download]) -> StudyRecord:
    """Return a record with the fate of its downloads.

    Parameters
    ----------
    record : StudyRecord
        As the repository gave it.
    downloads : mapping of str to Download
        By path.

    Returns
    -------
    StudyRecord
        A run or sample of which a file failed is ``incomplete``, with the reason of that file.
    """
    if not downloads:
        return record
    files = tuple(_file(file, downloads) for file in record.files)
    failed: dict[str, FileRow] = {}
    for file in files:
        if file.state == FAILED:
            failed.setdefault(file.run_accession or f"sample {file.sample_accession}", file)
            failed.setdefault(f"sample {file.sample_accession}", file)
    runs = tuple(_run(run, failed.get(run.run_accession)) for run in record.runs)
    samples = tuple(_sample(sample, failed.get(f"sample {sample.sample_accession}")) for sample in record.samples)
    return replace(record, samples=samples, runs=runs, files=files)


def wanted(record: StudyRecord, kinds: AbstractSet[str]) -> list[FileRow]:
    """Return the files of some kinds that kept samples, or the study itself, have."""
    return [file for file in record.files if file.kind in kinds]


def _file(file: FileRow, downloads: Mapping[str, Download]) -> FileRow:
    known = downloads.get(place_of(file))
    if known is None or (known.url, known.md5) != (file.url, file.md5):
        return file
    path = known.path if known.state == DOWNLOADED else ""
    size = file.bytes if file.bytes is not None else known.bytes
    return replace(
        file,
        path=path,
        sha256=known.sha256,
        bytes=size,
        state=known.state,
        reason=known.reason,
        reason_code=known.reason_code,
    )


def _run(run: RunRow, failed: FileRow | None) -> RunRow:
    if failed is None or run.state != OK:
        return run
    return replace(run, state=INCOMPLETE, reason=failed.reason, reason_code=failed.reason_code)


def _sample(sample: SampleRow, failed: FileRow | None) -> SampleRow:
    if failed is None or sample.state != KEPT:
        return sample
    return replace(sample, state=INCOMPLETE, reason=failed.reason, reason_code=failed.reason_code)
