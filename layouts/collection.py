"""The collection's statistics on the Reference page: what was found by month, how deep it was read, how well it aligned."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from core import words
from core.explore.reference import ReferenceView
from layouts import elements as el
from layouts import ids, states
from layouts.graphs import graph

KIND_WORDS = {
    "usable": "Usable",
    "low_alignment": "Low alignment",
    "no_data": "No raw or author data",
    "unmapped": "No ontology term",
    "set_aside": "Set aside",
}
KIND_DEFINITIONS = {
    "usable": "Cells with a term, from reads that aligned well enough or from the authors' own matrix.",
    "low_alignment": "Libraries of which too small a share of the reads aligns.",
    "no_data": "Neither reads that can be told apart by cell nor a matrix of the authors.",
    "unmapped": "Data are there, but no ontology term could be found for the cells.",
    "set_aside": "Offered to the build or the pipeline, and not used; the build report says why.",
}
NO_READS = "This reference was built from matrices; no reads were counted for it."


def months(view: ReferenceView) -> Component:
    """Build the panel of studies and cells by month of release.

    Parameters
    ----------
    view : ReferenceView
        Of one reference.

    Returns
    -------
    Component
        The panel; its figure is drawn by a callback.
    """
    table = view.collection
    if table.empty:
        body: Component = states.panel_empty(
            "Nothing was counted.", "The builder counts studies and cells by month of release."
        )
        return el.panel("Collected by month", body, name="months", expandable=False)
    found = set(table["kind"])
    legend = [(kind, short, KIND_DEFINITIONS[kind]) for kind, short in KIND_WORDS.items() if kind in found]
    return el.panel(
        "Collected by month",
        graph(ids.MONTHS),
        name="months",
        sub="cells and studies by month of release, used or not",
        legend=_legend(legend),
    )


def reads(view: ReferenceView) -> Component:
    """Build the panel of reads by study.

    Parameters
    ----------
    view : ReferenceView
        Of one reference.

    Returns
    -------
    Component
        The panel, or its sentence where no reads were counted.
    """
    if view.reads.empty:
        return el.panel("Reads by study", states.panel_empty("No reads.", NO_READS), name="reads", expandable=False)
    n_libraries = words.count(int(view.reads["n_libraries"].sum()), "library", "libraries")
    sub = f"{words.count(len(view.reads), 'study', 'studies')}, {n_libraries}"
    return el.panel("Reads by study", graph(ids.READS), name="reads", sub=sub)


def rates(view: ReferenceView) -> Component:
    """Build the panel of alignment rates.

    Parameters
    ----------
    view : ReferenceView
        Of one reference.

    Returns
    -------
    Component
        The panel, or its sentence where no reads were counted.
    """
    table = view.rates
    if table.empty:
        return el.panel("Aligned reads", states.panel_empty("No reads.", NO_READS), name="rates", expandable=False)
    where = "in the genome" if table["measure"].iloc[0] == "overall" else "on coding intervals"
    kept, below = (int(table[column].sum()) for column in ("n_kept", "n_below"))
    legend = _legend(
        [
            ("usable", f"kept: {words.count(kept)}", "Libraries that passed the rule."),
            ("low_alignment", f"set aside: {words.count(below)}", KIND_DEFINITIONS["low_alignment"]),
        ]
    )
    return el.panel("Aligned reads", graph(ids.RATES), name="rates", sub=f"libraries by share {where}", legend=legend)


def _legend(items: Sequence[tuple[str, str, str]]) -> Component:
    return html.Div(
        [
            el.tip(
                html.Span([html.Span(className=f"key is-kind is-{kind}"), text], className="legend-item", tabIndex=0),
                definition,
            )
            for kind, text, definition in items
        ],
        className="legend",
    )
