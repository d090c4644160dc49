"""Runs out of SRA's XML, for studies that ENA does not hold and for alignments that authors deposited."""

from __future__ import annotations

from dataclasses import replace

from build_bundle.harvest.archive_run import ArchiveRun, judge_files
from build_bundle.harvest.file_kinds import kind_of
from build_bundle.harvest.records import BAM, OK, SRA, FileRow, RunRow
from build_bundle.harvest.sra_xml import SraExperiment, SraRecords, SraRun, SraSample

_UNKNOWN = SraExperiment("", "", "", "", "", "", "", "")


def runs_of(records: SraRecords) -> list[ArchiveRun]:
    """Return every run with its archive file and its deposited alignments.

    Parameters
    ----------
    records : SraRecords
        As read from SRA.

    Returns
    -------
    list of ArchiveRun
        In the order of the records. Other original files are left out: their names do not say which mate they are.
    """
    experiments = {experiment.accession: experiment for experiment in records.experiments}
    samples = {sample.accession: sample for sample in records.samples}
    return [_run(run, experiments.get(run.experiment, _UNKNOWN), samples) for run in records.runs]


def _run(run: SraRun, experiment: SraExperiment, samples: dict[str, SraSample]) -> ArchiveRun:
    files = tuple(_files(run))
    state, reason = judge_files("", files)
    row = RunRow(
        run_accession=run.accession,
        sample_accession="",
        study_accession="",
        experiment_accession=experiment.accession or run.experiment,
        library_layout=experiment.layout,
        library_strategy=experiment.strategy,
        library_source=experiment.source,
        library_selection=experiment.selection,
        instrument=experiment.instrument,
        read_count=run.read_count,
        base_count=run.base_count,
        first_public=run.published,
        state=state,
        reason=reason,
        reason_code="" if state == OK else state,
    )
    sample = samples.get(experiment.sample)
    names = {run.experiment, experiment.alias, experiment.sample, run.accession}
    if sample is not None:
        names |= {sample.alias, *sample.external.values()}
    return ArchiveRun(row, files, frozenset(names - {""}))


def _files(run: SraRun) -> list[FileRow]:
    found = []
    for file in run.files:
        kind = BAM if file.is_original and kind_of(file.name) == BAM else SRA if file.name == run.accession else ""
        if kind and file.url.startswith("http"):
            found.append(FileRow("", "", run.accession, kind, 0, file.name, file.url, file.md5, file.bytes))
    return found


def with_alignments(runs: list[ArchiveRun], records: SraRecords) -> list[ArchiveRun]:
    """Add the alignments that SRA knows of to runs that another archive listed."""
    known = {found.run.run_accession: found for found in runs_of(records)}
    return [_with_alignment(run, known.get(run.run.run_accession)) for run in runs]


def _with_alignment(run: ArchiveRun, known: ArchiveRun | None) -> ArchiveRun:
    more = () if known is None else tuple(file for file in known.files if file.kind == BAM)
    if not more:
        return run
    files = (*run.files, *more)
    state, reason = judge_files(run.run.library_layout, files)
    row = replace(run.run, state=state, reason=reason, reason_code="" if state == OK else state)
    return ArchiveRun(row, files, run.names)
