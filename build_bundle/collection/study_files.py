"""The files of cells that a study of a collection has: counted ones, and those whose cells bear their authors' terms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from build_bundle.harvest.records import AUTHOR_LABELLED, DOWNLOADED, MATRIX
from build_bundle.quantify.author_files import author_file
from build_bundle.quantify.study_files import study_file
from core.errors import ConfigError

NOT_FETCHED = "its file was not downloaded (harvest --download matrix)"
_FILES = ("study_accession", "kind", "state", "path")
# As CELLxGENE's schema names them; cells that another data set lists as its own are left to it.
_BORNE = (
    'labels = { column = "cell_type_ontology_term_id" }',
    'select = [{ column = "is_primary_data", any_of = ["True"] }]',
)


@dataclass(frozen=True)
class StudyFile:
    """One file.

    Parameters
    ----------
    name : str
        Tells it from the study's other files.
    path : Path
        Where it lies.
    origin : str
        Where its values come from, in words.
    settings : tuple of str
        Lines of TOML that say where its labels stand and which cells are used.
    """

    name: str
    path: Path
    origin: str
    settings: tuple[str, ...]


def counted_files(quantified: Path | None, accession: str, mapping: str) -> list[StudyFile]:
    """Return the files that quantify wrote for a study.

    Parameters
    ----------
    quantified : Path, optional
        Its folder.
    accession : str
        The study.
    mapping : str
        Name of the table that turns samples into terms.

    Returns
    -------
    list of StudyFile
        Counts of reads first.
    """
    if quantified is None:
        return []
    settings = (f'labels = {{ column = "sample", mapping = {json.dumps(mapping)} }}',)
    files = (
        StudyFile("reads", quantified / study_file(accession), "counted from its reads", settings),
        StudyFile("author", quantified / author_file(accession), "the authors' matrix", settings),
    )
    return [file for file in files if file.path.is_file()]


def labelled_files(catalogue: Path, samples: Iterable[Mapping[str, Any]]) -> dict[str, list[StudyFile]]:
    """Return the downloaded files whose cells bear terms.

    Parameters
    ----------
    catalogue : Path
        Folder of the harvest.
    samples : iterable of mapping
        Rows of its samples.

    Returns
    -------
    dict of str to list of StudyFile
        By study; studies whose cells bear terms but whose files were not downloaded have none.
    """
    found: dict[str, list[StudyFile]] = {
        row["study_accession"]: [] for row in samples if row["available"] == AUTHOR_LABELLED
    }
    for row in _file_rows(catalogue) if found else ():
        if row["study_accession"] in found and (row["kind"], row["state"]) == (MATRIX, DOWNLOADED):
            file = StudyFile("labelled", catalogue / row["path"], "values and labels by the authors", _BORNE)
            found[row["study_accession"]].append(file)
    return found


def _file_rows(catalogue: Path) -> list[dict[str, Any]]:
    path = catalogue / "catalogue" / "files.parquet"
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, columns=list(_FILES)).to_pylist()
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", next_step="Run the harvest again.") from error
    return rows


def study_key(accession: str) -> str:
    """Return an accession as a study's key.

    Examples
    --------
    >>> study_key("E-MTAB-6077"), study_key("GSE1")
    ('e-mtab-6077', 'gse1')
    """
    return re.sub(r"[^a-z0-9_-]", "-", accession.lower()).lstrip("-_")[:64] or "study"
