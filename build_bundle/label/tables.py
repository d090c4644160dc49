"""What labelling leaves behind: labels and evidence as tables, and a list of what stands for no term."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from build_bundle.label.catalogue import SampleTexts
from build_bundle.label.decide import Labeller
from build_bundle.label.evidence import SampleLabels
from build_bundle.label.overrides import Override, first_about
from core.errors import ConfigError

LABELS, EVIDENCE, UNMAPPED = "labels.parquet", "evidence.parquet", "unmapped.csv"
SpokenNames = dict[str, tuple[str, ...]]
"""Accession of a sample to what it is called: title, and the text that tells most."""
Status = Literal["mapped", "unmapped", "dropped", "overridden"]

LABELS_SCHEMA = pa.schema(
    [
        ("study_accession", pa.string()),
        ("sample_accession", pa.string()),
        ("title", pa.string()),
        ("said", pa.string()),  # the text that tells most: cell type, else source, else title
        ("status", pa.string()),
        ("term_ids", pa.list_(pa.string())),
        ("label_term_ids", pa.list_(pa.string())),
        ("label_names", pa.list_(pa.string())),  # preferred names in the release that was labelled with
        ("confidence", pa.float32()),
        ("comment", pa.string()),
    ]
)
EVIDENCE_SCHEMA = pa.schema(
    [
        ("study_accession", pa.string()),
        ("sample_accession", pa.string()),
        ("field", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("text", pa.string()),
        ("term_id", pa.string()),
        ("name", pa.string()),
        ("scope", pa.string()),
        ("confidence", pa.float32()),
        ("kept", pa.bool_()),
        ("why", pa.string()),
    ]
)


@dataclass(frozen=True)
class Labelled:
    """One sample with its labels, after the curator's corrections.

    Parameters
    ----------
    texts : SampleTexts
        What it says.
    found : SampleLabels
        What matching made of it.
    said : str
        The text that tells most.
    override : Override, optional
        The correction that wins.
    """

    texts: SampleTexts
    found: SampleLabels
    said: str
    override: Override | None = None

    @property
    def status(self) -> Status:
        """Value of the column ``status``."""
        if self.override is not None:
            return "overridden" if self.override.term_ids else "dropped"
        return "mapped" if self.found.label_term_ids else "unmapped"

    @property
    def label_term_ids(self) -> tuple[str, ...]:
        """What labels the sample's cells."""
        return self.found.label_term_ids if self.override is None else self.override.term_ids

    @property
    def term_ids(self) -> tuple[str, ...]:
        """All most specific terms, or the curator's."""
        return self.found.term_ids if self.override is None else self.override.term_ids

    @property
    def confidence(self) -> float:
        """How sure the surest match of the labels is; 1 where a curator said so, 0 without label."""
        if self.override is not None:
            return 1.0
        return max((h.confidence for h in self.found.hits if h.kept and h.term_id in self.label_term_ids), default=0.0)


def label_all(samples: Iterable[SampleTexts], labeller: Labeller, overrides: Sequence[Override] = ()) -> list[Labelled]:
    """Label samples, the curator's corrections last.

    Parameters
    ----------
    samples : iterable of SampleTexts
        What to label.
    labeller : Labeller
        Of one ontology.
    overrides : sequence of Override
        The first that fits wins.

    Returns
    -------
    list of Labelled
        In the order given.
    """
    settings = labeller.settings
    return [
        Labelled(s, labeller.label(s.fields), s.said(settings), first_about(overrides, (s.study,), s.names(settings)))
        for s in samples
    ]


def write_labels(out: Path, found: Sequence[Labelled], names: Mapping[str, str]) -> None:
    """Write the tables.

    Parameters
    ----------
    out : Path
        Folder; made where it is missing.
    found : sequence of Labelled
        All samples.
    names : mapping of str to str
        Names of all terms by id.
    """
    out.mkdir(parents=True, exist_ok=True)
    labels = [
        {
            "study_accession": one.texts.study,
            "sample_accession": one.texts.sample,
            "title": one.texts.title,
            "said": one.said,
            "status": one.status,
            "term_ids": list(one.term_ids),
            "label_term_ids": list(one.label_term_ids),
            "label_names": [names[term] for term in one.label_term_ids],
            "confidence": one.confidence,
            "comment": one.override.comment if one.override else "",
        }
        for one in found
    ]
    pq.write_table(pa.Table.from_pylist(labels, LABELS_SCHEMA), out / LABELS)
    pq.write_table(pa.Table.from_pylist(list(_evidence(found)), EVIDENCE_SCHEMA), out / EVIDENCE)
    _write_unmapped(out / UNMAPPED, found)


def _evidence(found: Sequence[Labelled]) -> Iterable[dict[str, object]]:
    names = [field.name for field in EVIDENCE_SCHEMA][2:]
    for one in found:
        for hit in one.found.hits:
            yield {
                "study_accession": one.texts.study,
                "sample_accession": one.texts.sample,
                **{name: getattr(hit, name) for name in names},
            }


def _write_unmapped(path: Path, found: Sequence[Labelled]) -> None:
    """List what stands for no term, the most samples first, with what was found and refused."""
    open_ones = [one for one in found if one.status == "unmapped"]
    counts = Counter((one.texts.study, one.said, why_not(one.found)) for one in open_ones)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["study", "said", "n_samples", "why"])
        for (study, said, why), n in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            writer.writerow([study, said, n, why])


def why_not(found: SampleLabels) -> str:
    """Say why a sample has no label.

    Parameters
    ----------
    found : SampleLabels
        A sample's labels.

    Returns
    -------
    str
        "no name found", or the names found and what spoke against each.
    """
    refused = dict.fromkeys(f"{hit.text} ({hit.why})" for hit in found.hits if not hit.kept)
    kept = dict.fromkeys(f"{hit.text} (not in the cell type field)" for hit in found.hits if hit.kept)
    return "; ".join([*kept, *refused]) or "no name found"


def read_spoken(folder: Path) -> SpokenNames:
    """Read what samples are called, so that a correction can name them so.

    Parameters
    ----------
    folder : Path
        What ``label --out`` was given.

    Returns
    -------
    dict of str to tuple of str
        Accession to title and text.

    Raises
    ------
    ConfigError
        Where the folder holds no labels.
    """
    table = read_labels(folder)
    columns = (table[name].to_pylist() for name in ("sample_accession", "title", "said"))
    return {sample: (title, said) for sample, title, said in zip(*columns, strict=True)}


def read_labels(folder: Path) -> pa.Table:
    """Read the table of labels; ConfigError where the folder holds none."""
    try:
        return pq.read_table(folder / LABELS, schema=LABELS_SCHEMA)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{folder} holds no labels: {error}.", next_step="Give the folder that label wrote."
        ) from error
