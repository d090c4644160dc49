"""The Reference page's panel about the training of the encoder's networks."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from dash import html
from dash.development.base_component import Component

from core import words
from layouts import elements as el
from layouts import ids, states
from layouts.graphs import graph

NAMED_NETWORKS = 4  # more are told by the hover
SOLID = (
    "Cross-entropy over the cells the networks learn from, often cut to a random gene panel: harder to name than whole cells, so "
    "this loss can be the larger one."
)
DASHED = "The same over cells kept apart, with all their genes. The epoch with the smallest is kept."
KEPT = "The epoch whose weights are in the bundle: of the smallest validation loss, or the last one without validation cells."


def panel(table: pd.DataFrame) -> Component:
    """Build the panel.

    Parameters
    ----------
    table : pandas.DataFrame
        The bundle's ``training`` table.

    Returns
    -------
    Component
        Its figure is drawn by a callback; says so where nothing was told.
    """
    title = "Training"
    if table.empty:
        empty = states.panel_empty(
            "No training curve.", "The encoder of this reference was not trained by the builder."
        )
        return el.panel(title, empty, name="training", expandable=False)
    n_networks, n_epochs = int(table["network"].nunique()), int(table["epoch"].max())
    sub = f"{words.count(n_networks, 'network', 'networks')}, {words.count(n_epochs, 'epoch', 'epochs')}"
    legend = html.Div(list(_legend(table)), className="legend")
    return el.panel(title, graph(ids.TRAINING), name="training", sub=sub, legend=legend)


def _legend(table: pd.DataFrame) -> Iterator[Component]:
    networks = sorted(set(table["network"].astype(int)))
    for number in networks if 1 < len(networks) <= NAMED_NETWORKS else ():
        key = html.Span(className="key is-kind", style={"background": f"var(--cat-{number})"})
        yield html.Span([key, f"network {number}"], className="legend-item")
    yield _item("is-line", "training", SOLID)
    if table["validation_loss"].notna().any():
        yield _item("is-line is-dashed", "validation", DASHED)
    yield _item("is-ring", "kept", KEPT)


def _item(key: str, text: str, definition: str) -> Component:
    return el.tip(html.Span([html.Span(className=f"key {key}"), text], className="legend-item", tabIndex=0), definition)
