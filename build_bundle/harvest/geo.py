"""Gene Expression Omnibus: search through E-utilities, read family SOFT files, ask the archives for runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from build_bundle.harvest.archive_run import ArchiveRun
from build_bundle.harvest.assemble import Draft, assemble
from build_bundle.harvest.client import Client
from build_bundle.harvest.ena import ask_runs
from build_bundle.harvest.eutils import Entrez
from build_bundle.harvest.geo_series import GEO, Series, read_series
from build_bundle.harvest.records import EXCLUDED, MISSING_MATE, StudyRecord
from build_bundle.harvest.repository import Found
from build_bundle.harvest.settings import SPECIES, Window
from build_bundle.harvest.soft import read_soft, soft_lines
from build_bundle.harvest.sra_runs import runs_of, with_alignments
from build_bundle.harvest.technology import PLATE, technology_of
from core.errors import FetchError

SUPERSERIES = "superseries"
_WORDS = ("single cell", "scRNA-seq", "single nucleus", "snRNA-seq")
_UID_OF_SERIES = 200_000_000  # gds numbers series from here
_MB = 1 << 20


@dataclass(frozen=True)
class Geo:
    """GEO for one organism.

    Parameters
    ----------
    client : Client
        The door to the network.
    organism : str
        ``mouse`` or ``human``.
    """

    client: Client
    organism: str

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        return GEO

    @property
    def question(self) -> str:
        """The search term, without days."""
        words = " OR ".join(f'"{word}"[All Fields]' for word in _WORDS)
        kind = '"Expression profiling by high throughput sequencing"[DataSet Type]'
        return f'({words}) AND "{SPECIES[self.organism]}"[Organism] AND {kind} AND GSE[Entry Type]'

    def search(self, window: Window) -> Iterator[Found]:
        """Give the series published in some days."""
        entrez = Entrez(self.client)
        days = f'("{window.since:%Y/%m/%d}"[PDAT] : "{window.until:%Y/%m/%d}"[PDAT])'
        reply = entrez.search("gds", f"{self.question} AND {days}")
        for summary in entrez.summaries("gds", reply):
            if summary.get("entrytype") == "GSE" and str(summary.get("accession", "")).startswith("GSE"):
                yield found_of(summary)

    def read(self, found: Found) -> StudyRecord:
        """Return the record of a series.

        Parameters
        ----------
        found : Found
            Its accession is enough.

        Returns
        -------
        StudyRecord
            ``excluded`` with its parts in `related` where it is a series of series; ``incomplete`` where its runs
            cannot be had.

        Raises
        ------
        FetchError
            Where its SOFT file cannot be had.
        """
        series = self._series(found.accession)
        if series.parts:
            parts = ", ".join(series.parts)
            reason = f"A series of series; its samples are listed with {parts}."
            return StudyRecord(
                replace(series.draft.study, state=EXCLUDED, reason=reason, reason_code=SUPERSERIES),
                related=series.parts,
            )
        trouble: FetchError | None = None
        runs: list[ArchiveRun] = []
        try:
            runs = self._runs(series, found)
        except FetchError as error:
            trouble = error
        return assemble(series.draft, runs, SPECIES, self.organism, trouble)

    def _series(self, accession: str) -> Series:
        url = self.client.settings.locate(
            f"ftp://ftp.ncbi.nlm.nih.gov{folder_of(accession)}soft/{accession}_family.soft.gz"
        )
        bound = self.client.settings.bounds.soft_mb * _MB
        return self.client.ask(url, {}, lambda body: read_series(read_soft(soft_lines(body, bound)), accession))

    def _runs(self, series: Series, found: Found) -> list[ArchiveRun]:
        """Ask ENA for the runs; SRA where ENA has none, or where barcodes may be left in a deposited alignment only."""
        sequenced = [s for s in series.draft.samples if s.sample_accession not in series.draft.arrays]
        if not any(s.organism == SPECIES[self.organism] for s in sequenced):
            return []
        projects = dict.fromkeys([*series.projects, *found.hints.get("projects", "").split()])
        studies = [name for name in projects if not name.startswith("PRJ")]
        for names in (studies, [name for name in projects if name not in studies]):
            runs = [run for name in names for run in ask_runs(self.client, name)]
            if runs:
                return self._with_alignments(runs, series.draft)
        entrez = Entrez(self.client)
        uid = found.hints.get("uid") or str(_UID_OF_SERIES + int(found.accession[3:]))
        return runs_of(entrez.sra_of(entrez.linked("gds", "sra", uid)))

    def _with_alignments(self, runs: list[ArchiveRun], draft: Draft) -> list[ArchiveRun]:
        families = {technology_of(f"{s.title}\n{s.extract_protocol}\n{s.data_processing}")[1] for s in draft.samples}
        lacking = [
            run.run.run_accession
            for run in runs
            if run.run.state == MISSING_MATE or (run.run.n_fastq < 2 and families - {PLATE, ""})
        ]
        return with_alignments(runs, Entrez(self.client).sra_of(lacking)) if lacking else runs


def folder_of(accession: str) -> str:
    """Return the folder of a series on GEO's file server.

    Examples
    --------
    >>> folder_of("GSE93374"), folder_of("GSE781")
    ('/geo/series/GSE93nnn/GSE93374/', '/geo/series/GSEnnn/GSE781/')
    """
    return f"/geo/series/{accession[:-3] if len(accession) > 6 else 'GSE'}nnn/{accession}/"


def found_of(summary: dict[str, Any]) -> Found:
    """Return what is kept of a summary.

    Parameters
    ----------
    summary : dict
        One entry of an ``esummary`` reply of ``gds``.
    """
    related = summary.get("extrelations") or []
    projects = [
        str(r.get("targetobject", "")) for r in related if isinstance(r, dict) and r.get("relationtype") == "SRA"
    ]
    projects.append(str(summary.get("bioproject", "")))
    hints = {
        "uid": str(summary["uid"]),
        "title": str(summary.get("title", "")),
        "projects": " ".join(p for p in projects if p),
    }
    return Found(str(summary["accession"]), hints)
