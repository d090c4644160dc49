"""The panel Genes that differ of the tab Compare: a volcano plot and a table, in one type or in all selected cells."""

from __future__ import annotations

from typing import Any

from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.compare_choice import Choice
from core.explore.compare_words import depth
from core.explore.gene_difference import EVERYTHING, MIN_CELLS, MIN_WITH_GENE, GeneDifference
from core.explore.markers import Q_SIGNIFICANT
from core.ontology.text import clip_text, plural, short_name
from layouts import card_genes, grid_theme, ids, states
from layouts import elements as el
from layouts.choosing import select
from layouts.graphs import graph_config

FILE = "scquery-compare-genes.csv"
GRAPH_CONFIG = graph_config("compare-genes")
ROW_HEIGHT = 28
SHOWN_GENES = 500
PLOT_SIZE = (420, 390)
WIDEST_AXIS_NAME = 95
WITHIN_DEFINITION = (
    f"Whose genes are compared: types with {MIN_CELLS} cells or more of both groups. In all selected cells a gene can differ because the "
    "shares of the types do."
)


def layout() -> Component:
    """Build the panel.

    Returns
    -------
    Component
        The panel, still empty.
    """
    within = html.Label(
        [
            el.tip(html.Span("in", tabIndex=0), WITHIN_DEFINITION),
            select(ids.COMPARE_WITHIN, "Cells whose genes are compared", 190),
        ],
        className="within-tool",
    )
    save = el.button("Download table", id=ids.COMPARE_GENES_DOWNLOAD, symbol="download")
    return el.panel(
        "Genes that differ",
        [
            html.Div(id=ids.COMPARE_GENES, className="compare-genes"),
            dcc.Store(id=ids.COMPARED_WITHIN),
            dcc.Download(id=ids.COMPARE_GENES_FILE),
        ],
        name="compare-genes",
        sub=html.Span(id=ids.COMPARE_GENES_SUB),
        tools=[within, save],
        message_id=ids.COMPARE_GENES_MESSAGE,
        expandable=False,
    )


def offered(view: GeneDifference) -> list[dict[str, str]]:
    """List the cells whose genes can be compared.

    Parameters
    ----------
    view : GeneDifference
        The genes.

    Returns
    -------
    list of dict
        For the control.
    """
    types = [{"value": t, "label": short_name(name)} for t, name in view.offered.items()]
    return [*types, {"value": EVERYTHING, "label": "All selected cells"}]


def line(view: GeneDifference, choice: Choice) -> str:
    """Say which cells were compared, and how.

    Parameters
    ----------
    view : GeneDifference
        The genes.
    choice : Choice
        The groups.

    Returns
    -------
    str
        For the line beside the title.
    """
    cells = f"{words.count(view.n_group, 'cell')} of {choice.group_name} against {view.n_against:,} of {choice.against_name}"
    drawn = f", drawn from {view.n_all:,}" if view.n_all > view.n_group + view.n_against else ""
    if view.paired is None:
        how = "Wilcoxon on cells"
    elif view.paired:
        how = f"moderated paired t-test over {view.replicates_group} replicates"
    else:
        how = f"moderated t-test between {view.replicates_group} and {view.replicates_against} replicates"
    return f"{cells}{drawn}; {how}"


def axis_names(choice: Choice) -> tuple[str, str]:
    """Cut the names of the groups so that the axis that names both has room for them.

    Parameters
    ----------
    choice : Choice
        The groups.

    Returns
    -------
    tuple of str
        Group, and the one compared with.
    """
    group, against = (clip_text(name, WIDEST_AXIS_NAME, 11.5) for name in (choice.group_name, choice.against_name))
    return group, against


def body(view: GeneDifference, choice: Choice, figure: Any) -> list[Component]:  # noqa: ANN401 - plotly figure
    """Show the genes.

    Parameters
    ----------
    view : GeneDifference
        With at least one tested gene.
    choice : Choice
        The groups.
    figure : plotly figure
        The volcano plot, or its JSON form.

    Returns
    -------
    list of Component
        Figure, or the sentence that no gene differs, and table with its explanation.
    """
    # Without a gene that differs all points lie on one line: the figure is there for the callbacks that listen to it, and not seen.
    unseen: dict[str, Any] = {"style": {"display": "none"}} if view.none_differs else {}
    plot = dcc.Graph(
        id=ids.COMPARE_GENES_PLOT, figure=figure, config=GRAPH_CONFIG, className="graph", responsive=True, **unseen
    )
    grid = grid_theme.grid(
        _columns(choice),
        rows(view),
        id=ids.COMPARE_GENES_TABLE,
        key="gene_symbol",
        row_height=ROW_HEIGHT,
        choosing=True,
        suppressHeaderFilterButton=True,
    )
    return [
        html.Div([*_none_differs(view), plot], className="compare-genes-plot"),
        html.Div(
            [html.Div(grid, className="list-table"), html.P(below(view, choice), className="quiet")],
            className="list-out",
        ),
    ]


def _none_differs(view: GeneDifference) -> list[Component]:
    if not view.none_differs:
        return []
    smallest = words.p_value(float(view.table["q_value"].min()))
    return [
        states.panel_empty(
            f"No gene differs at q < {Q_SIGNIFICANT}.",
            f"The smallest q is {smallest}. The table has the smallest p first.",
        )
    ]


def below(view: GeneDifference, choice: Choice) -> str:
    """Say what was tested, and what to beware of.

    Parameters
    ----------
    view : GeneDifference
        The genes.
    choice : Choice
        The groups.

    Returns
    -------
    str
        Sentences.
    """
    tested = f"{len(view.table):,} genes that {MIN_WITH_GENE} or more of these cells have."
    more = f" The first {SHOWN_GENES} are listed; the download has all." if len(view.table) > SHOWN_GENES else ""
    mixed = ""
    if view.within == EVERYTHING and view.n_types > 1:
        mixed = f" These cells have {view.n_types} types: a gene can differ because their shares do. Choose a type to compare like with like."
    dependent = (
        f" Cells are tested, not replicates, so these q-values are too small. {view.lacking}" if view.lacking else ""
    )
    deeper = depth(view, choice)
    return f"{tested}{more}{mixed}{dependent}{' ' if deeper else ''}{deeper} A click on a gene shows it on the map."


def rows(view: GeneDifference) -> list[dict[str, Any]]:
    """Turn the genes into rows of the table.

    Parameters
    ----------
    view : GeneDifference
        The genes.

    Returns
    -------
    list of dict
        JSON-able, the first 500.
    """
    return [
        {
            "gene_symbol": row["gene_symbol"],
            "log2_fold_change": round(float(row["log2_fold_change"]), 3),
            "q_value": float(row["q_value"]),
            "pct_group": round(float(row["pct_group"]), 4),
            "pct_against": round(float(row["pct_against"]), 4),
        }
        for row in view.table.head(SHOWN_GENES).to_dict("records")
    ]


def nothing(view: GeneDifference) -> Component:
    """Say why no gene was tested.

    Parameters
    ----------
    view : GeneDifference
        Without a tested gene.

    Returns
    -------
    Component
        Two lines.
    """
    if view.within == EVERYTHING:
        return states.panel_empty(
            f"The groups do not have {MIN_CELLS} selected cells each.", "Clear the selection, or choose larger groups."
        )
    return states.panel_empty(f"No gene is in {MIN_WITH_GENE} of these {plural(short_name(view.within_name))}.")


def _columns(choice: Choice) -> list[dict[str, Any]]:
    """Define the columns: all of them fit a phone, and share what room there is beyond that."""
    numbers = [
        card_genes.number(
            "log2_fold_change", "log2 FC", 84, "fixed", f"log2 of the mean in {choice.group_name} over the mean in {choice.against_name}; 1 is twofold. Drawn to 0 where few molecules were counted",
        ),
        card_genes.number("q_value", "q", 84, "tiny", "Benjamini-Hochberg over the tested genes"),
        card_genes.number("pct_against", choice.against_name, 96, "percent", f"Share of the cells of {choice.against_name} that have the gene"),
        card_genes.number("pct_group", choice.group_name, 96, "percent", f"Share of the cells of {choice.group_name} that have the gene"),
    ]  # fmt: skip
    return [
        {
            "field": "gene_symbol", "headerName": "Gene", "flex": 2, "minWidth": 80, "cellClass": "is-strong", "filter": "agTextColumnFilter",
            "headerTooltip": "Official symbol; choose a row to see the gene on the map",
        },
        *({**number, "flex": 1, "minWidth": 62} for number in numbers),
    ]  # fmt: skip
