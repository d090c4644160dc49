"""Telling from the names of genes which organism they belong to, and what unknown names look like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.expression.findings import Level
from core.expression.genes import Resolution
from core.words import percent

_ID_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("human", re.compile(r"(?:^|[_|])ENSG\d{11}")),
    ("mouse", re.compile(r"(?:^|[_|])ENSMUSG\d{11}")),
    ("rat", re.compile(r"^ENSRNOG\d{11}")),
    ("zebrafish", re.compile(r"^ENSDARG\d{11}")),
    ("macaque", re.compile(r"^ENSM(?:MU|FA)G\d{11}")),
    ("pig", re.compile(r"^ENSSSCG\d{11}")),
    ("chicken", re.compile(r"^ENSGALG\d{11}")),
    ("fruit fly", re.compile(r"^FBgn\d{7}")),
    ("roundworm", re.compile(r"^WBGene\d{8}")),
    ("thale cress", re.compile(r"^AT[1-5CM]G\d{5}", re.IGNORECASE)),
    ("yeast", re.compile(r"^Y[A-P][LR]\d{3}[WC]")),
    ("another species", re.compile(r"^ENS[A-Z]{3,4}G\d{11}")),
)
_GENOME = re.compile(r"^(?:(GRCh\d\d|hg\d\d)|(GRCm\d\d|mm\d\d))_")
_HUMAN_ONLY = re.compile(
    r"^(?:LINC\d{4,}|HLA-|RP\d+-|C(?:\d+|X)ORF\d+$|A[CLP]\d{6}\.|CT[ABCD]-|LOC\d+$)", re.IGNORECASE
)
_MOUSE_ONLY = re.compile(r"(?:RIK\d?$|^GM\d{2,}$|^H2-|^BC\d{6}$)", re.IGNORECASE)
_NUMBERS = "plain numbers"
_HINTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("microarray probe ids", re.compile(r"(?:_[sx]?_?at$|^ILMN_\d+|^A_\d\d_P\d+)")),
    ("transcript ids, not genes", re.compile(r"^(?:ENS[A-Z]*T\d{11}|[NX][MR]_\d+)")),
    ("protein ids, not genes", re.compile(r"^(?:[OPQ]\d[A-Z0-9]{3}\d|[A-NR-Z]\d[A-Z][A-Z0-9]{2}\d|ENS[A-Z]*P\d{11})(?:[-.]\d+)?$")),
    ("genome positions (open chromatin peaks)", re.compile(r"^chr[\dXYM]+[:_-]\d+[-_]\d+", re.IGNORECASE)),
    ("dates: a spreadsheet changed them", re.compile(r"^\d{1,2}[-/](?:Mar|Sep|Dec|[01]?\d)(?:[-/]\d+)?$", re.IGNORECASE)),
    (_NUMBERS, re.compile(r"^(?:(?:row|column|cell) )?\d+$")),
)  # fmt: skip


@dataclass(frozen=True)
class Species:
    """The organism that the names speak for.

    Parameters
    ----------
    name : str
        "human", "mouse", another name, "mixed", or "" where nothing can be said.
    evidence : str
        What says so, without capital and full stop.
    level : str
        "ok", or "info" where it is a guess.
    """

    name: str
    evidence: str
    level: Level = "ok"


def shares_of_known_ids(names: Sequence[str]) -> Counter[str]:
    """Count names with the id pattern of an organism.

    Parameters
    ----------
    names : sequence of str
        Gene ids of any kind.

    Returns
    -------
    Counter of str
        By organism; symbols count nowhere.
    """
    found: Counter[str] = Counter()
    for name in names:
        kind = next((organism for organism, pattern in _ID_PATTERNS if pattern.search(name)), "")
        if kind:
            found[kind] += 1
    return found


def judge(names: Sequence[str], resolution: Resolution, organism: str) -> Species:
    """Find out the organism.

    Parameters
    ----------
    names : sequence of str
        Gene ids as in the file.
    resolution : Resolution
        What they became in the reference's names.
    organism : str
        The reference's organism, "human" or "mouse".

    Returns
    -------
    Species
        Name and sentence.
    """
    genomes = Counter("human" if m[1] else "mouse" for n in names if (m := _GENOME.match(n)))
    if min(genomes["human"], genomes["mouse"]) > 0.1 * len(names):
        return Species("mixed", "the names carry a human and a mouse genome")
    ids = shares_of_known_ids(names)
    n_ids = ids.total()
    if n_ids > 0.5 * len(names):
        return _by_ids(ids, n_ids)
    return _by_symbols(names, resolution, organism)


def _by_ids(ids: Counter[str], n_ids: int) -> Species:
    (first, n_first), *rest = ids.most_common(2)
    if rest and rest[0][1] > 0.1 * n_ids:
        return Species("mixed", f"{first} and {rest[0][0]} gene ids are in the file")
    return Species(first, f"{percent(n_first, n_ids)} of the ids are {first} genes")


def _by_symbols(names: Sequence[str], resolution: Resolution, organism: str) -> Species:
    """Judge by the spelling: CD79A is human, Cd79a is mouse."""
    n_symbols = resolution.n_exact + resolution.n_other_case
    if resolution.id_type == "entrez":
        return Species(organism, "the NCBI gene ids are known there")
    if n_symbols < 50:
        return Species("", "too few genes", "info")
    exact = resolution.n_exact / n_symbols
    sentence = f"{percent(resolution.n_exact, n_symbols)} of the matched names are spelled as {organism} symbols"
    if exact >= 0.9:
        return Species(organism, sentence)
    if exact > 0.1:
        return Species("mixed", f"{sentence}, the others differ in their capitals")
    return _other_spelling(names, organism)


def _other_spelling(names: Sequence[str], organism: str) -> Species:
    """Name the species that spells this way, knowing that it is not how `organism` is spelled."""
    n_lower = sum(n[:1].islower() for n in names)
    n_title = sum(n[:1].isupper() and any(c.islower() for c in n) for n in names)
    if n_lower > 0.5 * len(names):
        return Species("zebrafish", "the names are spelled in small letters")
    if n_title > 0.5 * len(names):
        return Species("mouse", f"{percent(n_title, len(names))} of the names are spelled as mouse symbols (Cd79a)")
    n_human = sum(bool(_HUMAN_ONLY.match(n)) for n in names)
    n_mouse = sum(bool(_MOUSE_ONLY.search(n)) for n in names)
    if organism == "mouse" and n_mouse >= 3 and n_mouse > n_human:
        return Species("mouse", f"the names are spelled in capitals, but {n_mouse:,} exist in mouse only", "info")
    return Species("human", "the names are spelled in capitals, as human symbols (CD79A)")


def hint(names: Sequence[str]) -> str:
    """Say what unknown names look like.

    Parameters
    ----------
    names : sequence of str
        Gene ids that were not found.

    Returns
    -------
    str
        A sentence with examples, or "".
    """
    what, like = _resembled(names)
    if what:
        return f"They look like {what} ({', '.join(n[:24] for n in like[:3])} ...)."
    shown = ", ".join(n[:24] for n in names[:3])
    return f"The first are {shown}." if shown else ""


def are_ids_of_another_kind(names: Sequence[str]) -> bool:
    """Tell whether unknown names look like ids of probes, transcripts, proteins or places in a genome: those of features, not of cells.

    Parameters
    ----------
    names : sequence of str
        Names of one axis.

    Returns
    -------
    bool
        Never for plain numbers, which cells have too.
    """
    return _resembled(names)[0] not in ("", _NUMBERS)


def _resembled(names: Sequence[str]) -> tuple[str, list[str]]:
    sample = list(names[:2000])
    for what, pattern in _HINTS:
        like = [n for n in sample if pattern.search(n)]
        if len(like) > 0.3 * len(sample):
            return what, like
    return "", []
