"""The table to look through labels: what a sample said, what it became and why, and a curator's corrections.

The rows are plain values; the template and the script turn them into a page that needs nothing from anywhere. Not here: the
page around the table (`build_bundle.report`).
"""

from __future__ import annotations

import glob
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from markupsafe import Markup

from build_bundle.label.overrides import DROP, Override
from build_bundle.label.tables import Labelled

MAX_ROWS = 2_000
WORDS = {
    "mapped": "matched", "unmapped": "no term", "dropped": "dropped", "overridden": "corrected", "used": "used",
    "left out": "left out", "too general": "too general", "no label": "no label",
}  # fmt: skip
SCOPES = {
    "name": "preferred name", "exact": "exact synonym", "lab": "common word of the lab", "value": "the whole value, read as a cell type",
    "short_form": "name with an unsaid part left out", "narrow": "narrower synonym", "related": "related synonym", "broad": "broader synonym",
}  # fmt: skip
_FILTERS = {
    "unmapped": "No term", "unsure": "Matched, less sure", "mapped": "Matched", "used": "Used", "corrected": "Corrected or dropped",
}  # fmt: skip
_OPEN_FIRST = {"unmapped": 0, "no label": 1, "too general": 1, "mapped": 2}


@dataclass(frozen=True)
class ReviewRow:
    """One row of the table: samples of a study that say the same and mean the same.

    Parameters
    ----------
    study, said : str
        The study, and the text that tells most.
    pattern : str
        What a correction of the row writes into the column ``sample``.
    n : int
        Samples, or cells, of the row.
    ids : tuple of str
        Terms that label them.
    status : str
        Key of `WORDS`.
    confidence : float
        How sure the surest match is; 0 where it does not apply.
    fields : tuple of (str, str)
        Names and texts of the first sample's fields.
    hits : tuple of mapping
        What was found in them: place, start, end, text, term_id, scope, why.
    note : str
        What stands in place of evidence where there is no text.
    """

    study: str
    said: str
    pattern: str
    n: int
    ids: tuple[str, ...]
    status: str
    confidence: float = 0.0
    fields: tuple[tuple[str, str], ...] = ()
    hits: tuple[Mapping[str, Any], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Review:
    """A table, ready for the template.

    Parameters
    ----------
    rows : tuple of ReviewRow
        Shown, what needs a look first.
    names : mapping of str to str
        Term id to name: what a curator may choose from.
    unit : str
        What `ReviewRow.n` counts.
    lead : str
        One or two sentences above the table.
    n_left_out : int
        Rows that did not fit.
    overrides : tuple of Override
        Corrections already in force; the export carries them on.
    """

    rows: tuple[ReviewRow, ...]
    names: Mapping[str, str]
    unit: str
    lead: str
    n_left_out: int = 0
    overrides: tuple[Override, ...] = ()
    words: Mapping[str, str] = field(default_factory=lambda: WORDS)

    @property
    def filters(self) -> list[tuple[str, str]]:
        """Values and words of the filter: those of states that occur."""
        states = (
            {row.status for row in self.rows}
            | {"corrected"}
            | ({"unsure"} if any(r.hits for r in self.rows) else set())
        )
        return [(value, words) for value, words in _FILTERS.items() if value in states]

    def term(self, term_id: str) -> str:
        """Return a term as readers see it: ``macrophage (CL:0000235)``."""
        return f"{self.names[term_id]} ({term_id})" if term_id in self.names else term_id

    @property
    def data(self) -> Markup:
        """What the script needs, as JSON that no text can break out of."""
        content = {
            "rows": [asdict(row) for row in self.rows],
            "terms": sorted(self.names.items(), key=lambda item: item[1].casefold()),
            "words": dict(self.words),
            "scopes": SCOPES,
            "overrides": [[o.study, o.sample, ";".join(o.term_ids) or DROP, o.comment] for o in self.overrides],
        }
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - escaped


def review_rows(found: Iterable[Labelled]) -> list[ReviewRow]:
    """Group samples that say the same and mean the same.

    Parameters
    ----------
    found : iterable of Labelled
        All samples.

    Returns
    -------
    list of ReviewRow
        One for each text of a study; where samples with the same text came to different labels, one for each sample.
    """
    by_text = groupby(sorted(found, key=_text_of), key=_text_of)
    return [row for _, group in by_text for row in _rows(list(group))]


def _text_of(one: Labelled) -> tuple[str, str]:
    return one.texts.study, one.said


def _rows(group: Sequence[Labelled]) -> list[ReviewRow]:
    if len({(one.status, one.label_term_ids) for one in group}) == 1:
        return [_row(group[0], glob.escape(group[0].said), len(group))]
    return [_row(one, glob.escape(one.texts.sample), 1) for one in group]


def _row(one: Labelled, pattern: str, n: int) -> ReviewRow:
    wanted = ("place", "start", "end", "text", "term_id", "scope", "why")
    hits = tuple({name: getattr(hit, name) for name in wanted} for hit in one.found.hits)
    return ReviewRow(
        one.texts.study, one.said, pattern, n, one.label_term_ids, one.status, one.confidence, one.texts.fields, hits
    )  # fmt: skip


def make_review(
    rows: Sequence[ReviewRow], names: Mapping[str, str], *, unit: str, lead: str, overrides: Sequence[Override] = ()
) -> Review:
    """Order the rows and choose the terms on offer.

    Parameters
    ----------
    rows : sequence of ReviewRow
        Any number; at most `MAX_ROWS` are shown.
    names : mapping of str to str
        Names of all terms of the ontology; cell types and the terms in use are offered.
    unit, lead : str
        Heading of the count, sentences above the table.
    overrides : sequence of Override
        In force.

    Returns
    -------
    Review
        What has no term first, then what is least sure.
    """
    ordered = sorted(rows, key=lambda r: (_OPEN_FIRST.get(r.status, 3), r.confidence, -r.n, r.study, r.said))
    shown = tuple(ordered[:MAX_ROWS])
    return Review(shown, _offered(shown, names), unit, lead, len(ordered) - len(shown), tuple(overrides))


def _offered(rows: Collection[ReviewRow], names: Mapping[str, str]) -> dict[str, str]:
    used = {
        term for row in rows for ids in (row.ids, *(str(h["term_id"]).split(";") for h in row.hits)) for term in ids
    }
    return {term: name for term, name in names.items() if term.startswith("CL:") or term in used}
