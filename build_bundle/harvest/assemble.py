"""Put a study together: tie runs to samples, name the technology, screen, and count.

The same for every repository; only what goes in differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from build_bundle.harvest.archive_run import ArchiveRun
from build_bundle.harvest.records import (
    BAM,
    EXCLUDED,
    FASTQ,
    INCOMPLETE,
    KEPT,
    MATRIX,
    OK,
    SRA,
    FileRow,
    RunRow,
    SampleRow,
    StudyRecord,
    StudyRow,
)
from build_bundle.harvest.screening import screen
from build_bundle.harvest.technology import technology_of
from core.bundle.manifest import ORGANISMS
from core.errors import FetchError

NO_SAMPLES = "no_samples"


@dataclass(frozen=True)
class Draft:
    """A study as a repository describes it.

    Parameters
    ----------
    study : StudyRow
        Without counts and state.
    samples : tuple of SampleRow
        Without technology, verdict and state.
    files : tuple of FileRow
        Supplementary files, of the study and of samples.
    names : mapping of str to frozenset of str
        Sample -> accessions and aliases by which an archive's runs may refer to it.
    arrays : frozenset of str
        Samples that were not sequenced.
    single_cell_text : str
        What the study says of itself that counts as evidence of single cells: its title, its type.
    """

    study: StudyRow
    samples: tuple[SampleRow, ...]
    files: tuple[FileRow, ...]
    names: Mapping[str, frozenset[str]]
    arrays: frozenset[str] = frozenset()
    single_cell_text: str = ""


def assemble(
    draft: Draft,
    runs: Sequence[ArchiveRun],
    species: Mapping[str, str],
    organism: str,
    trouble: FetchError | None = None,
) -> StudyRecord:
    """Return the record of a study.

    Parameters
    ----------
    draft : Draft
        The study.
    runs : sequence of ArchiveRun
        Its runs.
    species : mapping of str to str
        ``mouse`` or ``human`` -> scientific name.
    organism : str
        ``mouse`` or ``human``.
    trouble : FetchError, optional
        Why its runs could not be had.

    Returns
    -------
    StudyRecord
        Runs and files of excluded samples are left out; runs that fit no sample as well.
    """
    owner = _owners(draft.names, runs)
    by_sample: dict[str, list[ArchiveRun]] = {}
    for run in runs:
        by_sample.setdefault(owner.get(run.run.run_accession, ""), []).append(run)
    described = (_described(sample, by_sample.get(sample.sample_accession, [])) for sample in draft.samples)
    samples = [_judged(sample, draft, species, organism) for sample in described]
    kept = {sample.sample_accession for sample in samples if sample.is_scrna}
    study = draft.study.study_accession
    tied = [(run, sample) for sample in by_sample if sample in kept for run in by_sample[sample]]
    run_rows = tuple(replace(run.run, study_accession=study, sample_accession=sample) for run, sample in tied)
    files = (
        *(replace(file, study_accession=study, sample_accession=sample) for run, sample in tied for file in run.files),
        *(file for file in draft.files if not file.sample_accession or file.sample_accession in kept),
    )
    supply = _Supply.of(run_rows, files)
    finished = tuple(_finished(sample, supply, trouble) for sample in samples)
    return StudyRecord(_counted(draft.study, finished, trouble), finished, run_rows, files if kept else ())


@dataclass(frozen=True)
class _Supply:
    """What there is to count from: runs and kinds of files by sample; the sample "" is the study itself."""

    runs: Mapping[str, list[RunRow]]
    kinds: Mapping[str, set[str]]

    @classmethod
    def of(cls, runs: Sequence[RunRow], files: Sequence[FileRow]) -> _Supply:
        by_sample: dict[str, list[RunRow]] = {}
        for run in runs:
            by_sample.setdefault(run.sample_accession, []).append(run)
        kinds: dict[str, set[str]] = {}
        for file in files:
            kinds.setdefault(file.sample_accession, set()).add(file.kind)
        return cls(by_sample, kinds)

    def available(self, sample: str) -> str:
        kinds = self.kinds.get(sample, set())
        for kind in (FASTQ, BAM, SRA):
            if kind in kinds:
                return kind
        return "author_only" if MATRIX in kinds | self.kinds.get("", set()) else "no_raw"


def _owners(names: Mapping[str, frozenset[str]], runs: Sequence[ArchiveRun]) -> dict[str, str]:
    """Return the sample of each run; a name that two samples share ties nothing."""
    by_name: dict[str, str] = {}
    for sample, called in names.items():
        for name in called:
            by_name[name] = "" if name in by_name else sample
    found: dict[str, str] = {}
    for run in runs:
        candidates = {by_name.get(name, "") for name in run.names} - {""}
        if len(candidates) == 1:
            found[run.run.run_accession] = candidates.pop()
    return found


def _described(sample: SampleRow, runs: Sequence[ArchiveRun]) -> SampleRow:
    """Fill what the repository left empty with what the archive says of the sample's runs."""
    first = runs[0].run if runs else RunRow("", "", "", "")
    technology, family = technology_of(f"{sample.title}\n{sample.description}")
    if not technology:
        technology, family = technology_of(f"{sample.extract_protocol}\n{sample.data_processing}")
    return replace(
        sample,
        library_strategy=sample.library_strategy or first.library_strategy,
        library_source=(sample.library_source or first.library_source).upper(),
        library_selection=sample.library_selection or first.library_selection,
        library_layout=(sample.library_layout or first.library_layout).upper(),
        instrument=sample.instrument or first.instrument,
        sra_experiment=sample.sra_experiment or first.experiment_accession,
        technology=technology,
        protocol_family=family,
    )


def _judged(sample: SampleRow, draft: Draft, species: Mapping[str, str], organism: str) -> SampleRow:
    taxon = next((ORGANISMS[name] for name, latin in species.items() if latin == sample.organism), "")
    verdict = screen(
        sample,
        organism=species[organism],
        study_title=draft.single_cell_text,
        is_sequencing=sample.sample_accession not in draft.arrays,
    )
    return replace(
        sample,
        organism_ontology_term_id=taxon,
        is_scrna=not verdict.code,
        excluded_code=verdict.code,
        excluded_reason=verdict.reason,
        state=EXCLUDED if verdict.code else KEPT,
        reason=verdict.reason,
        reason_code=verdict.code,
    )


def _finished(sample: SampleRow, supply: _Supply, trouble: FetchError | None) -> SampleRow:
    """Add what there is to count from, and whether something is lacking."""
    if not sample.is_scrna:
        return sample
    mine = supply.runs.get(sample.sample_accession, [])
    done = replace(sample, n_runs=len(mine), available=supply.available(sample.sample_accession))
    if trouble is not None:
        return replace(done, state=INCOMPLETE, reason=trouble.message, reason_code=trouble.code.replace("-", "_"))
    lacking = next((run for run in mine if run.state != OK), None)
    if lacking is not None:
        return replace(
            done, state=INCOMPLETE, reason=f"{lacking.run_accession}: {lacking.reason}", reason_code=lacking.reason_code
        )
    return done


def _counted(study: StudyRow, samples: Sequence[SampleRow], trouble: FetchError | None) -> StudyRow:
    kept = sum(sample.is_scrna for sample in samples)
    counted = replace(
        study, n_samples=len(samples), n_kept=kept, organisms=tuple(sorted({s.organism for s in samples if s.organism}))
    )
    if not samples:
        return replace(counted, state=EXCLUDED, reason="The study lists no samples.", reason_code=NO_SAMPLES)
    if not kept:
        code, reason = _common_reason(samples)
        return replace(counted, state=EXCLUDED, reason=reason, reason_code=code)
    if trouble is not None:
        return replace(counted, state=INCOMPLETE, reason=trouble.message, reason_code=trouble.code.replace("-", "_"))
    return counted


def _common_reason(samples: Sequence[SampleRow]) -> tuple[str, str]:
    codes = [sample.excluded_code for sample in samples]
    code = max(sorted(set(codes)), key=codes.count)
    example = next(sample.excluded_reason for sample in samples if sample.excluded_code == code)
    return code, f"None of its samples is kept; {codes.count(code)} of {len(samples)}: {example}"
