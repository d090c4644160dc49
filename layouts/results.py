"""The answer: one sentence, the selection bar, warnings, and the five panels that show one selection."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.own_groups import OwnColumn
from core.explore.selection import SelectionView
from core.explore.summary import SummaryView
from core.jobs import Job
from layouts import composition, heatmap, ids, links, ontology, scatter, studies, type_card
from layouts import elements as el

DOWNLOADS: tuple[tuple[str, str, str], ...] = (
    ("Labels of all cells", "labels.csv", "One row a cell: type, confidence, runner-up, status."),
    ("Cells with labels (.h5ad)", "annotated.h5ad", "Metadata, labels, log expression: for scanpy or Seurat."),
    (
        "Summary to hand on (HTML)",
        "summary.html",
        "Answer, figures, studies, methods: one file, opens anywhere.",
    ),
    ("Scores", "scores.parquet", "Cells × types, each row sums to 1."),
    ("Neighbours", "neighbors.parquet", "The nearest reference cells, with distances."),
    ("Studies", "studies.csv", "Hits and similarity by study, over all cells."),
    ("Methods", "methods.txt", "A paragraph for a paper: reference, settings, numbers."),
    ("Studies to cite", "studies.bib", "BibTeX of the studies behind the labels, and of the method."),
    ("Report", "report.json", "Findings of the check, settings, timings, versions."),
    ("Everything (zip)", "all.zip", "All tables and texts; labels as this page shows them."),
)
AS_SHOWN = {
    "labels.csv": ids.DOWNLOAD_LABELS,
    "methods.txt": ids.DOWNLOAD_METHODS,
    "annotated.h5ad": ids.DOWNLOAD_H5AD,
    "all.zip": ids.DOWNLOAD_ALL,
}
"""Files whose labels follow the confidence level and the detail of the page."""
ENTRIES = {**AS_SHOWN, "summary.html": ids.DOWNLOAD_SUMMARY}
DETAIL_DEFINITION = (
    "Joins types into wider ones of the Cell Ontology, in every panel. Neighbours stay the same; a wider type's score is the"
    " sum of its types' scores."
)
TITLE_DEFINITION = "Shares of all cells. A confident cell counts for its type, an ambiguous one for the wider type it carries, an unknown one for none."
STATUS_DEFINITION = (
    "Confident: the score of the type reaches the level set under Settings. Ambiguous: no type does. The others are farther from their"
    " nearest reference cells than almost all held-out cells of known types are."
)
STATEMENT_DEFINITION = (
    "Every panel shows these cells. A cell's score, 0 to 1, is the share of its neighbours' weight that its type has; half of the cells"
    " score higher than the median."
)


def panels(*, n_clusters: int, space: str, own_maps: Sequence[str] = ()) -> Component:
    """Build the five panels of the first tab; callbacks fill them.

    Parameters
    ----------
    n_clusters : int
        Where the cluster slider starts.
    space : str
        Which map is shown first.
    own_maps : sequence of str
        Names of the maps that the user's file holds.

    Returns
    -------
    Component
        The grid.
    """
    return html.Div(
        [
            heatmap.layout(n_clusters),
            scatter.layout(space, own_maps),
            composition.layout(),
            ontology.layout(),
            studies.layout(),
        ],
        className="grid results-grid",
    )


def warnings(bands: Sequence[Component]) -> Component:
    """Make the place of warnings, with those that the page starts with."""
    return html.Div(list(bands), id=ids.WARNINGS, className="warnings")


def frame(
    job: Job,
    body: Sequence[Component],
    *,
    card: bool,
    types_by_level: Sequence[int],
    level: int,
    own: Sequence[OwnColumn],
    selection: str,
    answer_id: str = ids.ANSWER,
) -> Component:
    """Put what every tab of a result shows around its panels: the answer, the selection, warnings, the card of a type.

    Parameters
    ----------
    job : Job
        In state ``done``.
    body : sequence of Component
        Warnings, and the tab's panels.
    card : bool
        Whether the card of a type is open.
    types_by_level : sequence of int
        Types of the reference at each level of detail, the finest first.
    level : int
        Where the detail slider starts: steps away from the finest types.
    own : sequence of OwnColumn
        Columns of the user's metadata that part the cells.
    selection : str
        Text of the selection the page starts with.
    answer_id : str
        Of the place of the answer: that of the whole search, or a tab's own.

    Returns
    -------
    Component
        The main column.
    """
    head = html.Div(
        [
            html.Div(_title_skeleton(), id=answer_id, className="answer"),
            html.Div([_copy(), _downloads(job)], className="answer-tools"),
        ],
        className="answer-head",
    )
    words_of_selection = html.Div(id=ids.SELECTION_BAR, className="selection-words", role="status")
    tools = [*_own_groups(own, selection), _detail(types_by_level, level)]
    bar = html.Div([words_of_selection, *tools], className="selection-bar")
    return html.Div(
        [
            head,
            bar,
            *body,
            type_card.drawer(opened=card),
        ],
        className="results",
    )


def answer(summary: SummaryView) -> list[Component]:
    """Write the answer.

    Parameters
    ----------
    summary : SummaryView
        Of all cells.

    Returns
    -------
    list of Component
        Heading and one line.
    """
    title = summary.title.replace(" %", "\u00a0%")  # a line never breaks inside a share
    return [
        el.tip(html.H1(title, tabIndex=0), TITLE_DEFINITION),
        el.tip(html.P(summary.detail, tabIndex=0), STATUS_DEFINITION),
    ]


def selection_bar(view: SelectionView, *, agrees_on: tuple[str, str] | None, thin: bool) -> list[Component]:
    """Say what is selected, everywhere on the page.

    Parameters
    ----------
    view : SelectionView
        The selection in words.
    agrees_on : tuple of (str, str) or None
        Id and name of the type most selected cells carry.
    thin : bool
        Whether the reference is thin for it.

    Returns
    -------
    list of Component
        Parts of the bar.
    """
    if view.text == "all":
        hint = "Click a branch, a row or a type under Results, or draw on a map, to narrow this down."
        return [el.icon("lasso"), _statement(view.title, hint)]
    title = view.title if view.text.startswith("obs:") else words.sentence(view.title)  # a column keeps its case
    told = f"{title}. {words.sentence(view.detail)}. {STATEMENT_DEFINITION}" if view.detail else ""
    return [
        el.icon("lasso"),
        _statement(title, view.detail or "No cell meets this.", told),
        *_evidence(view, agrees_on, thin=thin),
        html.Span(className="spring"),
        *_about(agrees_on),
        el.button("Clear", id=ids.CLEAR, symbol="x", look="subtle", title="Show all cells (Esc)", **el.goes(sel=None)),
    ]


def _statement(title: str, detail: str, definition: str = "") -> Component:
    """Write what is selected: on one line where there is room, else on two."""
    parts = [html.Strong(title), html.Span(detail, className="selection-detail")]
    if not definition:
        return html.Div(parts, className="selection-statement")
    return el.tip(html.Div(parts, className="selection-statement", tabIndex=0), definition)


def detail_value(types_by_level: Sequence[int], level: int) -> str:
    """Say which types the page shows.

    Parameters
    ----------
    types_by_level : sequence of int
        Types of the reference at each level of detail, the finest first.
    level : int
        Steps away from the finest types.

    Returns
    -------
    str
        "finest types", or how many wider ones there are.
    """
    last = len(types_by_level) - 1
    return "finest types" if level == 0 else f"{types_by_level[min(level, last)]} wider types"


def nothing_selected(problem: str) -> list[Component]:
    """Fill the selection bar when what the address names cannot be shown.

    Parameters
    ----------
    problem : str
        Why, as a sentence.

    Returns
    -------
    list of Component
        The sentence and the way out.
    """
    return [
        el.icon("alert-triangle"),
        html.Strong(problem),
        html.Span(className="spring"),
        el.button("Clear", id=ids.CLEAR, symbol="x", look="subtle", **el.goes(sel=None, threshold=None)),
    ]


def selected_download(
    job_token: str, selection: str, n_selected: int, threshold: str | None = None, detail: str | None = None
) -> dict[str, str]:
    """Describe the menu entry for the selected cells' labels.

    Parameters
    ----------
    job_token : str
        Of the job.
    selection : str
        Text of the selection.
    n_selected : int
        Its cells.
    threshold : str, optional
        Confidence level of the page where it is not the one searched with.
    detail : str, optional
        Steps away from the finest types.

    Returns
    -------
    dict
        ``href`` and ``children`` of the entry.
    """
    return {
        "href": links.download(job_token, "labels.csv", selection, threshold, detail),
        "children": f"Labels of the {n_selected:,} selected cells",
    }


def _own_groups(own: Sequence[OwnColumn], selection: str) -> list[Component]:
    """Offer the groups of the user's own metadata, if there are any."""
    if not own:
        return []
    data = [
        {
            "group": column.name,
            "items": [
                {"value": group.selection, "label": f"{column.name}: {group.value} ({group.n_cells:,})"}
                for group in column.groups
            ],
        }
        for column in own
    ]
    select = dmc.Select(
        id=ids.GROUPS,
        data=data,
        value=selection if selection.startswith("obs:") else None,  # an empty control would give the selection up
        placeholder="Your groups",
        searchable=True,
        clearable=True,
        size="xs",
        comboboxProps={"width": 280, "position": "bottom-end"},
        nothingFoundMessage="No such group in your file.",
        **el.attributes(aria_label="Select cells by your own metadata"),
    )
    return [html.Div(select, className="groups-tool")]


def _detail(types_by_level: Sequence[int], level: int) -> Component:
    """Build the slider over the levels of detail; its right end is the finest types, as they are in the reference."""
    last = len(types_by_level) - 1
    slider = dmc.Slider(
        id=ids.DETAIL_SLIDER,
        min=0,
        max=last,
        step=1,
        value=last - min(level, last),
        size=6,
        thumbSize=12,
        label=None,
        className="detail-slider",
        updatemode="mouseup",
        thumbLabel="Detail of the types",
    )
    value = html.Span(detail_value(types_by_level, level), id=ids.DETAIL_VALUE, className="detail-value")
    name = el.tip(html.Span("Detail", tabIndex=0), DETAIL_DEFINITION)
    return html.Div([name, value, slider], className="detail-tool", hidden=last < 1)


def _evidence(view: SelectionView, agrees_on: tuple[str, str] | None, *, thin: bool) -> list[Component]:
    if thin:
        return [
            el.pill(
                "thin reference",
                "warn",
                definition="The reference has few cells of a type among these, or of its rival.",
            )
        ]
    if view.n_studies < 2 or agrees_on is None:
        return []
    text = f"{view.n_studies} studies agree"
    return [
        el.pill(
            text, "ok", definition="Median over the selected cells: studies with nearest cells of the cell's own label."
        )
    ]


def _about(agrees_on: tuple[str, str] | None) -> list[Component]:
    if agrees_on is None:
        return []
    term_id, name = agrees_on
    return [
        html.Button(
            html.Span(["About", html.Span(" this type", className="if-wide")]),
            title=f"About {name}",
            className="button is-subtle",
            type="button",
            **el.goes(type=term_id),
        )
    ]


def _title_skeleton() -> list[Component]:
    return [html.H1(html.Span(className="skeleton-line is-title")), html.P(html.Span(className="skeleton-line"))]


def _copy() -> Component:
    note = html.Span(id=ids.COPY_NOTE, className="copy-note", role="status")
    copy = el.button(
        "Copy link", id=ids.COPY_LINK, symbol="link", title="The link opens this view again, in this browser only"
    )
    return html.Div([note, copy], className="copy")


def _downloads(job: Job) -> Component:
    selected = dmc.MenuItem("Labels of the selected cells", id=ids.DOWNLOAD_LABELS_SELECTED, disabled=True, **_file(""))
    entries = [
        dmc.MenuItem(
            [html.Div(name), html.Div(detail, className="menu-detail")],
            **({"id": ENTRIES[file]} if file in ENTRIES else {}),
            **_file(links.download(job.token, file)),
        )
        for name, file, detail in DOWNLOADS
    ]
    counted = html.Div("Cells by type: confident, ambiguous, share of the selection.", className="menu-detail")
    composition_entry = dmc.MenuItem([html.Div("Composition"), counted], id=ids.COMPOSITION_DOWNLOAD)
    menu = dmc.Menu(
        [
            dmc.MenuTarget(el.button("Download", symbol="download", look="filled")),
            dmc.MenuDropdown([entries[0], selected, composition_entry, *entries[1:]]),
        ],
        position="bottom-end",
        width=360,
    )
    return html.Div([menu, dcc.Download(id=ids.COMPOSITION_FILE)])


def _file(href: str) -> dict[str, object]:
    # A plain navigation to an attachment: the page stays.
    return {"href": href, "refresh": True, "target": "_self"}
