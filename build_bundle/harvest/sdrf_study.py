"""An ArrayExpress study out of its IDF, SDRF and list of files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from build_bundle.harvest.archive_run import ArchiveRun, judge_files
from build_bundle.harvest.assemble import Draft
from build_bundle.harvest.file_kinds import kind_of, mate_of
from build_bundle.harvest.mage_tab import SdrfRow
from build_bundle.harvest.records import (
    FASTQ,
    MATRIX,
    OK,
    SUPPLEMENT,
    Characteristic,
    FileRow,
    RunRow,
    SampleRow,
    StudyRow,
)
from build_bundle.harvest.settings import BASE_URLS
from build_bundle.harvest.values import day

ARRAYEXPRESS = "arrayexpress"
_TREATMENT, _GROWTH, _EXTRACT, _PROCESSING = "treatment", "growth", "extract", "processing"
# Type of protocol (EFO names) -> field of the sample; whatever else is done to it before sequencing is extraction.
_PROTOCOLS = (
    ("treatment", _TREATMENT),
    ("growth", _GROWTH),
    ("data transformation", _PROCESSING),
    ("normali", _PROCESSING),
)


def draft_of(accession: str, idf: Mapping[str, list[str]], rows: Sequence[SdrfRow], files: Iterable[FileRow]) -> Draft:
    """Return a study as ArrayExpress describes it.

    Parameters
    ----------
    accession : str
        E-MTAB-....
    idf : mapping of str to list of str
        As `mage_tab.read_idf` gives it.
    rows : sequence of SdrfRow
        Rows of all its SDRFs.
    files : iterable of FileRow
        Processed files of the study.

    Returns
    -------
    Draft
        One sample a source name.
    """
    study = study_of(accession, idf)
    groups: dict[str, list[SdrfRow]] = {}
    for row in rows:
        groups.setdefault(row.first("source name"), []).append(row)
    called = accessions_of(accession, groups)
    samples = [_sample(called[source], study, idf, group) for source, group in groups.items()]
    experiment_types = [
        text for key in ("comment[aeexperimenttype]", "comment[eaexperimenttype]") for text in idf.get(key, [])
    ]
    return Draft(
        study=study,
        samples=tuple(samples),
        files=tuple(files),
        names={called[source]: _names(group) for source, group in groups.items()},
        arrays=frozenset(called[source] for source, group in groups.items() if not _is_sequenced(group)),
        single_cell_text="\n".join([study.title, *experiment_types]),
    )


def study_of(accession: str, idf: Mapping[str, list[str]]) -> StudyRow:
    """Return what an IDF says of its study."""
    return StudyRow(
        study_accession=accession,
        repository=ARRAYEXPRESS,
        title=_first(idf, "investigation title"),
        summary=_first(idf, "experiment description"),
        overall_design="; ".join(text for text in idf.get("experimental design", []) if text),
        pubmed_ids=tuple(text for text in idf.get("pubmed id", []) if text),
        release_date=day(_first(idf, "public release date")),
        sra_studies=tuple(text for text in idf.get("comment[secondaryaccession]", []) if text[1:3] == "RP"),
    )


def accessions_of(study: str, groups: Mapping[str, Sequence[SdrfRow]]) -> dict[str, str]:
    """Return an accession for each source name: ENA's where each has its own, else one made of study and name."""
    known = {source: rows[0].first("comment[ena_sample]") for source, rows in groups.items()}
    unique = all(known.values()) and len(set(known.values())) == len(known)
    return known if unique else {source: f"{study}:{source}" for source in groups}


def runs_of(rows: Sequence[SdrfRow]) -> list[ArchiveRun]:
    """Return the runs an SDRF names itself, for studies whose run table cannot be had; without checksums."""
    groups: dict[str, list[SdrfRow]] = {}
    for row in rows:
        if row.first("comment[ena_run]"):
            groups.setdefault(row.first("comment[ena_run]"), []).append(row)
    return [_run(accession, group) for accession, group in groups.items()]


def _run(accession: str, rows: Sequence[SdrfRow]) -> ArchiveRun:
    urls = dict.fromkeys(url for row in rows for url in row.all("comment[fastq_uri]"))
    files = tuple(_fastq(accession, url) for url in urls)
    first = rows[0].first
    layout = first("comment[library_layout]").upper()
    state, reason = judge_files(layout, files)
    row = RunRow(
        run_accession=accession,
        sample_accession="",
        study_accession="",
        experiment_accession=first("comment[ena_experiment]"),
        library_layout=layout,
        library_strategy=first("comment[library_strategy]"),
        library_source=first("comment[library_source]"),
        library_selection=first("comment[library_selection]"),
        n_fastq=sum(file.kind == FASTQ for file in files),
        state=state,
        reason=reason,
        reason_code="" if state == OK else state,
    )
    return ArchiveRun(row, files, _names(rows))


def _fastq(run: str, url: str) -> FileRow:
    name = url.rstrip("/").rpartition("/")[2]
    return FileRow("", "", run, kind_of(name), mate_of(name), name, url)


def _names(rows: Sequence[SdrfRow]) -> frozenset[str]:
    columns = ("comment[ena_sample]", "comment[biosd_sample]", "comment[ena_experiment]", "comment[ena_run]")
    return frozenset(value for row in rows for column in columns for value in row.all(column))


def _is_sequenced(rows: Sequence[SdrfRow]) -> bool:
    first = rows[0].first
    return "sequencing" in first("technology type").lower() or bool(
        first("comment[ena_run]", "comment[library_strategy]")
    )


def _sample(accession: str, study: StudyRow, idf: Mapping[str, list[str]], rows: Sequence[SdrfRow]) -> SampleRow:
    first = rows[0].first
    texts = _protocol_texts(idf, rows[0].all("protocol ref"))
    return SampleRow(
        sample_accession=accession,
        study_accession=study.study_accession,
        repository=ARRAYEXPRESS,
        title=first("source name"),
        source_name=first("characteristics[organism part]", "characteristics[cell type]"),
        description=first("comment[sample_description]", "description"),
        pubmed_ids=study.pubmed_ids,
        release_date=study.release_date,
        organism=first("characteristics[organism]"),
        molecule=_molecule(first("comment[input molecule]", "material type")),
        library_strategy=first("comment[library_strategy]"),
        library_source=first("comment[library_source]"),
        library_selection=first("comment[library_selection]"),
        library_layout=first("comment[library_layout]"),
        instrument=next((text for text in idf.get("protocol hardware", []) if text), ""),
        treatment_protocol=texts[_TREATMENT],
        growth_protocol=texts[_GROWTH],
        extract_protocol="\n".join(filter(None, [first("comment[library construction]"), texts[_EXTRACT]])),
        data_processing=texts[_PROCESSING],
        characteristics=tuple(_characteristics(rows[0])),
        biosample=first("comment[biosd_sample]"),
        sra_experiment=first("comment[ena_experiment]"),
    )


def _molecule(text: str) -> str:
    """Return a molecule; ``cell`` and ``whole organism`` are materials that RNA was taken from."""
    return text if "rna" in text.lower() or "dna" in text.lower() else ""


def _characteristics(row: SdrfRow) -> Iterator[Characteristic]:
    """Give the characteristics, a unit added to the value before it."""
    pending: Characteristic | None = None
    for column, value in row.cells:
        if column.startswith("characteristics["):
            if pending is not None:
                yield pending
            pending = Characteristic(column.removeprefix("characteristics[").removesuffix("]"), value)
        elif column.startswith("unit[") and pending is not None:
            pending = replace(pending, value=f"{pending.value} {value}")
    if pending is not None:
        yield pending


def _protocol_texts(idf: Mapping[str, list[str]], names: Sequence[str]) -> dict[str, str]:
    """Return the texts of the protocols a sample went through, by the field they belong to."""
    known = dict(zip(idf.get("protocol name", []), _pairs(idf), strict=False))
    found: dict[str, list[str]] = {_TREATMENT: [], _GROWTH: [], _EXTRACT: [], _PROCESSING: []}
    for kind, text in (known[name] for name in dict.fromkeys(names) if name in known):
        field = next((field for words, field in _PROTOCOLS if words in kind.lower()), _EXTRACT)
        found[field].append(text)
    return {field: "\n".join(filter(None, texts)) for field, texts in found.items()}


def _pairs(idf: Mapping[str, list[str]]) -> Iterator[tuple[str, str]]:
    kinds, texts = idf.get("protocol type", []), idf.get("protocol description", [])
    for i in range(max(len(kinds), len(texts))):
        yield kinds[i] if i < len(kinds) else "", texts[i] if i < len(texts) else ""


def _first(idf: Mapping[str, list[str]], name: str) -> str:
    return next((text for text in idf.get(name, []) if text), "")


def files_of(study: str, listing: Iterable[tuple[str, int | None]]) -> Iterator[FileRow]:
    """Give the processed files of a study's list, without reads and without the tables that describe it.

    Parameters
    ----------
    study : str
        Its accession.
    listing : iterable of (path, bytes)
        As BioStudies lists them.
    """
    for path, size in listing:
        name = path.rpartition("/")[2]
        if kind_of(name) in {MATRIX, SUPPLEMENT} and not name.endswith((".sdrf.txt", ".idf.txt")):
            yield FileRow(
                study, "", "", kind_of(name), 0, name, f"{BASE_URLS['biostudies_files']}/{study}/{path}", bytes=size
            )
