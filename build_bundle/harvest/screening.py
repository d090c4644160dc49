"""Is a sample RNA of single cells of the organism asked for? If not: why.

Every question has one answer with a code and a sentence; the first that excludes counts. The text of a sample says more
than that of its study, and a title more than a protocol, which submitters paste into all their samples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from build_bundle.harvest.records import SampleRow

OTHER_ORGANISM: Final = "other_organism"
ARRAY: Final = "array"
NOT_RNA: Final = "not_rna"
SMALL_RNA: Final = "small_rna"
NOT_TRANSCRIPTOMIC: Final = "not_transcriptomic"
NOT_SINGLE_CELL: Final = "not_single_cell"
CONTROL: Final = "control"

_SINGLE = re.compile(
    r"\bsingle[- ](cells?|nucle(us|i)|nuclear)\b|\bs[cn]rna|\b(drop|smart|cel|mars|strt|quartz|split|seq-well)[- ]?seq\b"
    r"|\b10x (genomics|chromium)|\bchromium (single|controller)|\bgemcode\b|\bcell ?ranger\b|\bindrops?\b|\bfluidigm c1\b",
    re.IGNORECASE,
)
_BULK = re.compile(
    r"\bbulk\b|\bpopulation[- ]level\b|\bwhole[- ]tissue rna\b|\bpool(ed)? of \d+ cells\b|\b\d{2,}[- ]?cells? (pool|control|bulk|sample)\b"
    r"|\b(10|25|50|100|250|500|1000|10000) cells\b",
    re.IGNORECASE,
)
_CONTROL = re.compile(
    r"\bno[- ]cells?\b|\bempty (well|droplets?|chamber)\b|\bnegative control\b|\bblank\b|\bercc only\b|\btube control\b|\bwater control\b|\bno template\b",
    re.IGNORECASE,
)
_BULK_PROTOCOL = re.compile(
    r"\brneasy\b|\btrizol\b|\btruseq\b|\bribo-?(zero|minus)\b|\btotal rna was (extracted|isolated|purified)",
    re.IGNORECASE,
)
_SMALL = re.compile(r"mi-?rna|ncrna|small rna", re.IGNORECASE)
_RNA_STRATEGIES = {"", "RNA-SEQ", "RNASEQ", "SCRNA-SEQ", "SNRNA-SEQ", "FL-CDNA"}
_QUALITY_NAMES = {"single cell quality", "single cell well quality", "well quality", "cells in well", "number of cells"}
_BAD_QUALITY = re.compile(r"^(not ok|0|no cells?|empty|multiple( cells)?)$", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """Why a sample is excluded; both texts are empty where it is kept."""

    code: str = ""
    reason: str = ""


def screen(sample: SampleRow, *, organism: str, study_title: str, is_sequencing: bool) -> Verdict:
    """Decide whether a sample belongs in the collection.

    Parameters
    ----------
    sample : SampleRow
        What its repository says of it.
    organism : str
        Scientific name.
    study_title : str
        Title of its study.
    is_sequencing : bool
        False where the repository says that it was measured on an array.

    Returns
    -------
    Verdict
        Empty where the sample is kept.
    """
    if sample.organism != organism:
        return Verdict(
            OTHER_ORGANISM, f"The sample is of {sample.organism or 'an unnamed organism'}, not of {organism}."
        )
    if not is_sequencing:
        return Verdict(ARRAY, "The sample was measured on an array, not by sequencing.")
    return _screen_library(sample) or _screen_cells(sample, study_title) or Verdict()


def _screen_library(sample: SampleRow) -> Verdict | None:
    strategy, source, molecule = sample.library_strategy, sample.library_source.upper(), sample.molecule
    if _SMALL.search(strategy) or "size fractionation" in sample.library_selection.lower():
        return Verdict(SMALL_RNA, f"The library holds small or non-coding RNA (strategy {strategy or 'not given'}).")
    if strategy.upper() not in _RNA_STRATEGIES:
        return Verdict(NOT_RNA, f"The library strategy is {strategy}, not RNA-Seq.")
    if source and "TRANSCRIPTOMIC" not in source:
        return Verdict(NOT_TRANSCRIPTOMIC, f"The library source is {source.lower()}, not transcriptomic.")
    if molecule and "rna" not in molecule.lower():
        return Verdict(NOT_TRANSCRIPTOMIC, f"The molecule is {molecule}, not RNA.")
    return None


def _screen_cells(sample: SampleRow, study_title: str) -> Verdict | None:
    own = "\n".join(
        [
            sample.title,
            sample.source_name,
            sample.description,
            *(f"{c.name}: {c.value}" for c in sample.characteristics),
        ]
    )
    control = _CONTROL.search(own) or next((c for c in sample.characteristics if _is_bad(c.name, c.value)), None)
    if control is not None:
        words = control[0] if isinstance(control, re.Match) else f"{control.name}: {control.value}"
        return Verdict(CONTROL, f"The sample is a control or a well without one sound cell ({words.strip()!r}).")
    bulk = _BULK.search(own)
    if bulk and not _SINGLE.search(sample.title):
        return Verdict(NOT_SINGLE_CELL, f"The sample's own text speaks of many cells together ({bulk[0]!r}).")
    protocols = f"{sample.extract_protocol}\n{sample.data_processing}"
    if "SINGLE CELL" in sample.library_source.upper() or _SINGLE.search(own) or _names_single_cells(protocols):
        return None
    if _SINGLE.search(study_title):
        found = _BULK_PROTOCOL.search(f"{own}\n{protocols}")
        reason = "Its study's title speaks of single cells, but its own protocol of RNA of many"
        return Verdict(NOT_SINGLE_CELL, f"{reason} ({found[0]!r}).") if found else None
    return Verdict(NOT_SINGLE_CELL, "Neither the sample nor its study's title speaks of single cells.")


@lru_cache(maxsize=4096)  # submitters give all their samples the same protocol
def _names_single_cells(text: str) -> bool:
    return bool(_SINGLE.search(text))


def _is_bad(name: str, value: str) -> bool:
    return name.strip().lower() in _QUALITY_NAMES and bool(_BAD_QUALITY.match(value.strip()))
