"""What became of every study: the ``studies`` and ``collection`` tables, and who was set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from build_bundle.cells.corpus import TEACHING
from build_bundle.cells.corpus_step import SET_ASIDE
from build_bundle.configuration.config import Config
from build_bundle.configuration.study_config import StudyConfig
from build_bundle.sources.part import LEFT_OUT, NO_LABEL, UNMAPPED
from build_bundle.steps.task import Facts, Finished


@dataclass(frozen=True)
class StudyOutcome:
    """One study and the facts of its parts, in the order of the configuration.

    Parameters
    ----------
    study : StudyConfig
        The configuration's study.
    parts : tuple of mapping
        Facts of each part; those that were set aside hold only ``set_aside``, the reason.
    """

    study: StudyConfig
    parts: tuple[Facts, ...]

    @property
    def used(self) -> tuple[Facts, ...]:
        """Facts of the parts with cells that could be read."""
        return tuple(facts for facts, only_teaches in self._read if not only_teaches)

    @property
    def n_teaching(self) -> int:
        """Profiles and teachers' cells that could be read."""
        return sum(int(facts["n_cells"]) for facts, only_teaches in self._read if only_teaches)

    @property
    def has_cells(self) -> bool:
        """Whether the study was offered with cells for the bundle, and not for training only."""
        return any(self.study.role_of(part) not in TEACHING for part in self.study.parts)

    @property
    def is_set_aside(self) -> bool:
        """Whether nothing that it was offered with could be read."""
        return not self.used if self.has_cells else not self.n_teaching

    @property
    def is_reference(self) -> bool:
        """Whether cells of it can be found."""
        pairs = zip(self.study.parts, self.parts, strict=True)
        return any(self.study.role_of(part) == "reference" for part, facts in pairs if SET_ASIDE not in facts)

    @property
    def _read(self) -> list[tuple[Facts, bool]]:
        pairs = zip(self.study.parts, self.parts, strict=True)
        return [(facts, self.study.role_of(part) in TEACHING) for part, facts in pairs if SET_ASIDE not in facts]

    @property
    def reason(self) -> str:
        """Why the study, or a part of it, was set aside; empty where all went in."""
        return " ".join(dict.fromkeys(str(p[SET_ASIDE]) for p in self.parts if SET_ASIDE in p))

    @property
    def status(self) -> str:
        """Value of the column ``status``."""
        if self.is_set_aside:
            return SET_ASIDE
        return "held_out" if self.study.role == "held_out" else "used"

    def total(self, name: str) -> int:
        """Return the sum of a count over the parts."""
        return sum(int(p[name]) for p in self.used)

    def words(self, *fates: str) -> int:
        """Return the cells whose label met one of these fates."""
        return sum(int(w["n_cells"]) for p in self.used for w in p["words"] if w["fate"] in fates)


def outcomes(config: Config, done: Mapping[str, Finished]) -> list[StudyOutcome]:
    """Return what became of every study.

    Parameters
    ----------
    config : Config
        The configuration.
    done : mapping of str to Finished
        The reading steps by name.

    Returns
    -------
    list of StudyOutcome
        In the order of the configuration.
    """
    return [StudyOutcome(s, tuple(done[f"read-{p.part}"].facts for p in s.parts)) for s in config.study]


def studies_table(found: list[StudyOutcome]) -> pd.DataFrame:
    """Return the ``studies`` table; what only teaches holds no cells of the bundle and is not in it."""
    return pd.DataFrame([_study_row(o) for o in found if o.has_cells])


def _study_row(outcome: StudyOutcome) -> dict[str, Any]:
    study = outcome.study
    parts = [part for part in study.parts if study.role_of(part) not in TEACHING]
    technologies = dict.fromkeys(part.technology or study.technology for part in parts)
    return {
        "study": study.study,
        "accession": study.accession or None,
        "title": study.title,
        "pubmed_id": study.pubmed_id or None,
        "release_date": study.release_date or None,
        "technology": ", ".join(technologies),
        "tissue": study.tissue,
        "licence": study.licence,
        "source": study.origin or ", ".join(dict.fromkeys(part.source.words for part in parts)),
        "unit": ", ".join(dict.fromkeys(str(p["unit"]) for p in outcome.used)),
        "status": outcome.status,
        "reason": outcome.reason,
        "n_cells": outcome.total("n_cells"),
        "n_cells_offered": outcome.total("n_offered"),
        "n_genes": max((int(p["n_genes"]) for p in outcome.used), default=0),
        "n_cell_types": len({label for p in outcome.used for label in p["labels"]}),
    }


def collection_table(found: list[StudyOutcome]) -> pd.DataFrame:
    """Return studies and cells by month of release and kind (science 10); cells without a term count as unmapped."""
    rows = []
    for outcome in found:
        if not outcome.has_cells:
            continue
        month = outcome.study.release_date[:7] if len(outcome.study.release_date) >= 7 else ""
        kind = "set_aside" if outcome.is_set_aside else "usable"
        rows.append((month, kind, 1, outcome.total("n_cells") + outcome.total("n_taken")))
        unmapped = outcome.words(UNMAPPED, LEFT_OUT, NO_LABEL)
        if unmapped:
            rows.append((month, "unmapped", 1, unmapped))
    table = pd.DataFrame(rows, columns=["month", "kind", "n_studies", "n_cells"])
    return table.groupby(["month", "kind"], as_index=False, sort=True).sum()
