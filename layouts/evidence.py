"""Why this label, in plain words and a small figure: in the card of a type and in the tab about genes."""

from __future__ import annotations

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.evidence import EVERYTHING_ELSE, EvidenceView
from core.ontology.text import short_name
from layouts import elements as el
from layouts import states
from layouts.graphs import graph_config

DEFINITION = (
    "Genes that at least half of the one type's reference cells have and far fewer of the other's, and that set one of the two "
    "apart in the reference's own tests. A gene speaks for the type whose share is nearer to that of your cells."
)
GRAPH_CONFIG = graph_config("evidence", can_zoom=False)


def body(view: EvidenceView, figure: Any) -> list[Component]:  # noqa: ANN401 - plotly figure
    """Show the evidence for a label.

    Parameters
    ----------
    view : EvidenceView
        The evidence.
    figure : plotly figure or None
        What it looks like; None without genes.

    Returns
    -------
    list of Component
        Sentences, legend and figure.
    """
    if not view.n_cells:
        return [
            states.panel_empty("No selected cell carries this label.", "Select other cells, or clear the selection.")
        ]
    head = html.P([html.Strong(headline(view)), " ", runner_up(view)])
    if figure is None:
        return [head, states.panel_empty("No gene decides, or none of the deciding genes is in your file.")]
    graph = dcc.Graph(figure=figure, config=GRAPH_CONFIG, style={"height": f"{figure.layout.height}px"})
    return [
        html.Div([head, html.P(el.tip(html.Span(verdict(view), tabIndex=0), DEFINITION)), *_notes(view)]),
        _legend(view),
        graph,
    ]


def headline(view: EvidenceView) -> str:
    """Say what the cells are labelled."""
    verb = "is" if view.n_cells == 1 else "are"
    return f"{words.count(view.n_cells, 'cell')} {verb} labelled {short_name(view.label[1])}."


def runner_up(view: EvidenceView) -> str:
    """Say what the label is held against."""
    if view.rival is None:
        return "No second type is near, so it is held against all other types."
    return f"The runner-up is {short_name(view.rival[1])}."


def line(view: EvidenceView) -> str:
    """Name the two types, for the line beside a panel's title."""
    return f"{short_name(view.label[1])} against {short_name(view.rival[1]) if view.rival else EVERYTHING_ELSE}"


def verdict(view: EvidenceView) -> str:
    """Count the genes that speak for the label.

    Parameters
    ----------
    view : EvidenceView
        With at least one gene.

    Returns
    -------
    str
        One sentence.
    """
    own = [d.supports for d in view.drivers if d.of_label]
    others = [d.supports for d in view.drivers if not d.of_label]
    rival = short_name(view.rival[1]) if view.rival else EVERYTHING_ELSE
    parts = []
    if own:
        parts.append(f"{sum(own)} of {words.count(len(own), 'gene')} of {short_name(view.label[1])} found as expected")
    if others:
        parts.append(f"{sum(others)} of {words.count(len(others), 'gene')} of {rival} absent as expected")
    return ", ".join(parts) + "."


def is_weak(view: EvidenceView) -> bool:
    """Whether fewer than half of the label's own genes are found."""
    own = [d.supports for d in view.drivers if d.of_label]
    return bool(own) and sum(own) < len(own) / 2


def _notes(view: EvidenceView) -> list[Component]:
    notes: list[Component] = []
    if is_weak(view):
        few = "Most of this type's own genes are rarer in these cells than their depth explains: read the label with care."
        notes.append(html.P([el.icon("alert-triangle", size="small"), few], className="evidence-warning"))
    if view.rival is not None and not view.shared_studies:
        text = "No study of the reference holds both types, so part of the difference may lie between laboratories."
        notes.append(html.P(text, className="quiet"))
    if view.n_missing:
        notes.append(html.P(f"{words.count(view.n_missing, 'more telling gene')} not in your file.", className="quiet"))
    return notes


def _legend(view: EvidenceView) -> Component:
    rival = short_name(view.rival[1]) if view.rival else EVERYTHING_ELSE
    types = html.Span(
        ["reference:", _key("label", short_name(view.label[1])), _key("rival", rival)], className="legend"
    )
    return html.Div([_key("cells", "your cells"), types], className="legend is-flush")


def _key(kind: str, text: str) -> Component:
    return html.Span([html.Span(className=f"key is-{kind}"), text], className="legend-item")
