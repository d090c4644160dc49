"""A run of a sequence archive with its files, before it is tied to a sample of a study."""

from __future__ import annotations

from dataclasses import dataclass

from build_bundle.harvest.records import BAM, FASTQ, MISSING_MATE, NO_FILES, OK, FileRow, RunRow


@dataclass(frozen=True)
class ArchiveRun:
    """One run.

    Parameters
    ----------
    run : RunRow
        Without study and sample.
    files : tuple of FileRow
        Likewise.
    names : frozenset of str
        Accessions and aliases by which a study's records may call its sample or experiment.
    """

    run: RunRow
    files: tuple[FileRow, ...]
    names: frozenset[str]


def judge_files(layout: str, files: tuple[FileRow, ...]) -> tuple[str, str]:
    """Say whether the files of a run are what its layout promises: state and reason."""
    reads = [file for file in files if file.kind == FASTQ]
    has_alignment = any(file.kind == BAM for file in files)
    if not files:
        return NO_FILES, "The archive lists no files for this run."
    if reads and layout == "PAIRED" and not has_alignment and not {1, 2} <= {file.mate for file in reads}:
        return (
            MISSING_MATE,
            f"The run is declared as paired, but the archive holds only {', '.join(f.name for f in reads)}.",
        )
    return OK, ""
