"""Registers every callback of the page and gives the app its layout; called once, in ``app.py``."""

from __future__ import annotations

from dash import Dash
from dash.development.base_component import Component

from callbacks import (
    address,
    card_plots,
    compare,
    compare_genes,
    composition,
    evidence,
    gene_list,
    gene_marks,
    genes,
    heatmap,
    ontology,
    rail,
    reference,
    results,
    running,
    scatter,
    studies,
    type_card,
)
from callbacks import page as page_callbacks
from callbacks.services import services
from layouts import page

PARTS = (
    address,
    page_callbacks,
    running,
    rail,
    results,
    heatmap,
    scatter,
    composition,
    ontology,
    studies,
    type_card,
    card_plots,
    genes,
    gene_marks,
    gene_list,
    evidence,
    compare,
    compare_genes,
    reference,
)


def register_all(app: Dash) -> None:
    """Give an app its page.

    Parameters
    ----------
    app : Dash
        Without a layout yet.
    """
    theme, inter = (app.get_asset_url(f) for f in ("theme.js", "fonts/inter-latin-wght-normal.woff2"))
    app.index_string = page.INDEX_STRING.replace("THEME_SCRIPT", theme).replace("INTER", inter)
    app.layout = layout
    for part in PARTS:
        part.register(app)


def layout() -> Component:
    """Build the frame for the references served now.

    Returns
    -------
    Component
        The layout of the app.
    """
    found = services()
    return page.layout(page_callbacks.choices(found), found.engine.default)
