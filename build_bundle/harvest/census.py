"""CELLxGENE Census: data sets whose cells their authors already labelled with Cell Ontology terms.

The library ``cellxgene-census`` is an optional extra with dependencies of its own (it wants pandas before version 3);
it is imported only when Census is asked for. A data set becomes a study with one sample; its file is the ``.h5ad`` of the
authors, with a term for every cell, so it needs neither labelling nor counting. Only primary data is counted: a data set
that repeats the cells of others is left out.
"""

from __future__ import annotations

import datetime as dt
import importlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from build_bundle.harvest.client import PassingError
from build_bundle.harvest.records import (
    AUTHOR_LABELLED,
    EXCLUDED,
    KEPT,
    MATRIX,
    FileRow,
    SampleRow,
    StudyRecord,
    StudyRow,
)
from build_bundle.harvest.repository import Found
from build_bundle.harvest.settings import SPECIES, Window
from core.bundle.manifest import ORGANISMS
from core.errors import ConfigError

CENSUS: Final = "census"
NO_PRIMARY_CELLS: Final = "no_primary_cells"
_OBS = ("dataset_id", "assay")


@dataclass(frozen=True)
class Census:
    """CELLxGENE Census for one organism.

    Parameters
    ----------
    organism : str
        ``mouse`` or ``human``.
    version : str
        Release, for example ``2025-01-30``; ``stable`` is the latest that is kept for long.
    """

    organism: str
    version: str = "stable"

    @property
    def name(self) -> str:
        """Its name in the catalogue."""
        return CENSUS

    @property
    def question(self) -> str:
        """The release asked for."""
        return f"primary data of {SPECIES[self.organism]} in release {self.version}"

    def search(self, window: Window) -> Iterator[Found]:
        """Give the data sets of the release with primary cells of the organism.

        Census has no days of publication: a window is answered with everything, and what is known stays known.

        Raises
        ------
        ConfigError
            Where the library is not installed.
        FetchError
            Where Census cannot be read.
        """
        del window
        for row, assays, n_cells in self._datasets():
            hints = {str(key): str(value) for key, value in row.items() if value is not None}
            yield Found(str(row["dataset_id"]), {**hints, "assays": "; ".join(assays), "n_primary": str(n_cells)})

    def read(self, found: Found) -> StudyRecord:
        """Return the record of a data set from what the search said of it; asks nothing."""
        hints, accession = found.hints, found.accession
        n_cells = int(hints.get("n_primary", "0"))
        released = hints.get("collection_published_at", hints.get("published_at", ""))[:10]
        study = StudyRow(
            accession,
            CENSUS,
            title=hints.get("dataset_title", ""),
            summary=hints.get("collection_name", ""),
            release_date=dt.date.fromisoformat(released) if released else None,
            organisms=(SPECIES[self.organism],),
            n_samples=1,
            n_kept=int(n_cells > 0),
            state=KEPT if n_cells else EXCLUDED,
            reason="" if n_cells else "All its cells are listed with other data sets.",
            reason_code="" if n_cells else NO_PRIMARY_CELLS,
        )
        if not n_cells:
            return StudyRecord(study)
        sample = SampleRow(
            accession,
            accession,
            CENSUS,
            title=study.title,
            description=hints.get("citation", ""),
            release_date=study.release_date,
            organism=SPECIES[self.organism],
            organism_ontology_term_id=ORGANISMS[self.organism],
            technology=hints.get("assays", ""),
            is_scrna=True,
            available=AUTHOR_LABELLED,
            n_cells=n_cells,
        )
        url = f"https://datasets.cellxgene.cziscience.com/{hints.get('dataset_version_id', accession)}.h5ad"
        file = FileRow(accession, accession, "", MATRIX, 0, f"{accession}.h5ad", url)
        return StudyRecord(study, (sample,), (), (file,))

    def _datasets(self) -> Iterator[tuple[dict[str, Any], list[str], int]]:
        library = _library()
        try:
            with library.open_soma(census_version=self.version) as census:
                datasets = census["census_info"]["datasets"].read().concat().to_pandas()
                key = SPECIES[self.organism].lower().replace(" ", "_")
                obs = census["census_data"][key].obs.read(
                    value_filter="is_primary_data == True", column_names=list(_OBS)
                )
                cells = _counted(obs)
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            raise PassingError(f"CELLxGENE Census cannot be read: {error}.", code="connection") from error
        for row in datasets[datasets["dataset_id"].isin(cells)].to_dict("records"):
            assays = cells[row["dataset_id"]]
            yield {str(k): v for k, v in row.items()}, sorted(assays), sum(assays.values())


def _counted(parts: Iterable[Any]) -> dict[str, Counter[str]]:
    """Count cells by data set and assay, part by part: tens of millions of rows are never in memory together."""
    found: dict[str, Counter[str]] = {}
    for part in parts:
        sizes = part.to_pandas().groupby(list(_OBS), observed=True).size()
        for (dataset, assay), size in sizes.items():
            found.setdefault(str(dataset), Counter())[str(assay)] += int(size)
    return found


def _library() -> Any:  # noqa: ANN401 - a module without types
    try:
        return importlib.import_module("cellxgene_census")
    except ImportError as error:
        raise ConfigError(
            "CELLxGENE Census needs the library cellxgene-census, which is not installed.",
            next_step="Install it in an environment of its own (it wants pandas before 3): pip install cellxgene-census, and run the harvest there.",
            code="no-census",
        ) from error
