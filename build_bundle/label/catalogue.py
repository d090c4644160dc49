"""The samples of a harvested catalogue as texts to label.

Not here: what the catalogue holds beside them (``build_bundle.harvest``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from build_bundle.harvest.records import AUTHOR_LABELLED, EXCLUDED
from build_bundle.label.evidence import Field
from build_bundle.label.settings import LabelSettings
from core.errors import ConfigError

TABLE = Path("catalogue") / "samples.parquet"
_COLUMNS = [
    "study_accession",
    "sample_accession",
    "title",
    "source_name",
    "description",
    "characteristics",
    "available",
    "state",
]


@dataclass(frozen=True)
class SampleTexts:
    """What one sample says of itself.

    Parameters
    ----------
    study, sample, title : str
        Accessions and title.
    fields : tuple of (str, str)
        Names and texts of its metadata, those that are never matched too.
    """

    study: str
    sample: str
    title: str
    fields: tuple[Field, ...]

    def said(self, settings: LabelSettings) -> str:
        """Return the text that tells most: the cell type, else the source, else the title."""
        told = [text for name, text in self.fields if settings.kind(name) == "cell_type" and text.strip()]
        source = [text for name, text in self.fields if name == "source_name" and text.strip()]
        return next(iter((*told, *source, self.title, self.sample))).strip()

    def names(self, settings: LabelSettings) -> list[str]:
        """Return everything a curator's pattern can mean it by."""
        told = [
            text.strip() for name, text in self.fields if settings.kind(name) == "cell_type" or name == "source_name"
        ]
        return [self.sample, self.title, *told]


def read_samples(folder: Path) -> Iterator[SampleTexts]:
    """Read the samples that were not excluded and whose cells do not bear their authors' terms already.

    Parameters
    ----------
    folder : Path
        What ``harvest --out`` was given.

    Yields
    ------
    SampleTexts
        In the order of the catalogue.

    Raises
    ------
    ConfigError
        Where there is no catalogue, or its table lacks a column.
    """
    path = folder / TABLE
    try:
        table = pq.read_table(path, columns=_COLUMNS)
    except (OSError, KeyError, ValueError) as error:
        raise ConfigError(
            f"{folder} holds no catalogue: {error}.", next_step="Give the folder that harvest wrote."
        ) from error
    for row in table.to_pylist():
        if row["state"] != EXCLUDED and row["available"] != AUTHOR_LABELLED:
            yield SampleTexts(row["study_accession"], row["sample_accession"], row["title"], tuple(_fields(row)))


def _fields(row: dict[str, object]) -> Iterator[Field]:
    for name in ("title", "source_name", "description"):
        yield name, str(row[name] or "")
    characteristics = row["characteristics"]
    assert isinstance(characteristics, list)  # noqa: S101 - a list column; for the type checker
    for pair in characteristics:
        yield f"characteristics: {pair['name']}", str(pair["value"] or "")
