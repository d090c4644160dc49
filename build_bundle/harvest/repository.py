"""What a harvest asks of a repository: what was published when, and everything about one study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from build_bundle.harvest.records import StudyRecord
from build_bundle.harvest.settings import Window


@dataclass(frozen=True)
class Found:
    """A study that a search found, with what the search said of it."""

    accession: str
    hints: Mapping[str, str] = field(default_factory=dict)


class Repository(Protocol):
    """A place where studies are published."""

    @property
    def name(self) -> str:
        """Its name in the catalogue."""

    @property
    def question(self) -> str:
        """What is searched for; the windows searched are remembered for each question apart."""

    def search(self, window: Window) -> Iterator[Found]:
        """Give the studies published in some days. Raises FetchError."""

    def read(self, found: Found) -> StudyRecord:
        """Return the record of a study. Raises FetchError where nothing can be said of it."""
