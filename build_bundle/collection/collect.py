"""From a harvested, labelled and quantified collection to a configuration that ``run`` builds.

The base configuration says what the bundle is (name, ontology, genes, settings); a ``[[study]]`` for every counted study with a
label is added to it, a mapping of samples to terms beside it, and the ``[collection]`` for the statistics.
"""

from __future__ import annotations

import csv
import json
import os
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from build_bundle.collection.study_files import NOT_FETCHED, StudyFile, counted_files, labelled_files, study_key
from build_bundle.harvest.records import EXCLUDED
from build_bundle.label.mapping import COLUMNS
from build_bundle.label.tables import read_labels
from core.errors import ConfigError

_REPOSITORIES = {"geo": "GEO", "arrayexpress": "ArrayExpress", "census": "CELLxGENE Census"}
_MAX_TISSUES = 3
_NO_TERM = "none of its samples has a term"


@dataclass(frozen=True)
class Sources:
    """Folders of a collection.

    Parameters
    ----------
    catalogue : Path
        What harvest wrote.
    labels, quantified : Path, optional
        What label and quantify wrote; a collection of cells that bear their authors' terms needs neither.
    """

    catalogue: Path
    labels: Path | None = None
    quantified: Path | None = None


@dataclass(frozen=True)
class Collected:
    """What was put together.

    Parameters
    ----------
    studies : tuple of str
        Accessions that go in.
    left_out : tuple of (str, str)
        The others, each with its reason.
    """

    studies: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


def collect(sources: Sources, base: Path, out: Path) -> Collected:
    """Write the configuration and its label mapping.

    Parameters
    ----------
    sources : Sources
        The collection.
    base : Path
        Configuration to start from; it may name studies of its own.
    out : Path
        Configuration to write, in the folder of `base`, so that paths keep their meaning; the mapping gets its name with
        ``_labels.csv``.

    Returns
    -------
    Collected
        Which studies went in.

    Raises
    ------
    ConfigError
        Where a folder lacks its tables, `base` is no TOML or has a ``[collection]``, or no study is left.
    """
    text = _base_text(base, out)
    mapping = out.with_name(f"{out.stem}_labels.csv")
    labels = read_labels(sources.labels).to_pylist() if sources.labels else []
    named = {row["study_accession"] for row in labels if row["label_term_ids"]}
    studies, samples = (_rows(sources.catalogue, name) for name in ("studies", "samples"))
    bearing = labelled_files(sources.catalogue, samples)
    chosen, left_out = [], []
    for study in studies:
        accession = study["study_accession"]
        counted = counted_files(sources.quantified, accession, mapping.name)
        files = [*bearing.get(accession, ()), *(counted if accession in named else ())]
        if files:
            chosen.append((study, files))
        elif study["state"] != EXCLUDED:
            why = NOT_FETCHED if accession in bearing else _NO_TERM if counted else "no counts were made of it"
            left_out.append((accession, why))
    if not chosen:
        reasons = "; ".join(dict.fromkeys(reason for _, reason in left_out)) or "the catalogue holds no study"
        raise ConfigError(
            f"No study has both counts and labels: {reasons}.", next_step="See unmapped.csv and runs.parquet."
        )
    if labels:
        _write_mapping(mapping, labels, {study["study_accession"] for study, _ in chosen})
    entries = [_study_entry(study, files, samples, out.parent) for study, files in chosen]
    out.write_text(
        "\n".join([text.rstrip("\n"), "", *_collection_table(sources, out.parent), *entries]), encoding="utf-8"
    )
    return Collected(tuple(study["study_accession"] for study, _ in chosen), tuple(left_out))


def _base_text(base: Path, out: Path) -> str:
    if base.resolve().parent != out.resolve().parent:
        raise ConfigError(
            f"{out} is not in the folder of {base}.", next_step="Write it there: paths are relative to it."
        )
    try:
        text = base.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ConfigError(f"The configuration {base} cannot be read: {error}.") from error
    if "collection" in table:
        raise ConfigError(f"{base} has a [collection] already.", next_step="Start from one without.")
    return text


def _rows(folder: Path, name: str) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = pq.read_table(folder / "catalogue" / f"{name}.parquet").to_pylist()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{folder} holds no catalogue: {error}.", next_step="Give the folder that harvest wrote."
        ) from error
    return rows


def _write_mapping(path: Path, labels: Iterable[dict[str, Any]], studies: set[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(COLUMNS)
        for row in labels:
            if row["study_accession"] in studies:
                terms, names = ";".join(row["label_term_ids"]), ";".join(row["label_names"])
                comment = row["comment"] or ("" if terms else row["status"])
                writer.writerow([study_key(row["study_accession"]), row["sample_accession"], terms, names, comment])


def _collection_table(sources: Sources, folder: Path) -> Iterator[str]:
    yield "[collection]"
    for name, path in vars(sources).items():
        if path is not None:
            yield f"{name} = {_text(_path(path, folder))}"
    yield ""


def _study_entry(
    study: dict[str, Any], files: Sequence[StudyFile], samples: Sequence[dict[str, Any]], folder: Path
) -> str:
    accession = study["study_accession"]
    mine = [row for row in samples if row["study_accession"] == accession and row["state"] != EXCLUDED]
    key = study_key(accession)
    repository = _REPOSITORIES.get(study["repository"], study["repository"])
    words = {
        "study": key,
        "accession": accession,
        "title": " ".join(study["title"].split()) or accession,
        "pubmed_id": next((i for i in study["pubmed_ids"] if i.isdigit()), ""),
        "release_date": study["release_date"].isoformat() if study["release_date"] else "",
        "technology": _commonest((row["technology"] for row in mine), 1) or "not told",
        "tissue": _commonest((row["source_name"] for row in mine), _MAX_TISSUES) or "not told",
        "licence": f"terms of {repository}",
        "origin": f"{repository} {accession}, {' and '.join(file.origin for file in files)}",
    }
    lines = ["[[study]]", *(f"{name} = {_text(value)}" for name, value in words.items() if value)]
    for file in files:
        if len(files) > 1:
            lines += ["", "[[study.part]]", f"part = {_text(f'{key}-{file.name}')}"]
        lines += [f"source = {{ path = {_text(_path(file.path, folder))} }}", *file.settings]
    return "\n".join([*lines, ""])


def _commonest(texts: Iterable[str], n: int) -> str:
    """Return the most frequent texts, joined; blanks do not count."""
    counts = Counter(" ".join(text.split()) for text in texts if text.strip())
    return ", ".join(text for text, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:n])


def _path(path: Path, folder: Path) -> str:
    """Return a path as seen from the configuration's folder."""
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()


def _text(value: str) -> str:
    """Return a TOML string; JSON's escapes are TOML's, but for the delete character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
