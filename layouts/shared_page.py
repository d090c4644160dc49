"""A result as one HTML file that needs nothing from elsewhere, to hand on to somebody who has no access to the page.

The figures are those of the page, drawn by the same plotly, which the file holds. Its policy allows its two scripts by their hash and
nothing else, so no text of a user's file can run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core import words
from core.explore.compare import Comparison
from core.explore.compare_words import detail, headline
from core.explore.composition import CompositionView
from core.explore.summary import SummaryView
from core.ontology.text import short_name
from layouts import links
from layouts.compare import NOT_INDEPENDENT
from layouts.figures.compare import compare_figure

_FOLDER = Path(__file__).parent
_PLOTLY = _FOLDER.parent / "assets" / "vendor" / "plotly-strict.min.js"
_DRAW = """\
document.querySelectorAll("script[type='application/json']").forEach(function (held) {
  var figure = JSON.parse(held.textContent);
  var place = document.getElementById(held.id.replace("held-", ""));
  Plotly.newPlot(place, figure.data, figure.layout, { displaylogo: false, responsive: true, showSendToCloud: false });
});
"""
MAX_STUDIES = 25
USUAL_HEIGHT = 420


@dataclass(frozen=True)
class SharedResult:
    """What the file tells.

    Parameters
    ----------
    filename, made_at : str
        The user's file, and when it was searched.
    reference : str
        Title and build of the reference.
    summary : SummaryView
        Of all cells.
    composition : CompositionView
        Of all cells.
    studies : pandas.DataFrame
        Columns of `core.explore.studies.COLUMNS`.
    findings : sequence of mapping
        ``title``, ``level``, ``text`` of the check of the file.
    methods : str
        Paragraph about methods.
    figures : mapping of str to plotly figure
        Title to figure.
    comparison : Comparison or None
        Of two groups; None for a file without any.
    """

    filename: str
    made_at: str
    reference: str
    summary: SummaryView
    composition: CompositionView
    studies: pd.DataFrame
    findings: Sequence[Mapping[str, str]]
    methods: str
    figures: Mapping[str, go.Figure | Mapping[str, Any]]
    comparison: Comparison | None


def render(shared: SharedResult) -> str:
    """Write the file.

    Parameters
    ----------
    shared : SharedResult
        What it tells.

    Returns
    -------
    str
        HTML, about 2 MB, most of it plotly.
    """
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plotly = _PLOTLY.read_text(encoding="utf-8")
    return environment.get_template("shared_page.html.jinja").render(
        shared=shared,
        types=_types(shared.composition),
        studies=_studies(shared.studies),
        figures=[_figure(title, figure) for title, figure in shared.figures.items()],
        compared=_compared(shared.comparison),
        plotly=Markup(plotly),  # noqa: S704 - our own file
        draw=Markup(_DRAW),  # noqa: S704 - our own text
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src {_hash(plotly)} {_hash(_DRAW)}; img-src data: blob:",
    )


def _types(view: CompositionView) -> list[dict[str, Any]]:
    rows = [
        {
            "name": short_name(str(row["type_name"])),
            "id": row["type_id"],
            "n": row["n"],
            "confident": row["n_confident"],
        }
        for row in view.table.to_dict("records")
    ]
    if view.n_unknown:
        rows.append({"name": "Unknown to the reference", "id": "", "n": view.n_unknown, "confident": 0})
    total = max(view.n_selected, 1)
    return [{**row, "percent": words.percent(row["n"], total), "width": 100 * row["n"] / total} for row in rows]


def _studies(table: pd.DataFrame) -> list[dict[str, Any]]:
    hit = table[table["n_hits"] > 0].head(MAX_STUDIES)
    return [
        {
            "title": row["title"],
            "accession": "" if pd.isna(row["accession"]) else row["accession"],
            "href": "" if pd.isna(row["pubmed_id"]) else links.pubmed(str(row["pubmed_id"])),
            "similarity": words.score(row["similarity"]),
            "share": words.percent(row["share"], 1),
            "types": row["types"],
        }
        for row in hit.to_dict("records")
    ]


def _compared(view: Comparison | None) -> dict[str, Any] | None:
    """Tell of two groups; None where no type was tested."""
    if view is None or not view.n_tested:
        return None
    return {
        "detail": detail(view) + (f" {NOT_INDEPENDENT}" if view.method == "cells" else ""),
        "figure": _figure(headline(view), compare_figure(view, theme="light")),
    }


def _figure(title: str, figure: go.Figure | Mapping[str, Any]) -> dict[str, Any]:
    drawn = go.Figure(figure)
    held = Markup(drawn.to_json())  # noqa: S704 - plotly writes <, > and / as escapes, so that no text ends the element
    place = f"figure-{hashlib.sha256(title.encode()).hexdigest()[:8]}"
    return {"place": place, "title": title, "height": int(drawn.layout.height or USUAL_HEIGHT), "json": held}


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
