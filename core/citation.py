"""How a result came about, for a methods section, and the studies to cite with it, as BibTeX."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from core import __version__, words
from core.bundle.reader import Bundle
from core.expression.recipe import Recipe
from core.query import n_not_drawn
from core.result import QueryResult, count_statuses
from core.search.surroundings import N_ALIKE

_PAPER = """\
@article{alavi2018,
  author = {Alavi, Amir and Ruffalo, Matthew and Parvangada, Aiyappa and Huang, Zhilin and Bar-Joseph, Ziv},
  title = {A web server for comparative analysis of single-cell {RNA-seq} data},
  journal = {Nature Communications},
  volume = {9},
  pages = {4768},
  year = {2018}
}
"""


def methods(bundle: Bundle, result: QueryResult) -> str:
    """Write the paragraph of a methods section.

    Parameters
    ----------
    bundle : Bundle
        The reference, at the result's level of detail.
    result : QueryResult
        The result, judged by its confidence level.

    Returns
    -------
    str
        One paragraph, with every setting and number that the answer depends on.
    """
    facts, report = bundle.manifest, result.report
    options, counts = report["options"], count_statuses(result.labels)
    left_out = options["leave_out"]
    drawn = ""
    if n_not_drawn(report):
        drawn = f"{options['draw']:,} of the file's {report['n_cells_file']:,} cells were drawn at random. "
    wider = f" Types were joined into wider ones ({len(result.type_ids)} of them)." if result.level else ""
    one_sided = Recipe.from_dict(facts.recipe).one_sided
    counting = (
        "" if one_sided == 1 else f" (one that did not have the cell among its own {N_ALIKE} counted {one_sided:g})"
    )
    without = f" Studies left out: {', '.join(left_out)}." if left_out else ""
    return (
        f"Cell types were assigned with scQuery {__version__} against the reference {facts.title} ({facts.name}, build {facts.bundle_id}: "
        f"{facts.counts.n_cells:,} {facts.organism} cells of {facts.counts.n_cell_types} types from "
        f"{words.count(facts.counts.n_studies, 'study', 'studies')}; {facts.ontology.name} {facts.ontology.release}). "
        f"{drawn}Of the file's {report['n_genes']:,} genes, {report['n_matched']:,} matched the reference. Expression was normalised to "
        f"10,000 counts per cell and log-transformed (natural logarithm of 1 + x), and cells were embedded in "
        f"{facts.encoder.n_latent} dimensions, each together with the {N_ALIKE} cells of the file most like it{counting}. Each cell was compared with its "
        f"{report['k']} nearest reference cells (Euclidean distance D); a neighbour counted 1/(1 + D) for its type, and the "
        f"label is the type with the highest score for the places it can fill.{wider}{without} Labels with a score of at least "
        f"{options['threshold']:g} count as confident; cells whose mean distance to their 10 nearest neighbours exceeds "
        f"{report['unknown_distance']:.3f} as unknown. Of {words.count(result.n_query, 'cell')}, {counts['confident']:,} were confident, "
        f"{counts['ambiguous']:,} ambiguous and {counts['unknown']:,} unknown.\n"
    )


def bibliography(studies: pd.DataFrame) -> str:
    """Write the studies behind a result, and the method's paper, as BibTeX.

    Parameters
    ----------
    studies : pandas.DataFrame
        Columns of `core.explore.studies.COLUMNS`.

    Returns
    -------
    str
        One entry a study with hits, most similar first, with its accession and PubMed id; authors are not known here.
    """
    return reference_bibliography(studies[studies["n_hits"] > 0])


def reference_bibliography(studies: pd.DataFrame) -> str:
    """Write the studies of a reference, and the method's paper, as BibTeX.

    Parameters
    ----------
    studies : pandas.DataFrame
        ``study``, ``accession``, ``title``, ``pubmed_id``, ``year``.

    Returns
    -------
    str
        One entry a study, in the table's order.
    """
    return "\n".join([_PAPER, *(_entry(row) for row in studies.to_dict("records"))])


def _entry(row: Mapping[Hashable, Any]) -> str:
    accession, pubmed = (str(row[key]) if not pd.isna(row[key]) else "" for key in ("accession", "pubmed_id"))
    fields = {
        "title": f"{{{_plain(row['title'])}}}",
        "year": "" if pd.isna(row["year"]) else str(int(row["year"])),
        "howpublished": _plain(accession),
        "note": f"PubMed {_plain(pubmed)}" if pubmed else "",
    }
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{re.sub(r'[^A-Za-z0-9_-]', '', str(row['study']))},\n{lines}\n}}\n"


def _plain(text: object) -> str:
    """Write a text so that BibTeX and LaTeX show it as it is."""
    flat = " ".join(re.sub(r"[{}\\~^]", " ", str(text)).split())
    return re.sub(r"([&%$#_])", r"\\\1", flat)
