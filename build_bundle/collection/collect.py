"""From a harvested, labelled and quantified collection to a configuration that ``run`` builds.

The base configuration says what the bundle is (name, ontology, genes, settings); a ``[[study]]`` for every counted study with a
label is added to it, a mapping of samples to terms beside it, and the ``[collection]`` for the statistics.
"""

from __future__ import annotations

import csv
import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from build_bundle.label.tables import read_labels
from build_bundle.label_mapping import COLUMNS
from core.errors import ConfigError

COUNTED = {"": "counted from its reads", ".author": "the authors' matrix"}
"""Endings of the files that quantify writes for a study, with the words for their origin."""
_REPOSITORIES = {"geo": "GEO", "arrayexpress": "ArrayExpress", "census": "CELLxGENE Census"}
_MAX_TISSUES = 3


@dataclass(frozen=True)
class Sources:
    """Folders of a collection.

    Parameters
    ----------
    catalogue, labels, quantified : Path
        What harvest, label and quantify wrote.
    """

    catalogue: Path
    labels: Path
    quantified: Path


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
    labels = read_labels(sources.labels).to_pylist()
    named = {row["study_accession"] for row in labels if row["label_term_ids"]}
    studies, samples = (_rows(sources.catalogue, name) for name in ("studies", "samples"))
    chosen, left_out = [], []
    for study in studies:
        accession = study["study_accession"]
        files = _files(sources.quantified, accession)
        if files and accession in named:
            chosen.append((study, files))
        elif study["state"] != "excluded":
            left_out.append((accession, "none of its samples has a term" if files else "no counts were made of it"))
    if not chosen:
        raise ConfigError("No study has both counts and labels.", next_step="See unmapped.csv and runs.parquet.")
    mapping = out.with_name(f"{out.stem}_labels.csv")
    _write_mapping(mapping, labels, {study["study_accession"] for study, _ in chosen})
    entries = [_study_entry(study, files, samples, out.parent, mapping.name) for study, files in chosen]
    out.write_text(
        "\n".join([text.rstrip("\n"), "", *_collection_table(sources, out.parent), *entries]), encoding="utf-8"
    )
    return Collected(tuple(study["study_accession"] for study, _ in chosen), tuple(left_out))


def study_key(accession: str) -> str:
    """Return an accession as a study's key.

    Examples
    --------
    >>> study_key("E-MTAB-6077"), study_key("GSE1")
    ('e-mtab-6077', 'gse1')
    """
    return re.sub(r"[^a-z0-9_-]", "-", accession.lower()).lstrip("-_")[:64] or "study"


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


def _files(quantified: Path, accession: str) -> dict[str, Path]:
    """Return the study's files by their ending, as `quantify.study_files` names them."""
    stem = "".join(c if c.isalnum() or c in "._-" else "_" for c in accession).lstrip(".")
    paths = {ending: quantified / f"{stem}{ending}.h5ad" for ending in COUNTED}
    return {ending: path for ending, path in paths.items() if path.is_file()}


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
    for name in ("catalogue", "labels", "quantified"):
        yield f"{name} = {_text(_path(getattr(sources, name), folder))}"
    yield ""


def _study_entry(
    study: dict[str, Any], files: dict[str, Path], samples: Sequence[dict[str, Any]], folder: Path, mapping: str
) -> str:
    accession = study["study_accession"]
    mine = [row for row in samples if row["study_accession"] == accession and row["state"] != "excluded"]
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
        "origin": f"{repository} {accession}, {' and '.join(COUNTED[ending] for ending in files)}",
    }
    lines = ["[[study]]", *(f"{name} = {_text(value)}" for name, value in words.items() if value)]
    labels = f'labels = {{ column = "sample", mapping = {_text(mapping)} }}'
    for ending, path in files.items():
        if len(files) > 1:
            part = f"{key}-{ending.lstrip('.') or 'reads'}"
            lines += ["", "[[study.part]]", f"part = {_text(part)}"]
        lines += [f"source = {{ path = {_text(_path(path, folder))} }}", labels]
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
