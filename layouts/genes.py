"""The tab about genes: any gene in the query and in the reference, the evidence for a label, lists of genes."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.gene import GeneView
from core.expression.gene_finder import Suggestion
from core.words import percent
from layouts import elements as el
from layouts import gene_list, gene_marks, ids, states
from layouts.graphs import graph, graph_config

MAP_CONFIG, TYPES_CONFIG = graph_config("gene-map", can_select=True), graph_config("gene-by-type")
SHOWN_ALIASES = 4
UNIT = "Log expression: the natural logarithm of 1 + counts per 10,000."


def layout() -> Component:
    """Build the tab, still empty.

    Returns
    -------
    Component
        Search and panels.
    """
    panels = [_map(), _types(), gene_marks.layout(), _evidence(), gene_list.layout()]
    return html.Div([_search(), html.Div(panels, className="grid")], className="genes")


def suggestions(found: tuple[Suggestion, ...], typed: str) -> list[dict[str, str]]:
    """List suggestions for the search box.

    Parameters
    ----------
    found : tuple of Suggestion
        Genes.
    typed : str
        What they were asked for with.

    Returns
    -------
    list of dict
        ``value``, ``label``, and ``typed``: the page takes the first one only if it answers the last letters.
    """
    return [{"value": s.symbol, "label": s.label, "typed": typed} for s in found]


def facts(view: GeneView, *, chosen: bool, of_type: str) -> list[Component]:
    """Say which gene is shown and where it was measured.

    Parameters
    ----------
    view : GeneView
        The gene.
    chosen : bool
        Whether somebody asked for it.
    of_type : str
        Short name of the selection's most frequent type, for a gene that nobody asked for.

    Returns
    -------
    list of Component
        Name and one line.
    """
    also = f"also called {', '.join(view.aliases[:SHOWN_ALIASES])}" if view.aliases else ""
    why = "" if chosen or not of_type else f"shown first because it sets {of_type}s apart"
    head = [
        html.H2(view.symbol),
        html.Span(view.gene_id, className="mono"),
        html.Span("; ".join(x for x in (why, also) if x), className="quiet"),
    ]
    return [html.Div(head, className="gene-name"), html.P(_numbers(view), className="gene-numbers")]


def _numbers(view: GeneView) -> list[Any]:
    parts: list[Any] = [
        "In ",
        el.number(
            percent(view.share_reference, 1),
            "Share of the cells with a value above 0, in the studies where some cell has the gene.",
        ),
        f" of the reference's cells ({view.n_studies} of {words.count(view.n_studies_total, 'study', 'studies')}); ",
    ]
    if not view.in_query:
        return [*parts, html.Strong("your file did not measure it.")]
    if view.share_query is None:
        return [*parts, "no cells are selected."]
    selected = el.number(percent(view.share_query, 1), "Share of the selected cells with a value above 0.")
    return [*parts, "in ", selected, f" of the {view.n_selected:,} selected cells."]


def no_gene() -> Component:
    """Say what the panels would show.

    Returns
    -------
    Component
        Two lines.
    """
    return states.panel_empty("No gene is chosen.", "Search one above, by symbol, older name or id.")


def not_measured(symbol: str) -> Component:
    """Say that the upload lacks the gene.

    Parameters
    ----------
    symbol : str
        The gene.

    Returns
    -------
    Component
        Two lines.
    """
    return states.panel_empty(f"Your file did not measure {symbol}.", "Switch to Reference to see it there.")


def map_line(symbol: str, n_selected: int, side: str) -> str:
    """Say what the map colours.

    Parameters
    ----------
    symbol : str
        The gene.
    n_selected : int
        Selected cells.
    side : str
        ``query`` or ``reference``.

    Returns
    -------
    str
        For the line beside the title.
    """
    return f"{symbol}, reference cells" if side == "reference" else f"{symbol}, {words.count(n_selected, 'cell')}"


def types_line(n_types: int, n_shown: int) -> str:
    """Say how many types the dot plot has.

    Parameters
    ----------
    n_types : int
        Types with cells.
    n_shown : int
        Rows drawn.

    Returns
    -------
    str
        For the line beside the title.
    """
    if n_types > n_shown:
        return f"the {n_shown} of {n_types} types with the highest reference mean"
    return f"{words.count(n_types, 'type')}, the highest reference mean first"


def types_scale(top: float) -> Component:
    """Explain the colours of the dot plot.

    Parameters
    ----------
    top : float
        Mean log expression at the end of the scale.

    Returns
    -------
    Component
        Legend with both ends.
    """
    parts = [html.Span("mean log expr. 0"), html.Span(className="scale"), html.Span(f"{top:g}")]
    return el.tip(
        html.Span(parts, className="legend-item", tabIndex=0),
        f"Mean over all cells of the type, those without the gene too. {UNIT}",
    )


def types_graph(figure: Any) -> Component:  # noqa: ANN401 - plotly figure
    """Hold the dot plot at its own height; the panel scrolls.

    Parameters
    ----------
    figure : plotly figure
        With ``layout.height``.

    Returns
    -------
    Component
        A graph.
    """
    graph: Component = dcc.Graph(figure=figure, config=TYPES_CONFIG, style={"height": f"{figure.layout.height}px"})
    return graph


def _search() -> Component:
    box = dmc.Select(
        id=ids.GENE_SEARCH,
        data=[],
        value=None,
        searchable=True,
        clearable=False,
        placeholder="Any gene: symbol, older name or id",
        nothingFoundMessage="No gene of this reference has that name.",
        filter={"function": "keepAll"},
        selectFirstOptionOnChange=True,
        leftSection=el.icon("search"),
        rightSection=" ",
        maxDropdownHeight=300,
        className="gene-box",
        **el.attributes(aria_label="Search any gene"),
    )
    return html.Section(
        [box, html.Div(id=ids.GENE_FACTS, className="gene-facts", role="status")],
        className="panel gene-search",
        **el.attributes(aria_label="Gene"),
    )


def _map() -> Component:
    switch = dmc.SegmentedControl(
        id=ids.GENE_SIDE,
        data=[{"value": "query", "label": "Your cells"}, {"value": "reference", "label": "Reference"}],
        value="query",
        size="xs",
    )
    return el.panel(
        "Map",
        [
            graph(ids.GENE_MAP, MAP_CONFIG),
            dcc.Store(id=ids.GENE_MAP_FRAME),
            dcc.Store(id=ids.GENE_MAP_DRAG),
        ],
        name="gene-map",
        sub=html.Span(id=ids.GENE_MAP_SUB),
        tools=[el.tip(switch, f"Whose cells are coloured. {UNIT} Draw a box or a lasso to select.")],
        legend=_map_legend(),
        message_id=ids.GENE_MAP_MESSAGE,
    )


def _map_legend() -> Component:
    keys = (("gene", "has the gene"), ("without", "does not"), ("ground", "other cells"))
    return html.Div(
        [html.Span([html.Span(className=f"key is-{kind}"), text], className="legend-item") for kind, text in keys],
        className="legend",
    )


def _types() -> Component:
    area = el.tip(
        html.Span("area: share of cells", tabIndex=0, className="legend-item"),
        "Cells with a value above 0. Studies in which no cell has the gene do not count: they may not have measured it.",
    )
    legend = html.Div([html.Span(id=ids.GENE_TYPES_SCALE, className="legend-item"), area], className="legend")
    return el.panel(
        "By type",
        html.Div(id=ids.GENE_TYPES, className="is-scrolling"),
        name="gene-types",
        sub=html.Span(id=ids.GENE_TYPES_SUB),
        legend=legend,
        message_id=ids.GENE_TYPES_MESSAGE,
    )


def _evidence() -> Component:
    return el.panel(
        "Why this label",
        html.Div(id=ids.EVIDENCE, className="evidence-place is-scrolling"),
        name="evidence",
        sub=html.Span(id=ids.EVIDENCE_SUB),
        message_id=ids.EVIDENCE_MESSAGE,
    )
