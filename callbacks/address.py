"""The address is the only state: its query is read into stores, and every choice of the user is written back to it.

All of it runs in the browser (``assets/scquery.js``), so a click reaches the panels with one round trip. Controls with a value have a
callback here; a plain button names what it changes in ``data-go`` (`layouts.elements.goes`).
"""

from __future__ import annotations

from dash import Dash, Input, Output, State

from callbacks.browser import in_browser
from layouts import ids

STORES = (
    ids.SELECTION, ids.CLUSTERS, ids.SPACE, ids.TYPE, ids.THRESHOLD, ids.DETAIL, ids.ROWS, ids.BUNDLE, ids.TAB, ids.GENE, ids.CONTRAST, ids.LIST,
    ids.BY, ids.GROUP, ids.AGAINST, ids.REPLICATES, ids.WITHIN, ids.ZOOM,
)  # fmt: skip
MAPS = (
    (ids.SCATTER, ids.SCATTER_FRAME, ids.SCATTER_DRAG),
    (ids.GENE_MAP, ids.GENE_MAP_FRAME, ids.GENE_MAP_DRAG),
)
MEASURED = ((ids.HEATMAP, ids.HEATMAP_SIZE), (ids.SCATTER, ids.SCATTER_SIZE), (ids.ONTOLOGY, ids.ONTOLOGY_SIZE))


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    in_browser(
        app,
        "readAddress",
        [Output(name, "data") for name in STORES],
        Input(ids.URL, "search"),
        *[State(name, "data") for name in STORES],
    )
    in_browser(
        app,
        "syncControls",
        Output(ids.SHELL, "className"),
        Input(ids.CLUSTERS, "data"),
        Input(ids.SPACE, "data"),
        Input(ids.TYPE, "data"),
        Input(ids.DETAIL, "data"),
        Input(ids.SELECTION, "data"),
    )
    for panel, store in MEASURED:
        in_browser(app, "measure", Output(store, "data"), Input(panel, "id"))
    _choice(app, "chooseClusters", Input(ids.CLUSTER_SLIDER, "value"), State(ids.CLUSTERS, "data"))
    _choice(app, "chooseSpace", Input(ids.SPACE_SWITCH, "value"), State(ids.SPACE, "data"))
    _choice(
        app,
        "chooseDetail",
        Input(ids.DETAIL_SLIDER, "value"),
        State(ids.DETAIL_SLIDER, "max"),
        State(ids.DETAIL, "data"),
        State(ids.SELECTION, "data"),
    )
    _choice(
        app,
        "chooseBranch",
        Input(ids.HEATMAP, "clickData"),
        State(ids.CLUSTERS, "data"),
        State(ids.SELECTION, "data"),
        State(ids.HEATMAP_OPEN, "aria-pressed"),
    )
    _choice(app, "toggleRows", Input(ids.HEATMAP_OPEN, "n_clicks"), State(ids.ROWS, "data"))
    _choice(
        app,
        "chooseOnMap",
        Input(ids.SCATTER, "selectedData"),
        State(ids.SCATTER, "figure"),
        State(ids.SELECTION, "data"),
    )
    for place, frame, drag in MAPS:
        in_browser(
            app,
            "keepTools",
            [Output(frame, "data"), Output(drag, "data")],
            Input(place, "relayoutData"),
            State(place, "id"),
            initially=False,
        )
    _choice(app, "toggleZoom", Input(ids.MAP_ZOOM, "n_clicks"), State(ids.ZOOM, "data"))
    _choice(app, "chooseGroup", Input(ids.GROUPS, "value"), State(ids.SELECTION, "data"))
    _choice(app, "chooseNode", Input(ids.ONTOLOGY, "tapNode"))
    _choice(app, "closeCard", Input(ids.CARD, "opened"), State(ids.TYPE, "data"))
    _choice(app, "chooseContrast", Input(ids.CONTRAST_SWITCH, "value"), State(ids.CONTRAST, "data"))
    _choice(
        app, "chooseList", Input(ids.LIST_SUBMIT, "n_clicks"), State(ids.LIST_TEXT, "value"), State(ids.LIST, "data")
    )
    _choice(
        app,
        "chooseCompared",
        Input(ids.COMPARE_BY, "value"),
        Input(ids.COMPARE_GROUP, "value"),
        Input(ids.COMPARE_AGAINST, "value"),
        Input(ids.COMPARE_REPLICATES, "value"),
        State(ids.COMPARED, "data"),
    )
    _choice(app, "chooseWithin", Input(ids.COMPARE_WITHIN, "value"), State(ids.COMPARED_WITHIN, "data"))
    _choice(
        app,
        "chooseComparedGene",
        Input(ids.COMPARE_GENES_TABLE, "selectedRows"),
        Input(ids.COMPARE_GENES_PLOT, "clickData"),
    )
    _choice(app, "chooseGene", Input(ids.GENE_SEARCH, "value"), State(ids.GENE, "data"))
    _choice(
        app,
        "chooseOnMap",
        Input(ids.GENE_MAP, "selectedData"),
        State(ids.GENE_MAP, "figure"),
        State(ids.SELECTION, "data"),
    )
    _choice(
        app,
        "chooseThreshold",
        Input(ids.CONFIDENCE, "value"),
        State(ids.THRESHOLD, "data"),
        State(ids.CONFIDENCE_VALUE, "data-made"),
    )


def _choice(app: Dash, function: str, *dependencies: Input | State) -> None:
    in_browser(app, function, Output(ids.URL, "search", allow_duplicate=True), *dependencies, initially=False)
