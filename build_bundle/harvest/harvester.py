"""Run a harvest: search what was not searched, read what is not known, download what is wanted, write the catalogue.

Every step notes in the journal what it has done before the next begins, so a harvest that is broken off anywhere goes on
where it was. Not here: how repositories answer (``geo``, ``arrayexpress``, ``census``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from build_bundle.harvest.catalogue import write_catalogue
from build_bundle.harvest.client import Client
from build_bundle.harvest.downloads import download, place_of
from build_bundle.harvest.journal import Download, Journal
from build_bundle.harvest.records import DOWNLOADED, FAILED, FileRow, StudyRecord, StudyRow
from build_bundle.harvest.report import write_report
from build_bundle.harvest.repository import Found, Repository
from build_bundle.harvest.settings import Window
from build_bundle.harvest.settle import settled, wanted
from core.errors import FetchError, SourceError

Say = Callable[[str], None]


@dataclass
class Outcome:
    """What a harvest did.

    Parameters
    ----------
    rows : dict of str to int
        Rows of each table of the catalogue.
    n_asked : int
        Requests that went to the network.
    n_read : int
        Studies read in this harvest.
    n_downloaded : int
        Files downloaded in this harvest.
    problems : list of str
        Searches that could not be finished, one sentence each; their days stay to be searched.
    unknown : list of str
        Accessions to ask for anew that were not known.
    lacking : dict of str to int
        How many studies, samples, runs and files could not be had, or not whole.
    """

    rows: dict[str, int] = field(default_factory=dict)
    n_asked: int = 0
    n_read: int = 0
    n_downloaded: int = 0
    problems: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    lacking: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Harvester:
    """A harvest into one folder.

    Parameters
    ----------
    out : Path
        Output folder.
    organism : str
        ``mouse`` or ``human``.
    client : Client
        The door to the network.
    journal : Journal
        Of the same folder.
    say : callable
        Told one line about every study.
    refresh : set of str
        Accessions to ask for anew though they are known.
    """

    out: Path
    organism: str
    client: Client
    journal: Journal
    say: Say
    refresh: AbstractSet[str] = frozenset()

    def run(
        self,
        repositories: Sequence[Repository],
        window: Window,
        *,
        kinds: AbstractSet[str],
        given: Iterable[StudyRecord] = (),
        retry: bool = False,
    ) -> Outcome:
        """Harvest.

        Parameters
        ----------
        repositories : sequence of Repository
            Whom to ask, in this order.
        window : Window
            Days of publication.
        kinds : set of str
            Kinds of files to download.
        given : iterable of StudyRecord
            Studies that need no asking.
        retry : bool
            Ask again at once for what failed; otherwise after `Manners.retry_hours`.

        Returns
        -------
        Outcome
            What was done; the catalogue and the report are written.
        """
        outcome = Outcome()
        hours = 0.0 if retry else self.client.settings.manners.retry_hours
        retry_before = time.time() - 3600 * hours
        outcome.unknown = [accession for accession in sorted(self.refresh) if not self.journal.forget(accession)]
        for record in given:
            self.journal.save(record, time.time())
        for repository in repositories:
            self._search(repository, window, outcome)
            self._read(repository, retry_before, outcome)
        self._download(kinds, retry_before, outcome)
        outcome.n_asked = self.client.n_asked
        self._write(outcome)
        return outcome

    def _search(self, repository: Repository, window: Window, outcome: Outcome) -> None:
        overlap = self.client.settings.manners.overlap_days
        for gap in self.journal.open_windows(repository.name, repository.question, window, overlap):
            self.say(f"{repository.name}: searching {gap.since} to {gap.until}")
            try:
                for found in repository.search(gap):
                    self.journal.add_found(repository.name, found)
            except FetchError as error:
                outcome.problems.append(
                    f"{repository.name} could not be searched from {gap.since} to {gap.until}: {error.message}"
                )
                self.say(outcome.problems[-1])
            else:
                self.journal.close_window(repository.name, repository.question, gap)

    def _read(self, repository: Repository, retry_before: float, outcome: Outcome) -> None:
        """Read every pending study once; a study may lead to others, which are read as well."""
        tried: set[str] = set()
        while found := [f for f in self.journal.pending(repository.name, retry_before) if f.accession not in tried]:
            for number, one in enumerate(found, start=1):
                tried.add(one.accession)
                self.client.renewing = one.accession in self.refresh
                record = _read_or_fail(repository, one)
                self.client.renewing = False
                self.journal.save(record, time.time())
                outcome.n_read += 1
                study = record.study
                self.say(
                    f"[{number}/{len(found)}] {study.study_accession}: {study.state}, {study.n_kept} of {study.n_samples} samples. {study.reason}".rstrip()
                )

    def _download(self, kinds: AbstractSet[str], retry_before: float, outcome: Outcome) -> None:
        todo = self._to_fetch(kinds, retry_before) if kinds else []
        for number, file in enumerate(todo, start=1):
            outcome.n_downloaded += self._fetch(file, f"[{number}/{len(todo)}] ")

    def _to_fetch(self, kinds: AbstractSet[str], retry_before: float) -> list[FileRow]:
        known = self.journal.downloads()
        files = {place_of(file): file for record in self.journal.records() for file in wanted(record, kinds)}
        return [
            file
            for place, file in files.items()
            if place not in known or not _is_settled(known[place], file, self.out, retry_before)
        ]

    def _fetch(self, file: FileRow, number: str) -> bool:
        path = place_of(file)
        target = self.out / path
        try:
            digest = download(self.client, file, target)
        except FetchError as error:
            reason, code = error.message, error.code.replace("-", "_")
            self.journal.note(
                Download(path, file.url, file.md5, FAILED, reason=reason, reason_code=code, tried_at=time.time())
            )
            self.say(f"{number}{path}: {reason}")
            return False
        self.journal.note(
            Download(
                path, file.url, file.md5, DOWNLOADED, sha256=digest, bytes=target.stat().st_size, tried_at=time.time()
            )
        )
        self.say(f"{number}{path}: {target.stat().st_size:,} bytes")
        return True

    def _write(self, outcome: Outcome) -> None:
        downloads = self.journal.downloads()
        outcome.rows = write_catalogue(
            self.out, self.organism, (settled(record, downloads) for record in self.journal.records())
        )
        outcome.lacking = write_report(self.out, outcome.problems)


def _read_or_fail(repository: Repository, found: Found) -> StudyRecord:
    try:
        return repository.read(found)
    except (FetchError, SourceError) as error:
        code = error.code.replace("-", "_")
        study = StudyRow(
            found.accession,
            repository.name,
            title=found.hints.get("title", ""),
            state=FAILED,
            reason=error.message,
            reason_code=code,
        )
        return StudyRecord(study)


def _is_settled(known: Download, file: FileRow, out: Path, retry_before: float) -> bool:
    """Whether a download needs no further try: it is there in its size, or failed not long ago."""
    if (known.url, known.md5) != (file.url, file.md5):
        return False
    if known.state == FAILED:
        return known.tried_at >= retry_before
    target = out / known.path
    return target.is_file() and target.stat().st_size == known.bytes
