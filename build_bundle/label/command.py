"""The command ``label``: from a catalogue to labels, evidence and a page to look through them."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from build_bundle.label.catalogue import read_samples
from build_bundle.label.decide import Labeller
from build_bundle.label.overrides import Override, read_overrides
from build_bundle.label.review import WORDS, make_review, review_rows
from build_bundle.label.tables import Labelled, label_all, write_labels
from build_bundle.label.vocabulary import LAB_WORDS, make_vocabulary
from build_bundle.ontology.files import read_ontology
from build_bundle.report.page import write_label_page

PAGE = "labels.html"
_SHOWN = 5
_LEAD = (
    "Samples of a study that say the same stand in one row; what has no term and what is least sure come first. Look shows the "
    "texts with the names found in them, the scope of each and why it was kept or not."
)

Say = Callable[[str], None]


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser], say: Say) -> None:
    """Declare the command.

    Parameters
    ----------
    commands : argparse subparsers
        Of the builder's command line.
    say : callable
        Prints one line.
    """
    parser = commands.add_parser("label", help="give a harvested catalogue's samples ontology terms, with evidence")
    parser.add_argument("--catalogue", type=Path, required=True, metavar="DIR", help="folder that harvest wrote")
    parser.add_argument(
        "--ontology", type=Path, required=True, nargs="+", metavar="FILE", help="CL and UBERON release files"
    )
    parser.add_argument("--overrides", type=Path, metavar="FILE.csv", help="corrections that win over matching")
    parser.add_argument(
        "--lab-words", type=Path, default=LAB_WORDS, metavar="FILE.csv", help="words the ontology lacks"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="gets tables, unmapped.csv and labels.html"
    )
    parser.set_defaults(run=lambda options: run(options, say))


def run(options: argparse.Namespace, say: Say) -> int:
    """Label a catalogue.

    Parameters
    ----------
    options : argparse.Namespace
        As `add_to` declares.
    say : callable
        Prints one line.

    Returns
    -------
    int
        0.
    """
    started = time.monotonic()
    source = read_ontology(*options.ontology)
    overrides = read_overrides(options.overrides, source.terms.keys()) if options.overrides else ()
    labeller = Labeller(make_vocabulary(source, options.lab_words))
    ready = time.monotonic()
    found = label_all(read_samples(options.catalogue), labeller, overrides)
    labelled = time.monotonic()
    names = {term_id: term.name for term_id, term in source.terms.items()}
    write_labels(options.out, found, names)
    review = make_review(review_rows(found), names, unit="Samples", lead=_LEAD, overrides=overrides)
    write_label_page(options.out / PAGE, review, title="Labels from text", summary=_summary(found))
    for line in _lines(found, labelled - ready, ready - started):
        say(line)
    for line in _unused(found, overrides):
        say(line)
    say(f"Wrote {options.out}")
    return 0


def _summary(found: list[Labelled]) -> str:
    counts = Counter(str(one.status) for one in found)
    n_studies = len({one.texts.study for one in found})
    parts = [f"{counts[status]:,} {words}" for status, words in WORDS.items() if counts[status]]
    return f"{len(found):,} samples of {n_studies:,} studies: {', '.join(parts)}."


def _unused(found: list[Labelled], overrides: Sequence[Override]) -> Iterator[str]:
    """Name corrections that change nothing: their study or pattern may be misspelt."""
    used = {one.override for one in found}
    unused = [f"{row.study} {row.sample}" for row in overrides if row not in used]
    if unused:
        more = f" and {len(unused) - _SHOWN} more" if len(unused) > _SHOWN else ""
        yield f"Corrections that fit no sample, or only samples of an earlier row: {'; '.join(unused[:_SHOWN])}{more}"


def _lines(found: list[Labelled], seconds: float, loading: float) -> Iterator[str]:
    counts = Counter(one.status for one in found)
    n_terms = len({term for one in found for term in one.label_term_ids})
    yield f"{len(found):,} samples in {seconds:.1f} s (ontology loaded in {loading:.1f} s): {n_terms:,} terms"
    for status, n in counts.most_common():
        yield f"  {n:>8,} {status}"
